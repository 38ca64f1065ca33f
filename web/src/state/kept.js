// What was said last, for when the server is out of reach: the newest messages of each conversation, in the browser's own
// database (IndexedDB), by who one is here. Who leaves the chat leaves nothing behind.

import { effect } from "@preact/signals";
import { fold } from "../irc/line.js";
import { find_room, get_room, rooms, status } from "./chat.js";

/**
 * @typedef {import("./room.js").Room} Room
 * @typedef {{who: string, key: string, name: string, topic: string, read_to: number, entries: import("./room.js").Entry[], saved: number}} Kept
 */

/** Messages of a conversation, and conversations. */
const most = 500;
const most_rooms = 200;
/** What nobody has come back for is forgotten, as the server forgets, in ms. */
const longest = 30 * 86_400_000;
/** Not with each message of a busy room. */
const pause = 2000;

/** Whose it is; nobody's while that is not known. */
let who = "";
/** What each was when it was kept. @type {Map<Room, number>} */
let versions = new Map();
/** @type {Promise<IDBDatabase | undefined> | undefined} */
let opened;

/** Nothing where the browser keeps nothing, or where anybody in between could read it (plain http). @returns {Promise<IDBDatabase | undefined>} */
function open() {
  return (opened ??= new Promise((resolve) => {
    try {
      if (!isSecureContext) return resolve(undefined);
      const asked = indexedDB.open("parlance", 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("rooms", { keyPath: ["who", "key"] });
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = asked.onblocked = () => resolve(undefined);
    } catch {
      resolve(undefined);
    }
  }));
}

/** @template T @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T> | void} what @returns {Promise<T | undefined>} */
async function with_store(mode, what) {
  const database = await open();
  return new Promise((resolve) => {
    try {
      const all = database?.transaction("rooms", mode);
      const asked = all && what(all.objectStore("rooms"));
      if (!all) return resolve(undefined);
      all.oncomplete = () => resolve(asked ? asked.result : undefined);
      all.onerror = all.onabort = () => resolve(undefined);
    } catch {
      resolve(undefined);
    }
  });
}

/** All of one person's. @param {string} whose */
const range_of = (whose) => IDBKeyRange.bound([whose], [whose, []]);

/** Who one is, by account or, as a guest, by name. @param {string} account @param {string} nick */
export const person_of = (account, nick) => (account ? `account ${fold(account)}` : `guest ${fold(nick)}`);

/** Puts into the list of rooms what was kept of those that are not there. @param {string} account @param {string} nick */
export async function bring_back(account, nick) {
  const whose = person_of(account, nick);
  const found = /** @type {Kept[]} */ ((await with_store("readonly", (store) => store.getAll(range_of(whose)))) ?? []);
  who = whose;
  versions = new Map();
  for (const one of found) {
    if (find_room(one.name) || one.saved < Date.now() - longest) continue;
    const room = get_room(one.name);
    for (const entry of one.entries) room.insert(entry);
    room.topic.value = one.topic;
    room.read_to.value = one.read_to;
    room.older.value = "more";
    room.held_to = room.end();
    room.is_from_before = true;
    versions.set(room, room.version.value);
  }
  with_store("readwrite", (store) => drop_old(store));
}

/** @param {IDBObjectStore} store */
function drop_old(store) {
  const walk = store.openCursor();
  walk.onsuccess = () => {
    const at = walk.result;
    if (!at) return;
    if (at.value.saved < Date.now() - longest) at.delete();
    at.continue();
  };
}

/** @param {Room} room @returns {Kept} */
function kept_of(room) {
  const entries = room.entries.filter((entry) => entry.kind !== "own").slice(-most);
  return { who, key: room.key, name: room.name, topic: room.topic.peek(), read_to: room.read_to.peek(), entries, saved: Date.now() };
}

function save() {
  if (!who || status.peek() !== "online") return;
  const changed = rooms.peek().slice(0, most_rooms).filter((room) => room.entries.length > 0 && room.newer.peek() === "none" && versions.get(room) !== room.version.peek());
  if (changed.length === 0) return;
  for (const room of changed) versions.set(room, room.version.peek());
  with_store("readwrite", (store) => {
    for (const room of changed) store.put(kept_of(room));
  });
}

/** Nothing of anybody stays: who is here may have had other names. */
export async function forget_kept() {
  who = "";
  await with_store("readwrite", (store) => void store.clear());
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let due;
/** @type {Room[]} */
let before = [];

effect(() => {
  const now = rooms.value;
  for (const room of now) room.version.value;
  // A room that one has left is none to read in.
  const gone = before.filter((room) => !now.includes(room));
  before = now;
  if (who && status.peek() === "online" && gone.length) {
    const whose = who;
    with_store("readwrite", (store) => gone.forEach((room) => store.delete([whose, room.key])));
  }
  due ??= setTimeout(() => {
    due = undefined;
    save();
  }, pause);
});

document.addEventListener("visibilitychange", () => document.hidden && save());
