// An emoji by its name or by looking: groups, of which one is shown, and the arrow keys.

import { useSignal } from "@preact/signals";
import { panel } from "../state/chat.js";
import { emoji, find_emoji, picked } from "../state/emoji.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Dialog } from "./dialog.js";

const most = 120;

/** From one to the next, as they lie. @param {KeyboardEvent} event */
function move(event) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: 0, ArrowDown: 0 };
  if (!(event.key in steps)) return;
  const all = /** @type {HTMLElement[]} */ ([.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll("button")]);
  const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  if (at < 0) return;
  event.preventDefault();
  const columns = all.filter((one) => one.offsetTop === all[0].offsetTop).length;
  const step = event.key === "ArrowUp" ? -columns : event.key === "ArrowDown" ? columns : event.key === "ArrowLeft" ? -1 : 1;
  const is_mirrored = getComputedStyle(all[0]).direction === "rtl" && (event.key === "ArrowLeft" || event.key === "ArrowRight");
  all[at + (is_mirrored ? -step : step)]?.focus();
}

export function EmojiPicker() {
  const sought = useSignal("");
  const group = useSignal(0);
  const w = words();
  const all = emoji.value;
  const shown = sought.value.trim() ? find_emoji(sought.value.trim()).slice(0, most) : all.filter((one) => one.group === group.value);
  /** @param {string} one */
  const take = (one) => {
    panel.value = "";
    picked.value(one);
  };
  return html`<${Dialog} label=${w.emoji} kind="emoji-picker">
    <form onSubmit=${(/** @type {Event} */ e) => (e.preventDefault(), shown[0] && take(shown[0].emoji))}>
      <input data-first class="filter" aria-label=${w.emoji_search} placeholder=${w.emoji_search} autocomplete="off" spellcheck=${false} maxlength="40"
        value=${sought.value} onInput=${(/** @type {any} */ e) => (sought.value = e.target.value)} />
    </form>
    <div class="emoji-groups" role="group" aria-label=${w.emoji_groups} onKeyDown=${move}>
      ${w.emoji_group.map((name, index) => html`<button class="icon-button" aria-pressed=${!sought.value && index === group.value} aria-label=${name} title=${name}
        onClick=${() => ((sought.value = ""), (group.value = index))}>${all.find((one) => one.group === index)?.emoji}</button>`)}
    </div>
    <div class="emoji-list" role="group" aria-label=${sought.value.trim() ? w.emoji_found : w.emoji_group[group.value]} onKeyDown=${move}>
      ${shown.map((one) => html`<button key=${one.emoji} class="icon-button" aria-label=${one.names[0]} title=${`:${one.names[0]}:`} onClick=${() => take(one.emoji)}>${one.emoji}</button>`)}
    </div>
    <p class="hint" role="status">${all.length === 0 ? w.emoji_coming : shown.length === 0 ? w.emoji_none : ""}</p>
  <//>`;
}
