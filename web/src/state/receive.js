// What becomes of each line that the server sends: a table by command.

import { catch_up } from "./history.js";
import { drop_room, find_room, get_room, is_away, is_me, listener, my_account, my_nick, network, panel, rename_room, rooms, session, show, active, tell, want_key } from "./chat.js";
import { conversation_of, entry_of, event_of, meant_by, react, reacted_as, redact, time_of } from "./entries.js";
import { on_heard, sight } from "./attention.js";
import { change_modes, modes_told } from "./modes.js";
import { listed } from "./directory.js";
import { fold, is_refusal } from "../irc/line.js";
import { words } from "../words.js";

/**
 * @typedef {import("../irc/line.js").Message} Message
 * @typedef {import("./room.js").Room} Room
 * @typedef {(message: Message) => void} Handler
 */

/** @param {Message} message */
function said(message) {
  // A server that speaks to one before there is a name.
  if (message.from.includes(".") && !find_room(conversation_of(message))) return tell(message.params[1] ?? "");
  const entry = entry_of(message);
  if (!entry) return;
  // Services, and who answers where one is, are shown where one looks.
  const name = conversation_of(message);
  const is_service = /^(nick|chan|hist)serv$/i.test(message.from) && message.command === "NOTICE" && !message.params[0]?.startsWith("#");
  if (is_service) return tell(`${message.from}: ${entry.text}`);
  const room = get_room(name);
  if (room.is_talk && !is_me(message.from)) heard_from(room, message);
  if (room.hear(entry)) on_heard(room, entry);
  if (room !== active.value || sight.is_at_end) room.shorten("oldest");
  stop_typing(room, message.from);
}

/** Who has the name of a talk may be somebody else by now, and is not to be told what was meant for the one before. @param {Room} talk @param {Message} message */
function heard_from(talk, message) {
  const who = message.tags.account ? `account ${message.tags.account}` : message.mask;
  if (talk.partner && talk.partner !== who) {
    talk.is_another = true;
    tell(words().another_person(talk.name), talk);
  }
  talk.partner = who;
}

/** Whoever speaks there next is another, or comes back. @param {Room} talk @param {string} what happened */
function leave_talk(talk, what) {
  if (!talk.partner || talk.partner === "nobody") return;
  talk.partner = "nobody";
  tell(what, talk);
}

/** The name of a talk is nobody's now (RPL_MONOFFLINE). @param {Message} message */
function gone_offline({ params }) {
  for (const nick of (params[1] ?? "").split(",")) {
    const talk = find_room(nick.split("!")[0]);
    if (talk?.is_talk) leave_talk(talk, words().went(talk.name));
  }
}

/** @param {Room} room @param {string} nick */
function stop_typing(room, nick) {
  if (!room.typing.value.has(nick)) return;
  room.typing.value = new Map([...room.typing.value].filter(([other]) => other !== nick));
}

/** @param {Message} message */
function tagged(message) {
  const room = find_room(conversation_of(message));
  if (!room) return;
  if (room.find(meant_by(message))) react(room, message);
  else if ("+draft/react" in message.tags || "+draft/unreact" in message.tags) room.remember_reaction(message);
  const typing = message.tags["+typing"];
  if (!typing || is_me(message.from)) return;
  if (typing !== "active") return stop_typing(room, message.from);
  room.typing.value = new Map([...room.typing.value, [message.from, Date.now() + 6500]]);
  setTimeout(() => {
    if ((room.typing.value.get(message.from) ?? 0) <= Date.now()) stop_typing(room, message.from);
  }, 6600);
}

/** Where this one is. @param {string} nick */
const rooms_of = (nick) => rooms.value.filter((room) => room.has_member(nick));

/** @param {Room} room @param {string} nick */
function remove_member(room, nick) {
  room.members.delete(fold(nick));
  stop_typing(room, nick);
  room.people_changed();
}

/** @param {string} prefix @param {string} nick @param {Room} room */
function put_member(room, nick, prefix = "") {
  const before = room.members.get(fold(nick));
  room.members.set(fold(nick), { nick, rank: prefix[0] ?? "", is_away: before?.is_away ?? false });
}

