// The key of a room that lets in only who has it (ERR_BADCHANNELKEY).

import { useSignal } from "@preact/signals";
import { key_wanted, panel } from "../state/chat.js";
import { join } from "../commands.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Dialog } from "./dialog.js";

export function Key() {
  const key = useSignal("");
  const w = words();
  const { name, was_wrong } = key_wanted.value;
  const enter = (/** @type {Event} */ event) => {
    event.preventDefault();
    panel.value = "";
    join(name, key.value);
  };
  return html`<${Dialog} label=${w.join_room(name)} kind="key">
    <form onSubmit=${enter}>
      <p class="hint">${w.key_wanted}</p>
      <label class="field"><span>${w.key}</span><input data-first name="room-key" autocomplete="off" autocapitalize="none" spellcheck=${false} required maxlength="32"
        value=${key.value} onInput=${(/** @type {any} */ e) => (key.value = e.target.value)} /></label>
      <p class="complaint" role="alert">${was_wrong ? w.key_wrong : ""}</p>
      <button class="main-button">${w.join}</button>
    </form>
  <//>`;
}
