// A room's messages: in order, each once, however they come.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Room, most_held } from "../src/state/room.js";
import { code_parts } from "../src/text/code.js";
import { decoded, pieces } from "../src/text/links.js";

const text = (/** @type {number} */ time) => /** @type {any} */ ({ id: `m${time}`, time, kind: "text", nick: "a", text: "", version: 0 });
const event = (/** @type {number} */ time) =>
  /** @type {any} */ ({ id: `e${time}`, time, kind: "event", nick: "a", text: "", version: 0, events: [{ id: `e${time}`, time, what: "in", who: "a" }] });
const shape = (/** @type {Room} */ room) => room.entries.map((entry) => (entry.events ? entry.events.map((one) => one.id).join("+") : entry.id));

test("what comes in any order is there in one, once", () => {
  const room = new Room("#a");
  for (const time of [5, 1, 3, 5, 2, 4, 1]) room.insert(text(time));
  assert.deepEqual(shape(room), ["m1", "m2", "m3", "m4", "m5"]);
});

test("of one time, what comes before another stands before it", () => {
  const room = new Room("#a");
  const at_five = (/** @type {string} */ id) => ({ ...text(5), id });
  const first = at_five("c");
  room.insert(first);
  room.insert(at_five("d"));
  for (const id of ["a", "b"]) room.insert(at_five(id), first);
  room.insert(text(4), first);
  room.insert(text(6), first);
  assert.deepEqual(shape(room), ["m4", "a", "b", "c", "d", "m6"]);
});

test("what happened together stands together, and apart where something was said in between", () => {
  const room = new Room("#a");
  room.insert(event(9));
  for (const entry of [event(1), event(2), text(5), event(6)]) room.insert(entry);
  assert.deepEqual(shape(room), ["e1+e2", "m5", "e6", "e9"]);
  const late = new Room("#b");
  for (const entry of [event(1), event(9), text(5)]) late.insert(entry);
  assert.deepEqual(shape(late), ["e1", "m5", "e9"]);
  assert.equal(late.insert(event(9)), false);
});

test("only http and https are links, without the sentence's full stop", () => {
  const links = (/** @type {string} */ said) => pieces(said).filter((piece) => piece.href).map((piece) => piece.href);
  assert.deepEqual(links("see https://a.example/x_(y). or (http://b.example/), but javascript:alert(1) data:text/html,x file:///etc"), [
    "https://a.example/x_(y)",
    "http://b.example/",
  ]);
  assert.deepEqual(links("https://"), []);
  assert.equal(pieces("a #dev b").find((piece) => piece.room)?.room, "#dev");
  assert.equal(pieces("x".repeat(10)).length, 1);
});

test("who is in the past hears nothing of now, and forgets the past on coming back", () => {
  const room = new Room("#a");
  room.insert(text(1));
  room.newer.value = "more";
  assert.equal(room.hear(text(9)), true);
  assert.deepEqual(shape(room), ["m1"]);
  room.forget();
  room.hear(text(9));
  assert.deepEqual(shape(room), ["m9"]);
});

test("the end of what happened together is the last of it", () => {
  const room = new Room("#a");
  room.insert(text(1));
  for (const time of [3, 2]) room.insert(event(time));
  assert.deepEqual([room.end()?.id, room.end()?.time], ["e3", 3]);
});

/** @param {number} count */
function room_of(count) {
  const room = new Room("#a");
  for (let time = 1; time <= count; time++) room.insert(time % 2 ? text(time) : event(time));
  return room;
}

test("of very many messages the oldest go, and come again", () => {
  const room = room_of(most_held + 999);
  room.older.value = "none";
  room.shorten("oldest");
  assert.equal(room.entries.length, most_held + 999);
  room.insert(text(most_held + 1001));
  room.shorten("oldest");
  assert.deepEqual([room.entries.length, room.entries[0].id, room.older.value, room.newer.value], [most_held, "m1001", "more", "none"]);
  for (const id of ["m1", "e2", "m999", "e1000"]) assert.equal(room.find(id), undefined);
  assert.equal(room.insert(text(999)), true);
  assert.equal(room.entries[0].id, "m999");
});

test("of very many in the past the newest go", () => {
  const room = room_of(most_held + 1000);
  room.older.value = "more";
  room.shorten("newest");
  assert.deepEqual([room.entries.length, room.end()?.id, room.newer.value], [most_held, `e${most_held}`, "more"]);
  assert.equal(room.insert(event(most_held + 2)), true);
});

test("what is nowhere else stays", () => {
  const room = room_of(most_held + 5000);
  room.shorten("oldest");
  room.shorten("newest");
  assert.equal(room.entries.length, most_held + 5000);
});

test("a link ends before the sentence's marks, and brackets without end cost no more than their length", { timeout: 20_000 }, () => {
  const link = (/** @type {string} */ said) => pieces(said).find((piece) => piece.href)?.href;
  assert.equal(link("(see http://a.b/c_(d)).)"), "http://a.b/c_(d)");
  assert.equal(link("http://a.b/c))"), "http://a.b/c");
  assert.equal(link("http://a.b/(c"), "http://a.b/(c");
  for (const marks of [")".repeat(400_000), ".".repeat(400_000), ")(".repeat(200_000)]) assert.match(link(`http://a.b/c${marks}`) ?? "", /^http:..a.b.c/);
});

test("what is no code behind a percent sign stays as it is", () => {
  assert.equal(decoded("%e4%bd%a0.png"), "你.png");
  assert.equal(decoded("%ff.png"), "%ff.png");
});

test("the page's own words, by a clock that is fast, are before what is said next", () => {
  const room = new Room("#a");
  room.insert({ ...text(10_000), id: "", kind: "own" });
  room.hear(text(5));
  room.hear(text(7));
  assert.deepEqual(shape(room), ["", "m5", "m7"]);
  assert.deepEqual(room.entries.map((entry) => entry.time), [5, 5, 7]);
  room.hear(text(6)); // the server's clock was set back
  assert.deepEqual(room.entries.map((entry) => entry.time), [5, 5, 7, 7]);
});

test("code is what stands between backticks, and nothing that is not closed", () => {
  const shape = (/** @type {string} */ said) => code_parts(said).map((part) => (part.is_block ? ["block", part.text] : part.is_code ? ["code", part.text] : part.text));
  assert.deepEqual(shape("no code"), ["no code"]);
  assert.deepEqual(shape("run `ls -l` and `#not a room`, please"), ["run ", ["code", "ls -l"], " and ", ["code", "#not a room"], ", please"]);
  assert.deepEqual(shape("see:\n```c++\nint a;\n\n  `b`;\n```\nand so on"), ["see:", ["block", "int a;\n\n  `b`;"], "and so on"]);
  assert.deepEqual(shape("```ls | wc```"), [["block", "ls | wc"]]);
  assert.deepEqual(shape("```\na\n```\n```\nb\n```"), [["block", "a"], ["block", "b"]]);
  assert.deepEqual(shape("```\n```"), [["block", ""]]);
  for (const open of ["```", "```c\nint a;", "a `b", "``a``", "```a b\nc\n``` d", "`a\nb`"]) assert.deepEqual(shape(open), [open]);
  const started = performance.now();
  code_parts("```\n".repeat(100_000));
  code_parts("`a ".repeat(100_001));
  assert.ok(performance.now() - started < 2000);
});
