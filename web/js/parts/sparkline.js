import { html } from '../lib/html.js';
import { sparkPath } from '../lib/spark.js';
import { DASH } from '../lib/format.js';

/** A line without axes; its meaning is in words for those who cannot see it. */
export function Sparkline({ values, xs, label, width = 96, height = 26, range }) {
	if (!values || values.length < 2) return html`<span class="spark-empty" style=${{ width: `${width}px`, height: `${height}px` }}>${DASH}</span>`;
	return html`<svg class="spark" width=${width} height=${height} viewBox=${`0 -2 ${width} ${height + 4}`} role="img" aria-label=${label} preserveAspectRatio="none">
		<path d=${sparkPath(values, width, height, range, xs)} fill="none" stroke="currentColor" stroke-width="1.75" stroke-linejoin="round" stroke-linecap="round" vector-effect="non-scaling-stroke" /></svg>`;
}
