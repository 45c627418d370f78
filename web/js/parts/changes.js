import { html } from '../lib/html.js';
import { fullLabel, showValue } from '../lib/settings.js';

/** What changes, member by member: from → to. mine: paths that the reader has changed as well. */
export function Changes({ changes, mine = [], label = 'Changes' }) {
	if (changes.length === 0) return html`<p class="soft">Nothing changes.</p>`;
	return html`<ul class="changes" aria-label=${label}>${changes.map((c) => html`<li key=${c.path}><span title=${c.path}>${fullLabel(c.path)}</span>: <del>${showValue(c.from)}</del> <span class="only-read">becomes</span><span aria-hidden="true">→</span> <ins>${showValue(c.to)}</ins>
		${mine.includes(c.path) && html` <span class="tag">you changed it too</span>`}</li>`)}</ul>`;
}
