// Markup in JavaScript (htm): what others say is in it as text alone, never as markup.

import { h } from "preact";
import htm from "htm";

export const html = htm.bind(h);
