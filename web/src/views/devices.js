// The devices that are logged in to one's account without its password: this one or not, and the others.

import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { ask_devices, can_stay, end_device, kept_device, stay, stay_no_more } from "../state/device.js";
import { full_time } from "../text/when.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { is_safe } from "./door.js";

/** @typedef {import("../state/device.js").Device} Device */

export function Devices() {
  const all = useSignal(/** @type {Device[]} */ ([]));
  const stays = useSignal(kept_device() !== undefined);
  const w = words();
  const look = async () => (all.value = await ask_devices());
  useEffect(() => void (can_stay() && look()), []);
  if (!can_stay() || !is_safe()) return null;
  async function change() {
    if (stays.value) stay_no_more();
    stays.value = !stays.value && (await stay());
    look();
  }
  /** @param {Device} one */
  async function end(one) {
    if (one.is_this) return change();
    await end_device(one.id);
    look();
  }
  return html`<section aria-label=${w.devices}>
    <label class="check"><input type="checkbox" name="stay" checked=${stays.value} onChange=${change} /> ${w.stay_logged_in}</label>
    ${all.value.length > 0 && html`<h3>${w.devices}</h3>`}
    <ul class="bans">
      ${all.value.map(
        (one) => html`<li key=${one.id}><span><bdi>${one.name}</bdi> <span class="hint">${one.is_this ? w.this_device : w.device_seen(full_time(one.seen))}</span></span>
          <button type="button" class="quiet-button" aria-label=${w.end_device_of(one.name)} onClick=${() => end(one)}>${w.end_device}</button></li>`,
      )}
    </ul>
  </section>`;
}
