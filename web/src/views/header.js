// Which room it is, and what it is about.

import { drawer, my_account, my_nick, panel } from "../state/chat.js";
import { can_search } from "../state/search.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Icon } from "./icons.js";

/** @param {{room: import("../state/room.js").Room | undefined}} props */
export function Header({ room }) {
  const w = words();
  room?.people_version.value;
  return html`<header class="head">
    <button class="icon-button only-narrow" aria-label=${w.show_rooms} onClick=${() => (drawer.value = "rooms")}><${Icon} of="menu" /></button>
    <div class="head-text">
      <h1><bdi>${room?.name ?? "Parlance"}</bdi></h1>
      ${room && !room.is_talk && html`<p class="topic" dir="auto" title=${room.topic.value}>${room.topic.value || w.no_topic}</p>`}
    </div>
    ${room && can_search() && html`<button class="icon-button" aria-label=${w.search_messages} title=${w.search_messages + " (Ctrl-F)"} onClick=${() => (panel.value = "search")}><${Icon} of="look" /></button>`}
    ${room && html`<button class="icon-button only-wide" aria-label=${w.go_to_date} title=${w.go_to_date} onClick=${() => (panel.value = "date")}><${Icon} of="date" /></button>`}
    ${room && !room.is_talk && html`<button class="icon-button" aria-label=${w.room_settings} title=${w.room_settings} onClick=${() => (panel.value = "room")}><${Icon} of="tune" /></button>`}
    <button class="icon-button" aria-label=${w.search} title=${w.search + " (Ctrl-K)"} onClick=${() => (panel.value = "switcher")}><${Icon} of="search" /></button>
    ${room && !room.is_talk && html`<button class="icon-button people-button only-narrow" aria-label=${w.show_people} onClick=${() => (drawer.value = "people")}><${Icon} of="people" /></button>`}
    <button class="icon-button" aria-label=${w.settings} title=${my_account.value ? w.logged_in_as(my_account.value) : my_nick.value} onClick=${() => (panel.value = "account")}><${Icon} of="person" /></button>
  </header>`;
}
