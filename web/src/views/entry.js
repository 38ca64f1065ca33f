// One message in the log, with the line of its day or of what is new above it.

import { Component } from "preact";
import { is_me, my_nick, panel, session } from "../state/chat.js";
import { go, place_of } from "../state/places.js";
import { colour_of } from "../text/colour.js";
import { code_parts } from "../text/code.js";
import { pieces } from "../text/links.js";
import { clock_of, day_of, full_time, is_same_day } from "../text/when.js";
import { join } from "../commands.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Actions } from "./actions.js";
import { Pictures } from "./pictures.js";

/**
 * @typedef {import("../state/room.js").Entry} Kept
 * @typedef {import("../state/room.js").Room} Room
 */

/** A message of this server is shown here, and not in another window. @param {Event} event @param {string} link */
function follow(event, link) {
  const place = place_of(link);
  if (!place) return;
  event.preventDefault();
  go(place, join);
}

/** @param {string} text */
const linked = (text) =>
  pieces(text).map((piece) =>
    piece.href && place_of(piece.href)
      ? html`<a href=${piece.href} onClick=${(/** @type {Event} */ e) => follow(e, piece.href ?? "")}>${piece.text}</a>`
    : piece.href
      ? html`<a href=${piece.href} target="_blank" rel="noopener noreferrer nofollow">${piece.text}</a>`
      : piece.room
        ? html`<button class="room-link" onClick=${() => join(piece.room ?? "")}>${piece.text}</button>`
        : piece.text,
  );

/** @param {string} text */
export const body = (text) =>
  code_parts(text).map((part) => (part.is_code ? html`<code class=${part.is_block ? "block" : ""} dir="ltr">${part.text}</code>` : linked(part.text)));

/** Of what happened alike, to whom. @param {import("../state/room.js").Happening} one @param {string} who */
function happening({ what, detail = "" }, who) {
  const w = words();
  if (what === "in") return w.came(who);
  if (what === "out") return w.went(who);
  if (what === "nick") return w.is_now(who, detail);
  if (what === "topic") return w.set_topic(who, detail);
  return w.was_kicked(who, detail);
}

