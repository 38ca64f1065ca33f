// A session with the server: capabilities, log-in and names, and requests whose answers are waited for (IRCv3 labeled-response).

import { Batches } from "./batches.js";
import { format, parse } from "./line.js";
import { Socket } from "./socket.js";

/**
 * @typedef {import("./line.js").Message} Message
 * @typedef {object} Identity
 * @property {string} nick
 * @property {string} [account]
 * @property {string} [password] kept in memory alone
 * @property {string} [token] of this device, in the place of the password (state/device.js)
 * @property {boolean} [stays] this device is to be let in without the password from now on
 * @property {string} [server_password] which everybody needs here (PASS); kept in memory alone
 * @typedef {object} Owner
 * @property {(message: Message) => void} receive
 * @property {() => void} welcome there is a name, and the server is ready
 * @property {(again_in: number) => void} lost
 * @property {() => void} token_ended the device is not logged in any more
 * @property {(reason: string, wants_password: boolean) => void} refused by the server, for good: a wrong password; or that of the server is wanted
 */

/**
 * Capabilities, by what is asked for together: a server refuses a request whole. They are asked for before it is known what there is,
 * so that one is in after one round trip; what is refused is asked for again, as far as it is offered.
 */
const wanted = [
  [
    "account-notify", "account-tag", "away-notify", "batch", "chghost", "echo-message", "extended-join", "invite-notify", "labeled-response", "message-tags",
    "multi-prefix", "server-time", "setname", "standard-replies",
  ],
  ["draft/channel-rename"], ["draft/chathistory"], ["draft/event-playback"], ["draft/message-redaction"], ["draft/multiline"], ["draft/read-marker"], ["soju.im/search"], ["soju.im/webpush"],
];

/** UTF-8 in base64. @param {string} text */
const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** Of letters, and how many are tried. */
const longest_name = 30;
const most_names = 9;

export class Session {
  /** What the server offers, with values. @type {Map<string, string>} */
  offered = new Map();
  /** @type {Map<string, string>} */
  isupport = new Map();
  nick = "";
  is_ready = false;
  /** How many connections there were, with this one. */
  connection = 0;
  /** @type {Identity} */
  identity = { nick: "" };
  #batches = new Batches();
  #label = 0;
  /** CAP REQ without an answer yet, and whether the server has let it in. */
  #requests = 0;
  #is_in = false;
  /** How many of its names others have, and whether it has been in since it was opened. */
  #taken = 0;
  #was_ready = false;
  /** @type {Map<string, (answer: Message[]) => void>} */
  #waiting = new Map();
  /** Labels of what is not shown. @type {Set<string>} */
  #quiet = new Set();
  #socket;

