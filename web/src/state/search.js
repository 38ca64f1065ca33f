// Words looked for in what was said, by the server (soju.im/search).

import { session } from "./chat.js";
import { conversation_of, entry_of } from "./entries.js";
import { escape, is_refusal } from "../irc/line.js";
import { words } from "../words.js";

/**
 * @typedef {import("./room.js").Entry} Entry
 * @typedef {{entry: Entry, where: string}} Found and the name of its room, or of the other one of a talk
 */

export const can_search = () => session.has("soju.im/search");

/**
 * The newest first. "from:NAME" among the words is who said it.
 * @param {string} typed @param {string} where a room or a nick; nothing: everywhere
 * @returns {Promise<{found: Found[], complaint: string}>}
 */
export async function search_messages(typed, where) {
  let from = "";
  const text = typed.replace(/(^|\s)from:(\S+)/i, (_, before, nick) => ((from = nick), before)).trim();
  const attributes = Object.entries({ text, from, in: where }).filter(([, value]) => value);
  const answer = await session.ask(["SEARCH", attributes.map(([key, value]) => `${key}=${escape(value)}`).join(";")]);
  const found = answer
    .filter((message) => message.command === "PRIVMSG" || message.command === "NOTICE")
    .flatMap((message) => {
      const entry = entry_of(message);
      return entry ? [{ entry, where: conversation_of(message) }] : [];
    });
  return { found: found.reverse(), complaint: session.is_ready ? (answer.find(is_refusal)?.params.at(-1) ?? "") : words().not_connected };
}
