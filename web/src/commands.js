// What begins with a slash: a table of commands, which the switcher shows, too.

import { drop_room, find_room, get_room, have_done, panel, refusal_in, session, show, tell, want_key } from "./state/chat.js";
import { ask_directory } from "./state/directory.js";
import { say } from "./state/outbox.js";
import { asked_for } from "./state/receive.js";
import { go_out } from "./state/online.js";
import { can_search } from "./state/search.js";
import { fold } from "./irc/line.js";
import { looks_like_login } from "./text/login.js";
import { words } from "./words.js";

/**
 * @typedef {import("./state/room.js").Room} Room
 * @typedef {object} Command
 * @property {"" | keyof ReturnType<typeof words>["takes"]} takes what is typed behind it
 * @property {(room: Room, rest: string) => void} run
 */

/** @param {string} name @param {string} [key] */
export async function join(name, key) {
  const full = name.startsWith("#") ? name : `#${name}`;
  asked_for.add(fold(full));
  const answer = await session.ask(["JOIN", full, ...(key ? [key] : [])]);
  if (answer.some((message) => message.command === "475")) {
    want_key(full, key !== undefined);
    return;
  }
  const refused = refusal_in(answer);
  if (refused) tell(`${full}: ${refused}`);
  // With which one comes back after a lost connection.
  const room = find_room(full);
  if (key && room) room.modes.value = new Map([...room.modes.value, ["k", key]]);
}

/** @param {string} nick */
export const talk_to = (nick) => show(get_room(nick));

/** @param {Room} room */
export function leave(room) {
  if (room.is_joined.value) session.send("PART", room.name);
  else drop_room(room);
}

/** Sends, and tells why where it is refused. @param {...string} line */
const order = async (...line) => tell(await have_done(...line));

/** @param {string} rest @returns {[string, string]} */
function first_word(rest) {
  const space = rest.search(/\s/);
  return space < 0 ? [rest, ""] : [rest.slice(0, space), rest.slice(space + 1).trim()];
}

/** @type {Record<string, Command>} */
export const commands = {
  me: { takes: "text", run: (room, rest) => rest && say(room, rest, true) },
  nick: {
    takes: "name",
    run: (_, rest) => rest && order("NICK", rest),
  },
  join: {
    takes: "room",
    run: (_, rest) => {
      const [name, key] = first_word(rest);
      if (name) join(name, key || undefined);
    },
  },
  part: { takes: "", run: (room) => leave(room) },
  topic: { takes: "text", run: (room, rest) => order("TOPIC", room.name, ...(rest ? [rest] : [])) },
  msg: {
    takes: "to",
    run: (_, rest) => {
      const [to, text] = first_word(rest);
      if (!to) return;
      if (to.startsWith("#")) return void join(to);
      talk_to(to);
      if (text) say(get_room(to), text);
    },
  },
  whois: { takes: "name", run: (room, rest) => session.send("WHOIS", rest || room.name) },
  away: { takes: "reason", run: (_, rest) => session.send("AWAY", rest || words().away) },
  back: { takes: "", run: () => session.send("AWAY") },
  invite: { takes: "name", run: (room, rest) => order("INVITE", rest, room.name) },
  kick: {
    takes: "whom",
    run: (room, rest) => {
      const [who, why] = first_word(rest);
      order("KICK", room.name, who, ...(why ? [why] : []));
    },
  },
  date: { takes: "", run: () => void (panel.value = "date") },
  search: { takes: "", run: () => (can_search() ? void (panel.value = "search") : tell(words().no_search)) },
  settings: { takes: "", run: (room) => void (panel.value = room.is_talk ? "account" : "room") },
  mode: { takes: "mode", run: (room, rest) => order("MODE", room.name, ...rest.split(/\s+/).filter(Boolean)) },
  list: {
    takes: "",
    run: () => {
      ask_directory();
      panel.value = "directory";
    },
  },
  account: { takes: "", run: () => void (panel.value = "account") },
  quit: { takes: "", run: () => go_out() },
  help: { takes: "", run: (room) => tell(Object.keys(commands).map((name) => `/${name} ${typed_behind(name)}`.trim()).join("  "), room) },
};

/** In the language of who types. @param {string} name of a command */
export function typed_behind(name) {
  const { takes } = commands[name];
  return takes && words().takes[takes];
}

/** What one types and sends. False if it is a command that there is not. @param {Room} room @param {string} text */
export function submit(room, text) {
  const slash = /^\s*\/([a-z]+)(?:\s+(.*))?$/is.exec(text);
  if (!slash && looks_like_login(text)) {
    tell(words().not_said, room);
    return false;
  }
  if ((!slash || slash[1].toLowerCase() === "me") && room.is_another) {
    room.is_another = false;
    tell(words().another_person(room.name), room);
    return false;
  }
  if (!slash) {
    // Two slashes say one.
    say(room, text.replace(/^\/\//, "/"));
    return true;
  }
  const name = slash[1].toLowerCase();
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    tell(words().no_such_command(name), room);
    return false;
  }
  command.run(room, (slash[2] ?? "").trim());
  return true;
}

