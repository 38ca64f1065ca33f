// Links in what people say: only http and https, which cannot run scripts here, and rooms.

/** @typedef {{text: string, href?: string, room?: string}} Piece */

const pattern = /(https?:\/\/[^\s<>"'`\u0000-\u001f\u202a-\u202e\u2066-\u2069]+)|(?<![\w/&#])(#[\p{L}\p{N}][\p{L}\p{N}_.-]{0,62})/giu;

/** A full stop or a bracket behind a link is the sentence's. Each character is looked at twice at most. @param {string} url */
function trim(url) {
  let end = url.length;
  let unopened = 0; // closing brackets more than opening ones
  for (const c of url) unopened += c === ")" ? 1 : c === "(" ? -1 : 0;
  for (;;) {
    const last = url[end - 1];
    if (last === ")" && unopened > 0) unopened--;
    else if (!/[.,;:!?*_~]/.test(last)) return url.slice(0, end);
    end--;
  }
}

/** What percent signs stand for; as it is written, where they are no code. @param {string} text */
export function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param {string} text @returns {Piece[]} */
export function pieces(text) {
  const found = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    const shown = match[1] ? trim(match[1]) : match[2];
    if (match[1] && !URL.canParse(shown)) continue;
    if (match.index > at) found.push({ text: text.slice(at, match.index) });
    found.push(match[1] ? { text: shown, href: shown } : { text: shown, room: shown });
    at = match.index + shown.length;
  }
  if (at < text.length) found.push({ text: text.slice(at) });
  return found;
}
