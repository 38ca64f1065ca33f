// What one sees of a conversation: a room of many, or a private talk.
//
// Its messages are in the order of their times, and of one time in that in which they came; so what is said now, what was
// missed and what is older can come in any order, and each is there once.

import { signal } from "@preact/signals";
import { fold } from "../irc/line.js";

/**
 * @typedef {object} Entry
 * @property {string} id the server's msgid; empty while it is not kept
 * @property {number} time in ms
 * @property {"text" | "action" | "notice" | "event" | "own"} kind own: from the page itself
 * @property {string} nick
 * @property {string} text
 * @property {string} [account]
 * @property {string} [reply_to] the id of what it answers
 * @property {Map<string, Set<string>>} [reactions] who, by what
 * @property {boolean} [is_redacted]
 * @property {boolean} [is_mention]
 * @property {Happening[]} [events] of an event: what came together
 * @property {Set<string>} [pictures] links of those that are shown
 * @property {number} version grows with each change
 *
 * @typedef {object} Happening
 * @property {string} id
 * @property {number} time
 * @property {"in" | "out" | "nick" | "topic" | "kick"} what
 * @property {string} who
 * @property {string} [detail]
 *
 * @typedef {object} Pending what is said and not yet kept
 * @property {string} label
 * @property {string} text
 * @property {string} [reply_to]
 * @property {boolean} is_action
 * @property {number} time
 * @property {string} [as] the name by which it was sent
 * @property {number} [on] the connection on which it was sent (Session.connection); 0: on none yet
 * @property {string} [refused] why; nothing while it is under way
 *
 * @typedef {object} End where a conversation was, to go on from there
 * @property {string} id
 * @property {number} time in ms
 * @property {string[]} beside the ids of all that is of that time
 *
 * @typedef {object} Member
 * @property {string} nick
 * @property {string} rank as in "@", the highest first
 * @property {boolean} is_away
 *
 * @typedef {object} Ban
 * @property {string} mask
 * @property {string} by
 * @property {number} time in ms; NaN: unknown
 */

/** So many are held of a room where the server has the others, too: those come again as one scrolls. */
export const most_held = 10_000;
/** More than that by so many: what goes goes together. */
const held_over = 1000;
/** So much that happened is one entry. */
const most_together = 200;
/** So many reactions to what is not here are remembered, of a message and of messages. */
export const most_early = 500;

