// The texts of the operators' page, in the language of the browser.

import { en } from "./words/en.js";
import { zh } from "./words/zh.js";
import { chosen } from "../words.js";

/** @returns {typeof en} */
export const words = () => ({ en, zh })[chosen];
