// Emoji by their names, as GitHub calls them (gemoji). The list is fetched when somebody wants one.

import { signal } from "@preact/signals";
import { made } from "../made.js";
import { panel } from "./chat.js";

/** @typedef {{emoji: string, names: string[], tags: string, group: number}} Emoji */

/** Those that are known by now. @type {import("@preact/signals").Signal<Emoji[]>} */
export const emoji = signal([]);
/** What is to be done with the one that is picked. @type {import("@preact/signals").Signal<(emoji: string) => void>} */
export const picked = signal(() => {});

/** @type {Promise<boolean> | undefined} */
let fetching;

/** A group of lines each: "😀 grinning|smile happy" (build.mjs). @param {string[]} groups */
const read = (groups) =>
  groups.flatMap((lines, group) =>
    lines.split("\n").map((line) => {
      const [first, tags = ""] = line.split("|");
      const [own, ...names] = first.split(" ");
      return { emoji: own, names, tags, group };
    }),
  );

/** Whether they are there; if not, it is tried again another time. @returns {Promise<boolean>} */
export function fetch_emoji() {
  return (fetching ??= import(made.emoji).then(
    (list) => {
      emoji.value = read(list.groups);
      return true;
    },
    () => {
      fetching = undefined;
      return false;
    },
  ));
}

/** Opens the picker. @param {(emoji: string) => void} then */
export function pick_emoji(then) {
  picked.value = then;
  panel.value = "emoji";
  fetch_emoji();
}

/** Those whose names begin so, then those with it in a name or a tag. @param {string} sought */
export function find_emoji(sought) {
  const wanted = sought.toLowerCase();
  /** @param {Emoji} one */
  const place = ({ names, tags }) => (names.includes(wanted) ? 0 : names.some((name) => name.startsWith(wanted)) ? 1 : names.some((name) => name.includes(wanted)) ? 2 : tags.includes(wanted) ? 3 : 4);
  return emoji.value
    .map((one) => ({ one, at: place(one) }))
    .filter(({ at }) => at < 4)
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

/** By its whole name. @param {string} name */
export const emoji_named = (name) => emoji.value.find(({ names }) => names.includes(name.toLowerCase()))?.emoji;
