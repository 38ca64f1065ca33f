// What fills the window, and the keys that work everywhere.

import { useEffect } from "preact/hooks";
import { active, drawer, panel, rooms, show, status } from "../state/chat.js";
import { begin_looking } from "../state/attention.js";
import { can_search } from "../state/search.js";
import { html } from "../html.js";
import { Account } from "./account.js";
import { Announcer } from "./announcer.js";
import { Banner } from "./banner.js";
import { Composer } from "./composer.js";
import { GoToDate } from "./date.js";
import { Directory } from "./directory.js";
import { Door } from "./door.js";
import { EmojiPicker } from "./emoji_picker.js";
import { Header } from "./header.js";
import { Key } from "./key.js";
import { Log } from "./log.js";
import { People } from "./people.js";
import { RoomSettings } from "./room_settings.js";
import { Search } from "./search.js";
import { Sidebar } from "./sidebar.js";
import { Switcher } from "./switcher.js";
import { words } from "../words.js";

/** @param {KeyboardEvent} event */
function key(event) {
  const modified = event.ctrlKey || event.metaKey;
  if (modified && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    panel.value = panel.value === "switcher" ? "" : "switcher";
  } else if (modified && !event.altKey && event.key.toLowerCase() === "f" && active.value && can_search() && panel.value === "") {
    // The document has only what is in sight. Once more, and it is the browser's own.
    event.preventDefault();
    panel.value = "search";
  } else if (event.altKey && !modified && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    const at = rooms.value.findIndex((room) => room === active.value);
    const next = rooms.value.at((at + (event.key === "ArrowDown" ? 1 : -1)) % rooms.value.length);
    if (next) show(next);
  } else if (event.key === "Escape") {
    panel.value = "";
    drawer.value = "";
  }
}

function Chat() {
  const room = active.value;
  useEffect(() => {
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);
  useEffect(() => {
    if (room) begin_looking(room);
  }, [room]);
  return html`<div class="chat" data-drawer=${drawer.value}>
    <a class="skip" href="#say">${words().skip}</a>
    <${Sidebar} />
    <main class="talk">
      <${Header} room=${room} />
      <${Banner} />
      ${room ? html`<${Log} key=${room.key} room=${room} /><${Composer} key=${"say " + room.key} room=${room} />` : html`<p class="nothing">${words().no_rooms}</p>`}
    </main>
    ${room && !room.is_talk && html`<${People} key=${room.key} room=${room} />`}
    <${Announcer} />
    ${drawer.value && html`<button class="veil" aria-label=${words().close} onClick=${() => (drawer.value = "")}></button>`}
    ${panel.value === "switcher" && html`<${Switcher} />`}
    ${panel.value === "directory" && html`<${Directory} />`}
    ${panel.value === "account" && html`<${Account} />`}
    ${panel.value === "room" && room && html`<${RoomSettings} key=${room.key} room=${room} />`}
    ${panel.value === "date" && room && html`<${GoToDate} key=${room.key} room=${room} />`}
    ${panel.value === "search" && room && html`<${Search} key=${room.key} room=${room} />`}
    ${panel.value === "emoji" && html`<${EmojiPicker} />`}
    ${panel.value === "key" && html`<${Key} />`}
  </div>`;
}

export function App() {
  return status.value === "door" || (status.value === "connecting" && !rooms.value.length) ? html`<${Door} />` : html`<${Chat} />`;
}
