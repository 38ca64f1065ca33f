// Files: a button that chooses them, the page that takes what is dropped on it, and how far each has come.

import { useEffect, useRef } from "preact/hooks";
import { can_upload, put_up, put_up_again } from "../state/uploads.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Icon } from "./icons.js";

/** @typedef {import("../state/room.js").Room} Room */

/** So many at a time: what was dropped by mistake is a folder of a thousand. */
const most_at_once = 10;

/** @param {Room} room @param {Iterable<File> | null | undefined} files */
export function put_up_all(room, files) {
  const all = [...(files ?? [])].slice(0, most_at_once);
  for (const file of all) put_up(room, file);
  return all.length > 0;
}

/** @param {DragEvent} event */
const has_files = (event) => event.dataTransfer?.types.includes("Files") ?? false;

/** What is dropped anywhere on the page is for the room that one looks at; the browser would leave the page for it. @param {Room} room */
export function use_drop(room) {
  useEffect(() => {
    /** @param {DragEvent} event */
    function over(event) {
      if (!has_files(event)) return;
      event.preventDefault();
      document.body.toggleAttribute("data-dropping", can_upload());
    }
    const out = (/** @type {DragEvent} */ event) => !event.relatedTarget && document.body.removeAttribute("data-dropping");
    /** @param {DragEvent} event */
    function dropped(event) {
      document.body.removeAttribute("data-dropping");
      if (!has_files(event)) return;
      event.preventDefault();
      if (can_upload()) put_up_all(room, event.dataTransfer?.files);
    }
    addEventListener("dragover", over);
    addEventListener("dragleave", out);
    addEventListener("drop", dropped);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", out);
      removeEventListener("drop", dropped);
    };
  }, [room]);
}

/** @param {{room: Room}} props */
export function ChooseFiles({ room }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  if (!can_upload()) return null;
  const w = words();
  /** @param {any} event */
  function chosen(event) {
    put_up_all(room, event.target.files);
    event.target.value = "";
  }
  return html`<input type="file" multiple hidden ref=${field} onChange=${chosen} />
    <button type="button" class="icon-button" aria-label=${w.add_files} title=${w.add_files} onClick=${() => field.current?.click()}><${Icon} of="clip" /></button>`;
}

/** @param {{room: Room, one: import("../state/uploads.js").Upload}} props */
function Coming({ room, one }) {
  const w = words();
  const why = one.refused.value;
  return html`<li class="upload" data-refused=${why !== ""}>
    <bdi>${one.file.name}</bdi>
    ${why ? html`<span class="complaint" role="alert">${why}</span>` : html`<progress max="1" value=${one.share.value} aria-label=${w.file_coming(one.file.name)}></progress>`}
    ${why && html`<button type="button" class="quiet-button" onClick=${() => put_up_again(room, one)}>${w.again}</button>`}
    <button type="button" class="icon-button" aria-label=${w.stop_file(one.file.name)} title=${w.cancel} onClick=${one.stop}><${Icon} of="close" /></button>
  </li>`;
}

/** @param {{room: Room}} props */
export function Uploads({ room }) {
  const all = room.uploads.value;
  return all.length ? html`<ul class="uploads" aria-label=${words().files_coming}>${all.map((one) => html`<${Coming} room=${room} one=${one} />`)}</ul>` : null;
}
