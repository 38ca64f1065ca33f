// What was said before, and meanwhile (IRCv3 draft/chathistory).

import { rooms, session } from "./chat.js";
import { entry_of, event_of, meant_by, react, redact } from "./entries.js";
import { most_early } from "./room.js";

/**
 * @typedef {import("../irc/line.js").Message} Message
 * @typedef {import("./room.js").Entry} Entry
 * @typedef {import("./room.js").Room} Room
 */

const page = 100;
/** More pages than that are not fetched one by one: the newest is shown, and the rest as one scrolls. */
const most_pages = 30;

/** @param {Message} message */
function entry_in(message) {
  const { command, from, params } = message;
  if (command === "PRIVMSG" || command === "NOTICE") return entry_of(message);
  if (command === "JOIN") return event_of(message, "in", from);
  if (command === "PART" || command === "QUIT") return event_of(message, "out", from);
  if (command === "NICK") return event_of(message, "nick", from, params[0]);
  if (command === "KICK") return event_of(message, "kick", params[1] ?? "", from);
  if (command === "TOPIC") return event_of(message, "topic", from, params[1]);
  return undefined;
}

/** Before those that came with later pages. @param {Room} room @param {Message[]} reactions */
function keep_reactions(room, reactions) {
  for (const reaction of [...reactions].reverse()) {
    const id = meant_by(reaction);
    const later = room.early_reactions.get(id) ?? [];
    if (later.length < most_early && (later.length || room.early_reactions.size < most_early)) room.early_reactions.set(id, [reaction, ...later]);
  }
}

/** An answer is in the order in which all was said. @param {Room} room @param {Message[]} messages @param {Entry} [next] is there, and behind them */
function take(room, messages, next) {
  // What is there already and behind each, for the many that may be of one millisecond.
  const behind = messages.map(() => next);
  for (let at = messages.length - 1; at > 0; at--) behind[at - 1] = room.find(messages[at].tags.msgid) ?? behind[at];
  /** @type {Message[]} */
  const early = [];
  messages.forEach((message, at) => {
    const entry = entry_in(message);
    if (entry) room.insert(entry, behind[at]);
    else if (message.command === "TAGMSG") room.find(meant_by(message)) ? react(room, message) : early.push(message);
    else if (message.command === "REDACT") redact(room, message.params[1] ?? "");
  });
  for (const { tags } of messages) {
    for (const reaction of room.early_reactions.get(tags.msgid) ?? []) react(room, reaction);
    room.early_reactions.delete(tags.msgid);
  }
  keep_reactions(room, early);
}

/** Answers that were asked for before it was known whether one is let into the room, by what was asked. @type {Map<string, Promise<Message[]>>} */
const early = new Map();

/** @param {string[]} words */
const send = (words) => session.ask(["CHATHISTORY", ...words, String(page)]);

/** @param {...string} words */
async function ask(...words) {
  const key = words.join(" ");
  const asked = early.get(key);
  early.delete(key);
  const answer = await (asked ?? send(words));
  const failed = answer.length === 0 || answer.some((message) => message.command === "FAIL");
  return { messages: answer.filter((message) => message.command !== "FAIL" && message.command !== "ACK"), failed, lost: answer.length === 0 && !session.is_ready };
}

/** What a room is caught up with first. @param {string} name @param {Room} [room] */
function first_request(name, room) {
  const id = room?.held_to?.id;
  if (!id) return ["LATEST", name, "*"];
  return [room.is_from_before ? "LATEST" : "AFTER", name, `msgid=${id}`];
}

/** Asks already for what a room is caught up with, on the way into it: one round trip the fewer. @param {string} name */
export function ask_early(name) {
  const room = rooms.value.find((one) => one.name === name);
  if (!session.has("draft/chathistory") || (room && room.newer.value !== "none")) return;
  const words = first_request(name, room);
  early.set(words.join(" "), send(words));
}

/** Nobody waits for them any more. */
export function forget_early() {
  early.clear();
}

/** How far it was read. False: no farther than before. @param {Room} room @param {"older" | "newer"} side @param {Message[]} messages */
function move_edge(room, side, messages) {
  const known = messages.filter((message) => message.tags.msgid);
  const id = (side === "older" ? known[0] : known.at(-1))?.tags.msgid ?? "";
  const moves = id !== "" && id !== room.edges[side];
  if (moves) room.edges[side] = id;
  return moves;
}

/** What one sees on coming in for the first time. @param {Room} room */
async function fetch_latest(room) {
  const { messages } = await ask("LATEST", room.name, "*");
  take(room, messages);
  room.older.value = messages.length < page || !move_edge(room, "older", messages) ? "none" : "more";
  for (let pages = 1; pages < most_pages && room.entries.length === 0 && room.older.value === "more"; pages++) await fetch_older(room);
}

