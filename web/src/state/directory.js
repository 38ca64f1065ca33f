// The rooms that there are (LIST).

import { signal } from "@preact/signals";
import { session } from "./chat.js";

/** @typedef {{name: string, people: number, topic: string}} Listed */

/** @type {import("@preact/signals").Signal<Listed[]>} */
export const directory = signal([]);
/** More are not kept; who looks for one searches. */
const most = 2000;

/** @param {string} name @param {number} people @param {string} topic */
export function listed(name, people, topic) {
  if (!name.startsWith("#") || directory.value.length >= most) return;
  directory.value = [...directory.value.filter((other) => other.name !== name), { name, people, topic }];
}

export function ask_directory() {
  directory.value = [];
  session.send("LIST");
}
