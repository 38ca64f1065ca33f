// What is said in a room. Of its messages only those in sight, and some around them, are in the document, however many there
// are: the others are two empty boxes of their height, measured where they were seen and guessed where not.
//
// What one looks at stays where it is: a message in sight is the anchor, and when something above it comes in, or turns out to be
// of another height than was guessed, the log is scrolled by the difference. Who is at the end stays at the end.

import { Component, createRef } from "preact";
import { effect, untracked } from "@preact/signals";
import { look, sight } from "../state/attention.js";
import { fetch_newer, fetch_older, return_to_now } from "../state/history.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Entry } from "./entry.js";
import { Icon } from "./icons.js";
import { Pending } from "./pending.js";

/**
 * @typedef {import("../state/room.js").Entry} Kept
 * @typedef {import("../state/room.js").Room} Room
 */

const guess = 46;
/** Pixels above and below that are drawn, too. */
const margin = 300;
/** Pixels from the upper end at which older messages are fetched; from the lower, in the past, newer ones. */
const reach = 900;

/** @extends {Component<{room: Room}, {from: number, to: number, chosen: Kept | undefined, is_at_end: boolean, below: number}>} */
export class Log extends Component {
  place = createRef();
  list = createRef();
  /** @type {WeakMap<Kept, number>} */
  heights = new WeakMap();
  /** Where each message begins; one more for the end. */
  starts = new Float64Array(1);
  /** @type {{entry: Kept, offset: number} | undefined} */
  anchor = undefined;
  state = { from: 0, to: 0, chosen: undefined, is_at_end: true, below: 0 };
  width = 0;
  is_due = false;
  /** It goes elsewhere, and where it was does not matter. */
  is_aiming = false;
  is_in_past = false;
  /** Where the log was scrolled to when that was last looked at, or set; how much was in sight then, and how high what is below the messages. */
  last_top = 0;
  last_height = 0;
  last_rest = 0;

  componentDidMount() {
    const { room } = this.props;
    this.stop = effect(() => {
      room.version.value;
      room.pending.value;
      room.older.value;
      room.new_from.value;
      room.newer.value;
      this.#soon();
    });
    this.stop_aiming = effect(() => {
      const target = room.target.value;
      if (target) untracked(() => this.#aim(target));
    });
    this.watch = new ResizeObserver(() => this.#resized());
    this.watch.observe(this.place.current);
    this.#changed();
  }

  componentWillUnmount() {
    this.stop?.();
    this.stop_aiming?.();
    this.watch?.disconnect();
    sight.is_at_end = true;
  }

  /** Goes to a message, which is chosen then, or to the end. @param {Kept | "end"} target */
  #aim(target) {
    const { room } = this.props;
    room.target.value = undefined;
    if (target === "end") return this.#go_to_end();
    this.is_aiming = true;
    this.state.is_at_end = sight.is_at_end = false;
    this.anchor = { entry: target, offset: -this.place.current.clientHeight / 3 };
    this.setState({ chosen: target, is_at_end: false });
    this.#soon();
  }

  /** However much comes at once, it is drawn once. */
  #soon() {
    if (this.is_due) return;
    this.is_due = true;
    const draw = () => {
      this.is_due = false;
      if (this.place.current) this.#changed();
    };
    if (document.hidden) setTimeout(draw, 200);
    else requestAnimationFrame(draw);
  }

