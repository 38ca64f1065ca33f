// A panel over the rest: the browser's own <dialog>, which keeps the focus in, and gives it back.

import { useLayoutEffect, useRef } from "preact/hooks";
import { panel } from "../state/chat.js";
import { html } from "../html.js";
import { words } from "../words.js";
import { Icon } from "./icons.js";

/** @param {{label: string, kind?: string, children?: any}} props */
export function Dialog({ label, kind = "", children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useLayoutEffect(() => {
    dialog.current?.showModal();
    /** @type {HTMLElement | null | undefined} */ (dialog.current?.querySelector("[data-first]"))?.focus();
    return () => dialog.current?.close();
  }, []);
  const close = () => (panel.value = "");
  return html`<dialog ref=${dialog} class="panel ${kind}" aria-label=${label} onClose=${(/** @type {any} */ e) => e.target.isConnected && close()} onClick=${(/** @type {any} */ e) => e.target === dialog.current && close()}>
    <div class="panel-body">
      <div class="panel-head"><h2>${label}</h2><button class="icon-button" aria-label=${words().close} onClick=${close}><${Icon} of="close" /></button></div>
      ${children}
    </div>
  </dialog>`;
}
