// Links by which others come into a room that is closed (ChanServ LINK): for a time, and for so many people.

import { session } from "./chat.js";

/**
 * @typedef {import("./room.js").Room} Room
 * @typedef {{link: string, token: string, by: string, until: number, used: number, uses: number}} InviteLink `until` and `uses` are 0 where there is no end
 */

/** @param {import("../irc/line.js").Message[]} answer @returns {InviteLink[]} */
function read(answer) {
  const found = answer.map((message) => /^Link (\S+[?&]key=(\S+)) by (\S+)(?: until (\S+))? used (\d+)(?: of (\d+))?$/.exec(message.params[1] ?? ""));
  return found.flatMap((parts) =>
    parts ? [{ link: location.origin + new URL(parts[1]).pathname + new URL(parts[1]).search, token: parts[2], by: parts[3], until: parts[4] ? Date.parse(parts[4]) : 0, used: Number(parts[5]), uses: Number(parts[6] ?? 0) }] : [],
  );
}

/** Nothing: the server has none, or does not know what they are. @param {Room} room */
export async function ask_links(room) {
  const answer = await session.ask_quietly(["CS", "LINK", room.name]);
  return answer.some((message) => message.params[1]?.startsWith("Links into ")) ? read(answer) : undefined;
}

/** Nothing: none was made. @param {Room} room @param {string} lasts as in "7d" @param {string} uses */
export const make_link = async (room, lasts, uses) => read(await session.ask_quietly(["CS", "LINK", room.name, "ADD", lasts, uses]))[0];

/** @param {Room} room @param {string} token */
export const take_back_link = (room, token) => session.ask_quietly(["CS", "LINK", room.name, "DEL", token]);
