// A door for who has a token, and behind it numbers, charts, tables, the log, and a line for commands.

import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { bans, command, is_in, is_there, log, log_in, log_out, people, rooms, samples, status } from "./api.js";
import { Chart } from "./chart.js";
import { html } from "../html.js";
import { words } from "./words.js";
import { locale } from "../words.js";

/** @param {number} n @param {number} [digits] */
const number = (n, digits = 0) => n.toLocaleString(locale, { maximumFractionDigits: digits });
const milliseconds = (/** @type {number} */ n) => `${number(n * 1000, 1)} ms`;
const mebibytes = (/** @type {number} */ n) => `${number(n / 1048576)} MiB`;
const per_second = (/** @type {number} */ n) => number(n, 1);

function Door() {
  const w = words();
  const why = useSignal("");
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  /** @param {Event} event */
  async function come_in(event) {
    event.preventDefault();
    const found = await log_in(field.current?.value.trim() ?? "");
    why.value = found === 200 ? "" : (w.refused[found] ?? w.no_answer);
  }
  return html`<main class="door"><form class="door-card" onSubmit=${come_in}>
    <h1>${w.title}</h1>
    <p class="hint">${w.token_hint}</p>
    <label class="field"><span>${w.token}</span><input ref=${field} name="token" type="password" autocomplete="off" required autofocus /></label>
    <p class="complaint" role="alert">${why.value}</p>
    <button class="main-button" type="submit">${w.come_in}</button>
  </form></main>`;
}

/** @param {{name: string, heads: string[], rows: string[][], none: string}} of */
function Table({ name, heads, rows, none }) {
  return html`<section class="panel" aria-label=${name} tabindex="0">
    <h2>${name}</h2>
    ${rows.length === 0 && html`<p class="hint">${none}</p>`}
    ${rows.length > 0 &&
    html`<table>
      <thead><tr>${heads.map((head) => html`<th scope="col" key=${head}>${head}</th>`)}</tr></thead>
      <tbody>${rows.map((row, n) => html`<tr key=${n}>${row.map((cell, i) => html`<td key=${i}><bdi>${cell}</bdi></td>`)}</tr>`)}</tbody>
    </table>`}
  </section>`;
}

function Command() {
  const w = words();
  const said = useSignal(/** @type {{text: string, done: boolean} | undefined} */ (undefined));
  const line = useSignal("");
  /** @param {Event} event */
  async function obey(event) {
    event.preventDefault();
    if (line.value.trim() === "") return;
    try {
      const answer = await command(line.value);
      said.value = { text: answer.answer.join("\n"), done: answer.done };
      if (answer.done) line.value = "";
    } catch {
      said.value = { text: w.no_answer, done: false };
    }
  }
  return html`<section class="panel wide" aria-label=${w.command}>
    <form class="command" onSubmit=${obey}>
      <label class="field"><span>${w.command}</span><input name="command" value=${line.value} placeholder="/help" autocomplete="off" spellcheck=${false} onInput=${(/** @type {any} */ e) => (line.value = e.target.value)} /></label>
      <button class="main-button" type="submit">${w.do_it}</button>
    </form>
    <pre class=${said.value?.done === false ? "complaint" : ""} role="status" tabindex="0" aria-label=${w.answer}>${said.value?.text}</pre>
  </section>`;
}

function Log() {
  const w = words();
  return html`<section class="panel wide log-lines" aria-label=${w.log} tabindex="0">
    <h2>${w.log}</h2>
    ${log.value.length === 0 && html`<p class="hint">${w.nothing}</p>`}
    <ol reversed>${[...log.value].reverse().map((line, i) => html`<li key=${log.value.length - i}><bdi>${line}</bdi></li>`)}</ol>
  </section>`;
}

function Board() {
  const w = words();
  const all = samples.value;
  const highest = w.highest;
  const age = (/** @type {number} */ s) => (s < 60 ? `${number(s)} s` : s < 3600 ? `${number(s / 60)} min` : `${number(s / 3600, 1)} h`);
  const is_well = is_there.value && status.value?.status !== "failing";
  return html`<main class="board">
    <header><h1>${w.title}</h1><span class="hint">${status.value?.version}</span>
      <p role="status" class=${is_well ? "well" : "complaint"}>${!is_there.value ? w.no_answer : is_well ? w.well : w.failing}</p>
      <button type="button" class="quiet-button" onClick=${log_out}>${w.log_out}</button></header>
    <div class="charts">
      <${Chart} name=${w.people} values=${all.map((one) => one.people)} show=${number} highest=${highest} />
      <${Chart} name=${w.messages} values=${all.map((one) => one.messages_per_second)} show=${per_second} highest=${highest} />
      <${Chart} name=${w.lag} values=${all.map((one) => one.loop_lag_seconds)} show=${milliseconds} highest=${highest} />
      <${Chart} name=${w.memory} values=${all.map((one) => one.resident_bytes)} show=${mebibytes} highest=${highest} />
    </div>
    <${Command} />
    <${Table} name=${w.people} heads=${[w.name, w.from, w.since, w.idle]} none=${w.nobody}
      rows=${people.value.map((one) => [one.name || w.not_in, one.from, age(one.connected), age(one.idle)])} />
    <${Table} name=${w.rooms} heads=${[w.room, w.people, w.topic]} none=${w.nothing}
      rows=${rooms.value.map((one) => [one.room, number(one.people), one.topic])} />
    <${Table} name=${w.bans} heads=${[w.whom, w.until, w.why]} none=${w.nobody}
      rows=${bans.value.map((one) => [one.mask, one.expires === 0 ? w.for_good : new Date(one.expires * 1000).toLocaleString(locale), one.reason])} />
    <${Log} />
  </main>`;
}

export function Operate() {
  return is_in.value ? html`<${Board} />` : html`<${Door} />`;
}
