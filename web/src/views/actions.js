// What one can do with a message: answer it, react to it, take back one's own.

import { useSignal } from "@preact/signals";
import { is_me, session } from "../state/chat.js";
import { pick_emoji } from "../state/emoji.js";
import { take_back } from "../state/outbox.js";
import { copy_link } from "../state/places.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Icon } from "./icons.js";

const usual = ["👍", "❤️", "😄", "🎉", "🤔", "👀"];

/** @param {{room: import("../state/room.js").Room, entry: import("../state/room.js").Entry}} props */
export function Actions({ room, entry }) {
  const is_choosing = useSignal(false);
  const w = words();
  const answer = () => {
    room.replying_to.value = entry;
    document.getElementById("say")?.focus();
  };
  const react = (/** @type {string} */ what) => {
    session.send_tagged({ "+draft/reply": entry.id, "+draft/react": what }, "TAGMSG", room.name);
    is_choosing.value = false;
  };
  if (is_choosing.value) {
    return html`<div class="actions" role="group" aria-label=${w.react}>
      ${usual.map((what, index) => html`<button class="icon-button" autofocus=${index === 0} onClick=${() => react(what)}>${what}</button>`)}
      <button class="icon-button" aria-label=${w.more_emoji} title=${w.more_emoji} onClick=${() => pick_emoji(react)}><${Icon} of="plus" /></button>
    </div>`;
  }
  return html`<div class="actions">
    <button class="icon-button" aria-label=${w.reply} title=${w.reply} onClick=${answer}><${Icon} of="reply" /></button>
    <button class="icon-button" aria-label=${w.react} title=${w.react} onClick=${() => (is_choosing.value = true)}><${Icon} of="react" /></button>
    ${!room.is_talk && html`<button class="icon-button" aria-label=${w.copy_link} title=${w.copy_link} onClick=${() => copy_link(room, entry.id)}><${Icon} of="link" /></button>`}
    ${is_me(entry.nick) && session.has("draft/message-redaction") && html`<button class="icon-button" aria-label=${w.take_back} title=${w.take_back} onClick=${() => take_back(room, entry.id)}><${Icon} of="undo" /></button>`}
  </div>`;
}
