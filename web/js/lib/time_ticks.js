// Labels of a time axis in the reader's own time and notation; pure but for the zone.

const LEVELS = [
	[60, { hour: '2-digit', minute: '2-digit', second: '2-digit' }],
	[86_400, { hour: '2-digit', minute: '2-digit' }],
	[Infinity, { month: 'short', day: 'numeric' }],
].map(([below, options]) => [below, new Intl.DateTimeFormat(undefined, options)]);
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });

/** Texts for ticks at Unix seconds that lie `step` seconds apart; the first of a new day says which day it is. */
export function timeTicks(ticks, step) {
	const [, format] = LEVELS.find(([below]) => step < below);
	let before = null;
	return ticks.map((t) => {
		const date = new Date(t * 1000);
		const today = date.toDateString();
		const first = before !== null && today !== before;
		before = today;
		return first ? day.format(date) : format.format(date);
	});
}

/** 'UTC+1', the reader's zone at a moment. */
export function zoneName(date = new Date()) {
	const minutes = -date.getTimezoneOffset();
	if (minutes === 0) return 'UTC';
	const size = Math.abs(minutes);
	return `UTC${minutes < 0 ? '−' : '+'}${Math.floor(size / 60)}${size % 60 ? `:${String(size % 60).padStart(2, '0')}` : ''}`;
}