/** Everything since the connection was lost, in order; or what is newest. @param {Room} room */
export async function catch_up(room) {
  if (!session.has("draft/chathistory")) return;
  // What is behind the past that is shown comes when one goes there.
  if (room.newer.value !== "none") return hold(room);
  let words = first_request(room.name, room);
  if (words[0] === "LATEST") return catch_up_with_newest(room, words);
  for (let pages = 0; pages < most_pages; pages++) {
    const { messages, lost } = await ask(...words);
    if (lost) return; // and the next connection begins at the same place
    take(room, messages);
    const last = messages.findLast((message) => message.tags.msgid);
    if (!last) return hold(room);
    if (room.held_to && room.find(last.tags.msgid)) room.held_to = { ...room.held_to, id: last.tags.msgid };
    if (messages.length < page) return hold(room);
    words = ["AFTER", room.name, `msgid=${last.tags.msgid}`];
  }
  room.forget();
  await fetch_latest(room);
  hold(room);
}

/** Where that does not reach down to what was there, all of it can be read again. @param {Room} room @param {string[]} words */
async function catch_up_with_newest(room, words) {
  if (words[2] === "*") await fetch_latest(room);
  else {
    const { messages, lost } = await ask(...words);
    if (lost) return;
    if (messages.length >= page) {
      room.forget();
      room.older.value = "more";
      move_edge(room, "older", messages);
    }
    take(room, messages);
  }
  hold(room);
}

/** Nothing is missing up to here; what comes now is told as it happens. @param {Room} room */
function hold(room) {
  room.held_to = undefined;
  room.is_from_before = false;
}

/** @param {Room} room */
export async function fetch_older(room) {
  const first = room.first_kept();
  const id = room.edges.older || first?.events?.[0]?.id || first?.id;
  // Without a connection it stays to be fetched: who draws the room asks again when there is one.
  if (room.older.value !== "more" || !id || !session.is_ready) return;
  room.older.value = "loading";
  const { messages, lost } = await ask("BEFORE", room.name, `msgid=${id}`);
  if (room.older.value !== "loading") return; // it shows another time now
  take(room, messages, first);
  room.older.value = lost || (messages.length === page && move_edge(room, "older", messages)) ? "more" : "none";
  room.shorten("newest");
}

/** Behind what is shown of the past. @param {Room} room */
export async function fetch_newer(room) {
  const id = room.edges.newer || room.end()?.id;
  if (room.newer.value !== "more" || !id || !session.is_ready) return;
  room.newer.value = "loading";
  const { messages, failed } = await ask("AFTER", room.name, `msgid=${id}`);
  if (room.newer.value !== "loading") return;
  take(room, messages);
  room.newer.value = failed || (messages.length === page && move_edge(room, "newer", messages)) ? "more" : "none";
  room.shorten("oldest");
}

/** From the past back to what is said now. @param {Room} room */
export async function return_to_now(room) {
  room.target.value = "end";
  if (room.newer.value === "none") return;
  room.forget();
  await fetch_latest(room);
}

/** Shows a message, and what was said around it. False where there is none. @param {Room} room @param {string} id */
export async function go_to_message(room, id) {
  if (!room.find(id)) await show_around(room, `msgid=${id}`);
  const found = room.find(id);
  if (found) room.target.value = found;
  else await return_to_now(room);
  return found !== undefined;
}

/** Shows what was said from then on; what was said last, if nothing was. @param {Room} room @param {number} time in ms */
export async function go_to_time(room, time) {
  const has_it = (room.first_kept()?.time ?? Infinity) <= time && (room.newer.value === "none" || (room.end()?.time ?? 0) >= time);
  if (!has_it && !(await show_around(room, `timestamp=${new Date(time).toISOString()}`))) return false;
  room.target.value = room.entries[room.place_of(time - 1)] ?? "end";
  return true;
}

/** @param {Room} room @param {string} place */
async function show_around(room, place) {
  const { messages, failed } = await ask("AROUND", room.name, place);
  if (failed || messages.length === 0) return false;
  room.forget();
  room.older.value = room.newer.value = "more";
  take(room, messages);
  move_edge(room, "older", messages);
  move_edge(room, "newer", messages);
  return true;
}

/** With whom one talked in private since then. @param {number} since in ms @returns {Promise<string[]>} */
export async function talks_since(since) {
  if (!session.has("draft/chathistory")) return [];
  const answer = await session.ask(["CHATHISTORY", "TARGETS", `timestamp=${new Date(since).toISOString()}`, "timestamp=2200-01-01T00:00:00.000Z", "100"]);
  return answer
    .filter((message) => message.command === "CHATHISTORY" && message.params[0] === "TARGETS")
    .map((message) => message.params[1] ?? "")
    .filter((name) => name && !name.startsWith("#"));
}
