// Where screen readers find what is to be said: apart from the log, whose lines come and go as one scrolls.

import { announced } from "../state/announce.js";
import { html } from "../html.js";

export function Announcer() {
  const { number, lines } = announced.value;
  return html`<div class="announcer away-from-eyes" role="status">${lines.map((line, at) => html`<p key=${`${number}.${at}`}>${line}</p>`)}</div>`;
}
