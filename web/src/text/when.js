// Times and days as people read them.

import { locale, words } from "../words.js";

const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "medium" });
const day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
const day_and_year = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });

/** @param {number} time */
export const clock_of = (time) => clock.format(time);
/** @param {number} time */
export const full_time = (time) => full.format(time);

/** Days differ where the date here does. @param {number} time */
const date_of = (time) => new Date(time).toDateString();

/** @param {number | undefined} a @param {number} b */
export const is_same_day = (a, b) => a !== undefined && date_of(a) === date_of(b);

/** @param {number} time */
export function day_of(time) {
  if (is_same_day(time, Date.now())) return words().today;
  if (is_same_day(time, Date.now() - 86_400_000)) return words().yesterday;
  return new Date(time).getFullYear() === new Date().getFullYear() ? day.format(time) : day_and_year.format(time);
}
