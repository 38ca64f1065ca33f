// Pictures that people have put up at this server, shown in the log when one asks: until then nothing of them is fetched. Those
// elsewhere stay links, for who looks at them there tells by that who and where they are.

import { decoded, pieces } from "../text/links.js";
import { html } from "../html.js";
import { words } from "../words.js";

/**
 * @typedef {import("../state/room.js").Entry} Entry
 * @typedef {import("../state/room.js").Room} Room
 */

const most = 4;

/** @param {string} link */
function is_own_picture(link) {
  const url = new URL(link);
  return url.origin === location.origin && /^\/uploads\/.*\.(png|jpe?g|gif|webp|avif|apng)$/.test(url.pathname);
}

/** @param {string} text */
const pictures_in = (text) => (text.includes("/uploads/") ? pieces(text).flatMap(({ href }) => (href && is_own_picture(href) ? [href] : [])).slice(0, most) : []);

/** @param {string} link */
const name_of = (link) => decoded(new URL(link).pathname.split("/").at(-1) ?? "");

/** `version` has it drawn anew. @param {{room: Room, entry: Entry, version: number}} props */
export function Pictures({ room, entry }) {
  const links = pictures_in(entry.text);
  const w = words();
  /** @param {string} link */
  function toggle(link) {
    const shown = (entry.pictures ??= new Set());
    if (!shown.delete(link)) shown.add(link);
    entry.version++;
    room.changed();
  }
  return links.map((link) => {
    const is_shown = entry.pictures?.has(link) ?? false;
    const name = name_of(link);
    return html`<p class="picture-line"><button class="quiet-button" aria-expanded=${is_shown} onClick=${() => toggle(link)}>${is_shown ? w.hide_picture(name) : w.show_picture(name)}</button></p>
      ${is_shown && html`<a class="picture" href=${link} target="_blank" rel="noopener noreferrer"><img src=${link} alt=${name} /></a>`}`;
  });
}
