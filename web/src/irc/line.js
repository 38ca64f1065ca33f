// Lines of IRC with tags, as they come and as they go (IRCv3 message-tags).

/**
 * @typedef {object} Message
 * @property {Record<string, string>} tags
 * @property {string} from the nick, or the server's name; empty if the line names nobody
 * @property {string} mask the same with user and host, as far as it has them
 * @property {string} command in capital letters, or three digits
 * @property {string[]} params
 */

/** @type {Record<string, string>} */
const meant = { ":": ";", s: " ", "\\": "\\", r: "\r", n: "\n" };
/** @type {Record<string, string>} */
const written = { ";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n" };

/** @param {string} text */
const unescape = (text) => text.replace(/\\(.?)/gs, (_, letter) => meant[letter] ?? letter);
/** @param {string} text */
export const escape = (text) => text.replace(/[; \\\r\n]/g, (letter) => written[letter]);

/** @param {string} text @returns {Record<string, string>} */
function parseTags(text) {
  const tags = Object.create(null);
  for (const one of text.split(";")) {
    const equals = one.indexOf("=");
    if (equals < 0) tags[one] = "";
    else tags[one.slice(0, equals)] = unescape(one.slice(equals + 1));
  }
  return tags;
}

/** Nothing for what is no line of IRC. @param {string} line @returns {Message | undefined} */
export function parse(line) {
  const parts = /^(?:@([^ ]+) +)?(?::([^ ]*) +)?([A-Za-z]+|\d{3})(?: +(.*))?$/s.exec(line.replace(/[\r\n]+$/, ""));
  if (!parts) return undefined;
  const params = [];
  let rest = parts[4] ?? "";
  while (rest !== "") {
    if (rest.startsWith(":")) {
      params.push(rest.slice(1));
      break;
    }
    const space = rest.indexOf(" ");
    if (space < 0) {
      params.push(rest);
      break;
    }
    params.push(rest.slice(0, space));
    rest = rest.slice(space).replace(/^ +/, "");
  }
  return {
    tags: parts[1] ? parseTags(parts[1]) : Object.create(null),
    from: (parts[2] ?? "").split(/[!@]/)[0],
    mask: parts[2] ?? "",
    command: parts[3].toUpperCase(),
    params,
  };
}

/**
 * A line to send. What would end the line early becomes a space: nobody's text becomes a command.
 * @param {string[]} words the command and its parameters; the last may have spaces
 * @param {Record<string, string>} [tags]
 */
export function format(words, tags = {}) {
  const head = Object.entries(tags).map(([key, value]) => (value === "" ? key : `${key}=${escape(value)}`));
  const clean = words.map((word) => word.replace(/[\r\n\0]+/g, " "));
  const last = clean.length - 1;
  if (last > 0 && (clean[last] === "" || clean[last].includes(" ") || clean[last].startsWith(":"))) {
    clean[last] = ":" + clean[last];
  }
  return (head.length ? `@${head.join(";")} ` : "") + clean.join(" ");
}

/** Whether it says that something was not done; 696 is ERR_INVALIDMODEPARAM. @param {Message} message */
export const is_refusal = ({ command }) => /^([45]\d\d|696)$/.test(command) || command === "FAIL";

/** Wide and narrow forms of letters and digits as the usual ones. @param {string} one */
const usual_width = (one) => (/[\p{L}\p{M}\p{Nd}]/u.test(one.normalize("NFKC")) ? one.normalize("NFKC") : one);

/**
 * Names that are the same for the server (UTF8MAPPING=rfc8265). Each character by itself: the whole may have others in
 * small letters (a final sigma, a dotted I).
 * @param {string} name
 */
export const fold = (name) =>
  /^[\0-\x7f]*$/.test(name)
    ? name.toLowerCase()
    : name
        .replace(/[\uff01-\uffee]/g, usual_width)
        .replace(/\p{Lu}|\p{Lt}|\p{So}|\p{Nl}/gu, (one) => (one === "\u0130" ? "i" : one.toLowerCase()))
        .normalize("NFC");
