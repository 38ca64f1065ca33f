// All rooms that there are, the fullest first.

import { useSignal } from "@preact/signals";
import { panel } from "../state/chat.js";
import { directory } from "../state/directory.js";
import { join } from "../commands.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Dialog } from "./dialog.js";

const most = 50;

export function Directory() {
  const typed = useSignal("");
  const w = words();
  const sought = typed.value.trim().toLowerCase();
  const found = directory.value
    .filter((one) => one.name.toLowerCase().includes(sought) || one.topic.toLowerCase().includes(sought))
    .sort((a, b) => b.people - a.people);
  const enter = (/** @type {string} */ name) => {
    panel.value = "";
    join(name);
  };
  return html`<${Dialog} label=${w.directory} kind="directory">
    <form class="row" onSubmit=${(/** @type {Event} */ e) => (e.preventDefault(), sought && enter(typed.value.trim()))}>
      <input data-first class="filter" aria-label=${w.directory_hint} placeholder=${w.directory_hint} maxlength="64" value=${typed.value} onInput=${(/** @type {any} */ e) => (typed.value = e.target.value)} />
      <button class="main-button">${w.join}</button>
    </form>
    <ul class="listed">
      ${found.slice(0, most).map(
        (one) => html`<li key=${one.name}><button onClick=${() => enter(one.name)}>
          <span class="listed-name"><bdi>${one.name}</bdi><span class="hint">${w.people(one.people)}</span></span>
          ${one.topic && html`<span class="topic" dir="auto">${one.topic}</span>`}
        </button></li>`,
      )}
    </ul>
    ${found.length > most && html`<p class="hint">${w.and_more(found.length - most)}</p>`}
  <//>`;
}
