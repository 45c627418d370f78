import { html } from '../lib/html.js';
import { plural } from '../lib/format.js';
import { Icon } from './icons.js';

/** What stands where there is nothing yet. */
export function Empty({ icon = 'ring', title, children }) {
	return html`<div class="empty"><${Icon} name=${icon} size=${44} /><h2>${title}</h2>${children}</div>`;
}

/** Grey bones of about the size of what will come, so that nothing jumps. */
export function Bones({ rows = 3 }) {
	return html`<div class="bones" role="status"><span class="only-read">Loading …</span>
		${Array.from({ length: rows }, (_, i) => html`<div class="bone" key=${i} style=${{ width: `${90 - ((i * 23) % 40)}%`, height: '1.25rem' }}></div>`)}</div>`;
}

/** Why there is nothing to show, and what can be done about it. */
export function Failure({ error, reload, what = 'this' }) {
	const [icon, title, text] = explain(error, what);
	return html`<div class="empty" role="alert"><${Icon} name=${icon} size=${44} /><h2>${title}</h2><p>${text}</p>
		${error.requestId && html`<p class="small faint">Request ${error.requestId}</p>`}
		${reload && html`<button class="button" type="button" onClick=${reload}><${Icon} name="refresh" /> Try again</button>`}</div>`;
}

function explain(error, what) {
	if (error.name === 'NetworkError') return ['antenna', 'The server cannot be reached', `${error.message} The page goes on trying.`];
	if (error.status === 404 && error.code === 'NOT_FOUND') return ['question', 'Not found', `${error.message} This server may not offer ${what}.`];
	if (error.status === 403) return ['lock', 'Not yours to see', error.message];
	if (error.status === 429) return ['clock', 'Too many requests', `${error.message} It goes on in ${plural(error.retryAfter ?? 60, 'second')}.`];
	return ['triangle', `Could not load ${what}`, error.message];
}

/** The usual three: bones while loading, the failure where there is nothing else, or the content with a note that it is old. */
export function Loaded({ from, what, rows, children }) {
	if (from.data === undefined) return from.error ? html`<${Failure} error=${from.error} reload=${from.reload} what=${what} />` : html`<${Bones} rows=${rows} />`;
	return children(from.data);
}
