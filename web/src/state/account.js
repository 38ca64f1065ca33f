// An account of one's own (IRCv3 draft/account-registration). The password is in memory while one is here, and nowhere else.

import { my_nick, session } from "./chat.js";
import { remember } from "./memory.js";
import { words } from "../words.js";

/** Gives why it was not made; nothing: it was. @param {string} password @returns {Promise<string>} */
export async function make_account(password) {
  const answer = await session.ask(["REGISTER", "*", "*", password]);
  const done = answer.find((message) => message.command === "REGISTER" && message.params[0] === "SUCCESS");
  if (!done) return answer.findLast((message) => message.params.length)?.params.at(-1) ?? words().not_connected;
  const account = done.params[1] || my_nick.value;
  session.identity = { ...session.identity, nick: my_nick.value, account, password };
  remember("account", account);
  return "";
}
