// The way in: one field. Who has an account opens two more.

import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { refusal, status, wants_password } from "../state/chat.js";
import { come_in } from "../state/online.js";
import { kept_device } from "../state/device.js";
import { recall } from "../state/memory.js";
import { html } from "../html.js";
import { words } from "../words.js";

/** Whether what is sent can be read by nobody in between. */
export const is_safe = () => location.protocol === "https:" || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname);

/** @param {string} name */
export const is_name = (name) => /^(?!-|\d)[\p{L}\p{N}_\-[\]\\`^{}|]{1,32}$/u.test(name);

/** The name that was typed before the program was here. */
export const early = { name: "" };

/** The field that has just appeared is what one is here for. @param {HTMLInputElement | null} field */
function focus_once(field) {
  field?.focus();
}

export function Door() {
  const name = useSignal(early.name || recall("nick"));
  const password = useSignal("");
  const server_password = useSignal("");
  const has_account = useSignal(recall("account") !== "" && is_safe());
  const stays = useSignal(false);
  const complaint = useSignal("");
  const w = words();
  const busy = status.value === "connecting";

  // Who stays logged in on this device is in at once.
  useEffect(() => {
    const kept = is_safe() ? kept_device() : undefined;
    if (kept && !busy && !refusal.value) come_in({ nick: recall("nick") || kept.account, ...kept });
  }, []);

  /** @param {Event} event */
  function enter(event) {
    event.preventDefault();
    const nick = name.value.trim();
    complaint.value = is_name(nick) ? "" : w.bad_name;
    if (complaint.value) return;
    early.name = "";
    come_in({
      nick,
      ...(has_account.value && password.value ? { account: nick, password: password.value, stays: stays.value } : {}),
      ...(wants_password.value ? { server_password: server_password.value } : {}),
    });
  }

  return html`<main class="door">
    <form class="door-card" onSubmit=${enter}>
      <h1>Parlance</h1>
      <p class="tagline">${w.tagline}</p>
      <label class="field">
        <span>${w.name}</span>
        <input name="nick" autocomplete="username" autocapitalize="none" spellcheck=${false} maxlength="32" autofocus required
          placeholder="alice" dir="auto" aria-describedby="door-said" aria-invalid=${complaint.value !== ""}
          value=${name.value} onInput=${(/** @type {any} */ e) => (name.value = e.target.value)} />
      </label>
      ${wants_password.value &&
      html`<label class="field">
        <span>${w.server_password}</span>
        <input name="server_password" type="password" autocomplete="off" required ref=${focus_once} aria-describedby="server-password-hint"
          value=${server_password.value} onInput=${(/** @type {any} */ e) => (server_password.value = e.target.value)} />
      </label>
      <p id="server-password-hint" class="hint">${is_safe() ? w.server_password_hint : w.server_password_open}</p>`}
      ${has_account.value &&
      html`<label class="field">
        <span>${w.password}</span>
        <input name="password" type="password" autocomplete="current-password" required disabled=${!is_safe()}
          value=${password.value} onInput=${(/** @type {any} */ e) => (password.value = e.target.value)} />
      </label>`}
      ${has_account.value && is_safe() && html`<label class="check"><input type="checkbox" name="stay" checked=${stays.value} onChange=${() => (stays.value = !stays.value)} /> ${w.stay_logged_in}</label>`}
      ${has_account.value && !is_safe() && html`<p class="hint">${w.not_safe}</p>`}
      <button class="main-button" disabled=${busy}>${busy ? w.coming_in : w.come_in}</button>
      <p id="door-said" class="complaint" role="alert">${complaint.value || refusal.value}</p>
      <button type="button" class="quiet-button" onClick=${() => (has_account.value = !has_account.value)}>
        ${has_account.value ? w.without_password : w.with_password}
      </button>
      <p class="hint">${w.others_too}</p>
    </form>
  </main>`;
}
