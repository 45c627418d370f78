/**
 * How long to wait before try number `attempt` (from 0): 1, 2, 4 … 30 seconds, of which a random half, so that many clients
 * which lost the same server do not come back at the same moment; never under a second.
 * @param {number} attempt
 * @param {() => number} [random] from 0 to below 1
 * @returns {number} milliseconds
 */
export function backoffMs(attempt, random = Math.random) {
	const full = Math.min(30_000, 1000 * 2 ** Math.min(attempt, 10));
	return Math.max(1000, Math.round(full / 2 + (full / 2) * random()));
}

/**
 * Seconds of a Retry-After header, which is a number or a date; null when there is none that makes sense.
 * @param {string|null} header
 * @param {number} nowMs
 */
export function retryAfterSeconds(header, nowMs) {
	if (header === null || header.trim() === '') return null;
	const seconds = Number(header);
	if (Number.isFinite(seconds)) return Math.max(0, seconds);
	const date = Date.parse(header);
	return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - nowMs) / 1000));
}

/**
 * Wait; ends early, with the signal's reason thrown, when aborted.
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function sleep(ms, signal) {
	return new Promise((resolve, reject) => {
		if (signal?.aborted) return reject(signal.reason);
		const timer = setTimeout(done, ms);
		function done() {
			signal?.removeEventListener('abort', aborted);
			resolve();
		}
		function aborted() {
			clearTimeout(timer);
			reject(signal?.reason);
		}
		signal?.addEventListener('abort', aborted, { once: true });
	});
}
