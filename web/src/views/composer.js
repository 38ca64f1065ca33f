// Where one writes. Enter sends, Shift-Enter begins a line, Tab completes a name; `:name:` is an emoji.

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { is_me, session } from "../state/chat.js";
import { commands, submit } from "../commands.js";
import { emoji_named, fetch_emoji, find_emoji, pick_emoji } from "../state/emoji.js";
import { typed_name } from "../text/emoji_name.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { EmojiOffer } from "./emoji_offer.js";
import { Icon } from "./icons.js";
import { ChooseFiles, put_up_all, Uploads, use_drop } from "./uploads.js";
import { can_upload } from "../state/uploads.js";

/** @typedef {import("../state/room.js").Room} Room */

/** Others are told at most this often that one types, in ms (IRCv3 typing). */
const typing_pause = 3000;
let typing_told = 0;

/** @param {Room} room @param {string} text */
function tell_typing(room, text) {
  if (text.startsWith("/") || !session.is_ready || !session.has("message-tags")) return;
  const state = text ? "active" : "done";
  if (state === "active" && Date.now() - typing_told < typing_pause) return;
  if (state === "done" && typing_told === 0) return;
  typing_told = state === "active" ? Date.now() : 0;
  session.send_tagged({ "+typing": state }, "TAGMSG", room.name);
}

/** The names, or commands, that begin so. @param {Room} room @param {string} start @param {boolean} is_first */
function candidates(room, start, is_first) {
  if (is_first && start.startsWith("/")) return Object.keys(commands).map((name) => `/${name}`).filter((name) => name.startsWith(start));
  const names = room.is_talk ? [room.name] : room.people().map((who) => who.nick);
  return names.filter((name) => !is_me(name) && name.toLowerCase().startsWith(start.toLowerCase()));
}

/** Emoji that are offered at a time. */
const most_offered = 6;

/** @param {{room: Room}} props */
function Typing({ room }) {
  const who = [...room.typing.value.keys()];
  const w = words();
  return html`<p class="typing" aria-live="off">${who.length === 0 ? "" : who.length === 1 ? w.typing_one(who[0]) : who.length === 2 ? w.typing_two(who[0], who[1]) : w.typing_many}</p>`;
}

