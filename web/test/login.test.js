// What was meant for logging in is not said.
import assert from "node:assert/strict";
import { test } from "node:test";
import { looks_like_login } from "../src/text/login.js";

const logins = [
  ..."PASS secret|pass secret|PASS the salt|AUTHENTICATE AGFs|oper a secret|identify secret|identify alice secret|login alice secret".split("|"),
  ..."NickServ: identify secret|@NickServ identify secret|nickserv set password secret|ns drop secret|msg nickserv identify secret".split("|"),
  ..."PRIVMSG NickServ :IDENTIFY secret|quote PASS secret|quote quote pass secret|REGISTER alice * secret|JOIN #a key|MODE #a +k key".split("|"),
  ..."Authorization: Basic c2VjcmV0|password=secret|passcode:secret|NickServ:identify secret|nickserv idetnify secret|NickSevr identify secret".split("|"),
  ..."mgs nickserv identify secret|REGISTER secret|register secret a@b.c|authserv auth a secret|identify: secret|GHOST alice secret".split("|"),
  "/ msg nickserv identify secret",
  "/login:alice secret",
  " /lgoin alice secret",
  " /idetnify secret",
  " /resetpass alice code secret",
  " /j #a key",
  "MODE #a +K key",
  "\uff0fmsg NickServ identify secret",
  "\uff0flogin alice secret",
  "\u200b/login alice secret",
  "\u3001msg NickServ identify secret",
  "\u30fbmsg NickServ identify secret",
  "PASS\u3000secret",
  "P\ufe0fASS secret",
  "NickServ\uff1aidentify secret",
  "hello\n/msg NickServ identify secret",
  "hello\nPASS secret",
];
const said = [
  ..."|hello|pass|passing by|pass me the salt|nice pass you made|ns is down|identify the person in the picture|login is broken today".split("|"),
  ..."verify that it works|join #room if you like|mode #room is broken again|MODE #room +i now|register now at example|nickserv is slow".split("|"),
  ..."chanserv gave me ops|register today|ghost town tonight|a=b|see https://example.org/login?a=b|to be or not to be|PASSWORD is a word".split("|"),
  "hello\nworld",
  "\u4f60\u597d\u3001\u4e16\u754c",
];

test("what is typed for a log-in is known for one", () => {
  for (const text of logins) assert.equal(looks_like_login(text), true, text);
});

test("what people say is not", () => {
  for (const text of said) assert.equal(looks_like_login(text), false, text);
});
