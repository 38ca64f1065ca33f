// Files on their way to the server (soju.im/FILEHOST): each tells how far it is, can be stopped, and ends as a link in what one
// writes. Whose they are is told by a token that is asked for over the connection of the chat (EXTJWT), so there is no cookie.

import { signal } from "@preact/signals";
import { refusal_in, session } from "./chat.js";
import { words } from "../words.js";

/**
 * @typedef {import("./room.js").Room} Room
 * @typedef {object} Upload
 * @property {File} file
 * @property {import("@preact/signals").Signal<number>} share of it that has gone, up to 1
 * @property {import("@preact/signals").Signal<string>} refused why; empty while it is under way
 * @property {() => void} stop
 */

export const can_upload = () => session.isupport.has("soju.im/FILEHOST");

/** Where: at the page's own server, by whatever name that is called. */
const address = () => new URL(new URL(session.isupport.get("soju.im/FILEHOST") ?? "/uploads", location.href).pathname, location.href);

/** How many bytes a file may have, as the server says (Upload-Limit). @returns {Promise<number>} */
async function most_bytes() {
  try {
    const answer = await fetch(address(), { method: "OPTIONS" });
    return Number(/max-size=(\d+)/.exec(answer.headers.get("Upload-Limit") ?? "")?.[1] ?? Infinity);
  } catch {
    return Infinity; // then sending it says what is wrong
  }
}

/** @returns {Promise<{token: string, why: string}>} */
async function ask_token() {
  const answer = await session.ask(["EXTJWT", "*", "filehost"]);
  const token = answer.filter((message) => message.command === "EXTJWT").map((message) => message.params.at(-1)).join("");
  const needs_account = answer.some((message) => message.params.includes("ACCOUNT_REQUIRED"));
  return { token, why: needs_account ? words().files_for_accounts : refusal_in(answer) };
}

/** As RFC 8187 has it. @param {string} text */
const encoded = (text) => encodeURIComponent(text).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);

/** @param {XMLHttpRequest} request */
function link_in(request) {
  const place = request.status === 201 && request.getResponseHeader("Location");
  return place ? location.origin + new URL(place, location.href).pathname : "";
}

/** So many go at a time: an account, and a household, may have four, and there may be others in it. The rest wait. */
const most_at_once = 3;
let under_way = 0;
/** @type {(() => void)[]} */
const waiting = [];

/** A place among them. */
async function place() {
  if (under_way >= most_at_once) return new Promise((/** @type {(none: void) => void} */ then) => waiting.push(then));
  under_way++;
}
/** It goes to who waits the longest. */
function leave() {
  const next = waiting.shift();
  next ? next() : under_way--;
}

/** So often a server may say that others are in front, with when to come again. */
const most_tries = 30;

/** @param {XMLHttpRequest} request @returns {number} in seconds; 0: it is not to be tried again */
const comes_again = (request) => (request.status === 503 ? Number(request.getResponseHeader("Retry-After") ?? 0) : 0);

/** How it ended: load, error or abort. @param {XMLHttpRequest} request @param {Upload} one @param {string} token @returns {Promise<string>} */
function sent(request, one, token) {
  const { file } = one;
  request.open("POST", address());
  request.setRequestHeader("Authorization", `Bearer ${token}`);
  request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
  request.setRequestHeader("Content-Disposition", `attachment; filename*=UTF-8''${encoded(file.name)}`);
  request.upload.onprogress = (event) => (one.share.value = event.total ? event.loaded / event.total : 0);
  return new Promise((then) => {
    request.onload = request.onerror = request.onabort = (event) => then(event.type);
    request.send(file);
  });
}

/** @param {Room} room @param {File} file */
export async function put_up(room, file) {
  const request = new XMLHttpRequest();
  let is_stopped = false;
  /** @type {Upload} */
  const one = { file, share: signal(0), refused: signal(""), stop: () => ((is_stopped = true), request.abort(), drop(room, one)) };
  room.uploads.value = [...room.uploads.value, one];
  await place();
  try {
    const most = is_stopped ? Infinity : await most_bytes();
    if (file.size > most) return void (one.refused.value = words().file_too_big(most));
    for (let tries = 1; !is_stopped; tries++) {
      // A new one each time: it lasts a minute.
      const { token, why } = await ask_token();
      if (is_stopped) return;
      if (!token) return void (one.refused.value = why);
      const how = await sent(request, one, token);
      if (how === "abort") return;
      if (how === "error") return void (one.refused.value = words().file_lost);
      const again = comes_again(request);
      if (again > 0 && tries < most_tries) {
        await new Promise((then) => setTimeout(then, again * 1000));
        continue;
      }
      const link = link_in(request);
      if (!link) return void (one.refused.value = request.responseText.trim().slice(0, 200) || words().file_lost);
      drop(room, one);
      room.links.value = [...room.links.value, link];
      return;
    }
  } finally {
    leave();
  }
}

/** Once more, what was refused. @param {Room} room @param {Upload} one */
export function put_up_again(room, one) {
  drop(room, one);
  put_up(room, one.file);
}

/** @param {Room} room @param {Upload} one */
function drop(room, one) {
  room.uploads.value = room.uploads.value.filter((other) => other !== one);
}