export class Room {
  /** @type {Entry[]} */
  entries = [];
  /** The msgids up to which the history was read, whatever was there: also what is no entry, as a reaction. Empty: those of the entries. */
  edges = { older: "", newer: "" };
  /** Reactions, in order, to what is further back than what was read, by its msgid. @type {Map<string, import("../irc/line.js").Message[]>} */
  early_reactions = new Map();
  /** Raised with each change of `entries`. */
  version = signal(0);
  /** @type {import("@preact/signals").Signal<Pending[]>} */
  pending = signal([]);
  topic = signal("");
  is_joined = signal(false);
  /** What is set, with its parameter: "k" is the key (state/modes.js). @type {import("@preact/signals").Signal<Map<string, string>>} */
  modes = signal(new Map());
  /** Nothing while nobody has asked. @type {import("@preact/signals").Signal<Ban[] | undefined>} */
  bans = signal(undefined);
  unread = signal(0);
  mentions = signal(0);
  /** Until when everything was read, in ms; the line "new" is behind it. */
  read_to = signal(0);
  /** Where that line stands while one looks. */
  new_from = signal(0);
  /** @type {import("@preact/signals").Signal<"unknown" | "more" | "loading" | "none">} */
  older = signal("unknown");
  /** Whether there is more behind what is shown: one is somewhere in the past. @type {import("@preact/signals").Signal<"none" | "more" | "loading">} */
  newer = signal("none");
  /** Where the log is to go. @type {import("@preact/signals").Signal<Entry | "end" | undefined>} */
  target = signal(undefined);
  /** By folded nick. @type {Map<string, Member>} */
  members = new Map();
  people_version = signal(0);
  /** Until when somebody types, by nick. @type {import("@preact/signals").Signal<Map<string, number>>} */
  typing = signal(new Map());
  /** @type {import("@preact/signals").Signal<Entry | undefined>} */
  replying_to = signal(undefined);
  /** Files that are under way (state/uploads.js). @type {import("@preact/signals").Signal<import("./uploads.js").Upload[]>} */
  uploads = signal([]);
  /** Those that are there, to be put into what one writes. @type {import("@preact/signals").Signal<string[]>} */
  links = signal([]);
  /** What is written and not sent. */
  draft = "";
  /** Up to where nothing is missing: where it was as the connection was lost. @type {End | undefined} */
  held_to = undefined;
  /** Whether something was taken back that is not here: of what one has said it cannot be told whether it was kept. */
  misses_redacted = false;
  /** Of a talk: who speaks there under that name, as far as the server tells: the account, or user and host. Empty: nobody has yet. */
  partner = "";
  /** Whether it may be somebody else by now, which is said before the next answer. */
  is_another = false;
  /** Whether what it has is of another day, and much may have been said since (state/kept.js). */
  is_from_before = false;
  /** @type {Map<string, Entry>} */
  #by_id = new Map();

  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.key = fold(name);
    this.is_talk = !name.startsWith("#");
  }

  /** @param {string} name of a room that stays what it is */
  rename(name) {
    this.name = name;
    this.key = fold(name);
  }

  /** @param {string | undefined} id */
  find(id) {
    return id ? this.#by_id.get(id) : undefined;
  }

  /** The newest that the server has kept. */
  last_kept() {
    return this.entries.findLast((entry) => entry.id !== "");
  }

  /** The last that is there, for what comes behind it: of what happened together the last. @returns {End | undefined} */
  end() {
    const last = this.last_kept();
    if (!last) return undefined;
    const { id, time } = last.events?.at(-1) ?? last;
    const beside = this.entries.slice(this.place_of(time - 1)).filter((entry) => entry.time === time).map((entry) => entry.id);
    return { id, time, beside };
  }

  /** What was kept behind that, if all of it is here. @param {End | undefined} end @returns {Entry[] | undefined} */
  behind(end) {
    const is_whole = this.older.value === "none" || (end && (this.first_kept()?.time ?? Infinity) <= end.time);
    if (this.newer.value !== "none" || !is_whole) return undefined;
    return this.entries.slice(end ? this.place_of(end.time - 1) : 0).filter((entry) => !end?.beside.includes(entry.id));
  }

  first_kept() {
    return this.entries.find((entry) => entry.id !== "");
  }

  /** Where an entry of this time stands. @param {number} time */
  place_of(time) {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.entries[middle].time <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @param {Entry | undefined} next @param {number} time */
  #place_before(next, time) {
    const last = this.place_of(time);
    if (next?.time !== time) return last;
    for (let at = last - 1; at >= 0 && this.entries[at].time === time; at--) if (this.entries[at] === next) return at;
    return last;
  }

  /** Of what happens now, which stands behind everything: who is in the past finds it on coming back. False if it was there. @param {Entry} entry */
  hear(entry) {
    // The server's clock may have been set back; that of this machine, by which the page's own words may stand there, is none.
    let last = this.entries.length - 1;
    while (this.entries[last]?.kind === "own") last--;
    entry.time = Math.max(entry.time, this.entries[last]?.time ?? 0);
    for (const own of this.entries.slice(last + 1)) own.time = Math.min(own.time, entry.time);
    return this.newer.value !== "none" || this.insert(entry);
  }

  /** False if it was there. @param {Entry} entry @param {Entry} [next] stands behind it, if both are of one time */
  insert(entry, next) {
    if (entry.id && this.#by_id.has(entry.id)) return false;
    const at = this.#place_before(next, entry.time);
    const before = this.entries[at - 1];
    if (before?.events) {
      this.#split(before, at, entry.time);
      if (entry.events && before.events.length < most_together) {
        before.events.push(...entry.events);
        before.version++;
        if (entry.id) this.#by_id.set(entry.id, before);
        this.changed();
        return true;
      }
    }
    this.entries.splice(at, 0, entry);
    if (entry.id) this.#by_id.set(entry.id, entry);
    this.changed();
    return true;
  }

  /**
   * What happened later than `time` stands behind what is inserted then.
   * @param {Entry} group @param {number} at where the inserted will stand @param {number} time
   */
  #split(group, at, time) {
    if ((group.events?.at(-1)?.time ?? 0) <= time) return;
    const later = group.events?.filter((event) => event.time > time) ?? [];
    if (later.length === 0) return;
    group.events = group.events?.filter((event) => event.time <= time);
    group.version++;
    const tail = { ...group, id: later[0].id, time: later[0].time, events: later, version: 0 };
    for (const event of later) if (event.id) this.#by_id.set(event.id, tail);
    this.entries.splice(at, 0, tail);
  }

  /** Lets go of what is far from where one looks, at one end. Not where the server has no history. @param {"oldest" | "newest"} which */
  shorten(which) {
    const over = this.entries.length - most_held;
    if (over < held_over || this.older.value === "unknown") return;
    this.edges[which === "oldest" ? "older" : "newer"] = "";
    const gone = which === "oldest" ? this.entries.splice(0, over) : this.entries.splice(-over);
    for (const entry of gone) {
      for (const { id } of [entry, ...(entry.events ?? [])]) this.#by_id.delete(id);
      // They come later in the history than what they are to.
      for (const [what, who] of entry.reactions ?? [])
        for (const from of who) this.remember_reaction({ command: "TAGMSG", from, mask: from, params: [this.name], tags: { "+draft/react": what, "+draft/reply": entry.id } });
    }
    this[which === "oldest" ? "older" : "newer"].value = "more";
    this.changed();
  }

  /** For when what it is to is read. @param {import("../irc/line.js").Message} reaction the last, so far */
  remember_reaction(reaction) {
    const id = reaction.tags["+draft/reply"] || reaction.tags["+reply"] || "";
    const before = this.early_reactions.get(id) ?? [];
    if (id && before.length < most_early && (before.length || this.early_reactions.size < most_early)) this.early_reactions.set(id, [...before, reaction]);
  }

  changed() {
    this.version.value++;
  }

  /** Forgets what it shows, where too much was missed to fetch it piece by piece; all of it can be read again. */
  forget() {
    this.entries = [];
    this.#by_id = new Map();
    this.older.value = "unknown";
    this.newer.value = "none";
    this.edges = { older: "", newer: "" };
    this.early_reactions.clear();
    this.changed();
  }

  people_changed() {
    this.people_version.value++;
  }

  /** @param {string} nick */
  has_member(nick) {
    return this.members.has(fold(nick));
  }

  /** Those in it, by rank and then by name. */
  people() {
    const order = "~@%+ ";
    const place = (/** @type {Member} */ who) => order.indexOf(who.rank || " ");
    return [...this.members.values()].sort((a, b) => place(a) - place(b) || a.nick.localeCompare(b.nick));
  }
}
