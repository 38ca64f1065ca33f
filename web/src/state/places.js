// Messages by their addresses: what a link to one says, and going where it leads.

import { find_room, show, tell } from "./chat.js";
import { go_to_message } from "./history.js";
import { fold } from "../irc/line.js";
import { words } from "../words.js";

/**
 * @typedef {import("./room.js").Room} Room
 * @typedef {{room: string, id: string}} Place
 */

/** Where to go when one is in its room. @type {Place | undefined} */
let wanted;

/** @param {Room} room @param {string} id */
export const link_to = (room, id) => `${location.origin}/?join=${encodeURIComponent(room.name)}&at=${encodeURIComponent(id)}`;

/** Of a link to a message of this server. @param {string} link @returns {Place | undefined} */
export function place_of(link) {
  const url = new URL(link);
  const room = url.searchParams.get("join");
  const id = url.searchParams.get("at");
  if (url.origin !== location.origin || !room || !id) return undefined;
  return { room: room.startsWith("#") ? room : `#${room}`, id };
}

/** At once, or as soon as one is in the room. @param {Place} place @param {(room: string) => void} [join] */
export function go(place, join) {
  const room = find_room(place.room);
  if (room?.is_joined.value) {
    arrive(room, place.id);
    return;
  }
  wanted = place;
  join?.(place.room);
}

/** One is in the room, and what was said last is there. @param {Room} room */
export function on_ready(room) {
  if (!wanted || fold(wanted.room) !== room.key) return;
  const { id } = wanted;
  wanted = undefined;
  arrive(room, id);
}

/** @param {Room} room @param {string} id */
async function arrive(room, id) {
  show(room);
  if (!(await go_to_message(room, id))) tell(words().no_such_message, room);
}

/** For others; where the page may not write to the clipboard, it is in the address bar. @param {Room} room @param {string} id */
export async function copy_link(room, id) {
  const link = link_to(room, id);
  try {
    await navigator.clipboard.writeText(link);
    tell(words().link_copied, room);
  } catch {
    history.replaceState(null, "", link);
    tell(words().link_shown, room);
  }
}
