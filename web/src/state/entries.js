// What a line of IRC is in a conversation.

import { is_me, my_nick } from "./chat.js";
import { fold } from "../irc/line.js";

/**
 * @typedef {import("../irc/line.js").Message} Message
 * @typedef {import("./room.js").Entry} Entry
 * @typedef {import("./room.js").Room} Room
 */

/** @param {Message} message */
export const time_of = (message) => Date.parse(message.tags.time ?? "") || Date.now();

/** With whom a message is: its room, or the other one of a private talk. @param {Message} message */
export function conversation_of(message) {
  const target = (message.params[0] ?? "").replace(/^[~@%+]+(?=#)/, "");
  return target.startsWith("#") || is_me(message.from) ? target : message.from;
}

/** @param {string} text */
function mentions_me(text) {
  const name = fold(my_nick.value).replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  return name !== "" && new RegExp(`(^|[^\\p{L}\\p{N}_-])${name}($|[^\\p{L}\\p{N}_-])`, "u").test(fold(text));
}

/** Without the colours and styles of terminals (mIRC's). @param {string} text */
export const without_styles = (text) => text.replace(/\x03(\d{1,2}(,\d{1,2})?)?|\x04[0-9a-fA-F]{0,6}|[\x02\x0f\x11\x16\x1d\x1e\x1f]/g, "");

/**
 * The same in memory of its own: what is cut out of a line keeps all of the line there, in V8 at least, and a room has very many.
 * @param {string} text
 * @returns {string}
 */
const own = (text) => JSON.parse(JSON.stringify(text));

/** PRIVMSG and NOTICE. Nothing for questions to programs (CTCP). @param {Message} message @returns {Entry | undefined} */
export function entry_of(message) {
  const said = message.params[1] ?? "";
  const action = /^\x01ACTION (.*?)\x01?$/s.exec(said);
  if (said.startsWith("\x01") && !action) return undefined;
  const text = without_styles(action?.[1] ?? said);
  return {
    id: own(message.tags.msgid ?? ""),
    time: time_of(message),
    kind: action ? "action" : message.command === "NOTICE" ? "notice" : "text",
    nick: message.from,
    account: message.tags.account,
    text: own(text),
    reply_to: message.tags["+draft/reply"] || message.tags["+reply"],
    is_mention: !is_me(message.from) && mentions_me(text),
    version: 0,
  };
}

/** What happened to the people of a room. @param {Message} message @param {import("./room.js").Happening["what"]} what @param {string} who @param {string} [detail] @returns {Entry} */
export function event_of(message, what, who, detail) {
  const id = message.tags.msgid ?? "";
  const time = time_of(message);
  return { id, time, kind: "event", nick: who, text: "", events: [{ id, time, what, who, detail }], version: 0 };
}

/** The id of what a reaction is to. @param {Message} message */
export const meant_by = (message) => message.tags["+draft/reply"] || message.tags["+reply"] || "";

/** @param {Room} room @param {Message} message a TAGMSG with a reaction, or that takes one back */
export function react(room, message) {
  const is_taken_back = "+draft/unreact" in message.tags;
  const what = message.tags[is_taken_back ? "+draft/unreact" : "+draft/react"];
  const entry = room.find(meant_by(message));
  if (!what || !entry || [...what].length > 16) return;
  entry.reactions ??= new Map();
  const who = entry.reactions.get(what) ?? new Set();
  if (is_taken_back) who.delete(message.from);
  else if (entry.reactions.size < 20 || entry.reactions.has(what)) who.add(message.from);
  if (who.size) entry.reactions.set(what, who);
  else entry.reactions.delete(what);
  entry.version++;
  room.changed();
}

/** One's own reactions stay one's own. @param {Room} room @param {string} from @param {string} to */
export function reacted_as(room, from, to) {
  for (const entry of room.entries)
    for (const who of entry.reactions?.values() ?? []) {
      if (!who.delete(from)) continue;
      who.add(to);
      entry.version++;
    }
  room.changed();
}

/** @param {Room} room @param {string} id */
export function redact(room, id) {
  const entry = room.find(id);
  if (!entry) {
    room.misses_redacted = true;
    return;
  }
  Object.assign(entry, { is_redacted: true, text: "", reactions: undefined, version: entry.version + 1 });
  for (const answer of room.entries) if (answer.reply_to === id) answer.version++; // which quote it
  room.changed();
}
