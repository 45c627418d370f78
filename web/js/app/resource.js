import { AuthenticationError } from '../../vendor/flopy-net-client/index.js';
import { useCallback, useEffect, useRef, useState } from '../lib/html.js';
import { createPace, slownessOf } from '../lib/pace.js';
import { createValue } from '../lib/emitter.js';
import { client } from './client.js';
import { liveState, updates } from './live.js';
import { stretch } from './refresh.js';
import { session, sessionLost } from './session.js';
import { visible } from './visible.js';

/** What was read last, by key: a page that is returned to shows it at once, and then what is new. */
const remembered = new Map();
session.subscribe(() => remembered.clear());

/** When something was last read, and whether the last try failed: { at, failed }. */
export const lastRead = createValue({ at: Date.now(), failed: false });
const slowness = () => slownessOf(client.rateLimit, Date.now());

const DRAW_EVERY_MS = 200;
const NOTHING = { data: undefined, error: null, loading: true, at: null };

/**
 * Something read from the API, kept fresh.
 * @param {string|null} key what it is; null reads nothing
 * @param {(signal: AbortSignal) => Promise<any>} read
 * @param {{every?: number, liveEvery?: number, evenHidden?: boolean, steady?: boolean}} [options] milliseconds between readings without and with a live connection, at the
 *   default of dashboard.refresh_interval; 0: never by itself. evenHidden: refresh works in a hidden tab, too. steady: whatever that setting says
 * @returns {{data: any, error: Error|null, loading: boolean, at: number|null, reload: () => void, refresh: () => void, change: (f: (data: any) => any) => void}}
 * reload: at once, for what the user did. refresh: for what a live message tells; many of them make few readings, and none in a hidden tab, which reads when it is looked at.
 */
export function useResource(key, read, { every = 15_000, liveEvery = 60_000, evenHidden = false, steady = false } = {}) {
	const [state, setState] = useState(() => remembered.get(key) ?? NOTHING);
	const current = useRef({});
	current.current.read = read;
	const keep = useCallback((next) => {
		if (current.current.key !== key) return;
		if (next.data !== undefined) remembered.set(key, { ...next, loading: false });
		setState(next);
	}, [key]);

	useEffect(() => {
		const own = current.current;
		own.key = key;
		if (key === null) return setState({ ...NOTHING, loading: false });
		let timer;
		let abort = null;
		let again = false;
		let ended = Date.now(); // of the newest reading: what is planned anew meanwhile is not put off by that
		let state = remembered.get(key) ?? NOTHING;
		setState(state);
		own.set = (next) => { state = next; keep(next); };

		async function load() {
			clearTimeout(timer);
			if (abort) return void (again = true); // one at a time; what changes meanwhile is read after it
			abort = new AbortController();
			let wait = null;
			try {
				own.set({ data: await own.read(abort.signal), error: null, loading: false, at: Date.now() });
				lastRead.set({ at: Date.now(), failed: false });
			} catch (error) {
				if (abort.signal.aborted) return;
				if (error instanceof AuthenticationError) return sessionLost();
				own.set({ ...state, error, loading: false });
				if (error.name === 'NetworkError') lastRead.set({ ...lastRead.get(), failed: true });
				if (error.status === 404) wait = 0;
				else if (error.retryAfter) wait = Math.max(error.retryAfter * 1000, 5000);
			}
			abort = null;
			ended = Date.now();
			if (again) {
				again = false;
				return void load();
			}
			plan(wait);
		}
		function plan(wait) {
			clearTimeout(timer);
			const pause = wait ?? (liveState.get().state === 'open' ? liveEvery : every);
			if (!(pause > 0 && visible.get())) return;
			timer = setTimeout(load, Math.max(0, ended + pause * slowness() * (steady ? 1 : stretch.get()) - Date.now()));
		}
		// Live messages may come by the hundred: what they change is drawn a few times a second.
		let changes = [];
		let drawing = null;
		own.change = (f) => {
			changes.push(f);
			drawing ??= setTimeout(() => {
				const all = changes;
				changes = [];
				drawing = null;
				if (state.data !== undefined) own.set({ ...state, data: all.reduce((data, one) => one(data), state.data), at: Date.now() });
			}, DRAW_EVERY_MS);
		};
		const pace = createPace({ burst: 4, everyMs: 20_000 });
		let planned;
		own.refresh = () => {
			if (planned || !(visible.get() || evenHidden)) return;
			planned = setTimeout(() => { planned = undefined; load(); }, Math.max(30, pace.next(Date.now(), slowness())));
		};
		let soon;
		own.reload = () => { // several causes in one breath are one reading
			if (!(visible.get() || evenHidden)) return;
			clearTimeout(soon);
			soon = setTimeout(load, 30);
		};
		load();
		const ends = [
			visible.subscribe((now) => {
				if (now) return void load();
				clearTimeout(timer);
				if (!evenHidden) planned = void clearTimeout(planned);
			}),
			updates.on('resync', own.reload),
			updates.on('back', own.reload),
			liveState.subscribe(() => { if (!abort) plan(null); }),
			stretch.subscribe(() => { if (!abort) plan(null); }),
		];
		return () => {
			clearTimeout(timer);
			clearTimeout(soon);
			clearTimeout(planned);
			clearTimeout(drawing);
			abort?.abort();
			ends.forEach((end) => end());
		};
	}, [key, keep, every, liveEvery, evenHidden, steady]);

	const reload = useCallback(() => current.current.reload?.(), []);
	const refresh = useCallback(() => current.current.refresh?.(), []);
	const change = useCallback((f) => current.current.change?.(f), []);
	// For the first drawing with another key the state is still the old one's.
	const shown = current.current.key === key || current.current.key === undefined ? state : remembered.get(key) ?? NOTHING;
	return { ...shown, reload, refresh, change };
}

/** Do something at each live message of a type. */
export function useUpdates(type, act) {
	const latest = useRef(act);
	latest.current = act;
	useEffect(() => updates.on(type, (data) => latest.current(data)), [type]);
}
