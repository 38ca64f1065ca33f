// What one has not seen yet: counts, read markers (IRCv3 draft/read-marker), the title, notifications.

import { effect } from "@preact/signals";
import { active, is_me, network, session, show, total_mentions, total_unread } from "./chat.js";
import { announce } from "./announce.js";
import { recall } from "./memory.js";

/**
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./room.js").Entry} Entry
 */

/** Whether who looks at the room sees its end; the log tells. */
export const sight = { is_at_end: true };

const looks_at = (/** @type {Room} */ room) => room === active.value && room.newer.value === "none" && !document.hidden && document.hasFocus() && sight.is_at_end;

/** Of what is said now. @param {Room} room @param {Entry} entry */
export function on_heard(room, entry) {
  if (is_me(entry.nick)) return mark_read(room);
  announce(room, entry);
  if (looks_at(room)) return mark_read(room);
  count(room, entry);
  if (entry.is_mention || room.is_talk) notify(room, entry);
}

/** @param {Room} room @param {Entry} entry */
export function count(room, entry) {
  if (entry.kind === "event" || entry.kind === "own" || is_me(entry.nick)) return;
  if (room.unread.value === 0) room.new_from.value = room.read_to.value || entry.time - 1;
  room.unread.value++;
  if (entry.is_mention || room.is_talk) room.mentions.value++;
}

/** Of what was missed, when it has come. @param {Room} room */
export function recount(room) {
  if (!room.read_to.value) return;
  room.unread.value = room.mentions.value = 0;
  for (const entry of room.entries.slice(room.place_of(room.read_to.value))) count(room, entry);
  if (looks_at(room)) mark_read(room);
}

/** Rooms of which the server is still to be told how far they were read: not with each message of a busy room. @type {Set<Room>} */
const untold = new Set();
const marker_pause = 2000;

/** Everything in it has been seen. @param {Room} room */
export function mark_read(room) {
  room.unread.value = room.mentions.value = 0;
  const last = room.last_kept();
  if (!last || last.time <= room.read_to.value) return;
  room.read_to.value = last.time;
  if (!session.has("draft/read-marker") || untold.has(room)) return;
  untold.add(room);
  setTimeout(() => {
    untold.delete(room);
    session.send("MARKREAD", room.name, `timestamp=${new Date(room.read_to.value).toISOString()}`);
  }, marker_pause);
}

export function look() {
  const room = active.value;
  if (room && looks_at(room)) mark_read(room);
}

/** The line "new" goes when one comes back to a room, not while one looks. @param {Room} room */
export function begin_looking(room) {
  if (room.unread.value === 0) room.new_from.value = 0;
  look();
}

/** @param {Room} room @param {Entry} entry */
function notify(room, entry) {
  if (recall("notify") !== "yes" || !("Notification" in window) || Notification.permission !== "granted") return;
  const note = new Notification(room.is_talk ? entry.nick : `${entry.nick} · ${room.name}`, { body: entry.text, tag: room.key });
  note.onclick = () => {
    focus();
    show(room);
    note.close();
  };
}

addEventListener("focus", look);
document.addEventListener("visibilitychange", look);

effect(() => {
  const badge = total_mentions.value ? `(${total_mentions.value}) ` : total_unread.value ? "• " : "";
  document.title = badge + (active.value ? `${active.value.name} · ${network.value}` : network.value);
});
