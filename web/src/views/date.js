// To what was said on a day.

import { useSignal } from "@preact/signals";
import { panel } from "../state/chat.js";
import { go_to_time } from "../state/history.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Dialog } from "./dialog.js";

/** As the field has it, here. @param {number} time */
const day = (time) => new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 10);

/** @param {{room: import("../state/room.js").Room}} props */
export function GoToDate({ room }) {
  const chosen = useSignal(day(Date.now()));
  const complaint = useSignal("");
  const w = words();
  /** @param {Event} event */
  async function go(event) {
    event.preventDefault();
    complaint.value = (await go_to_time(room, Date.parse(`${chosen.value}T00:00`))) ? "" : w.nothing_there;
    if (!complaint.value) panel.value = "";
  }
  return html`<${Dialog} label=${w.go_to_date} kind="date">
    <form onSubmit=${go}>
      <label class="field"><span>${w.day}</span><input data-first type="date" name="day" required max=${day(Date.now())} value=${chosen.value} onInput=${(/** @type {any} */ e) => (chosen.value = e.target.value)} /></label>
      <p class="complaint" role="alert">${complaint.value}</p>
      <button class="main-button">${w.go}</button>
    </form>
  <//>`;
}
