// What is the beginning of an emoji's name, and what is not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { typed_name } from "../src/text/emoji_name.js";

test("a name begins with a colon behind a space, and ends with another", () => {
  assert.deepEqual(typed_name("so :smi"), { name: "smi", is_whole: false, length: 4 });
  assert.deepEqual(typed_name(":+1:"), { name: "+1", is_whole: true, length: 4 });
});

test("times, addresses, smileys and commands are none", () => {
  for (const text of ["at 10:30", "http://x", ":D", ":-)", "a:smile", "/:smile", ": smile", ":smile ", ":smile: "]) assert.equal(typed_name(text), null, text);
});
