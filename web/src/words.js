// The page's texts, in the language of the browser.

import { en } from "./words/en.js";
import { zh } from "./words/zh.js";

const languages = { en, zh };
const wanted = navigator.languages?.find((tag) => /^(en|zh)\b/i.test(tag)) ?? "en";
export const chosen = /^zh/i.test(wanted) ? "zh" : "en";
document.documentElement.lang = chosen === "zh" ? "zh-Hans" : "en";

/** @returns {typeof en} */
export const words = () => languages[chosen];

/** The locale of dates and times. */
export const locale = navigator.languages?.[0];
