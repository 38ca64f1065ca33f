// What one had written and not sent when the server ended the log-in: whoever comes back as the same person has it again.

import { get_room, rooms } from "./chat.js";

/** @typedef {import("./room.js").Room} Room */

/** @type {{who: string, rooms: Room[]}} */
let aside = { who: "", rooms: [] };

/** @param {string} who whose it is (state/kept.js) */
export function put_aside(who) {
  const written = rooms.value.filter((room) => room.draft !== "" || room.pending.value.length > 0);
  if (rooms.value.length > 0) aside = { who, rooms: written };
}

/** Into the rooms of those names; what is somebody else's is dropped. @param {string} who */
export function take_up(who) {
  const mine = aside.who === who ? aside.rooms : [];
  aside = { who: "", rooms: [] };
  for (const before of mine) {
    const room = get_room(before.name);
    room.draft ||= before.draft;
    if (!room.held_to && before.held_to) {
      // What was kept of it is found behind there, or it is asked whether it is to be said.
      room.held_to = before.held_to;
      room.is_from_before = true;
      room.older.value = "more";
    }
    room.pending.value = [...before.pending.value, ...room.pending.value];
  }
}
