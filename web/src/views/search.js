// Ctrl-F: to what was said, by its words.

import { useSignal } from "@preact/signals";
import { get_room, panel, show } from "../state/chat.js";
import { go_to_message } from "../state/history.js";
import { search_messages } from "../state/search.js";
import { clock_of, day_of } from "../text/when.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Dialog } from "./dialog.js";

/** @typedef {import("../state/search.js").Found} Found */

/** @param {{room: import("../state/room.js").Room}} props */
export function Search({ room }) {
  const typed = useSignal("");
  const is_everywhere = useSignal(false);
  const found = useSignal(/** @type {Found[]} */ ([]));
  const told = useSignal("");
  const w = words();
  /** @param {Event} event */
  async function look(event) {
    event.preventDefault();
    if (!typed.value.trim()) return;
    told.value = w.searching;
    const answer = await search_messages(typed.value, is_everywhere.value ? "" : room.name);
    found.value = answer.found;
    told.value = answer.complaint || (answer.found.length ? w.found_messages(answer.found.length) : w.found_none);
  }
  /** @param {Found} one */
  async function go({ entry, where }) {
    const there = get_room(where);
    show(there);
    await go_to_message(there, entry.id);
  }
  return html`<${Dialog} label=${w.search_messages} kind="search">
    <form onSubmit=${look}>
      <div class="search-row">
        <input data-first class="filter" type="search" name="words" aria-label=${w.search_hint} placeholder=${w.search_hint} maxlength="200" dir="auto" value=${typed.value} onInput=${(/** @type {any} */ e) => (typed.value = e.target.value)} />
        <button class="main-button">${w.search_go}</button>
      </div>
      <label class="check"><input type="checkbox" checked=${is_everywhere.value} onChange=${(/** @type {any} */ e) => (is_everywhere.value = e.target.checked)} /> ${w.search_everywhere}</label>
    </form>
    <p class="hint" role="status">${told.value}</p>
    <ul class="listed found-messages">
      ${found.value.map(
        (one) => html`<li key=${one.entry.id}><button onClick=${() => go(one)}>
          <span class="listed-name"><bdi>${one.entry.nick}</bdi><span class="hint">${is_everywhere.value && html`<bdi>${one.where}</bdi> · `}${day_of(one.entry.time)}, ${clock_of(one.entry.time)}</span></span>
          <span dir="auto">${one.entry.text}</span>
        </button></li>`,
      )}
    </ul>
  <//>`;
}
