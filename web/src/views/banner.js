// That the connection is lost, while it is.

import { session, status } from "../state/chat.js";
import { html } from "../html.js";
import { words } from "../words.js";

export function Banner() {
  if (status.value !== "lost") return html`<div role="status" class="banner-place"></div>`;
  return html`<div role="status" class="banner-place">
    <p class="banner">${words().lost} <button class="quiet-button" onClick=${() => session.hurry()}>${words().try_now}</button></p>
  </div>`;
}
