// What a screen reader says of what is heard: each message while they are few, else how many there were. It is never given
// more than one can listen to, however much is said.

import { signal } from "@preact/signals";
import { active } from "./chat.js";
import { words } from "../words.js";

/**
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./room.js").Entry} Entry
 */

/** What is said now; a new number is a new announcement. */
export const announced = signal({ number: 0, lines: /** @type {string[]} */ ([]) });

/** So many messages are read at a time, and so much of each. */
const most = 3;
const longest = 200;
/** What comes together is announced together; and then there is time to listen, in ms. */
const gathered = 500;
const between = 5000;

/** @type {{room: Room, entry: Entry}[]} */
let waiting = [];
/** How many more came than are kept to be read. */
let more = 0;
let last = -between;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let due;

/** @param {{room: Room, entry: Entry}} heard */
function line_of({ room, entry }) {
  const from = room === active.value || room.is_talk ? entry.nick : `${entry.nick}, ${room.name}`;
  return words().new_message_from(from, entry.text.slice(0, longest));
}

function tell() {
  due = undefined;
  last = performance.now();
  const count = waiting.length + more;
  const lines = count <= most ? waiting.map(line_of) : [words().new_messages(count), ...waiting.filter(({ entry }) => entry.is_mention).slice(-1).map(line_of)];
  announced.value = { number: announced.value.number + 1, lines };
  waiting = [];
  more = 0;
}

/** Of what is said where one is, and what is for oneself. @param {Room} room @param {Entry} entry */
export function announce(room, entry) {
  if (room !== active.value && !entry.is_mention && !room.is_talk) return;
  waiting.push({ room, entry });
  if (waiting.length > 2 * most) {
    // The newest mention is read in any case.
    const at = waiting.findIndex((heard) => !heard.entry.is_mention);
    waiting.splice(Math.max(at, 0), 1);
    more++;
  }
  due ??= setTimeout(tell, Math.max(gathered, last + between - performance.now()));
}
