import { html } from '../lib/html.js';
import { stateOf } from '../lib/status.js';

export function Progress({ done, total, status, label = 'Rounds' }) {
	const share = total > 0 ? Math.min(1, done / total) : 0;
	const { tone } = stateOf('experiment', status);
	return html`<div class="progress">
		<div class="progress-track" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax=${total} aria-valuenow=${done} aria-valuetext=${`${done} of ${total}`}>
			<div class=${`progress-fill ${tone === 'busy' ? '' : `tone-${tone}`}`} style=${{ width: `${share * 100}%` }}></div></div>
		<span class="small nowrap">${done} / ${total}</span></div>`;
}
