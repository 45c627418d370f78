// From rounds and events to what a chart draws; pure.
import { parseTime } from './format.js';

const number = (v) => (typeof v === 'number' && Number.isFinite(v) ? v : null);

/** The value on the x axis of each round: its number, seconds since the first began, or bytes so far. */
export function roundXs(rounds, axis) {
	if (axis === 'round') return rounds.map((r) => r.round);
	if (axis === 'bytes') {
		let sum = 0;
		return rounds.map((r) => (sum += number(r.bytes) ?? 0));
	}
	const first = parseTime(rounds[0]?.started_at) ?? parseTime(rounds[0]?.completed_at) ?? 0;
	let before = 0;
	return rounds.map((r) => (before = Math.max(before, ((parseTime(r.completed_at) ?? first) - first) / 1000)));
}

/** Where a moment lies on the axis of rounds: between the last round that was complete then and the next. */
export function xOfTime(ms, rounds, axis) {
	const first = parseTime(rounds[0]?.started_at) ?? parseTime(rounds[0]?.completed_at);
	if (first === null || first === undefined) return null;
	if (axis === 'time') return (ms - first) / 1000;
	const xs = roundXs(rounds, axis);
	let beforeMs = first;
	let beforeX = 0;
	for (let i = 0; i < rounds.length; i++) {
		const end = parseTime(rounds[i].completed_at);
		if (ms <= end) return beforeX + (xs[i] - beforeX) * Math.max(0, Math.min(1, (ms - beforeMs) / Math.max(1, end - beforeMs)));
		beforeMs = end;
		beforeX = xs[i];
	}
	return beforeX;
}

const MARKED = {
	experiment_started: 'state', experiment_paused: 'state', experiment_resumed: 'state', experiment_stopped: 'state', experiment_aborted: 'state', experiment_completed: 'state', experiment_failed: 'alert',
	client_joined: 'join', client_lost: 'drop', alert_opened: 'alert',
};

/** Marks of the timeline: [{ x, kind: 'state' | 'join' | 'drop' | 'alert', text }], those at the same place as one. */
export function marksOf(timeline, rounds, axis) {
	const marks = [];
	for (const entry of timeline) {
		const kind = MARKED[entry.event];
		const ms = parseTime(entry.timestamp);
		const x = kind && ms !== null ? xOfTime(ms, rounds, axis) : null;
		if (x === null) continue;
		const last = marks.at(-1);
		if (last && last.kind === kind && Math.abs(last.x - x) < 1e-6) {
			last.count++;
			if (last.count <= 3) last.text += `; ${entry.details}`;
		} else {
			marks.push({ x, kind, text: entry.details, count: 1 });
		}
	}
	return marks;
}

/** What the charts of a run mark: its timeline and its alerts, in order. */
export function withAlerts(timeline, alerts) {
	const opened = alerts.map((a) => ({ event: 'alert_opened', timestamp: a.created_at, details: a.title }));
	return [...timeline, ...opened].sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0));
}

/** The marks near a place: within half of the mean distance of two points. */
export function marksNear(marks, xs, x) {
	const reach = xs.length > 1 ? (xs.at(-1) - xs[0]) / (xs.length - 1) / 2 : 0.5;
	return marks.filter((m) => Math.abs(Math.max(m.x, xs[0]) - x) <= reach);
}

/** Series of several runs on one axis of x: [xs, ys of the first, ys of the second …], null where a run has no point. */
export function joinRuns(runs, axis, member) {
	const points = runs.map((rounds) => new Map(roundXs(rounds, axis).map((x, i) => [x, number(rounds[i][member])])));
	const xs = [...new Set(points.flatMap((p) => [...p.keys()]))].sort((a, b) => a - b);
	return [xs, ...points.map((p) => xs.map((x) => (p.has(x) ? p.get(x) : undefined)))];
}

/** Points of a metric's history, with a gap (null) where more than two steps are missing. */
export function historyData(points, stepSeconds) {
	const xs = [];
	const ys = [];
	for (const point of points) {
		const x = (parseTime(point.timestamp) ?? 0) / 1000;
		if (xs.length && x - xs.at(-1) > 2.5 * stepSeconds) {
			xs.push(xs.at(-1) + stepSeconds);
			ys.push(null);
		}
		xs.push(x);
		ys.push(number(point.value));
	}
	return [xs, ys];
}

/** Columns for a download: header and rows. */
export function toCsv(header, rows) {
	const cell = (v) => {
		if (v === null || v === undefined) return '';
		const text = typeof v === 'string' && /^[=+\-@]/.test(v) ? `'${v}` : String(v);
		return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
	};
	return [header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

/** Places of values with a gap on either side, which no line would show. */
export function lonePoints(ys) {
	const lone = [];
	let before = null;
	let candidate = -1;
	ys.forEach((y, i) => {
		if (y === undefined) return;
		if (y === null) {
			if (candidate >= 0) lone.push(candidate);
			candidate = -1;
		} else {
			candidate = before === null ? i : -1;
		}
		before = y;
	});
	if (candidate >= 0) lone.push(candidate);
	return lone;
}
