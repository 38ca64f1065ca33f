// All that the page knows: who one is, which rooms there are, and the session that both come from.

import { computed, effect, signal } from "@preact/signals";
import { Session } from "../irc/session.js";
import { fold, is_refusal } from "../irc/line.js";
import { decoded } from "../text/links.js";
import { Room } from "./room.js";
import { recall, remember } from "./memory.js";
import { words } from "../words.js";

/** @typedef {"door" | "connecting" | "online" | "lost"} Status */

export const status = signal(/** @type {Status} */ ("door"));
/** When the next attempt is made, in ms. */
export const next_attempt = signal(0);
export const my_nick = signal("");
export const my_account = signal("");
export const is_away = signal(false);
/** Why the server did not let one in. */
export const refusal = signal("");
/** Whether it lets in only who knows its password. */
export const wants_password = signal(false);
export const network = signal("Parlance");
/** @type {import("@preact/signals").Signal<Room[]>} */
export const rooms = signal([]);
export const active_key = signal("");
export const active = computed(() => rooms.value.find((room) => room.key === active_key.value));
/** Which panel is open over the rest. @type {import("@preact/signals").Signal<"" | "switcher" | "directory" | "account" | "room" | "key" | "date" | "search" | "emoji">} */
export const panel = signal("");
/** The room that was not let into without its key, and whether a wrong one was given. */
export const key_wanted = signal({ name: "", was_wrong: false });
/** On narrow screens: which side is shown. @type {import("@preact/signals").Signal<"" | "rooms" | "people">} */
export const drawer = signal("");
export const total_mentions = computed(() => rooms.value.reduce((sum, room) => sum + room.mentions.value, 0));
export const total_unread = computed(() => rooms.value.reduce((sum, room) => sum + room.unread.value, 0));

/** What a session tells; receive.js and online.js set it. @type {import("../irc/session.js").Owner} */
export const listener = { receive: () => {}, welcome: () => {}, lost: () => {}, token_ended: () => {}, refused: () => {} };

export const session = new Session({
  receive: (message) => listener.receive(message),
  welcome: () => listener.welcome(),
  lost: (again_in) => listener.lost(again_in),
  token_ended: () => listener.token_ended(),
  refused: (reason, wants_password) => listener.refused(reason, wants_password),
});

/** Why something was refused; nothing: it was not. @param {import("../irc/line.js").Message[]} answer */
export function refusal_in(answer) {
  if (answer.length === 0) return words().not_connected;
  return answer.find(is_refusal)?.params.at(-1) ?? "";
}

/** Has the server do something, and gives why it did not. @param {...string} line */
export const have_done = async (...line) => refusal_in(await session.ask(line));

/** Asks for a room's key. @param {string} name @param {boolean} was_wrong */
export function want_key(name, was_wrong) {
  key_wanted.value = { name, was_wrong };
  panel.value = "key";
}

/** @param {string} nick */
export const is_me = (nick) => fold(nick) === fold(my_nick.value);

/** @param {string} name */
export const find_room = (name) => rooms.value.find((room) => room.key === fold(name));

/** @param {string} name */
export function get_room(name) {
  const found = find_room(name);
  if (found) return found;
  const room = new Room(name);
  rooms.value = [...rooms.value, room].sort((a, b) => Number(a.is_talk) - Number(b.is_talk) || a.key.localeCompare(b.key));
  return room;
}

/** A room is called otherwise, and stays what it is (draft/channel-rename). @param {Room} room @param {string} to */
export function rename_room(room, to) {
  const was_active = active_key.value === room.key;
  room.rename(to);
  if (was_active) active_key.value = room.key;
  rooms.value = [...rooms.value].sort((a, b) => Number(a.is_talk) - Number(b.is_talk) || a.key.localeCompare(b.key));
}

/** @param {Room} room */
export function drop_room(room) {
  rooms.value = rooms.value.filter((other) => other !== room);
  if (active_key.value === room.key) active_key.value = rooms.value[0]?.key ?? "";
}

/** @param {Room} room */
export function show(room) {
  active_key.value = room.key;
  drawer.value = "";
  panel.value = "";
}

/** The page's own words, in the room that one looks at. @param {string} text @param {Room} [room] */
export function tell(text, room = active.value ?? rooms.value[0]) {
  // Behind what is there: the clock here may be another than the server's, and what comes next stands behind this.
  if (text) room?.insert({ id: "", time: room.entries.at(-1)?.time ?? Date.now(), kind: "own", nick: "", text, version: 0 });
}

/** Whether one was in a room since the connection is there. */
let is_anywhere = false;

/** The rooms to be in again, another time: none, too, for who has left the last. */
effect(() => {
  const names = rooms.value.filter((room) => !room.is_talk && room.is_joined.value).map((room) => room.name);
  is_anywhere = status.value === "online" && (is_anywhere || names.length > 0);
  if (is_anywhere) remember("rooms", names.join(","));
});

/** What an invite link opens its room by (state/invite_links.js). @param {string} name */
export function key_in_address(name) {
  const asked = new URLSearchParams(location.search);
  const room = asked.get("join") ?? "";
  return fold(name) === fold(room.startsWith("#") ? room : `#${room}`) ? (asked.get("key") ?? "") : "";
}

/** Which to come into: those that the address names, and those of the last time. */
export function rooms_to_join() {
  const asked = new URLSearchParams(location.search).get("join") || decoded(location.hash);
  const names = [asked, recall("rooms")].join(",").split(/[\s,]+/).filter(Boolean);
  const with_sign = names.map((name) => (name.startsWith("#") ? name : `#${name}`));
  return with_sign.length ? [...new Set(with_sign)] : ["#lobby"];
}
