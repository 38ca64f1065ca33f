// A line over the last hour, with its highest value; as text for those who do not see it.

import { html } from "../html.js";

const width = 300, height = 80;

/** @param {{name: string, values: number[], show: (value: number) => string, highest: (text: string) => string}} of */
export function Chart({ name, values, show, highest }) {
  const most = Math.max(...values, 0);
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  const points = values.map((value, i) => `${(i * step).toFixed(1)},${(height - 2 - (most > 0 ? value / most : 0) * (height - 4)).toFixed(1)}`);
  const now = show(values.at(-1) ?? 0), top = highest(show(most));
  return html`<figure class="chart">
    <figcaption><span>${name}</span> <strong>${now}</strong> <span class="hint">${top}</span></figcaption>
    <svg viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label=${`${name}: ${now}, ${top}`}>
      <polyline points=${points.join(" ")} vector-effect="non-scaling-stroke" />
    </svg>
  </figure>`;
}
