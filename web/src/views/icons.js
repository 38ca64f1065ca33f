// The few pictures of the page, drawn as lines in the colour of the text.

import { html } from "../html.js";

const paths = {
  menu: "M3 6h18M3 12h18M3 18h18",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16.5 16.5 21 21",
  look: "M4 5h16M4 10h6M4 15h5M15.500 10a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM18.500 17 21 19.500",
  people: "M9 5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM2.5 20c0-3.5 3-5.5 6.500-5.500S15.500 16.500 15.500 20M16 5.500a3.500 3.500 0 0 1 0 6.500M18 15c2 .7 3.500 2.500 3.500 5",
  person: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4.500 21c0-4 3.400-6 7.500-6s7.500 2 7.500 6",
  send: "M4 12 20 4l-5 16-4-6.500z",
  close: "M6 6l12 12M18 6 6 18",
  reply: "M10 6 4 12l6 6M4 12h9c4 0 7 2 7 6",
  react: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM8.500 14c1.500 2.600 5.500 2.600 7 0M9 9.500v.5M15 9.500v.5",
  undo: "M4 7h16M9 7V4h6v3M6.500 7l1 13h9l1-13",
  tune: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.500v5M9 14.500v5",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700l-1.500 1.500M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700l1.500-1.500",
  date: "M4 6h16v14H4zM4 10h16M8 3v5M16 3v5",
  plus: "M12 5v14M5 12h14",
  down: "M12 5v14M6 13l6 6 6-6",
  clip: "M20 11.500 12 19.500a5 5 0 0 1-7-7l8.500-8.500a3.400 3.400 0 0 1 4.800 4.800L10 17a1.700 1.700 0 0 1-2.400-2.400L15 7.500",
};

/** Those that point along the line, which some scripts write from right to left. @type {(keyof typeof paths)[]} */
const pointing = ["send", "reply"];

/** @param {{of: keyof typeof paths}} props */
export const Icon = ({ of }) => html`<svg class=${pointing.includes(of) ? "icon points" : "icon"} viewBox="0 0 24 24" aria-hidden="true"><path d=${paths[of]} /></svg>`;
