// How often the page may read by itself; pure. Requests are counted by the hour, and the page is open all day.

/** For readings that live messages cause: `burst` at once, then one in `everyMs`. */
export function createPace({ burst = 4, everyMs = 10_000 } = {}) {
	let left = burst;
	let last = null;
	return {
		/** Milliseconds until the next one may begin; it counts as begun. slowness stretches the intervals. */
		next(nowMs, slowness = 1) {
			const every = everyMs * slowness;
			if (last !== null) left = Math.min(burst, left + Math.max(0, nowMs - last) / every);
			last = nowMs;
			left -= 1;
			return left >= 0 ? 0 : Math.ceil(-left * every);
		},
	};
}

/**
 * By how much to stretch the intervals: 1 while the hour's requests last at this rate, up to 10 when few are left.
 * @param {{limit: number, remaining: number, resetsAt: number}|null} limit of the newest answer
 */
export function slownessOf(limit, nowMs) {
	if (!limit || !(limit.limit > 0)) return 1;
	const time = Math.min(1, Math.max(0.01, (limit.resetsAt - nowMs) / 3_600_000));
	const share = limit.remaining / limit.limit / time; // 1: exactly enough for as long as it takes
	return share >= 0.5 ? 1 : Math.min(10, 0.5 / Math.max(share, 0.05));
}
