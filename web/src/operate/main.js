// The operators' page: how the server fares, who is there, and its log, by the operators' API (docs/api.md).

import "@preact/signals";
import { render } from "preact";
import { Operate } from "./view.js";
import { html } from "../html.js";

const place = /** @type {HTMLElement} */ (document.getElementById("page"));
place.replaceChildren();
render(html`<${Operate} />`, place);
