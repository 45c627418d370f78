import { html } from '../lib/html.js';
import { stateOf } from '../lib/status.js';
import { Icon } from './icons.js';

/** A state by word, shape and colour. */
export function Badge({ kind, state, title }) {
	const { tone, icon, word, turning } = stateOf(kind, state);
	return html`<span class=${`badge tone-${tone}${turning ? ' turning' : ''}`} title=${title}><${Icon} name=${icon} />${word}</span>`;
}
