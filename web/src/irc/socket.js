// One WebSocket after another, to the server that the page came from (RFC 6455, IRCv3 websocket: text.ircv3.net).
//
// What breaks is begun anew: at first soon, then ever later up to half a minute, each time with a share of chance, so that
// the people of a server that comes back do not all knock at once. A server that says nothing for a while is asked.

const first_pause = 400;
const longest_pause = 30_000;
const silence = 45_000;
const patience = 12_000;
const soon = 5_000;

/** How long to wait before the attempt of this number, in ms. @param {number} attempt @param {number} chance 0 to 1 */
export function pause_before(attempt, chance) {
  const most = Math.min(longest_pause, first_pause * 2 ** attempt);
  return most / 2 + (most / 2) * chance;
}

export class Socket {
  /** @type {WebSocket | undefined} */
  #socket;
  #attempt = 0;
  #wanted = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {{open(): void, line(text: string): void, closed(again_in: number): void}} owner */
  constructor(owner) {
    this.owner = owner;
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
  }

  open() {
    this.#wanted = true;
    clearTimeout(this.#timer);
    const url = new URL("/", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, ["text.ircv3.net"]);
    this.#socket = socket;
    this.#wait(patience);
    socket.onopen = () => {
      this.#heard();
      this.owner.open();
    };
    socket.onmessage = (event) => {
      this.#heard();
      if (typeof event.data === "string") this.owner.line(event.data);
    };
    socket.onclose = () => this.#socket === socket && this.#lost();
  }

  /** It is well: the next loss is followed by a short pause. */
  settled() {
    this.#attempt = 0;
  }

  /** Sends if it can; what is lost is for who sends to notice. @param {string} line */
  send(line) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(line);
  }

  close() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  /** This one is of no use just now: another one is tried later. */
  give_up() {
    this.#lost();
  }

  /** Waits no longer, where there is nothing; and where there seems to be something, after a sleep or on another network, asks. */
  hurry() {
    if (!this.#wanted) return;
    if (!this.#socket) return this.open();
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    clearTimeout(this.#timer);
    this.send("PING :still-there");
    this.#timer = setTimeout(() => this.#lost(), soon);
  }

  #heard() {
    this.#wait(silence);
  }

  /** @param {number} time until it counts as lost; halfway it is asked */
  #wait(time) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.send("PING :still-there");
      this.#timer = setTimeout(() => this.#lost(), patience);
    }, time);
  }

  #lost() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    if (!this.#wanted) return;
    const pause = pause_before(this.#attempt++, Math.random());
    this.#timer = setTimeout(() => this.open(), pause);
    this.owner.closed(pause);
  }
}
