// What a room is about, and whom it is open to. Those with rights there change it; the others see it.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { have_done, session } from "../state/chat.js";
import { ask_modes, has_mode, has_rank } from "../state/modes.js";
import { full_time } from "../text/when.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Dialog } from "./dialog.js";
import { InviteLinks } from "./invite_links.js";
import { Retention } from "./retention.js";

/** @typedef {import("../state/room.js").Room} Room */

const flags = /** @type {const} */ (["i", "R", "m", "M", "t", "n", "s"]);

/** One thing to type: what it is now, and a button that sets it; where it can be without, one that takes it away. */
/** @param {{label: string, hint?: string, name: string, now: string, type?: string, most: number, may: boolean, is_optional?: boolean, save: (text: string) => void}} props */
function Setting({ label, hint, name, now, type = "text", most, may, is_optional, save }) {
  const typed = useSignal(now);
  useEffect(() => void (typed.value = now), [now]);
  const w = words();
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    save(typed.value.trim());
  };
  return html`<form class="setting" onSubmit=${send}>
    <label class="field"><span>${label}</span>
      <input name=${name} type=${type} dir="auto" autocomplete="off" maxlength=${most} min="1" disabled=${!may} placeholder=${hint}
        value=${typed.value} onInput=${(/** @type {any} */ e) => (typed.value = e.target.value)} /></label>
    ${may && html`<button class="main-button" disabled=${typed.value.trim() === now}>${w.save}</button>`}
    ${may && is_optional && now && html`<button type="button" class="quiet-button" onClick=${() => save("")}>${w.take_away}</button>`}
  </form>`;
}

/** @param {{room: Room, may: boolean, save: (...line: string[]) => void}} props */
function Bans({ room, may, save }) {
  const typed = useSignal("");
  const w = words();
  const bans = room.bans.value ?? [];
  const add = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (typed.value.trim()) save("MODE", room.name, "+b", typed.value.trim());
    typed.value = "";
  };
  return html`<section aria-label=${w.bans}>
    <h3>${w.bans}</h3>
    ${bans.length === 0 && html`<p class="hint">${w.no_bans}</p>`}
    <ul class="bans">
      ${bans.map(
        (ban) => html`<li key=${ban.mask}><span><bdi>${ban.mask}</bdi> ${ban.by && html`<span class="hint" title=${ban.time ? full_time(ban.time) : ""}>${w.banned_by(ban.by)}</span>`}</span>
          ${may && html`<button class="quiet-button" aria-label=${w.let_in(ban.mask)} onClick=${() => save("MODE", room.name, "-b", ban.mask)}>${w.take_away}</button>`}</li>`,
      )}
    </ul>
    ${may &&
    html`<form class="setting" onSubmit=${add}>
      <label class="field"><span>${w.ban_whom}</span><input name="ban" dir="auto" autocomplete="off" maxlength="200" value=${typed.value} onInput=${(/** @type {any} */ e) => (typed.value = e.target.value)} /></label>
      <button class="main-button" disabled=${!typed.value.trim()}>${w.ban}</button>
    </form>`}
  </section>`;
}

/** @param {{room: Room}} props */
export function RoomSettings({ room }) {
  const complaint = useSignal("");
  const w = words();
  room.people_version.value;
  const modes = room.modes.value;
  const may = has_rank(room, "o");
  const may_set_topic = may || has_rank(room, "h") || !modes.has("t");
  useEffect(() => void ask_modes(room), [room]);
  /** @param {...string} line */
  async function save(...line) {
    complaint.value = await have_done(...line);
  }
  return html`<${Dialog} label=${w.settings_of(room.name)} kind="room-settings">
    <p class="complaint" role="alert">${complaint.value}</p>
    <${Setting} label=${w.topic} name="topic" now=${room.topic.value} most=${Number(session.isupport.get("TOPICLEN")) || 300} may=${may_set_topic} save=${(/** @type {string} */ text) => save("TOPIC", room.name, text)} />
    ${!may && html`<p class="hint">${w.for_operators}</p>`}
    <fieldset disabled=${!may}>
      <legend>${w.who_may}</legend>
      ${flags.filter(has_mode).map(
        (letter) => html`<label class="check"><input type="checkbox" name=${`mode-${letter}`} checked=${modes.has(letter)}
          onChange=${(/** @type {any} */ e) => {
            // It is shown as it is: the server's answer says when that has changed.
            const sign = e.target.checked ? "+" : "-";
            e.target.checked = modes.has(letter);
            save("MODE", room.name, sign + letter);
          }} /> ${w.modes[letter]}</label>`,
      )}
    </fieldset>
    ${has_mode("k") && (may || modes.has("k")) && html`<${Setting} label=${w.key} hint=${w.no_key} name="key" now=${modes.get("k") ?? ""} most=${32} may=${may} is_optional save=${(/** @type {string} */ key) => (key ? save("MODE", room.name, "+k", key) : save("MODE", room.name, "-k", modes.get("k") ?? ""))} />`}
    ${has_mode("l") && (may || modes.has("l")) && html`<${Setting} label=${w.limit} hint=${w.no_limit} name="limit" type="number" now=${modes.get("l") ?? ""} most=${9} may=${may} is_optional save=${(/** @type {string} */ limit) => (limit ? save("MODE", room.name, "+l", limit) : save("MODE", room.name, "-l"))} />`}
    ${may && session.has("labeled-response") && html`<${Retention} room=${room} />`}
    ${has_rank(room, "h") && session.has("labeled-response") && html`<${InviteLinks} room=${room} />`}
    ${(may || (room.bans.value?.length ?? 0) > 0) && html`<${Bans} room=${room} may=${may} save=${save} />`}
  <//>`;
}
