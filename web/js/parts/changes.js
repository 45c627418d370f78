import { plural } from '../lib/format.js';
import { html, useState } from '../lib/html.js';
import { fullLabel, showValue } from '../lib/settings.js';

const SHOWN = 12;

/** What changes, member by member: from → to. mine: paths that the reader has changed as well. Of very many, the first until one wants all. */
export function Changes({ changes, mine = [], label = 'Changes' }) {
	const [all, setAll] = useState(false);
	if (changes.length === 0) return html`<p class="soft">Nothing changes.</p>`;
	const shown = all || changes.length <= SHOWN + 3 ? changes : changes.slice(0, SHOWN);
	return html`<ul class="changes" aria-label=${label}>${shown.map((c) => html`<li key=${c.path}><span title=${c.path}>${fullLabel(c.path)}</span>: <del>${showValue(c.from)}</del> <span class="only-read">becomes</span><span aria-hidden="true">→</span> <ins>${showValue(c.to)}</ins>
		${mine.includes(c.path) && html` <span class="tag">you changed it too</span>`}</li>`)}</ul>
		${shown.length < changes.length && html`<div><button type="button" class="link-button" onClick=${() => setAll(true)}>Show ${plural(changes.length - shown.length, 'more change')}</button></div>`}`;
}