/** @param {Message} message */
function joined(message) {
  const room = get_room(message.params[0]);
  if (is_me(message.from)) {
    room.is_joined.value = true;
    room.members = new Map();
    if (!active.value || asked_for.delete(room.key)) show(room);
    session.send("WHO", room.name, "%tnf,7");
    opened(room);
  }
  put_member(room, message.from);
  room.people_changed();
  room.hear(event_of(message, "in", message.from));
}

/** Rooms to show when one is in them. @type {Set<string>} */
export const asked_for = new Set();

/** What online.js does for a room that one is in. @type {(room: Room) => void} */
let opened = (room) => void catch_up(room);
/** @param {(room: Room) => void} what */
export const on_opened = (what) => void (opened = what);

/** @param {Message} message @param {string} who @param {"out" | "kick"} what @param {string} [detail] */
function left(message, who, what, detail) {
  const room = find_room(message.params[0]);
  if (!room) return;
  room.hear(event_of(message, what, who, detail));
  remove_member(room, who);
  if (!is_me(who)) return;
  room.is_joined.value = false;
  if (what === "out") drop_room(room);
}

/** @param {Message} message */
function renamed(message) {
  const [to] = message.params;
  if (is_me(message.from)) {
    my_nick.value = to;
    session.nick = session.identity.nick = to;
    for (const room of rooms.value) reacted_as(room, message.from, to);
  }
  const talk = find_room(message.from);
  if (talk?.is_talk) leave_talk(talk, words().is_now(message.from, to));
  for (const room of rooms_of(message.from)) {
    const rank = room.members.get(fold(message.from))?.rank;
    room.members.delete(fold(message.from));
    put_member(room, to, rank);
    room.people_changed();
    room.hear(event_of(message, "nick", message.from, to));
  }
}

/** @param {string} nick @param {boolean} away */
function set_away(nick, away) {
  for (const room of rooms_of(nick)) {
    const member = room.members.get(fold(nick));
    if (member) member.is_away = away;
    room.people_changed();
  }
}

/** Rooms whose ranks have changed: however many change, they are asked for once in so long, in ms. @type {Set<Room>} */
const to_name = new Set();
const names_pause = 2000;

/** @param {Room} room */
function ask_names_soon(room) {
  if (to_name.size === 0) setTimeout(() => {
    for (const one of to_name) session.send("NAMES", one.name);
    to_name.clear();
  }, names_pause);
  to_name.add(room);
}

/** Ranks, of which each has its letter in PREFIX. @param {Message} message */
function mode(message) {
  const room = find_room(message.params[0]);
  if (!room) return;
  change_modes(room, message.params.slice(1), message.from);
  if (/[qohv]/.test(message.params[1] ?? "")) ask_names_soon(room);
  room.hear({ id: "", time: time_of(message), kind: "own", nick: "", text: words().mode_changed(message.from, message.params.slice(1).join(" ")), version: 0 });
}

/** @param {Message} message */
function names({ params }) {
  const room = find_room(params[2]);
  if (!room) return;
  for (const word of (params[3] ?? "").split(" ").filter(Boolean)) {
    const prefix = /^[~@%+&!]*/.exec(word)?.[0] ?? "";
    put_member(room, word.slice(prefix.length).split("!")[0], prefix);
  }
}

/** @param {Message} message an answer to WHO %tnf,7 */
function who({ params }) {
  if (params[1] !== "7") return;
  const [, , nick, flags = ""] = params;
  for (const room of rooms_of(nick)) {
    const member = room.members.get(fold(nick));
    if (member) member.is_away = flags.startsWith("G");
  }
}

/** @param {Message} message */
function read({ params }) {
  const room = find_room(params[0]);
  const until = Date.parse((params[1] ?? "").replace("timestamp=", ""));
  if (!room || !until || until <= room.read_to.value) return;
  room.read_to.value = until;
  if (!room.entries.some((entry) => entry.time > until && entry.kind !== "event")) room.unread.value = room.mentions.value = 0;
}

