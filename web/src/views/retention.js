// For how long what is said in a room is kept, in its settings.

import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { ask_retention, set_retention } from "../state/retention.js";
import { html } from "../html.js";
import { words } from "../words.js";

/** Of hours, days and years, in seconds. */
const usual = [0, 3600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400];

/** @param {{room: import("../state/room.js").Room}} props */
export function Retention({ room }) {
  const now = useSignal(/** @type {number | undefined} */ (undefined));
  const w = words();
  useEffect(() => void ask_retention(room).then((found) => (now.value = found)), [room]);
  if (now.value === undefined) return null;
  const offered = usual.includes(now.value) ? usual : [...usual, now.value];
  /** It is shown as the server has it. @param {any} event */
  async function choose(event) {
    const wanted = Number(event.target.value);
    event.target.value = String(now.value);
    now.value = (await set_retention(room, wanted)) ?? now.value;
  }
  return html`<label class="field"><span>${w.retention}</span>
    <select name="retention" value=${String(now.value)} onChange=${choose}>${offered.map((time) => html`<option value=${String(time)}>${w.retention_time(time)}</option>`)}</select></label>
    <p class="hint">${w.retention_hint}</p>`;
}
