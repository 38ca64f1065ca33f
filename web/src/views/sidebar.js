// The rooms one is in, and the private talks, with what is unread.

import { active, network, panel, rooms, show, status } from "../state/chat.js";
import { ask_directory } from "../state/directory.js";
import { leave } from "../commands.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Icon } from "./icons.js";

/** @typedef {import("../state/room.js").Room} Room */

/** @param {{room: Room}} props */
function Entry({ room }) {
  const w = words();
  const is_active = room === active.value;
  const told = room.mentions.value ? w.mentions(room.mentions.value) : room.unread.value ? w.unread(room.unread.value) : "";
  return html`<li class="room" data-active=${is_active} data-unread=${room.unread.value > 0} data-gone=${status.value === "online" && !room.is_talk && !room.is_joined.value}>
    <button class="room-button" aria-current=${is_active ? "page" : undefined} onClick=${() => show(room)}>
      <bdi class="room-name">${room.name}</bdi>
      ${told && html`<span class=${room.mentions.value ? "count count-mentions" : "count"} aria-label=${told}>${room.mentions.value || Math.min(room.unread.value, 999)}</span>`}
    </button>
    <button class="icon-button room-leave" aria-label=${room.is_talk ? w.close_talk(room.name) : w.leave_room(room.name)} onClick=${() => leave(room)}><${Icon} of="close" /></button>
  </li>`;
}

export function Sidebar() {
  const w = words();
  const open_directory = () => {
    ask_directory();
    panel.value = "directory";
  };
  const all = rooms.value;
  const talks = all.filter((room) => room.is_talk);
  return html`<nav class="side rooms-side" aria-label=${w.rooms}>
    <p class="network"><bdi>${network.value}</bdi></p>
    <h2>${w.rooms} <button class="icon-button" aria-label=${w.directory} title=${w.directory} onClick=${open_directory}><${Icon} of="plus" /></button></h2>
    <ul>${all.filter((room) => !room.is_talk).map((room) => html`<${Entry} key=${room.key} room=${room} />`)}</ul>
    ${talks.length > 0 && html`<h2>${w.talks}</h2><ul>${talks.map((room) => html`<${Entry} key=${room.key} room=${room} />`)}</ul>`}
  </nav>`;
}
