// The page: a door with one field, and behind it the chat.

import "@preact/signals";
import { render } from "preact";
import "./state/receive.js";
import "./state/online.js";
import { App } from "./views/app.js";
import { html } from "./html.js";

const place = /** @type {HTMLElement} */ (document.getElementById("page"));
place.replaceChildren();
render(html`<${App} />`, place);
