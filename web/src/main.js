// The page: a door with one field, and behind it the chat.

import "@preact/signals";
import { render } from "preact";
import "./state/receive.js";
import "./state/online.js";
import { App } from "./views/app.js";
import { early } from "./views/door.js";
import { html } from "./html.js";

const place = /** @type {HTMLElement} */ (document.getElementById("page"));
const field = place.querySelector("input");
const is_typing = field !== null && field === document.activeElement;
const [from, to] = [field?.selectionStart ?? null, field?.selectionEnd ?? null];
early.name = field?.value ?? "";
place.replaceChildren();
render(html`<${App} />`, place);
// The browser heeds autofocus once.
const next = /** @type {HTMLInputElement | null} */ (place.querySelector("input[name=nick]"));
if (is_typing) next?.focus();
if (early.name) next?.setSelectionRange(from, to);
