// Coming in: names that others have, refusals, and what is no log-in. Run by `npm test`.
import assert from "node:assert/strict";
import { test } from "node:test";

Object.assign(globalThis, {
  location: { protocol: "http:", href: "http://chat.test/" },
  addEventListener() {},
  document: { addEventListener() {}, hidden: false },
});

/** A WebSocket that keeps what it is given. */
class Wire {
  static OPEN = 1;
  static last = /** @type {Wire | undefined} */ (undefined);
  readyState = 1;
  /** @type {string[]} */
  sent = [];
  constructor() {
    Wire.last = this;
    queueMicrotask(() => this.onopen?.());
  }
  /** @param {string} line */
  send(line) {
    this.sent.push(line);
  }
  close() {}
}
Object.assign(globalThis, { WebSocket: Wire });

const { Session } = await import("../src/irc/session.js");

/** @param {string} nick */
async function coming_in(nick) {
  const told = { refused: "" };
  const session = new Session({ receive() {}, welcome() {}, lost() {}, refused: (why) => void (told.refused = why) });
  session.open({ nick });
  await new Promise((resolve) => setTimeout(resolve, 10));
  const wire = /** @type {any} */ (Wire.last);
  const hear = (/** @type {string} */ line) => wire.onmessage({ data: line });
  const names = () => wire.sent.filter((/** @type {string} */ line) => line.startsWith("NICK ")).map((/** @type {string} */ line) => line.slice(5));
  return { told, hear, names };
}

test("each name that is tried is another, and there is an end", async () => {
  const long = "a".repeat(30);
  const { told, hear, names } = await coming_in(long);
  for (let i = 0; i < 20; ++i) hear(`:s 433 * ${long} :Nickname is already in use`);
  assert.equal(new Set(names()).size, names().length);
  assert.ok(names().length <= 10 && names().every((/** @type {string} */ name) => name.length <= 30));
  assert.equal(told.refused, "Nickname is already in use");
});

test("why nobody is let in is told", async () => {
  for (const line of [":s 464 * :Password incorrect", ":s FAIL * ACCOUNT_REQUIRED :Log in first", "ERROR :Closing link: full"]) {
    const { told, hear } = await coming_in("anna");
    hear(line);
    assert.notEqual(told.refused, "", line);
  }
});
