// What `:na` may become while one types it: emoji whose names begin so.

import { html } from "../html.js";
import { words } from "../words.js";

/** @typedef {import("../state/emoji.js").Emoji} Emoji */

/** @param {{found: Emoji[], at: number, take: (one: Emoji) => void}} props */
export function EmojiOffer({ found, at, take }) {
  return html`<ul id="emoji-offer" class="emoji-offer" role="listbox" aria-label=${words().emoji}>
    ${found.map(
      (one, index) => html`<li id=${`emoji-${index}`} key=${one.emoji} role="option" aria-selected=${index === at} onPointerDown=${(/** @type {Event} */ e) => (e.preventDefault(), take(one))}>
        <span>${one.emoji}</span><span class="hint">:${one.names[0]}:</span>
      </li>`,
    )}
  </ul>`;
}
