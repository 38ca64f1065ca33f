// Code in what people say: lines between two of three backticks, and words between single ones, as everywhere in chats.

/** @typedef {{text: string, is_code?: boolean, is_block?: boolean}} Part */

const fence = "```";

/** Words between single backticks, in one line. @param {string} text @returns {Part[]} */
function with_words(text) {
  /** @type {Part[]} */
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)) {
    if (match.index > at) parts.push({ text: text.slice(at, match.index) });
    parts.push({ text: match[1], is_code: true });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}

/** A word behind the fence names the language. @param {string} line */
const begins_block = (line) => /^```[\w+#.-]*\s*$/.test(line);

/** A fence that is never closed is as it was typed. @param {string} text @returns {Part[]} */
export function code_parts(text) {
  if (!text.includes("`")) return [{ text }];
  const lines = text.split("\n");
  const fences = lines.flatMap((line, at) => (line.trim() === fence ? [at] : []));
  let next = 0;
  /** @type {Part[]} */
  const parts = [];
  let plain_from = 0;
  /** What is from there up to this line was no code. @param {number} end */
  const end_plain = (end) => void (plain_from < end && parts.push(...with_words(lines.slice(plain_from, end).join("\n"))));
  for (let at = 0; at < lines.length; at++) {
    const alone = /^```([^`]+)```\s*$/.exec(lines[at])?.[1];
    while (fences[next] <= at) next++;
    if (alone === undefined && !(next < fences.length && begins_block(lines[at]))) continue;
    end_plain(at);
    const end = alone === undefined ? fences[next] : at;
    parts.push({ text: alone ?? lines.slice(at + 1, end).join("\n"), is_code: true, is_block: true });
    at = end;
    plain_from = end + 1;
  }
  end_plain(lines.length);
  return parts;
}
