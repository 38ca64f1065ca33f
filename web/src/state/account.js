// An account of one's own (IRCv3 draft/account-registration). The password is in memory while one is here, and nowhere else.

import { my_nick, session } from "./chat.js";
import { remember } from "./memory.js";
import { words } from "../words.js";

/** @typedef {import("../irc/line.js").Message} Message */

/** The name and the password of an account that waits for the code which was mailed. */
let waiting = { account: "", password: "" };

/** Whether it takes an e-mail address. */
export const takes_email = () => (session.offered.get("draft/account-registration") ?? "").split(",").includes("email-required");

/**
 * What came of it: an account, one that waits for the code which was mailed, or why there is none.
 * @typedef {"made" | "mailed" | { refused: string }} Outcome
 * @param {Message[]} answer @param {string} command @param {string} password @returns {Outcome}
 */
function outcome(answer, command, password) {
  const told = answer.find((message) => message.command === command);
  const account = told?.params[1] || my_nick.value;
  if (told?.params[0] === "VERIFICATION_REQUIRED") {
    waiting = { account, password };
    return "mailed";
  }
  if (told?.params[0] !== "SUCCESS") return { refused: answer.findLast((message) => message.params.length)?.params.at(-1) ?? words().not_connected };
  session.identity = { ...session.identity, nick: my_nick.value, account, password };
  remember("account", account);
  return "made";
}

/** @param {string} email empty, where none is taken @param {string} password @returns {Promise<Outcome>} */
export async function make_account(email, password) {
  return outcome(await session.ask(["REGISTER", "*", email || "*", password]), "REGISTER", password);
}

/** @param {string} code @returns {Promise<Outcome>} */
export async function verify_account(code) {
  return outcome(await session.ask(["VERIFY", waiting.account, code]), "VERIFY", waiting.password);
}