/** A name or a text from right to left, in a sentence that is not: what stands beside it keeps its place (FSI, PDI). @param {string} text */
const apart = (text) => (/[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/.test(text) ? `\u2068${text}\u2069` : text);

/** Those who came one after another are told together, and of a crowd the first; as our languages go, from left to right. @param {import("../state/room.js").Happening[]} events */
function happenings(events) {
  const most = 8;
  /** @type {{one: import("../state/room.js").Happening, who: Set<string>}[]} */
  const groups = [];
  for (const one of events) {
    const last = groups.at(-1);
    if (last && last.one.what === one.what && (one.what === "in" || one.what === "out")) last.who.add(one.who);
    else groups.push({ one, who: new Set([one.who]) });
  }
  const more = (/** @type {number} */ n) => (n > 0 ? [words().and_more(n)] : []);
  return groups.slice(-most).map(({ one, who }, at) => {
    const names = [...[...who].slice(0, most).map(apart), ...more(who.size - most)].join(", ");
    return html`${at > 0 && " · "}<bdi dir="ltr">${happening({ ...one, detail: apart(one.detail ?? "") }, names)}</bdi>`;
  });
}

/** @param {{room: Room, id: string}} props */
function Answered({ room, id }) {
  const entry = room.find(id);
  return html`<span class="answered">${entry ? html`<bdi>${entry.nick}</bdi> ${entry.is_redacted ? words().redacted : entry.text.slice(0, 120)}` : words().unknown_message}</span>`;
}

/** `version` has it drawn anew: who reads signals is not, while what it is given is the same. @param {{room: Room, entry: Kept, version: number}} props */
function Reactions({ room, entry }) {
  return html`<span class="reactions">
    ${[...(entry.reactions ?? [])].map(([what, who]) => {
      const mine = who.has(my_nick.value);
      const toggle = () => session.send_tagged({ "+draft/reply": entry.id, [mine ? "+draft/unreact" : "+draft/react"]: what }, "TAGMSG", room.name);
      return html`<button class="reaction" aria-pressed=${mine} aria-label=${words().reactions_by(what, [...who].slice(0, 20).join(", "))} title=${[...who].slice(0, 20).join(", ")} onClick=${toggle}>${what} ${who.size}</button>`;
    })}
  </span>`;
}

/** Whether a message goes on with what the one above began. @param {Kept | undefined} above @param {Kept} entry */
const goes_on = (above, entry) =>
  above?.kind === "text" && entry.kind === "text" && above.nick === entry.nick && !entry.reply_to && entry.time - above.time < 300_000;

/** @param {{room: Room, entry: Kept, is_grouped: boolean}} props */
function Text({ room, entry, is_grouped }) {
  const tone = `tone-${colour_of(entry.nick)}`;
  const time = html`<time class="time" dateTime=${new Date(entry.time).toISOString()} title=${full_time(entry.time)}>${clock_of(entry.time)}</time>`;
  const said = entry.is_redacted ? html`<em class="redacted">${words().redacted}</em>` : body(entry.text);
  if (entry.kind === "event") return html`<p class="happened">${happenings(entry.events ?? [])}</p>`;
  if (entry.kind === "own") return html`<p class="happened own" dir="auto">${entry.text}</p>`;
  if (entry.kind === "action") return html`<p class="said action" dir="auto"><bdi class="nick ${tone}">${entry.nick}</bdi> ${said}</p>`;
  return html`${!is_grouped && html`<p class="who"><bdi class="nick ${tone}">${entry.nick}</bdi>${time}</p>`}
    ${entry.reply_to && html`<${Answered} room=${room} id=${entry.reply_to} />`}
    <p class=${entry.kind === "notice" ? "said notice" : "said"} dir="auto">${said}</p>
    ${!entry.is_redacted && html`<${Pictures} room=${room} entry=${entry} version=${entry.version} />`}`;
}

/** @typedef {{room: Room, entry: Kept, above: Kept | undefined, version: number, new_from: number, is_chosen: boolean}} Props */

/** @extends {Component<Props, {is_broken?: boolean}>} */
export class Entry extends Component {
  /** What cannot be drawn is shown as text, and the others as ever. */
  componentDidCatch() {
    this.setState({ is_broken: true });
  }

  /** @param {Props} next @param {object} state */
  shouldComponentUpdate(next, state) {
    const now = this.props;
    return state !== this.state || next.entry !== now.entry || next.above !== now.above || next.version !== now.version || next.new_from !== now.new_from || next.is_chosen !== now.is_chosen;
  }

  /** @param {Props} props @param {{is_broken?: boolean}} state */
  render({ room, entry, above, new_from, is_chosen }, { is_broken }) {
    const is_first_new = new_from > 0 && entry.time > new_from && (!above || above.time <= new_from);
    const is_new_day = !is_same_day(above?.time, entry.time);
    const is_grouped = !is_first_new && !is_new_day && goes_on(above, entry);
    const classes = ["entry", is_grouped ? "grouped" : "", entry.is_mention ? "mention" : "", is_chosen ? "chosen" : ""].filter(Boolean).join(" ");
    return html`<li class=${classes} data-id=${entry.id} data-time=${entry.time} data-nick=${entry.nick} data-mine=${is_me(entry.nick)}>
      ${is_new_day && html`<p class="line day"><button class="day-button" tabindex="-1" title=${words().go_to_date} onClick=${() => (panel.value = "date")}>${day_of(entry.time)}</button></p>`}
      ${is_first_new && html`<p class="line new">${words().new_since}</p>`}
      ${is_broken ? html`<p class="said" dir="auto">${entry.text}</p>` : html`<${Text} room=${room} entry=${entry} is_grouped=${is_grouped} />`}
      ${entry.reactions?.size ? html`<${Reactions} room=${room} entry=${entry} version=${entry.version} />` : null}
      ${is_chosen && entry.id && !entry.is_redacted && entry.kind !== "event" ? html`<${Actions} room=${room} entry=${entry} />` : null}
    </li>`;
  }
}
