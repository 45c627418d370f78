// Samples of services over time, as charts show them: in steps, with gaps where nothing was measured; pure.
import { DASH, formatBytes, formatDuration, formatInteger, formatMs, formatNumber, known, parseTime } from './format.js';

/** Name in the address → [seconds, title, in a sentence]. */
export const RANGES = {
	'15m': [900, '15 min', 'the last 15 minutes'], '1h': [3600, '1 h', 'the last hour'], '6h': [21_600, '6 h', 'the last 6 hours'],
	'24h': [86_400, '24 h', 'the last 24 hours'], '7d': [604_800, '7 d', 'the last 7 days'], '30d': [2_592_000, '30 d', 'the last 30 days'],
};
const SPAN_MAX_S = 10 * 366 * 86_400;
const STEPS = [1, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400];
const POINTS = 400; // about as many as a chart has room for

/** The smallest step, in seconds, that gives few enough points. */
export const stepFor = (seconds) => STEPS.find((step) => seconds / step <= POINTS) ?? 604_800;

/**
 * What the address asks for: { name, from, to, seconds, step }, from and to in Unix seconds, null where they move with the clock.
 * An address without sense is the last hour.
 */
export function readRange(query) {
	const from = parseTime(query.from);
	const to = parseTime(query.to);
	const seconds = from !== null && to !== null ? (to - from) / 1000 : 0;
	if (query.range === 'custom' && seconds >= 1 && seconds <= SPAN_MAX_S) return { name: 'custom', from: from / 1000, to: to / 1000, seconds, step: stepFor(seconds) };
	const name = Object.hasOwn(RANGES, query.range ?? '') ? query.range : '1h';
	return { name, from: null, to: null, seconds: RANGES[name][0], step: stepFor(RANGES[name][0]) };
}

/** Its ends at a moment, on whole steps, so that a moving window moves a step at a time. */
export function spanOf(range, nowMs) {
	if (range.from !== null) return [range.from, range.to];
	const tick = Math.max(range.step, 5);
	const to = Math.ceil(nowMs / 1000 / tick) * tick;
	return [to - range.seconds, to];
}

/** Does it move with the clock? */
export const isMoving = (range) => range.from === null;
/** Does what is measured at a moment belong to it? */
export const isLive = (range, nowMs) => isMoving(range) || (range.from * 1000 <= nowMs && nowMs <= range.to * 1000);

/** 'a.b' → ['a', 'b'] of names that there can be, each once, at most so many. */
export const readNames = (text, most) => [...new Set((text ?? '').split('.').filter((name) => /^[a-z][a-z0-9_]{0,63}$/.test(name)))].slice(0, most);

/** What most services have while they answer. */
export const USUAL = ['cpu_usage', 'memory_usage', 'response_time_ms'];

/** Which metrics a service of GET /metrics/live has: those with a number now, and while it does not answer those that it usually has. seen: what it had before. */
export function metricsOf(service, seen = []) {
	const silent = service.status !== 'healthy' && service.status !== 'degraded';
	return [...new Set([...Object.keys(service).filter((m) => known(service[m]) || (silent && USUAL.includes(m))), ...seen, 'up'])];
}

/** A service with a sample of it: what the sample does not have is not known any more. */
export function withMetrics(service, { status, metrics, at }) {
	const before = Object.fromEntries(Object.entries(service).map(([name, value]) => [name, known(value) ? null : value]));
	return { ...before, ...metrics, status, observed_at: at, stale: false };
}

/** In which order metrics are offered. */
const FIRST = ['cpu_usage', 'memory_usage', 'memory_percent', 'response_time_ms', 'throughput_bytes_per_s', 'up'];
export const byWeight = (a, b) => (FIRST.indexOf(a) + 1 || FIRST.length + 1) - (FIRST.indexOf(b) + 1 || FIRST.length + 1) || (a < b ? -1 : a > b ? 1 : 0);

const isPercent = (metric) => metric === 'cpu_usage' || metric.endsWith('_percent');

/** A value in the metric's unit. */
export function formatMetric(metric, value) {
	if (!known(value)) return DASH;
	if (metric === 'up') return `${Math.round(value * 1000) / 10} %`;
	if (isPercent(metric)) return `${value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} %`;
	if (metric === 'memory_usage') return formatBytes(value * 1e6);
	if (metric.endsWith('_ms')) return formatMs(value);
	if (metric.endsWith('bytes_per_s')) return `${formatBytes(value)}/s`;
	if (metric.endsWith('_bytes')) return formatBytes(value);
	if (metric.endsWith('_seconds')) return formatDuration(value);
	return Number.isInteger(value) ? formatInteger(value) : formatNumber(value);
}

