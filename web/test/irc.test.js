// Lines, batches and pauses. Run by `npm test`, which tests/cli/page_test.py does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Batches } from "../src/irc/batches.js";
import { fold, format, parse } from "../src/irc/line.js";

test("a line is taken apart", () => {
  const line = parse("@time=2026-01-01T00:00:00.000Z;+draft/reply=a\\sb\\:;x :al!u@h privmsg  #lobby :hello  : world \r\n");
  assert.equal(line?.command, "PRIVMSG");
  assert.equal(line?.from, "al");
  assert.deepEqual(line?.params, ["#lobby", "hello  : world "]);
  assert.equal(line?.tags["+draft/reply"], "a b;");
  assert.equal(line?.tags.x, "");
});

test("what is no line is nothing", () => {
  for (const text of ["", " ", ":a", "@a", "@a :b", "12", "!x"]) assert.equal(parse(text), undefined, text);
});

test("a tag cannot be a property of all objects", () => {
  assert.equal(parse("@x=1 PING")?.tags.constructor, undefined);
  assert.equal(parse("@__proto__=1 PING")?.tags.polluted, undefined);
});

test("nobody's text becomes a second line", () => {
  assert.equal(format(["PRIVMSG", "#a", "x\r\nQUIT :bye"]), "PRIVMSG #a :x QUIT :bye");
  assert.equal(format(["PRIVMSG", "#a", ":)"]), "PRIVMSG #a ::)");
  assert.equal(format(["PRIVMSG", "#a", ""]), "PRIVMSG #a :");
  assert.equal(format(["TAGMSG", "#a"], { "+x": "a; \n" }), "@+x=a\\:\\s\\n TAGMSG #a");
});

test("lines of a batch are one message, also within history", () => {
  const batches = new Batches();
  const feed = (/** @type {string} */ text) => batches.take(/** @type {any} */ (parse(text)));
  assert.equal(feed("@label=1 :s BATCH +h chathistory #a"), undefined);
  assert.equal(feed("@batch=h;msgid=7 :bob!u@h BATCH +m draft/multiline #a"), undefined);
  feed("@batch=m :bob!u@h PRIVMSG #a :one");
  feed("@batch=m;draft/multiline-concat :bob!u@h PRIVMSG #a :more");
  feed("@batch=m :bob!u@h PRIVMSG #a :two");
  assert.equal(feed(":s BATCH -m"), undefined);
  const history = /** @type {any} */ (feed(":s BATCH -h"));
  assert.deepEqual(history.messages.map((/** @type {any} */ one) => [one.tags.msgid, one.from, one.params[1]]), [["7", "bob", "onemore\ntwo"]]);
});

test("names are the same for the page as for the server", () => {
  for (const [a, b] of [["Alice", "aLICE"], ["ИВАН", "иван"], ["ZOË", "zoë"], ["José", "JOSE\u0301"], ["\uff21\uff22", "ab"], ["\uff76", "\u30ab"],
    ["\u212a", "k"], ["\u0130", "i"], ["ΣΑΣ", "σασ"], ["#Жаба", "#жАБА"]]) assert.equal(fold(a), fold(b), `${a} ${b}`);
  for (const [a, b] of [["[a]", "{a}"], ["Jose", "José"], ["straße", "strasse"], ["иван", "ivan"]]) assert.notEqual(fold(a), fold(b), `${a} ${b}`);
  assert.equal(fold("#a\uff0cb\u3000c"), "#a\uff0cb\u3000c");
});
