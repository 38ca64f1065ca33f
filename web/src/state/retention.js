// For how long what is said in a room is kept (ChanServ RETENTION): its founder says, within what the server keeps at all.

import { session } from "./chat.js";

/** In seconds; 0: as long as elsewhere. Nothing: one has no say in it, or the server has none. @param {import("../irc/line.js").Message[]} answer @returns {number | undefined} */
function read(answer) {
  const said = answer.map((message) => message.params[1] ?? "").find((text) => text.startsWith("What is said in "));
  if (said === undefined) return undefined;
  return Number(/ is kept for (\d+) s\b/.exec(said)?.[1] ?? 0);
}

/** @param {import("./room.js").Room} room */
export const ask_retention = async (room) => read(await session.ask_quietly(["CS", "RETENTION", room.name]));

/** @param {import("./room.js").Room} room @param {number} seconds */
export const set_retention = async (room, seconds) => read(await session.ask_quietly(["CS", "RETENTION", room.name, seconds ? `${seconds}s` : "DEFAULT"]));