const UNITS = { bytes: [['B', 1], ['KB', 1e3], ['MB', 1e6], ['GB', 1e9], ['TB', 1e12]], ms: [['ms', 1], ['s', 1e3], ['min', 6e4]] };
/** Labels of an axis: one unit for all, and as many digits as tell them apart. */
export function formatTicks(metric, ticks) {
	if (metric === 'up') return ticks.map((t) => `${Math.round(t * 100)} %`);
	const step = Math.abs((ticks[1] ?? 1) - (ticks[0] ?? 0)) || 1;
	const scale = metric === 'memory_usage' ? 1e6 : 1;
	const units = scale > 1 || /bytes(_per_s)?$/.test(metric) ? UNITS.bytes : metric.endsWith('_ms') ? UNITS.ms : [[isPercent(metric) ? '%' : metric.endsWith('_seconds') ? 's' : '', 1]];
	const most = Math.max(...ticks.map(Math.abs)) * scale;
	const [unit, size] = units.findLast(([, n]) => n <= most) ?? units[0];
	const digits = Math.max(0, Math.min(4, Math.ceil(-Math.log10((step * scale) / size) - 1e-9)));
	return ticks.map((t) => `${((t * scale) / size).toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits })}${unit ? ` ${unit}` : ''}${metric.endsWith('_per_s') && unit ? '/s' : ''}`);
}

/** The scale of the vertical axis: what has a natural nothing begins there, so that little looks little. */
export function rangeOf(metric) {
	if (metric === 'up') return () => [0, 1.04];
	if (!isPercent(metric) && !/_(ratio|rate|ms|per_s|clients)$|^memory_usage$|^queue_size$/.test(metric)) return null;
	return (low, high) => [Math.min(0, low), high > 0 ? high * 1.1 : 1];
}

/** Points of GET /metrics/history: [{ t, value, min, max, n }], t in Unix seconds at the step's beginning. */
export function readPoints(points) {
	return points.filter((p) => parseTime(p.timestamp) !== null && known(p.value)).map((p) => ({ t: parseTime(p.timestamp) / 1000, value: p.value, min: p.min, max: p.max, n: p.samples }));
}

/** The same with one more sample, in its step. */
export function withSample(points, t, value, step) {
	if (!known(value)) return points;
	const at = Math.floor(t / step) * step;
	const last = points.at(-1);
	if (last && last.t > at) return points; // history knows it already
	if (!last || last.t < at) return [...points, { t: at, value, min: value, max: value, n: 1 }];
	return [...points.slice(0, -1), { t: at, value: (last.value * last.n + value) / (last.n + 1), min: Math.min(last.min, value), max: Math.max(last.max, value), n: last.n + 1 }];
}

/** How far apart points usually are: a service that is asked every minute has no gaps at a step of five seconds. */
export function paceOf(points, step) {
	if (points.length < 3) return step;
	const apart = points.slice(1).map((p, i) => p.t - points[i].t).sort((a, b) => a - b);
	return Math.max(step, apart[Math.floor(apart.length / 2)]);
}

/** What a chart draws of several series: [xs, ys …]; null is a gap, undefined no point of that series there. */
export function alignSeries(list, step, [from, to]) {
	const columns = list.map((points) => {
		const limit = 2.5 * paceOf(points, step);
		const column = new Map();
		let before = null;
		for (const { t, value } of points) {
			if (t < from - step || t > to) continue;
			if (before !== null && t - before > limit) column.set(before + step, null);
			column.set(t, value);
			before = t;
		}
		return column;
	});
	const xs = [...new Set(columns.flatMap((c) => [...c.keys()]))].sort((a, b) => a - b);
	return [xs, ...columns.map((c) => xs.map((x) => c.get(x)))];
}


/** { last, min, mean, max, n } over what lies in the span. */
export function statsOf(points, [from, to], step) {
	const inside = points.filter((p) => p.t >= from - step && p.t <= to);
	const n = inside.reduce((sum, p) => sum + p.n, 0);
	if (n === 0) return { last: null, min: null, mean: null, max: null, n: 0 };
	return {
		last: inside.at(-1).value, min: Math.min(...inside.map((p) => p.min)), max: Math.max(...inside.map((p) => p.max)),
		mean: inside.reduce((sum, p) => sum + p.value * p.n, 0) / n, n,
	};
}

/** States of a service in a span, of its newest changes (newest first): [{ from, to, status, issues }]; what is not known is left out. */
export function statesOf(changes, [from, to], nowS) {
	return changes.map((c) => ({ from: Math.max(from, parseTime(c.timestamp) / 1000), to: Math.min(to, nowS, c.until === null ? Infinity : parseTime(c.until) / 1000), status: c.status, issues: c.issues }))
		.filter((s) => s.to > s.from).reverse();
}

/** Rows of a download: one a point. */
export function metricRows(series, [from, to], step) {
	return series.flatMap(({ service, metric, points }) => points.filter((p) => p.t >= from - step && p.t <= to)
		.map((p) => [new Date(p.t * 1000).toISOString(), service, metric, p.value, p.min, p.max, p.n]));
}
export const METRIC_COLUMNS = ['timestamp', 'service', 'metric', 'value', 'min', 'max', 'samples'];
