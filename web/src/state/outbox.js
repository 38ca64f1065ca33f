// What one says: it shows at once, and is kept when the server tells it back (echo-message, labeled-response), or refused.

import { my_nick, session, tell } from "./chat.js";
import { without_styles } from "./entries.js";
import { return_to_now } from "./history.js";
import { fold } from "../irc/line.js";
import { words } from "../words.js";

/**
 * @typedef {import("../irc/line.js").Message} Message
 * @typedef {import("./room.js").Room} Room
 * @typedef {import("./room.js").Pending} Pending
 */

/** Bytes of text in a line: with the longest name and room it stays below IRC's 512. */
const longest_piece = 350;
const encoder = new TextEncoder();

/** In pieces that fit into a line, none of which ends within a character. @param {string} line */
export function split(line) {
  const pieces = [];
  let piece = "";
  let size = 0;
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(line)) {
    const more = encoder.encode(segment).length;
    if (size + more > longest_piece && piece) {
      pieces.push(piece);
      piece = "";
      size = 0;
    }
    piece += segment;
    size += more;
  }
  return [...pieces, piece];
}

function multiline_limits() {
  const value = session.offered.get("draft/multiline") ?? "";
  const limit = (/** @type {string} */ name) => Number(new RegExp(`(?:^|,)${name}=(\\d+)`).exec(value)?.[1] ?? 0);
  return { bytes: limit("max-bytes") || 4096, lines: limit("max-lines") || 100 };
}

/** A line that alone is more than a message takes, in several. @param {string[]} pieces @param {number} bytes @param {number} count @returns {string[][]} */
function within(pieces, bytes, count) {
  /** @type {string[][]} */
  const lines = [[]];
  let size = 1;
  for (const piece of pieces) {
    const more = encoder.encode(piece).length;
    if (lines[lines.length - 1].length && (size + more > bytes || lines[lines.length - 1].length >= count)) {
      lines.push([]);
      size = 1;
    }
    lines[lines.length - 1].push(piece);
    size += more;
  }
  return lines;
}

/** How many messages a text becomes, and each one's lines: as few as the server allows. @param {string} text */
function messages_of(text) {
  const lines = text.split("\n").map(split);
  if (!session.has("draft/multiline")) return lines.flat().filter((piece) => piece.trim()).map((piece) => [[piece]]);
  const limits = multiline_limits();
  /** @type {string[][][]} */
  const messages = [];
  let bytes = Infinity;
  let count = Infinity;
  for (const pieces of lines.flatMap((line) => within(line, limits.bytes, limits.lines))) {
    const more = encoder.encode(pieces.join("")).length + 1;
    if (bytes + more > limits.bytes || count + pieces.length > limits.lines) {
      messages.push([]);
      bytes = count = 0;
    }
    messages.at(-1)?.push(pieces);
    bytes += more;
    count += pieces.length;
  }
  return messages.filter((message) => message.flat().some((piece) => piece.trim()));
}

/** @param {Room} room @param {string} typed @param {boolean} [is_action] */
export function say(room, typed, is_action = false) {
  // As it comes back: there is no NUL in a line, and half a character is none.
  const text = typed.replace(/[\0\r]/g, "").replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
  const reply_to = room.replying_to.value?.id;
  room.replying_to.value = undefined;
  return_to_now(room);
  // An action has no lines, and no parts.
  if (is_action) return text.split("\n").flatMap(split).forEach((piece) => piece.trim() && send(room, { label: "", text: piece, is_action, reply_to, time: Date.now() }));
  for (const message of messages_of(text)) {
    const whole = message.map((pieces) => pieces.join("")).join("\n");
    send(room, { label: "", text: whole, is_action, reply_to, time: Date.now() });
  }
}

/** @param {Room} room @param {Pending} pending */
function send(room, pending) {
  const sent = { ...pending, label: session.new_label(), refused: undefined, as: my_nick.value, on: session.is_ready ? session.connection : 0 };
  room.pending.value = [...room.pending.value.filter((other) => other !== pending), sent];
  if (!session.is_ready) return; // it is said when the connection is back: reconsider()
  const tags = { label: sent.label, ...(sent.reply_to ? { "+draft/reply": sent.reply_to } : {}) };
  session.expect(sent.label).then((answer) => settle(room, sent.label, answer));
  const lines = sent.text.split("\n").map(split);
  if (lines.flat().length === 1) {
    session.send_tagged(tags, "PRIVMSG", room.name, sent.is_action ? `\x01ACTION ${sent.text}\x01` : sent.text);
    return;
  }
  session.send_tagged(tags, "BATCH", `+${sent.label}`, "draft/multiline", room.name);
  for (const pieces of lines)
    pieces.forEach((piece, index) =>
      session.send_tagged({ batch: sent.label, ...(index ? { "draft/multiline-concat": "" } : {}) }, "PRIVMSG", room.name, piece));
  session.send("BATCH", `-${sent.label}`);
}

/** Once more: what was refused, or what a lost connection left unsaid. @param {Room} room @param {Pending} pending */
export const again = (room, pending) => send(room, pending);

/** @param {Room} room @param {Pending} pending */
export function give_up(room, pending) {
  room.pending.value = room.pending.value.filter((other) => other !== pending);
}

/** @param {Room} room @param {string} label @param {Message[]} answer */
function settle(room, label, answer) {
  if (answer.some((message) => message.command === "PRIVMSG")) {
    room.pending.value = room.pending.value.filter((pending) => pending.label !== label);
    return;
  }
  // The connection was lost before the answer: whether it was kept is found out when what was missed has come.
  if (answer.length === 0) return;
  const refusal = answer.find((message) => message.command === "FAIL" || /^[45]/.test(message.command));
  refuse(room, label, refusal?.params.at(-1) || words().not_sent);
}

/** @param {Room} room @param {string} label @param {string} why */
function refuse(room, label, why) {
  room.pending.value = room.pending.value.map((pending) => (pending.label === label ? { ...pending, refused: why } : pending));
}

/**
 * What a lost connection left open, after what was missed has come: it is among that, or it was not kept and is said now.
 * Where it cannot be known, who said it decides: nothing is said twice.
 * @param {Room} room @param {import("./room.js").End | undefined} end where it was as the connection was lost
 */
export function reconsider(room, end) {
  const left = room.pending.value.filter((pending) => !pending.refused && pending.on !== session.connection);
  const missed = session.has("draft/chathistory") && !room.misses_redacted ? room.behind(end) : undefined;
  room.misses_redacted = false;
  for (const pending of left) {
    if (!pending.on) {
      send(room, pending); // it never was
      continue;
    }
    // It was said by the name that one had then; the old connection may have that still.
    const text = without_styles(pending.text);
    const is_it = (/** @type {import("./room.js").Entry} */ entry) =>
      entry.text === text && (entry.kind === "action") === pending.is_action && fold(entry.nick) === fold(pending.as ?? my_nick.value);
    const at = missed?.findIndex(is_it) ?? -1;
    if (missed && at >= 0) {
      missed.splice(at, 1);
      give_up(room, pending);
    } else if (missed) send(room, pending);
    else refuse(room, pending.label, words().connection_lost);
  }
}

/** Taken back (IRCv3 draft/message-redaction). @param {Room} room @param {string} id */
export async function take_back(room, id) {
  const answer = await session.ask(["REDACT", room.name, id]);
  const refused = answer.find((message) => message.command === "FAIL");
  if (refused) tell(refused.params.at(-1) ?? "", room);
}
