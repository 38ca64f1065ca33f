// Who one is here: an account, notifications, the way out.

import { useSignal } from "@preact/signals";
import { my_account, my_nick, panel, session } from "../state/chat.js";
import { make_account } from "../state/account.js";
import { go_out } from "../state/online.js";
import { recall, remember } from "../state/memory.js";
import { begin_push, can_push, end_push } from "../state/push.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Devices } from "./devices.js";
import { Dialog } from "./dialog.js";
import { is_safe } from "./door.js";

function NewAccount() {
  const first = useSignal("");
  const second = useSignal("");
  const said = useSignal("");
  const w = words();
  if (!session.has("draft/account-registration")) return html`<p class="hint">${w.no_accounts}</p>`;
  if (!is_safe()) return html`<p class="hint">${w.not_safe}</p>`;
  /** @param {Event} event */
  async function make(event) {
    event.preventDefault();
    said.value = first.value === second.value ? "" : w.passwords_differ;
    if (said.value) return;
    said.value = (await make_account(first.value)) || w.account_made;
    first.value = second.value = "";
  }
  return html`<form onSubmit=${make}>
    <h3>${w.make_account}: <bdi>${my_nick.value}</bdi></h3>
    <p class="hint">${w.make_account_hint}</p>
    <input class="away-from-eyes" name="username" autocomplete="username" value=${my_nick.value} readonly tabindex="-1" aria-hidden="true" />
    <label class="field"><span>${w.password}</span><input type="password" autocomplete="new-password" required maxlength="300" value=${first.value} onInput=${(/** @type {any} */ e) => (first.value = e.target.value)} /></label>
    <label class="field"><span>${w.password_again}</span><input type="password" autocomplete="new-password" required maxlength="300" value=${second.value} onInput=${(/** @type {any} */ e) => (second.value = e.target.value)} /></label>
    <button class="main-button">${w.make_account}</button>
    <p class="complaint" role="alert">${said.value}</p>
  </form>`;
}

function Notifications() {
  const wanted = useSignal(recall("notify") === "yes");
  if (!("Notification" in window) || !isSecureContext) return null;
  async function change() {
    const may = !wanted.value && (await Notification.requestPermission()) === "granted";
    remember("notify", may ? "yes" : "");
    wanted.value = may;
    await (may ? begin_push() : end_push());
  }
  return html`<label class="check"><input type="checkbox" name="notify" checked=${wanted.value} onChange=${change} /> ${words().notifications}</label>
    ${can_push() && html`<p class="hint">${words().push_hint}</p>`}`;
}

export function Account() {
  const w = words();
  const leave = () => {
    panel.value = "";
    go_out();
  };
  return html`<${Dialog} label=${w.settings} kind="account">
    <p>${my_account.value ? w.logged_in_as(my_account.value) : w.guest}</p>
    ${!my_account.value && html`<${NewAccount} />`}
    ${my_account.value && html`<${Devices} />`}
    <${Notifications} />
    <p><button data-first class="quiet-button" onClick=${leave}>${w.go_out}</button></p>
  <//>`;
}