/** @param {Message} message */
function topic(message) {
  const room = find_room(message.params[0]);
  if (!room) return;
  room.topic.value = message.params[1] ?? "";
  room.hear(event_of(message, "topic", message.from, room.topic.value));
}

/** What is only to be read: in the room that it names, else where one looks. @param {Message} message */
function tell_rest(message) {
  const rest = message.params.slice(1);
  const room = rest.map((word) => find_room(word)).find(Boolean);
  tell(rest.filter((word) => word !== room?.name).join(" "), room);
}

/** What is set in a room is in its settings while these are open. */
const are_shown = () => panel.value === "room";

/** @type {Record<string, Handler>} */
const handlers = {
  PRIVMSG: said,
  NOTICE: said,
  TAGMSG: tagged,
  JOIN: joined,
  PART: (message) => left(message, message.from, "out"),
  KICK: (message) => left(message, message.params[1] ?? "", "kick", message.from),
  QUIT: (message) => {
    const talk = find_room(message.from);
    if (talk?.is_talk) leave_talk(talk, words().went(message.from));
    for (const room of rooms_of(message.from)) {
      room.hear(event_of(message, "out", message.from));
      remove_member(room, message.from);
    }
    if (fold(message.from) === fold(session.identity.nick) && !is_me(message.from)) session.send("NICK", session.identity.nick);
  },
  NICK: renamed,
  RENAME: ({ params }) => {
    const room = find_room(params[0]);
    if (!room || !params[1]) return;
    const before = room.name;
    rename_room(room, params[1]);
    tell(words().is_now(before, params[1]), room);
  },
  AWAY: (message) => set_away(message.from, message.params.length > 0),
  TOPIC: topic,
  MODE: (message) => message.params[0]?.startsWith("#") && mode(message),
  REDACT: (message) => {
    const room = find_room(conversation_of(message));
    if (room) redact(room, message.params[1] ?? "");
  },
  MARKREAD: read,
  ACCOUNT: (message) => is_me(message.from) && (my_account.value = message.params[0] === "*" ? "" : message.params[0]),
  INVITE: (message) => tell(words().invited(message.from, message.params[1] ?? "")),
  FAIL: (message) => !message.tags.label && tell(message.params.at(-1) ?? ""),
  WARN: tell_rest,
  NOTE: tell_rest,
  ERROR: (message) => tell(message.params[0] ?? ""),
  "001": () => (my_nick.value = session.nick),
  "005": () => (network.value = session.isupport.get("NETWORK") || "Parlance"),
  "305": () => (is_away.value = false),
  "306": () => (is_away.value = true),
  "322": ({ params }) => listed(params[1], Number(params[2]), params[3] ?? ""),
  "324": (message) => {
    modes_told(message);
    if (!are_shown()) tell_rest(message);
  },
  "331": ({ params }) => find_room(params[1]) && (/** @type {Room} */ (find_room(params[1])).topic.value = ""),
  "332": ({ params }) => find_room(params[1]) && (/** @type {Room} */ (find_room(params[1])).topic.value = params[2] ?? ""),
  "353": names,
  "354": who,
  "315": ({ params }) => find_room(params[1])?.people_changed(),
  "367": (message) => !are_shown() && tell_rest(message),
  "366": ({ params }) => find_room(params[1])?.people_changed(),
  "475": (message) => !message.tags.label && want_key(message.params[1] ?? "", false),
  "730": () => {},
  "731": gone_offline,
  "900": ({ params }) => (my_account.value = params[2] ?? ""),
  "901": () => (my_account.value = ""),
};

/** Told by other means, or of no interest to people. */
const silent = new Set(["CAP", "EXTJWT", "ACK", "PONG", "BATCH", "CHGHOST", "SETNAME", "CHATHISTORY", "002", "003", "004", "251", "252", "253", "254", "255", "265", "266", "321", "323", "329", "333", "422", "375", "376", "903", "318", "368"]);

listener.receive = (message) => {
  const handler = Object.hasOwn(handlers, message.command) ? handlers[message.command] : undefined;
  if (handler) handler(message);
  else if (!silent.has(message.command) && !(message.tags.label && is_refusal(message) && session.is_ready)) tell_rest(message);
};
