/** The server's clock, which the times of what it sends are of; the reader's may be minutes off. */
let aheadMs = 0;
export const serverNow = () => Date.now() + aheadMs;

/** timestamp: of an answer that has just come. Under two seconds is the way that it took. */
export function noteTimestamp(timestamp) {
	const ahead = Date.parse(timestamp) - Date.now();
	if (Math.abs(ahead - aheadMs) > 2000) aheadMs = Math.abs(ahead) > 2000 ? ahead : 0;
}
