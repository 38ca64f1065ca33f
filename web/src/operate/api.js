// What the page asks of the operators' API, and what it knows. The token is in memory alone, and gone with the page.

import { signal } from "@preact/signals";

/**
 * @typedef {{time: number, people: number, connections: number, rooms: number, messages_per_second: number,
 *   deliveries_per_second: number, loop_lag_seconds: number, resident_bytes: number}} Sample
 * @typedef {Sample & {version: string, status: string}} Status
 * @typedef {{answer: string[], done: boolean, things: Record<string, any>[]}} Answer
 */

const every = 5000;
const most_samples = 720;
const most_lines = 300;

let token = "";
export const is_in = signal(false);
/** Whether the server answers. */
export const is_there = signal(true);
export const status = signal(/** @type {Status | undefined} */ (undefined));
/** Of the last hour, the oldest first. */
export const samples = signal(/** @type {Sample[]} */ ([]));
export const people = signal(/** @type {Record<string, any>[]} */ ([]));
export const rooms = signal(/** @type {Record<string, any>[]} */ ([]));
export const bans = signal(/** @type {Record<string, any>[]} */ ([]));
/** Of the server's log, the newest last. */
export const log = signal(/** @type {string[]} */ ([]));

/** @param {string} path @param {RequestInit} [options] */
function ask(path, options = {}) {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  return fetch(`/api/v1/${path}`, { cache: "no-store", credentials: "omit", ...options, headers });
}

/** @param {string} line as it is typed at the console @returns {Promise<Answer>} */
export async function command(line) {
  const answer = await ask("command", { method: "POST", body: JSON.stringify({ command: line }) });
  if (answer.ok || answer.status === 422) return answer.json();
  return { answer: (await answer.text()).trim().split("\n"), done: false, things: [] };
}

/** @param {string} given @returns {Promise<number>} the status: 200, or why not; 0: it does not answer */
export async function log_in(given) {
  token = given;
  const answer = await ask("status").catch(() => undefined);
  if (answer?.ok) {
    samples.value = (await (await ask("samples")).json()).samples;
    is_in.value = true;
    look();
    listen();
  }
  return answer?.status ?? 0;
}

export function log_out() {
  token = "";
  is_in.value = false;
  log.value = [];
}

/** Again and again, while one is in. */
async function look() {
  const mine = token;
  while (is_in.value && token === mine) {
    try {
      const answer = await ask("status");
      if (answer.status === 401) return log_out();
      /** @type {Status} */
      const now = await answer.json();
      status.value = now;
      samples.value = [...samples.value, now].slice(-most_samples);
      for (const [line, known] of /** @type {const} */ ([["/who", people], ["/rooms", rooms], ["/bans", bans]])) known.value = (await command(line)).things;
      is_there.value = true;
    } catch {
      is_there.value = false;
    }
    await new Promise((then) => setTimeout(then, every));
  }
}

/** Takes the log as it comes. EventSource could not say who asks. */
async function listen() {
  const mine = token;
  while (is_in.value && token === mine) {
    try {
      const answer = await ask("events?kind=log");
      const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader(), decoder = new TextDecoder();
      let rest = "";
      for (let next; !(next = await reader.read()).done && token === mine; ) {
        const lines = (rest + decoder.decode(next.value, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        const said = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
        if (said.length > 0) log.value = [...log.value, ...said].slice(-most_lines);
      }
      reader.cancel().catch(() => {});
    } catch {
      // `look` tells that it does not answer
    }
    await new Promise((then) => setTimeout(then, every));
  }
}
