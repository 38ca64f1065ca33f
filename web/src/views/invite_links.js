// Links into a room, in its settings: those there are, one more, and taking them back.

import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { ask_links, make_link, take_back_link } from "../state/invite_links.js";
import { full_time } from "../text/when.js";
import { html } from "../html.js";
import { words } from "../words.js";

/** @typedef {import("../state/invite_links.js").InviteLink} InviteLink */

const times = /** @type {const} */ (["1h", "1d", "7d", "0"]);

/** @param {{room: import("../state/room.js").Room}} props */
export function InviteLinks({ room }) {
  const all = useSignal(/** @type {InviteLink[] | undefined} */ (undefined));
  const lasts = useSignal("7d");
  const uses = useSignal("");
  const said = useSignal("");
  const w = words();
  const look = async () => (all.value = await ask_links(room));
  useEffect(() => void look(), [room]);
  /** @param {string} link */
  async function copy(link) {
    try {
      await navigator.clipboard.writeText(link);
      said.value = w.invite_link_copied;
    } catch {
      said.value = w.invite_link_to_copy;
    }
  }
  /** @param {Event} event */
  async function make(event) {
    event.preventDefault();
    const made = await make_link(room, lasts.value, String(Number(uses.value) || 0));
    said.value = made ? "" : w.no_more_invite_links;
    await look();
    if (made) await copy(made.link);
  }
  /** @param {InviteLink} one */
  async function take_back(one) {
    await take_back_link(room, one.token);
    said.value = "";
    look();
  }
  if (!all.value) return null;
  return html`<section class="invite-links" aria-label=${w.invite_links}>
    <h3>${w.invite_links}</h3>
    <p class="hint">${w.invite_links_hint}</p>
    <ul class="bans">
      ${all.value.map(
        (one) => html`<li key=${one.token}><span><input readonly dir="ltr" aria-label=${w.invite_link} value=${one.link} onFocus=${(/** @type {any} */ e) => e.target.select()} />
            <span class="hint">${w.invite_link_terms(one.by, one.until ? full_time(one.until) : "", one.used, one.uses)}</span></span>
          <button type="button" class="quiet-button" onClick=${() => copy(one.link)}>${w.copy}</button>
          <button type="button" class="quiet-button" aria-label=${w.take_back_invite_link(one.link)} onClick=${() => take_back(one)}>${w.take_away}</button></li>`,
      )}
    </ul>
    <form class="setting" onSubmit=${make}>
      <label class="field"><span>${w.invite_link_lasts}</span>
        <select name="lasts" value=${lasts.value} onChange=${(/** @type {any} */ e) => (lasts.value = e.target.value)}>${times.map((time) => html`<option value=${time}>${w.invite_link_times[time]}</option>`)}</select></label>
      <label class="field"><span>${w.invite_link_uses}</span>
        <input name="uses" type="number" min="1" max="1000" placeholder=${w.no_limit} value=${uses.value} onInput=${(/** @type {any} */ e) => (uses.value = e.target.value)} /></label>
      <button class="main-button">${w.make_invite_link}</button>
    </form>
    <p class="hint" role="status">${said.value}</p>
  </section>`;
}
