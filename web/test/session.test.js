// Coming in: names that others have, refusals, and what is no log-in. Run by `npm test`.
import assert from "node:assert/strict";
import { after, mock, test } from "node:test";

/** What the page waits for, by its name. @type {Map<string, () => void>} */
const happens = new Map();
Object.assign(globalThis, {
  location: { protocol: "http:", href: "http://chat.test/" },
  addEventListener: (/** @type {string} */ name, /** @type {() => void} */ what) => happens.set(name, what),
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

/** @type {{close(): void}[]} */
const all = [];
after(() => all.forEach((one) => one.close()));

/** @param {string} nick @param {object} [rest] of the identity */
async function coming_in(nick, rest = {}) {
  const told = { refused: "", welcomes: 0, losses: 0 };
  const session = new Session({ receive() {}, welcome: () => void told.welcomes++, lost: () => void told.losses++, token_ended() {}, refused: (why) => void (told.refused = why) });
  all.push(session);
  session.open({ nick, ...rest });
  await new Promise((resolve) => setTimeout(resolve, 10));
  const wire = /** @type {any} */ (Wire.last);
  const hear = (/** @type {string} */ line) => wire.onmessage({ data: line });
  const names = () => wire.sent.filter((/** @type {string} */ line) => line.startsWith("NICK ")).map((/** @type {string} */ line) => line.slice(5));
  return { told, hear, names, sent: wire.sent, session };
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

test("one comes in by one round trip, and asks nothing twice", async () => {
  const { told, hear, sent } = await coming_in("anna");
  assert.equal(sent[0], "CAP LS 302");
  assert.equal(sent.at(-1), "CAP END");
  const count = sent.length;
  hear(":s CAP * LS :batch labeled-response message-tags server-time draft/chathistory");
  for (const line of sent.filter((one) => one.startsWith("CAP REQ"))) hear(`:s CAP * ACK ${line.slice(8)}`);
  hear(":s 001 anna :Welcome");
  hear(":s 422 anna :No MOTD");
  assert.equal(sent.length, count);
  assert.equal(told.welcomes, 1);
});

test("a server that has less is asked again for what it has, before one is told to be in", async () => {
  const { told, hear, sent } = await coming_in("anna");
  hear(":s CAP * LS :batch server-time=1 draft/chathistory");
  const asked = sent.filter((one) => one.startsWith("CAP REQ"));
  for (const line of asked) hear(`:s CAP * ${line.includes("batch") || !line.includes("chathistory") ? "NAK" : "ACK"} ${line.slice(8)}`);
  assert.equal(sent.at(-1), "CAP REQ :batch server-time");
  hear(":s 001 anna :Welcome");
  hear(":s 422 anna :No MOTD");
  assert.equal(told.welcomes, 0);
  hear(":s CAP anna ACK :batch server-time");
  assert.equal(told.welcomes, 1);
});

test("who has a password is not in before it was shown; where there is no log-in, as a guest", async () => {
  const known = await coming_in("anna", { account: "anna", password: "secret" });
  assert.ok(!known.sent.includes("CAP END"));
  known.hear(":s CAP * ACK :sasl");
  assert.equal(known.sent.at(-1), "AUTHENTICATE PLAIN");
  known.hear("AUTHENTICATE +");
  known.hear(":s 903 anna :Logged in");
  assert.equal(known.sent.at(-1), "CAP END");
  const guest = await coming_in("anna", { account: "anna", password: "secret" });
  guest.hear(":s CAP * NAK :sasl");
  assert.equal(guest.sent.at(-1), "CAP END");
});

/** @param {Awaited<ReturnType<typeof coming_in>>} one @param {string} [welcome] */
function let_in({ hear, sent }, welcome = ":s 001 anna :Welcome") {
  for (const line of sent.filter((one) => one.startsWith("CAP REQ"))) hear(`:s CAP * ACK ${line.slice(8)}`);
  hear(welcome);
  hear(":s 422 anna :No MOTD");
}

test("who was in tries again where the server is busy, and is told where the password is wrong", async () => {
  const one = await coming_in("anna", { account: "anna", password: "secret" });
  one.hear(":s 903 anna :Logged in");
  let_in(one);
  const old = /** @type {any} */ (Wire.last);
  old.onclose();
  assert.equal(one.told.losses, 1);
  happens.get("online")?.();
  await new Promise((resolve) => setTimeout(resolve, 10));
  const wire = /** @type {any} */ (Wire.last);
  assert.notEqual(wire, old);
  wire.onmessage({ data: ":s 904 anna :SASL authentication failed: The server is busy with other passwords; try again later" });
  assert.deepEqual([one.told.losses, one.told.refused], [2, ""]);
  happens.get("online")?.();
  await new Promise((resolve) => setTimeout(resolve, 10));
  /** @type {any} */ (Wire.last).onmessage({ data: ":s 904 anna :SASL authentication failed: Wrong account or password" });
  assert.match(one.told.refused, /Wrong account/);
  // Who was never in reads it, and decides.
  const new_one = await coming_in("berta", { account: "berta", password: "secret" });
  new_one.hear(":s 904 berta :SASL authentication failed: The server is busy with other passwords; try again later");
  assert.match(new_one.told.refused, /busy/);
});

test("a server that greets without a name has left one's own", async () => {
  const one = await coming_in("anna");
  let_in(one, ":s 001");
  assert.deepEqual([one.told.welcomes, one.session.nick], [1, "anna"]);
});

test("a connection that died in one's sleep is given up soon after waking, and one that lives is kept", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const lost = { count: 0 };
    const session = new Session({ receive() {}, welcome() {}, lost: () => void lost.count++, token_ended() {}, refused() {} });
    session.open({ nick: "anna" });
    await Promise.resolve();
    const wire = /** @type {any} */ (Wire.last);
    wire.onopen();
    happens.get("online")?.();
    assert.equal(wire.sent.at(-1), "PING :still-there");
    mock.timers.tick(4000);
    wire.onmessage({ data: ":s PONG s :still-there" });
    mock.timers.tick(20_000);
    assert.equal(lost.count, 0);
    happens.get("online")?.();
    mock.timers.tick(6000);
    assert.equal(lost.count, 1);
    session.close();
  } finally {
    mock.timers.reset();
  }
});