/** @param {{room: Room}} props */
export function Composer({ room }) {
  const text = useSignal(room.draft);
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  /** @type {{current: {start: string, before: string, index: number} | undefined}} */
  const completing = useRef(undefined);
  /** Up to the caret, while what is before it was just typed; and which of the emoji that are offered for it is chosen. */
  const before = useSignal("");
  const chosen = useSignal(0);
  const w = words();
  const name = typed_name(before.value);
  const offered = name && !name.is_whole ? find_emoji(name.name).slice(0, most_offered) : [];

  useLayoutEffect(() => {
    if (matchMedia("(pointer: fine)").matches) field.current?.focus();
  }, []);
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, innerHeight / 3)}px`;
  });

  use_drop(room);
  // A file that has come is a link where one writes.
  useEffect(() => {
    const links = room.links.value;
    if (links.length === 0 || !field.current) return;
    room.links.value = [];
    const area = field.current;
    const is_apart = area.selectionStart === 0 || /\s$/.test(text.value.slice(0, area.selectionStart));
    put(`${is_apart ? "" : " "}${links.join(" ")} `, 0);
  }, [room.links.value]);

  /** Pictures, as of the screen, come by the clipboard. @param {ClipboardEvent} event */
  function paste(event) {
    // What is copied from a document is text, too, and meant so.
    if (!can_upload() || event.clipboardData?.types.includes("text/plain")) return;
    if (put_up_all(room, event.clipboardData?.files)) event.preventDefault();
  }

  /** @param {string} value */
  function write(value) {
    text.value = value;
    room.draft = value;
    before.value = "";
  }

  /** @param {string} value as it was typed */
  function type(value) {
    write(value);
    const caret = field.current?.selectionStart ?? value.length;
    const typed = typed_name(value.slice(0, caret));
    if (typed) fetch_emoji();
    const whole = typed?.is_whole ? emoji_named(typed.name) : undefined;
    if (typed && whole) return put(whole, typed.length);
    before.value = value.slice(0, caret);
    chosen.value = 0;
  }

  /** Where the caret is, in place of so many characters before it. @param {string} what @param {number} instead */
  function put(what, instead) {
    const area = /** @type {HTMLTextAreaElement} */ (field.current);
    const from = area.selectionStart - instead;
    const value = text.value.slice(0, from) + what + text.value.slice(area.selectionEnd);
    write(value);
    area.value = value;
    area.focus();
    area.setSelectionRange(from + what.length, from + what.length);
  }

  /** Keys for what is offered. False: they are not for it. @param {KeyboardEvent} event */
  function choose(event) {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) chosen.value = (chosen.value + step + offered.length) % offered.length;
    else if (event.key === "Escape") before.value = "";
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) put(`${offered[chosen.value].emoji} `, name?.length ?? 0);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  function send() {
    const said = text.value.replace(/\s+$/, "");
    if (!said) return;
    tell_typing(room, "");
    if (submit(room, said)) write("");
  }

  /** @param {KeyboardEvent} event */
  function complete(event) {
    const area = /** @type {HTMLTextAreaElement} */ (event.target);
    const now = completing.current;
    const before = now?.before ?? text.value.slice(0, area.selectionStart).replace(/\S+$/, "");
    const start = now?.start ?? text.value.slice(before.length, area.selectionStart);
    const found = start ? candidates(room, start, before === "") : [];
    if (found.length === 0) return;
    event.preventDefault();
    const index = ((now?.index ?? -1) + (event.shiftKey ? -1 : 1) + found.length) % found.length;
    completing.current = { start, before, index };
    write(before + found[index] + (before === "" && !found[index].startsWith("/") ? ": " : " "));
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (offered.length && !event.isComposing && choose(event)) return;
    if (event.key === "Tab" && !event.ctrlKey && !event.altKey) return complete(event);
    if (event.key !== "Shift") completing.current = undefined;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === "ArrowUp" && text.value === "") {
      event.preventDefault();
      /** @type {HTMLElement | null} */ (document.querySelector(".log"))?.focus();
    } else if (event.key === "Escape") room.replying_to.value = undefined;
  }

  const answered = room.replying_to.value;
  return html`<form class="say" onSubmit=${(/** @type {Event} */ e) => (e.preventDefault(), send())}>
    <${Typing} room=${room} />
    ${answered && html`<p class="replying"><span>${w.replying_to(answered.nick)}</span> <span class="answered">${answered.text.slice(0, 80)}</span><button type="button" class="icon-button" aria-label=${w.cancel} onClick=${() => (room.replying_to.value = undefined)}><${Icon} of="close" /></button></p>`}
    ${offered.length > 0 && html`<${EmojiOffer} found=${offered} at=${chosen.value} take=${(/** @type {import("../state/emoji.js").Emoji} */ one) => put(`${one.emoji} `, name?.length ?? 0)} />`}
    <${Uploads} room=${room} />
    <div class="say-row">
      <textarea id="say" ref=${field} rows="1" dir="auto" aria-label=${w.write_to(room.name)} placeholder=${w.write_to(room.name)} enterkeyhint="send"
        aria-autocomplete="list" aria-controls=${offered.length ? "emoji-offer" : undefined} aria-activedescendant=${offered.length ? `emoji-${chosen.value}` : undefined}
        value=${text.value} onInput=${(/** @type {any} */ e) => (type(e.target.value), tell_typing(room, e.target.value))} onKeyDown=${key} onPaste=${paste}></textarea>
      <${ChooseFiles} room=${room} />
      <button type="button" class="icon-button" aria-label=${w.emoji} title=${w.emoji} onClick=${() => pick_emoji((one) => setTimeout(() => put(one, 0)))}><${Icon} of="react" /></button>
      <button class="main-button send" aria-label=${w.send} title=${w.send}><${Icon} of="send" /></button>
    </div>
  </form>`;
}
