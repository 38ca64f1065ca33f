// Who is in the room. Of a crowd the first are shown; the filter finds the others.

import { useSignal } from "@preact/signals";
import { is_me } from "../state/chat.js";
import { talk_to } from "../commands.js";
import { colour_of } from "../text/colour.js";
import { html } from "../html.js";
import { words } from "../words.js";

const most = 60;

/** @param {{room: import("../state/room.js").Room}} props */
export function People({ room }) {
  room.people_version.value;
  const filter = useSignal("");
  const w = words();
  const all = room.people();
  const found = filter.value ? all.filter((who) => who.nick.toLowerCase().includes(filter.value.toLowerCase())) : all;
  return html`<aside class="side people-side" aria-label=${w.people_here}>
    <h2>${w.people(all.length)}</h2>
    ${all.length > 12 && html`<input class="filter" type="search" aria-label=${w.search_short} placeholder=${w.search_short} value=${filter.value} onInput=${(/** @type {any} */ e) => (filter.value = e.target.value)} />`}
    <ul>
      ${found.slice(0, most).map(
        (who) => html`<li key=${who.nick}>
          <button class="person tone-${colour_of(who.nick)}" data-away=${who.is_away} disabled=${is_me(who.nick)} onClick=${() => talk_to(who.nick)}>
            ${who.rank && html`<span class="rank">${who.rank}</span>`}<bdi>${who.nick}</bdi>${who.is_away && html`<span class="hint">${w.away}</span>`}
          </button>
        </li>`,
      )}
    </ul>
    ${found.length > most && html`<p class="hint">${w.and_more(found.length - most)}</p>`}
  </aside>`;
}
