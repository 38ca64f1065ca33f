// Links in what people say: only http and https, which cannot run scripts here, and rooms.

/** @typedef {{text: string, href?: string, room?: string}} Piece */

const pattern = /(https?:\/\/[^\s<>"'`\u0000-\u001f\u202a-\u202e\u2066-\u2069]+)|(?<![\w/&#])(#[\p{L}\p{N}][\p{L}\p{N}_.-]{0,62})/giu;

/** A full stop or a bracket behind a link is the sentence's. @param {string} url */
function trim(url) {
  let end = url.length;
  for (;;) {
    const last = url[end - 1];
    if (/[.,;:!?*_~]/.test(last)) end--;
    else if (last === ")" && url.slice(0, end).split(")").length > url.slice(0, end).split("(").length) end--;
    else return url.slice(0, end);
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
