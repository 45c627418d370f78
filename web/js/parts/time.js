import { createValue, useValue } from '../lib/emitter.js';
import { formatAgo, formatTime, formatTimeFully, DASH } from '../lib/format.js';
import { html } from '../lib/html.js';
import { visible } from '../app/visible.js';

/** The clock of everything that says how long ago; it stands still in a hidden tab. */
export const now = createValue(Date.now());
setInterval(() => visible.get() && now.set(Date.now()), 1000);
visible.subscribe(() => now.set(Date.now()));

/** Local time with UTC on hover. */
export function Time({ at }) {
	return at ? html`<time datetime=${at} title=${formatTimeFully(at)}>${formatTime(at)}</time>` : html`<span class="faint">${DASH}</span>`;
}

export function Ago({ at }) {
	const ms = useValue(now);
	return at ? html`<time datetime=${at} title=${formatTimeFully(at)}>${formatAgo(at, ms)}</time>` : html`<span class="faint">${DASH}</span>`;
}
