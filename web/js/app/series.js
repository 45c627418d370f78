import { AuthenticationError } from '../../vendor/flopy-net-client/index.js';
import { useEffect, useRef, useState } from '../lib/html.js';
import { isLive, isMoving, readPoints, spanOf, withSample } from '../lib/metrics.js';
import { client } from './client.js';
import { updates } from './live.js';
import { serverNow } from './clock.js';
import { sessionLost } from './session.js';
import { visible } from './visible.js';

/** How many histories are read at a time, so that a page of many charts is no burst. */
const AT_ONCE = 4;
/** Requests are counted by the hour, so a history is read once and carried on with live samples; read anew after so long. */
const FRESH_MS = 15 * 60_000;

export const seriesKey = (service, metric) => `${service} ${metric}`;

async function readOne({ service, metric }, range, signal) {
	const [from, to] = spanOf(range, serverNow());
	const query = { service, metric, step: range.step, from: new Date(from * 1000).toISOString(), to: isMoving(range) ? undefined : new Date(to * 1000).toISOString() };
	const answer = await client.metrics.history(query, { signal });
	return { points: readPoints(answer.points), lastAt: isMoving(range) ? Date.parse(answer.to) : Math.min(Date.parse(answer.to), serverNow()) };
}

/**
 * Histories of metrics, kept up to date.
 * @param {{service: string, metric: string}[]} wanted
 * @param {ReturnType<typeof import('../lib/metrics.js').readRange>} range
 * @returns {{series: Map<string, {points: object[], error: Error|null, loading: boolean}>, take: (service: string, metrics: object, atMs: number) => void, reload: () => void}}
 */
export function useSeries(wanted, range) {
	const all = useRef(new Map());
	const own = useRef({});
	const [, redraw] = useState(0);
	const names = wanted.map((w) => seriesKey(w.service, w.metric)).join(',');
	const rangeKey = `${range.name} ${range.from} ${range.to}`;

	// Another range begins with nothing: old values in it would be in the wrong place.
	if (own.current.range !== rangeKey) {
		own.current.range = rangeKey;
		all.current = new Map();
	}

	useEffect(() => {
		const abort = new AbortController();
		let timer;
		let run = 0;
		for (const key of all.current.keys()) if (!names.split(',').includes(key)) all.current.delete(key); // nobody carries it on
		async function load(again) {
			const mine = ++run;
			const over = () => abort.signal.aborted || mine !== run;
			const queue = wanted.filter((w) => again || !all.current.get(seriesKey(w.service, w.metric))?.points);
			const put = (key, change) => {
				all.current.set(key, { points: null, error: null, ...all.current.get(key), ...change });
				redraw((n) => n + 1);
			};
			const worker = async () => {
				for (let w = queue.shift(); w && !over(); w = queue.shift()) {
					const key = seriesKey(w.service, w.metric);
					try {
						const read = await readOne(w, range, abort.signal);
						if (!over()) put(key, { ...read, error: null });
					} catch (error) {
						if (over()) return;
						if (error instanceof AuthenticationError) return void sessionLost();
						put(key, { error });
						if (error.name === 'NetworkError' || error.status === 429 || error.status >= 500) {
							queue.length = 0; // the others would fare no better
							plan(Math.max(10_000, (error.retryAfter ?? 0) * 1000));
							return;
						}
					}
				}
			};
			plan(FRESH_MS);
			await Promise.all(Array.from({ length: AT_ONCE }, worker));
		}
		function plan(ms) {
			clearTimeout(timer);
			if (visible.get() && (isLive(range, serverNow()) || ms < FRESH_MS)) timer = setTimeout(() => load(true), ms);
		}
		own.current.reload = () => load(true);
		load(false);
		const ends = [
			visible.subscribe((now) => (now ? isLive(range, serverNow()) && load(true) : clearTimeout(timer))),
			updates.on('resync', () => load(true)),
			updates.on('back', () => load(true)),
		];
		return () => {
			abort.abort();
			clearTimeout(timer);
			ends.forEach((end) => end());
		};
	}, [names, rangeKey]);

	function take(service, metrics, atMs) {
		if (!isLive(range, atMs)) return;
		let changed = false;
		const oldest = spanOf(range, serverNow())[0] - range.step;
		for (const [metric, value] of Object.entries(metrics)) {
			const key = seriesKey(service, metric);
			const before = all.current.get(key);
			if (!before?.points || typeof value !== 'number' || !(atMs > before.lastAt)) continue;
			const points = withSample(before.points, atMs / 1000, value, range.step);
			all.current.set(key, { ...before, points: points[0]?.t < oldest ? points.filter((p) => p.t >= oldest) : points, lastAt: atMs });
			changed = true;
		}
		if (changed) redraw((n) => n + 1);
	}

	return { series: all.current, take, reload: () => own.current.reload?.() };
}
