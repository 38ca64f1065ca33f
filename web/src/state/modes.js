// What is set in a room (MODE): the server tells which letters it has, and what each takes (RPL_ISUPPORT: CHANMODES, PREFIX).

import { find_room, my_nick, session } from "./chat.js";
import { fold } from "../irc/line.js";

/**
 * @typedef {import("../irc/line.js").Message} Message
 * @typedef {import("./room.js").Room} Room
 */

/** Letters by what they take: masks of a list; a parameter, always or when it is set; nothing; or somebody, who has a rank. */
function letters() {
  const [lists = "", always = "", to_set = "", flags = ""] = (session.isupport.get("CHANMODES") ?? "b,k,l,imnst").split(",");
  const [, ranks = "ov", prefixes = "@+"] = /^\((\w+)\)(.+)$/.exec(session.isupport.get("PREFIX") ?? "") ?? [];
  return { lists, always, to_set, flags, ranks, prefixes };
}

/** Whether the server has it for rooms. @param {string} letter */
export const has_mode = (letter) => Object.values(letters()).slice(0, 4).some((kind) => kind.includes(letter));

/** Whether one is at least an operator ("o"), or a half-operator ("h"), in the room. @param {Room} room @param {"o" | "h"} least */
export function has_rank(room, least) {
  const { ranks, prefixes } = letters();
  const own = room.members.get(fold(my_nick.value))?.rank ?? "";
  const place = prefixes.indexOf(own);
  return own !== "" && place >= 0 && ranks.includes(least) && place <= ranks.indexOf(least);
}

/** What was changed. @param {Room} room @param {string[]} change as in "+kl-i", "key", "50" @param {string} by */
export function change_modes(room, [what = "", ...parameters], by) {
  const { lists, always, to_set, ranks } = letters();
  const modes = new Map(room.modes.value);
  let is_set = true;
  for (const letter of what) {
    if (letter === "+" || letter === "-") is_set = letter === "+";
    else if (ranks.includes(letter)) parameters.shift();
    else if (lists.includes(letter)) change_list(room, letter, parameters.shift() ?? "", is_set, by);
    else {
      const takes = always.includes(letter) || (is_set && to_set.includes(letter));
      const parameter = (takes && parameters.shift()) || "";
      if (is_set) modes.set(letter, parameter);
      else modes.delete(letter);
    }
  }
  room.modes.value = modes;
}

/** @param {Room} room @param {string} letter @param {string} mask @param {boolean} is_added @param {string} by */
function change_list(room, letter, mask, is_added, by) {
  if (letter !== "b" || !room.bans.value) return;
  const others = room.bans.value.filter((ban) => fold(ban.mask) !== fold(mask));
  room.bans.value = is_added ? [...others, { mask, by, time: Date.now() }] : others;
}

/** RPL_CHANNELMODEIS. @param {Message} message */
export function modes_told({ params }) {
  const room = find_room(params[1] ?? "");
  if (!room) return;
  room.modes.value = new Map();
  change_modes(room, params.slice(2), "");
}

/** What is set, and whom it is closed to, as it is now. @param {Room} room */
export async function ask_modes(room) {
  const [, bans] = await Promise.all([session.ask(["MODE", room.name]), session.ask(["MODE", room.name, "b"])]);
  room.bans.value = bans
    .filter((message) => message.command === "367")
    .map(({ params }) => ({ mask: params[2] ?? "", by: (params[3] ?? "").split("!")[0], time: Number(params[4]) * 1000 }));
}