  /** @param {Owner} owner */
  constructor(owner) {
    this.owner = owner;
    this.#socket = new Socket({
      open: () => this.#begin(),
      line: (text) => this.#line(text),
      closed: (again_in) => {
        this.#end();
        owner.lost(again_in);
      },
    });
  }

  /** @param {Identity} identity */
  open(identity) {
    this.#end();
    this.identity = identity;
    this.#was_ready = false;
    this.#socket.close();
    this.#socket.open();
  }

  /** Tries now what would be tried later. */
  hurry() {
    this.#socket.hurry();
  }

  close() {
    this.send("QUIT");
    this.#end();
    this.#socket.close();
  }

  /** Whether the server has it. @param {string} capability */
  has(capability) {
    return this.offered.has(capability);
  }

  /** @param {...string} words */
  send(...words) {
    this.#socket.send(format(words));
  }

  /** @param {Record<string, string>} tags @param {...string} words */
  send_tagged(tags, ...words) {
    this.#socket.send(format(words, tags));
  }

  /** A label of its own, for lines that are answered together. */
  new_label() {
    return `p${++this.#label}`;
  }

  /**
   * Sends, and gives what the server answers: the lines of one answer; none, when the connection is lost before.
   * @param {string[]} words @param {Record<string, string>} [tags] @returns {Promise<Message[]>}
   */
  ask(words, tags = {}) {
    if (!this.is_ready) return Promise.resolve([]);
    const label = this.new_label();
    const answer = this.expect(label);
    this.send_tagged({ ...tags, label }, ...words);
    return answer;
  }

  /** The same, of what a service says to the page alone: nobody is shown it. @param {string[]} words @returns {Promise<Message[]>} */
  ask_quietly(words) {
    this.#quiet.add(`p${this.#label + 1}`);
    return this.ask(words);
  }

  /** @param {string} label @returns {Promise<Message[]>} */
  expect(label) {
    return new Promise((resolve) => this.#waiting.set(label, resolve));
  }

  #begin() {
    this.connection++;
    this.offered = new Map();
    this.nick = this.identity.nick;
    this.#taken = this.#requests = 0;
    this.send("CAP", "LS", "302");
    if (this.identity.server_password) this.send("PASS", this.identity.server_password);
    this.send("NICK", this.nick);
    this.send("USER", this.nick.replace(/[^A-Za-z0-9]/g, "") || "web", "0", "*", this.nick);
    for (const names of wanted) this.#request(names);
    if (this.identity.password || this.identity.token) this.#request(["sasl"]);
    else this.send("CAP", "END");
  }

  /** @param {string[]} names */
  #request(names) {
    if (names.length === 0) return;
    this.#requests++;
    this.send("CAP", "REQ", names.join(" "));
  }

  /** Ready is who is in, and has what it has asked for. */
  #settle() {
    if (!this.#is_in || this.#requests > 0 || this.is_ready) return;
    this.is_ready = this.#was_ready = true;
    this.#socket.settled();
    this.owner.welcome();
  }

  #end() {
    this.is_ready = this.#is_in = false;
    this.#batches = new Batches();
    for (const resolve of this.#waiting.values()) resolve([]);
    this.#waiting.clear();
    this.#quiet.clear();
  }

  /** @param {string} text */
  #line(text) {
    const message = parse(text);
    const whole = message && this.#batches.take(message);
    if (!whole) return;
    if (!("messages" in whole)) {
      this.#resolve(whole.tags.label, [whole]);
      return this.#quiet.delete(whole.tags.label) ? undefined : this.#obey(whole);
    }
    // History is for who asked; what else a batch holds has happened now.
    if (!/chathistory|search/.test(whole.type) && !this.#quiet.delete(whole.opened.tags.label)) whole.messages.forEach((one) => this.#obey(one));
    this.#resolve(whole.opened.tags.label, whole.messages);
  }

  /** @param {string | undefined} label @param {Message[]} answer */
  #resolve(label, answer) {
    if (label === undefined) return;
    this.#waiting.get(label)?.(answer);
    this.#waiting.delete(label);
  }

  /** @param {Message} message */
  #obey(message) {
    const { command, params } = message;
    if (command === "PING") return this.send("PONG", params[0] ?? "");
    if (command === "CAP") return this.#capabilities(params);
    if (command === "AUTHENTICATE") return this.#authenticate(params[0] ?? "+");
    if (command === "903" && !this.is_ready) return this.send("CAP", "END");
    if (["902", "904", "905", "906", "908"].includes(command) && !this.is_ready) {
      const why = params.at(-1) ?? "";
      // The server is busy, or lets nobody try just now: who was in comes back by itself.
      if (this.#was_ready && /try again later/i.test(why)) return this.#socket.give_up();
      this.#socket.close();
      if (this.identity.token && !this.identity.password && /authentication failed$/.test(why)) this.owner.token_ended();
      return this.owner.refused(why, false);
    }
    if (command === "433" && !this.is_ready && this.#taken < most_names) {
      const end = this.#taken++ === 0 ? "_" : `_${this.#taken}`;
      this.nick = this.identity.nick.slice(0, longest_name - end.length) + end;
      return this.send("NICK", this.nick);
    }
    // A server that cannot take one just now is tried again, once one was in.
    const is_final = ["432", "433", "464", "465", "FAIL"].includes(command) || (command === "ERROR" && !this.#was_ready);
    if (!this.is_ready && is_final) {
      this.#socket.close();
      return this.owner.refused(params.at(-1) ?? "", command === "464");
    }
    if (command === "001") this.nick = params[0] || this.nick;
    if (command === "005") {
      for (const token of params.slice(1, -1)) {
        const [key, value = ""] = token.split("=", 2);
        this.isupport.set(key, value);
      }
    }
    this.owner.receive(message);
    if (command === "376" || command === "422") {
      this.#is_in = true;
      this.#settle();
    }
  }

  /** @param {string[]} params */
  #capabilities([, what, ...rest]) {
    const words = (rest.at(-1) ?? "").split(" ").filter(Boolean);
    if (what === "LS" || what === "NEW") {
      for (const word of words) {
        const equals = word.indexOf("=");
        this.offered.set(equals < 0 ? word : word.slice(0, equals), equals < 0 ? "" : word.slice(equals + 1));
      }
      if (what === "NEW") this.#request(wanted.flat().filter((name) => words.some((word) => word.split("=")[0] === name)));
    } else if (what === "DEL") {
      for (const word of words) this.offered.delete(word);
    } else if (what === "ACK" || what === "NAK") {
      this.#requests--;
      if (words.includes("sasl") && !this.is_ready) {
        if (what === "ACK") this.send("AUTHENTICATE", this.identity.password ? "PLAIN" : "OAUTHBEARER");
        else this.send("CAP", "END");
      } else if (what === "NAK" && words.length > 1) {
        this.#request(words.filter((name) => this.offered.has(name)));
      }
      this.#settle();
    }
  }

  /** SASL PLAIN (RFC 4616) or OAUTHBEARER (RFC 7628), in pieces of 400 bytes. @param {string} challenge */
  #authenticate(challenge) {
    const { account = "", password = "", token = "" } = this.identity;
    const by_token = challenge === "+" ? `n,a=${account},\x01auth=Bearer ${token}\x01\x01` : "\x01";
    const secret = base64(password ? `\0${account}\0${password}` : by_token);
    for (let at = 0; at <= secret.length; at += 400) this.send("AUTHENTICATE", secret.slice(at, at + 400) || "+");
  }
}
