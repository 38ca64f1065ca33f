// Ctrl-K: a few letters, and one is in another room, with another person, or has a command to complete.

import { useSignal } from "@preact/signals";
import { panel, rooms, show } from "../state/chat.js";
import { commands, join, talk_to, typed_behind } from "../commands.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Dialog } from "./dialog.js";

/** @typedef {{id: string, name: string, hint: string, run: () => void}} Choice */

const most = 12;

/** @param {string} name */
function begin_command(name) {
  const area = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("say"));
  if (!area) return;
  area.value = `/${name} `;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  setTimeout(() => area.focus());
}

/** Those whose name has the letters in this order; names that begin so come first. @param {string} typed @returns {Choice[]} */
function choices(typed) {
  const w = words();
  const people = new Set(rooms.value.flatMap((room) => [...room.members.values()].map((who) => who.nick)));
  /** @type {Choice[]} */
  const all = [
    ...rooms.value.map((room) => ({ id: `room ${room.key}`, name: room.name, hint: room.unread.value ? w.unread(room.unread.value) : "", run: () => show(room) })),
    ...[...people].map((nick) => ({ id: `who ${nick}`, name: nick, hint: w.talks, run: () => talk_to(nick) })),
    ...Object.keys(commands).map((name) => ({ id: `/${name}`, name: `/${name}`, hint: typed_behind(name), run: () => begin_command(name) })),
  ];
  const sought = typed.trim().toLowerCase();
  if (!sought) return all.slice(0, most);
  const place = (/** @type {Choice} */ one) => one.name.toLowerCase().replace(/^[#/]/, "").indexOf(sought.replace(/^[#/]/, ""));
  return all.filter((one) => (/^[#/]/.test(sought) ? one.name.startsWith(sought[0]) : true) && place(one) >= 0).sort((a, b) => place(a) - place(b)).slice(0, most);
}

export function Switcher() {
  const typed = useSignal("");
  const at = useSignal(0);
  const w = words();
  const found = choices(typed.value);
  const take = (/** @type {Choice | undefined} */ one) => {
    panel.value = "";
    if (one) one.run();
    else if (typed.value.trim()) join(typed.value.trim());
  };
  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at.value = (at.value + (event.key === "ArrowDown" ? 1 : -1) + found.length) % Math.max(1, found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(found[at.value]);
    }
  }
  return html`<${Dialog} label=${w.search} kind="switcher">
    <input data-first class="filter" role="combobox" aria-expanded="true" aria-controls="found" aria-activedescendant=${found.length ? `found-${at.value}` : undefined}
      aria-label=${w.search} autocomplete="off" spellcheck=${false} value=${typed.value}
      onInput=${(/** @type {any} */ e) => ((typed.value = e.target.value), (at.value = 0))} onKeyDown=${key} />
    <ul id="found" role="listbox" aria-label=${w.search}>
      ${found.map(
        (one, index) => html`<li id=${`found-${index}`} key=${one.id} role="option" aria-selected=${index === at.value} onClick=${() => take(one)} onPointerMove=${() => (at.value = index)}>
          <bdi>${one.name}</bdi><span class="hint">${one.hint}</span>
        </li>`,
      )}
    </ul>
    ${found.length === 0 && html`<p class="hint">${w.nothing_found}</p>`}
  <//>`;
}

