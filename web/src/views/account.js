// Who one is here: an account, notifications, the way out.

import { useSignal } from "@preact/signals";
import { my_account, my_nick, panel, session } from "../state/chat.js";
import { make_account, takes_email, verify_account } from "../state/account.js";
import { go_out } from "../state/online.js";
import { recall, remember } from "../state/memory.js";
import { begin_push, can_push, end_push } from "../state/push.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Devices } from "./devices.js";
import { Dialog } from "./dialog.js";
import { is_safe } from "./door.js";

/** @param {{ label: string, value: import("@preact/signals").Signal<string> } & Record<string, unknown>} props */
function Field({ label, value, ...rest }) {
  return html`<label class="field"><span>${label}</span><input required maxlength="300" value=${value.value} onInput=${(/** @type {any} */ e) => (value.value = e.target.value)} ...${rest} /></label>`;
}

function NewAccount() {
  const email = useSignal("");
  const first = useSignal("");
  const second = useSignal("");
  const code = useSignal("");
  const is_mailed = useSignal(false);
  const said = useSignal("");
  const w = words();
  if (!session.has("draft/account-registration")) return html`<p class="hint">${w.no_accounts}</p>`;
  if (!is_safe()) return html`<p class="hint">${w.not_safe}</p>`;
  /** @param {import("../state/account.js").Outcome} came */
  function tell(came) {
    is_mailed.value ||= came === "mailed";
    said.value = typeof came === "object" ? came.refused : came === "made" ? w.account_made : "";
  }
  /** @param {Event} event */
  async function make(event) {
    event.preventDefault();
    said.value = first.value === second.value ? "" : w.passwords_differ;
    if (said.value) return;
    tell(await make_account(email.value.trim(), first.value));
    first.value = second.value = "";
  }
  /** @param {Event} event */
  async function verify(event) {
    event.preventDefault();
    tell(await verify_account(code.value.trim()));
    code.value = "";
  }
  if (is_mailed.value)
    return html`<form onSubmit=${verify}>
      <h3>${w.make_account}: <bdi>${my_nick.value}</bdi></h3>
      <p class="hint" role="status">${w.code_mailed(email.value.trim())}</p>
      <${Field} label=${w.code} value=${code} name="code" autocomplete="one-time-code" autocapitalize="off" spellcheck=${false} />
      <button class="main-button">${w.show_code}</button>
      <button type="button" class="quiet-button" onClick=${() => (is_mailed.value = false)}>${w.other_address}</button>
      <p class="complaint" role="alert">${said.value}</p>
    </form>`;
  return html`<form onSubmit=${make}>
    <h3>${w.make_account}: <bdi>${my_nick.value}</bdi></h3>
    <p class="hint">${w.make_account_hint}</p>
    <input class="away-from-eyes" name="username" autocomplete="username" value=${my_nick.value} readonly tabindex="-1" aria-hidden="true" />
    ${takes_email() && html`<${Field} label=${w.email} value=${email} type="email" name="email" autocomplete="email" />`}
    <${Field} label=${w.password} value=${first} type="password" autocomplete="new-password" />
    <${Field} label=${w.password_again} value=${second} type="password" autocomplete="new-password" />
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
