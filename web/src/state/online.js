// From a name to a conversation, and back to it after each loss of the connection.

import { effect } from "@preact/signals";
import { active, find_room, get_room, key_in_address, listener, my_account, my_nick, next_attempt, refusal, rooms, rooms_to_join, session, show, status, tell, want_key, wants_password } from "./chat.js";
import { recount } from "./attention.js";
import { forget_device, stay, stay_no_more } from "./device.js";
import { ask_early, catch_up, forget_early, talks_since } from "./history.js";
import { bring_back, forget_kept, person_of } from "./kept.js";
import { reconsider } from "./outbox.js";
import { begin_push, end_push } from "./push.js";
import { go, on_ready, place_of } from "./places.js";
import { on_opened } from "./receive.js";
import { recall, remember } from "./memory.js";
import { put_aside, take_up } from "./unsent.js";
import { is_refusal } from "../irc/line.js";
import { become_app } from "../app.js";
import { words } from "../words.js";

/** @typedef {import("./room.js").Room} Room */

/** When the connection was lost last; what came before was heard. */
let lost_at = 0;
/** What the browser keeps is not waited for longer, in ms. */
const patience = 1000;
/** Whether one was in since one has come. */
let was_in = false;
/** Whether this device was logged out, since one tried to come in. */
let token_has_ended = false;

/** As whom one comes in. */
const who = () => person_of(session.identity.account ?? "", session.identity.nick);

/** @param {import("../irc/session.js").Identity} identity */
export function come_in(identity) {
  refusal.value = "";
  status.value = "connecting";
  was_in = token_has_ended = false;
  remember("nick", identity.nick);
  if (identity.account) remember("account", identity.account);
  session.open(identity);
}

/** Says goodbye, and forgets the passwords, and what was said. */
export async function go_out() {
  // While there is a connection to say so.
  if (recall("notify") === "yes") await Promise.race([end_push().catch(() => {}), new Promise((done) => setTimeout(done, patience))]);
  stay_no_more();
  session.close();
  forget_kept();
  my_account.value = "";
  session.identity = { nick: my_nick.value };
  rooms.value = [];
  remember("rooms", "");
  status.value = "door";
}

on_opened(async (room) => {
  const end = room.held_to;
  await catch_up(room);
  if (!session.is_ready) return;
  reconsider(room, end);
  recount(room);
  on_ready(room);
});

listener.welcome = async () => {
  if (!was_in) await Promise.race([bring_back(my_account.value, my_nick.value), new Promise((done) => setTimeout(done, patience))]);
  if (!session.is_ready) return;
  if (!was_in) take_up(who());
  forget_early();
  status.value = "online";
  become_app();
  if (session.identity.stays && my_account.value) stay();
  begin_push();
  const names = was_in ? rooms.value.filter((room) => !room.is_talk && room.is_joined.value).map((room) => room.name) : rooms_to_join();
  const place = !was_in && place_of(location.href);
  if (place) go(place);
  for (const name of names) come_into(name);
  was_in = true;
  if (!active.value) show_first(names);
  const known = rooms.value.filter((room) => room.is_talk);
  const since = lost_at ? lost_at - 60_000 : Date.now() - 14 * 86_400_000;
  const others = await talks_since(since);
  const talks = new Set([...known, ...others.map(get_room)]);
  watch_talks();
  for (const room of talks) {
    if (session.has("draft/read-marker")) session.send("MARKREAD", room.name);
    const end = room.held_to;
    await catch_up(room);
    if (!session.is_ready) return;
    reconsider(room, end);
    recount(room);
  }
};

/** Whether those one talks with in private are still there (MONITOR), as far as the server watches. */
const watched = new Set();
function watch_talks() {
  const most = Number(session.isupport.get("MONITOR")) || 0;
  const names = rooms.value.filter((room) => room.is_talk && !watched.has(room.key)).slice(0, Math.max(0, Math.min(most, 100) - watched.size));
  for (const room of names) watched.add(room.key);
  if (names.length) session.send("MONITOR", "+", names.map((room) => room.name).join(","));
}
effect(() => {
  if (status.value === "online" && rooms.value.some((room) => room.is_talk)) watch_talks();
});

listener.lost = (again_in) => {
  watched.clear();
  my_account.value = "";
  if (status.value === "online") {
    lost_at = Date.now();
    for (const room of rooms.value) {
      room.held_to ??= room.end();
      room.typing.value = new Map();
    }
  }
  status.value = rooms.value.length ? "lost" : "connecting";
  if (!was_in && !rooms.value.length) read_alone();
  next_attempt.value = Date.now() + again_in;
};

/** Who is let into none of the rooms that were wanted is told why, where everybody is. @param {string} name */
async function come_into(name) {
  const key = key_in_address(name) || find_room(name)?.modes.value.get("k");
  const joining = session.ask(["JOIN", name, ...(key ? [key] : [])]);
  ask_early(name);
  const answer = await joining;
  const refused = answer.find(is_refusal);
  if (!refused) return;
  if (refused.command === "475") return want_key(name, Boolean(key));
  if (!rooms.value.some((room) => room.is_joined.value)) await session.ask(["JOIN", "#lobby"]);
  tell(`${name}: ${refused.params.at(-1) ?? ""}`);
}

/** Of what was kept. @param {string[]} names those that one comes into */
function show_first(names) {
  const room = find_room(names[0] ?? "");
  if (room) show(room);
}

/** The server was never reached: what was kept of it can be read. */
async function read_alone() {
  const { account = "", nick } = session.identity;
  await bring_back(account, nick);
  if (was_in || status.value !== "connecting" || !rooms.value.length) return;
  my_nick.value = nick;
  status.value = "lost";
  show_first(rooms_to_join());
  if (!active.value) show(rooms.value[0]);
}

listener.token_ended = () => {
  token_has_ended = true;
  forget_device();
};

listener.refused = (reason, is_wanted) => {
  // Who was not asked for it has done nothing wrong.
  refusal.value = token_has_ended ? words().log_in_again : is_wanted && !wants_password.value ? "" : reason;
  wants_password.value ||= is_wanted;
  session.close();
  put_aside(who());
  rooms.value = [];
  status.value = "door";
};

