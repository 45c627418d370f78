import uPlot from '../../vendor/uplot.js';
import { announce } from '../app/announce.js';
import { colour, colours } from '../app/theme.js';
import { useValue } from '../lib/emitter.js';
import { html, useEffect, useRef, useState } from '../lib/html.js';
import { Icon } from './icons.js';
import { marksPlugin } from './chart_marks.js';
import { lonePoints } from '../lib/chart_data.js';
import { timeTicks } from '../lib/time_ticks.js';

const sheet = new URL('../../vendor/uplot.css', import.meta.url).href;
if (!document.querySelector(`link[href="${sheet}"]`)) document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: sheet }));

const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [], [8, 4], [2, 3], [10, 3, 2, 3]];
export const lineColour = (i) => `--line-${(i % 8) + 1}`;
const colourOf = (s, i) => s.colour ?? lineColour(s.place ?? i);
const dashOf = (s, i) => DASHES[(s.place ?? i) % 8];

/**
 * Lines over a common x, with crosshair, zoom by dragging (or the keys + and -), and values under it.
 * series: [{ label, place }], place of its colour and dashes where that is not its number here; data: [xs, ys, …]; group: charts whose crosshairs move together; time: x is Unix seconds.
 * onAt: gets the number of the point under the crosshair, or null.
 * span: the ends of x whatever the data has, so that what is missing shows; note: what stands in the place of lines where there are none.
 */
export function Chart({ title, data, series, marks, group, time = false, xFormat = String, xTitle, xLabel, yFormat = String, yTicks, height = 220, range, dashed, handle, zoomed, onZoom, onAt, span, note }) {
	const box = useRef(null);
	const plot = useRef(null);
	const latest = useRef({});
	latest.current = { marks, xFormat, yFormat, yTicks, onZoom, onAt, zoomed, span };
	const version = useValue(colours);
	const [at, setAt] = useState(null);
	const shape = JSON.stringify([series.map((s) => [s.label, s.colour, s.place]), time, height, range, group, dashed]);

	useEffect(() => {
		const ink = colour('--ink-soft');
		const axis = { stroke: ink, grid: { stroke: colour('--grid'), width: 1 }, ticks: { stroke: colour('--grid'), size: 4 }, font: `12px ${getComputedStyle(document.body).fontFamily}` };
		const u = new uPlot({
			width: box.current.clientWidth, height, padding: [marks ? 20 : 10, time ? 28 : 10, 0, 0], legend: { show: false },
			scales: { x: { time, ...(span ? { range: () => latest.current.span } : {}) }, y: yScale(range, span) },
			axes: [
				{ ...axis, size: 32, space: time ? 76 : 56, values: (_, ticks, __, ___, step) => (time ? timeTicks(ticks, step) : ticks.map((t) => latest.current.xFormat(t))) },
				{ ...axis, size: 58, space: 32, values: (self, ticks) => (self.data[0].length === 0 ? ticks.map(() => '') : latest.current.yTicks?.(ticks) ?? ticks.map((t) => latest.current.yFormat(t))) },
			],
			series: [{}, ...series.map((s, i) => ({ label: s.label, stroke: colour(colourOf(s, i)), width: 2, dash: dashed ? dashOf(s, i) : [], spanGaps: Boolean(s.spanGaps), gaps: (_, __, ___, ____, gaps) => gaps.map(([a, b]) => [a - 1, b + 1]), points: { show: (self) => span !== undefined || self.data[0].length < 25, filter: span ? (self, k) => lonePoints(self.data[k]) : undefined, size: 5 } }))],
			cursor: { sync: group ? { key: group, setSeries: false } : undefined, drag: { x: true, y: false, dist: 6 }, points: { size: 8 }, y: false },
			hooks: {
				setCursor: [(self) => { setAt(self.cursor.idx ?? null); latest.current.onAt?.(self.cursor.idx ?? null); }],
				setSelect: [(self) => {
					if (self.select.width > 4) latest.current.onZoom?.([self.posToVal(self.select.left, 'x'), self.posToVal(self.select.left + self.select.width, 'x')]);
				}],
			},
			plugins: marks ? [marksPlugin(() => latest.current.marks, colour)] : [],
		}, data, box.current);
		plot.current = u;
		if (zoomed) u.setScale('x', { min: zoomed[0], max: zoomed[1] });
		if (handle) handle.current = u;
		const watcher = new ResizeObserver(([entry]) => {
			const width = Math.floor(entry.contentRect.width);
			if (width > 0 && width !== u.width) u.setSize({ width, height });
		});
		watcher.observe(box.current);
		return () => {
			watcher.disconnect();
			u.destroy();
			plot.current = null;
		};
	}, [shape, version]);
	useEffect(() => {
		const u = plot.current;
		if (!u) return;
		const filled = (data[0].length === 0) !== (u.data[0].length === 0); // the axis has labels now, or none any more
		u.setData(data, !latest.current.zoomed);
		if (latest.current.zoomed || filled) u.redraw(false, true);
	}, [data, marks, span?.[0], span?.[1]]);
	useEffect(() => {
		const u = plot.current;
		const xs = u?.data[0];
		if (u && xs.length && !span) u.setScale('x', zoomed ? { min: zoomed[0], max: zoomed[1] } : { min: xs[0], max: xs.length > 1 ? xs.at(-1) : xs[0] + 1 });
	}, [zoomed?.[0], zoomed?.[1]]);

	const xs = data[0];
	const index = at !== null && at < xs.length ? at : xs.length - 1;
	const say = (i) => announce(`${xFormat(xs[i])}: ${series.map((s, k) => `${s.label} ${yFormat(data[k + 1][i])}`).join(', ')}`);
	return html`<figure class="chart">
		<div class="chart-box" ref=${box} style=${{ height: `${height}px` }} tabindex="0" role="img" aria-label=${summary(title, data, series, xFormat, yFormat)} onKeyDown=${(e) => keys(e, data, zoomed ?? span, onZoom, plot.current, at, say)}>${note && html`<p class="chart-note">${note}</p>`}</div>
		<figcaption class="chart-values"><span class="chart-x" title=${xs.length ? xTitle?.(xs[index]) : null}>${xLabel ? `${xLabel} ` : ''}${xs.length ? xFormat(xs[index]) : ''}</span>
			${series.map((s, i) => html`<span class="chart-value" key=${i}><svg width="18" height="10" aria-hidden="true"><line x1="0" y1="5" x2="18" y2="5" stroke-width="3" stroke-dasharray=${dashed ? dashOf(s, i).join(' ') : ''} style=${{ stroke: `var(${colourOf(s, i)})` }} /></svg>${s.label} <b>${yFormat(at === null ? data[i + 1]?.findLast((v) => v !== null && v !== undefined) : data[i + 1]?.[index])}</b></span>`)}
			${zoomed && html`<button type="button" class="button button-small" onClick=${() => onZoom(null)}><${Icon} name="zoom_out" /> Show all</button>`}</figcaption></figure>`;
}