  #resized() {
    const place = this.place.current;
    if (place.clientWidth !== this.width) this.heights = new WeakMap();
    this.width = place.clientWidth;
    this.#changed();
  }

  #changed() {
    const { entries, newer } = this.props.room;
    // What comes in behind the past is not new.
    const was_in_past = this.is_in_past;
    this.is_in_past = newer.value !== "none";
    const below = this.state.is_at_end || was_in_past || this.is_in_past ? 0 : this.state.below + Math.max(0, this.#count_new(entries));
    this.last = entries.at(-1);
    this.#measure_starts();
    this.setState({ ...this.#range(), below });
  }

  /** How many came in at the end. @param {Kept[]} entries */
  #count_new(entries) {
    let count = 0;
    for (let at = entries.length - 1; at >= 0 && entries[at] !== this.last && count < 999; at--) count++;
    return this.last && count < entries.length ? count : 0;
  }

  #measure_starts() {
    const { entries } = this.props.room;
    if (this.starts.length !== entries.length + 1) this.starts = new Float64Array(entries.length + 1);
    let at = 0;
    for (let i = 0; i < entries.length; i++) {
      this.starts[i] = at;
      at += this.heights.get(entries[i]) ?? guess;
    }
    this.starts[entries.length] = at;
  }

  /** The message at this height. @param {number} y */
  #at(y) {
    let low = 0;
    let high = this.props.room.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle + 1] <= y) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** What is to be drawn. */
  #range() {
    const place = this.place.current;
    const count = this.props.room.entries.length;
    const height = place?.clientHeight || 600;
    const total = this.starts[count];
    let top = place ? place.scrollTop - this.#head() : 0;
    if (this.state.is_at_end) top = total - height;
    else if (this.anchor) top = this.starts[this.#index_of(this.anchor.entry)] + this.anchor.offset;
    return { from: this.#at(Math.max(0, top - margin)), to: Math.min(count, this.#at(top + height + margin) + 1) };
  }

  /** What is above the first message. */
  #head() {
    return this.list.current?.offsetTop ?? 0;
  }

  /** @param {Kept} entry */
  #index_of(entry) {
    const { room } = this.props;
    const last = room.place_of(entry.time) - 1;
    for (let at = last; at >= 0 && room.entries[at].time === entry.time; at--) if (room.entries[at] === entry) return at;
    return Math.max(0, last);
  }

  /** Takes the anchor, and whether it is at the end, from where the log is scrolled to. Gives the height of that. */
  #look_again() {
    const place = this.place.current;
    const { room } = this.props;
    const is_at_end = room.newer.value === "none" && place.scrollHeight - place.scrollTop - place.clientHeight < 30;
    sight.is_at_end = is_at_end;
    const top = place.scrollTop - this.#head();
    const first = this.#at(Math.max(0, top));
    const entry = room.entries[first];
    this.anchor = entry && { entry, offset: top - this.starts[first] };
    this.state.is_at_end = is_at_end;
    this.#note();
    return top;
  }

  #note() {
    const place = this.place.current;
    this.last_top = place.scrollTop;
    this.last_height = place.clientHeight;
    this.last_rest = this.#rest();
  }

  /** What is below the last message: those that are under way. */
  #rest() {
    const list = this.list.current;
    return list ? this.place.current.scrollHeight - list.offsetTop - list.offsetHeight : 0;
  }

  /** So far the browser itself scrolls up: more is in sight, as when a banner goes, or there is less below. */
  #given_way() {
    return Math.max(0, this.place.current.clientHeight - this.last_height) + Math.max(0, this.last_rest - this.#rest());
  }

  scrolled = () => {
    const { room } = this.props;
    this.is_aiming = false;
    const top = this.#look_again();
    const { is_at_end } = this.state;
    const range = this.#range();
    if (range.from !== this.state.from || range.to !== this.state.to || is_at_end === this.shown_end_button) this.setState({ ...range, is_at_end, below: is_at_end ? 0 : this.state.below });
    if (top < reach && room.older.value === "more") fetch_older(room);
    if (this.#is_near_end() && room.newer.value === "more") fetch_newer(room);
    if (is_at_end) look();
  };

  #is_near_end() {
    const place = this.place.current;
    return place.scrollHeight - place.scrollTop - place.clientHeight < reach;
  }

  componentDidUpdate() {
    const { room } = this.props;
    const { from } = this.state;
    let differs = false;
    const items = this.list.current?.children ?? [];
    for (let i = 1; i < items.length - 1; i++) {
      const entry = room.entries[from + i - 1];
      if (!entry) break;
      const height = items[i].getBoundingClientRect().height;
      if (Math.abs((this.heights.get(entry) ?? guess) - height) > 0.5) {
        this.heights.set(entry, height);
        differs = true;
      } else if (!this.heights.has(entry)) this.heights.set(entry, height);
    }
    if (differs) this.#measure_starts();
    this.#hold();
    const range = this.#range();
    if (range.from !== this.state.from || range.to !== this.state.to) this.setState(range);
    else if (differs) this.#draw_boxes();
    if (this.place.current.scrollTop < reach && room.older.value === "more" && room.entries.length < 60) fetch_older(room);
    if (room.newer.value === "more" && this.#is_near_end()) fetch_newer(room);
  }

  /** The boxes, after heights were measured. */
  #draw_boxes() {
    const items = this.list.current.children;
    items[0].style.height = `${this.starts[this.state.from]}px`;
    items[items.length - 1].style.height = `${this.starts[this.props.room.entries.length] - this.starts[this.state.to]}px`;
    this.#hold();
  }

  /** Keeps in place what one looks at. */
  #hold() {
    const place = this.place.current;
    const moved = this.is_aiming ? 0 : place.scrollTop - this.last_top;
    // Scrolled by hand, of which the event is still to come.
    if (this.state.is_at_end && moved < -1 - this.#given_way()) this.#look_again();
    else if (this.anchor) this.anchor.offset += moved;
    if (this.state.is_at_end) place.scrollTop = place.scrollHeight;
    else if (this.anchor) {
      const top = this.starts[this.#index_of(this.anchor.entry)] + this.anchor.offset + this.#head();
      if (Math.abs(place.scrollTop - top) >= 1) place.scrollTop = top;
    }
    this.#note();
  }

  to_end = () => return_to_now(this.props.room);

  #go_to_end() {
    this.anchor = undefined;
    this.state.is_at_end = true;
    sight.is_at_end = true;
    this.setState({ ...this.#range(), is_at_end: true, below: 0 });
    look();
  }

  /** @param {Event} event */
  choose = (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (!target.isConnected) return; // a button that is gone by what it did
    const item = target.closest("li.entry");
    const entry = item && this.props.room.find(/** @type {HTMLElement} */ (item).dataset.id);
    if (entry !== this.state.chosen) this.setState({ chosen: entry || undefined });
  };

  /** The pointer is elsewhere; the keyboard may still be here. */
  left = () => {
    if (!this.place.current.contains(document.activeElement)) this.setState({ chosen: undefined });
  };

  /** Up and down choose a message. @param {KeyboardEvent} event */
  key = (event) => {
    if (event.target !== this.place.current || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    const { entries } = this.props.room;
    const now = this.state.chosen ? this.#index_of(this.state.chosen) : entries.length;
    const step = event.key === "ArrowUp" ? -1 : 1;
    let next = now + step;
    while (entries[next] && !entries[next].id) next += step;
    const entry = entries[next];
    if (!entry) return;
    const place = this.place.current;
    const top = this.starts[next];
    const bottom = this.starts[next + 1];
    const view = place.scrollTop - this.#head();
    if (top < view) place.scrollTop = top + this.#head();
    else if (bottom > view + place.clientHeight) place.scrollTop = bottom - place.clientHeight + this.#head();
    this.setState({ chosen: entry });
  };

  render() {
    const { room } = this.props;
    const { from, to, chosen, is_at_end, below } = this.state;
    const w = words();
    this.shown_end_button = !is_at_end;
    const rows = room.entries.slice(from, to);
    return html`<div class="log-frame">
      <div class="log" ref=${this.place} role="log" aria-live="off" aria-label=${w.messages_in(room.name)} tabindex="0"
        onScroll=${this.scrolled} onPointerMove=${this.choose} onPointerLeave=${this.left} onFocusIn=${this.choose} onClick=${this.choose} onKeyDown=${this.key}>
        <p class="log-head">${room.older.value === "loading" ? w.older_loading : room.older.value === "none" ? w.beginning : ""}</p>
        <ol ref=${this.list} class="entries">
          <li key="above" class="box" aria-hidden="true" style=${{ height: `${this.starts[from] ?? 0}px` }}></li>
          ${rows.map((entry, index) => html`<${Entry} key=${key_of(entry)} room=${room} entry=${entry} above=${room.entries[from + index - 1]} version=${entry.version} new_from=${room.new_from.value} is_chosen=${entry === chosen} />`)}
          <li key="below" class="box" aria-hidden="true" style=${{ height: `${(this.starts[room.entries.length] ?? 0) - (this.starts[to] ?? 0)}px` }}></li>
        </ol>
        <${Pending} room=${room} />
      </div>
      ${!is_at_end && html`<button class="to-end" onClick=${this.to_end}><${Icon} of="down" />${below ? w.new_below(below) : w.to_end}</button>`}
    </div>`;
  }
}

/** @type {WeakMap<Kept, number>} */
const keys = new WeakMap();
let last_key = 0;

/** Each message's own, with or without an id. @param {Kept} entry */
function key_of(entry) {
  const known = keys.get(entry);
  if (known) return known;
  keys.set(entry, ++last_key);
  return last_key;
}
