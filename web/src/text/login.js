/**
 * What somebody types who means to log in, and forgot the slash, or misspelt it: as the server has it for callers
 * without a client (begins_like_login).
 */

const secret_fields = ["authorization:", "proxy-authorization:", "cookie:", "set-cookie:", "x-api-key:", "pass:", "password:", "passcode:"];
const password_words = ["pass", "password", "passwd"];
const services = ["nickserv", "ns", "chanserv", "authserv", "userserv"];
const service_words =
  "identify id login auth register passwd password setpass drop ghost set recover regain release cert saregister changepass newpass setpassword resetpass confirm group verify".split(" ");
const talk_words = ["privmsg", "notice", "squery", "msg", "query", "to", "whisper"];
const shortest_misspelt = 6;
/** Behind a slash, of which a letter may be wrong. */
const typed_login_words = ["login", "identify", "authenticate", "register", "nickserv", "password", "passwd", "resetpass"];

/** One letter is wrong, missing or too many, or two have changed places. @param {string} typed @param {string} meant */
function is_nearly(typed, meant) {
  const [short, long] = typed.length <= meant.length ? [typed, meant] : [meant, typed];
  if (long.length - short.length > 1) return false;
  let head = 0;
  while (head < short.length && short[head] === long[head]) ++head;
  const rest = short.slice(head);
  const other = long.slice(head);
  if (short.length !== long.length) return rest === other.slice(1);
  return rest.slice(1) === other.slice(1) || (rest.slice(2) === other.slice(2) && rest[0] === other[1] && rest[1] === other[0]);
}
/** @param {string} typed @param {string[]} names */
const is_nearly_one_of = (typed, names) => names.some((name) => typed === name || (name.length >= shortest_misspelt && is_nearly(typed, name)));
/** @param {string} targets */
const is_service = (targets) => services.includes(targets.split("@")[0].split(",").at(-1) ?? "") || services.includes(targets.split("@")[0].split(",")[0]);

/** In the width, with the blanks and the slash of an English keyboard; without what nobody sees. @param {string} line */
const plain = (line) =>
  line
    .normalize("NFKC")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "")
    .replace(/[\p{White_Space}\p{Cc}\u2800]/gu, " ")
    .replace(/^ *[、・]/u, "/");

/** @param {string} line */
function line_looks_like_login(line) {
  let text = plain(line).replace(/^[^a-z/@:]+/i, "");
  while (/^(@|:\S+ )/.test(text)) text = text.replace(/^\S+ */, "");
  const is_command = text.startsWith("/");
  const words = text.replace(/^\/ */, "").split(" ").filter(Boolean);
  if (is_command && /^(login|pass|oper|ns|msg|id)[^a-z/]/i.test(words[0] ?? "")) return true; // "/login:alice"
  const shouted = (words[0] ?? "") === (words[0] ?? "").toUpperCase();
  while (["quote", "raw"].includes((words[0] ?? "").toLowerCase()) && words.length > 1) words.shift();
  let word = (words.shift() ?? "").toLowerCase();
  if (secret_fields.includes(word)) return true;
  const [name, value] = word.split(/[=:](.*)/s);
  if (value && (password_words.includes(name) || secret_fields.includes(name + ":"))) return true;
  const called = word.split(/[:,](.*)/s);
  if (called.length > 1 && (services.includes(called[0]) || ["identify", "account"].includes(called[0]))) {
    word = called[0];
    if (called[1]) words.unshift(called[1]);
  }
  const count = words.length;
  if (count === 0) return false;
  const next = words[0].toLowerCase().replace(/[:,]$/, "");
  const third = (words[1] ?? "").toLowerCase();
  const is_sure = is_command || shouted || words.slice(0, 3).some((w) => w.startsWith(":"));
  /** @param {string} what */
  const is_asked = (what) => is_nearly_one_of(what.replace(/^:/, ""), service_words);
  if (["authenticate", "webirc"].includes(word)) return true;
  if (password_words.includes(word)) return count === 1 || (is_sure && word === "pass");
  if (["identify", "auth"].includes(word)) return is_sure || count <= 2;
  if (word === "oper") return is_sure || count === 2;
  if (is_command && (word === "id" || typed_login_words.some((name) => is_nearly(word, name)))) return true;
  if (["login", "login:", "verify"].includes(word)) return count === 2 || (is_sure && count > 2);
  if (word === "join" || (is_command && word === "j")) return next.startsWith("#") && (count === 2 || (is_sure && count > 2));
  if (word === "mode") return next.startsWith("#") && /^[+-].*k/.test(third) && count > 2;
  if (is_service(word) || is_nearly_one_of(word, services)) return count > 1 && is_asked(next);
  if (talk_words.includes(word)) return is_service(next);
  if (is_service(next) && count > 2 && is_asked(third)) return true;
  if (["ghost", "regain", "recover"].includes(word)) return is_sure && count === 2;
  if (word !== "register") return false;
  if (count === 1) return is_sure;
  if (count === 2) return third.includes("@");
  return (is_sure || count === 3) && (third === "*" || third.includes("@"));
}

/** Typed where a log-in was meant, it would be read by everybody. @param {string} text */
export const looks_like_login = (text) => text.split("\n").some(line_looks_like_login);