/** With a span the axis stays, whether there are values or not. */
function yScale(range, span) {
	if (!span) return range ? { range: (_, low, high) => range(low, high) } : {};
	return { range: (_, low, high) => (low === null ? [0, 1] : range ? range(low, high) : uPlot.rangeNum(low, high, 0.1, true)) };
}

function summary(title, data, series, xFormat, yFormat) {
	const n = data[0].length;
	if (n === 0) return `${title}: no values yet`;
	return `${title}, ${n} points: ${series.map((s, i) => `${s.label} ${yFormat(data[i + 1]?.findLast((v) => v !== null && v !== undefined))}`).join(', ')}, at ${xFormat(data[0][n - 1])}`;
}

/** Left and right move the crosshair and say what is there, + and - zoom, 0 shows all. */
function keys(event, data, zoomed, onZoom, u, at, say) {
	const xs = data[0];
	if (!u || xs.length < 2) return;
	const [low, high] = zoomed ?? [xs[0], xs.at(-1)];
	const index = at ?? xs.length - 1;
	const middle = xs[index] >= low && xs[index] <= high ? xs[index] : (low + high) / 2;
	const zoom = (factor) => {
		const next = [Math.max(xs[0], middle - (middle - low) * factor), Math.min(xs.at(-1), middle + (high - middle) * factor)];
		onZoom?.(next[1] - next[0] >= xs.at(-1) - xs[0] ? null : next);
	};
	const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
	if (step) {
		const to = Math.min(xs.length - 1, Math.max(0, index + step));
		u.setCursor({ left: u.valToPos(xs[to], 'x'), top: u.over.clientHeight / 2 });
		say(to);
	} else if (event.key === '+' || event.key === '=') zoom(0.5);
	else if (event.key === '-') zoom(2);
	else if (event.key === '0' || (event.key === 'Escape' && zoomed)) onZoom?.(null);
	else return;
	event.preventDefault();
}
