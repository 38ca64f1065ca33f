// What one has said and the server has not kept yet, at the end of the log.

import { my_nick, status } from "../state/chat.js";
import { again, give_up } from "../state/outbox.js";
import { colour_of } from "../text/colour.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { body } from "./entry.js";

/** More are not shown, though they are sent. */
const most = 30;

/** @param {{room: import("../state/room.js").Room}} props */
export function Pending({ room }) {
  const w = words();
  const all = room.pending.value;
  if (all.length === 0) return null;
  return html`<ol class="entries">
    ${all.slice(-most).map(
      (pending) => html`<li key=${pending.time + pending.text} class="entry pending" data-refused=${!!pending.refused}>
        <p class="who"><bdi class="nick tone-${colour_of(my_nick.value)}">${my_nick.value}</bdi>
          <span class="time">${pending.refused ?? (status.value === "online" ? w.sending : w.waiting)}</span></p>
        <p class="said" dir="auto">${body(pending.text)}</p>
        ${pending.refused && html`<p class="pending-actions"><button class="quiet-button" onClick=${() => again(room, pending)}>${w.again}</button><button class="quiet-button" onClick=${() => give_up(room, pending)}>${w.discard}</button></p>`}
      </li>`,
    )}
  </ol>`;
}
