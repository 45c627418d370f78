import { html } from '../lib/html.js';
import { plural } from '../lib/format.js';
import { Icon } from './icons.js';

/** A heading that sorts. sort is 'field:asc' or 'field:desc'. */
export function SortHead({ field, sort, onSort, number, wrap, first = 'asc', children }) {
	const [name, direction] = sort.split(':');
	const on = name === field;
	const next = on ? (direction === 'asc' ? 'desc' : 'asc') : first;
	return html`<th scope="col" class=${`${number ? 'number' : ''}${wrap ? ' wrap' : ''}`} aria-sort=${on ? (direction === 'asc' ? 'ascending' : 'descending') : null}>
		<button type="button" class="sort" onClick=${() => onSort(`${field}:${next}`)}>${children}<${Icon} name=${on ? (direction === 'asc' ? 'up' : 'down') : 'both'} /></button></th>`;
}

/** A scrolling box that the keyboard can scroll, too. */
export function TableBox({ label, kind = '', children }) {
	return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${label}><table class=${`table ${kind}`.trim()}>${children}</table></div>`;
}

export function Pager({ offset, limit, total, onPage, one = 'entry', many = 'entries' }) {
	const first = total === 0 ? 0 : offset + 1;
	const last = Math.min(offset + limit, total);
	return html`<div class="pager"><span>${total === 0 ? `No ${many}` : total <= limit && offset === 0 ? plural(total, one, many) : `${first} to ${last} of ${plural(total, one, many)}`}</span>
		<span class="end row">
			<button type="button" class="button button-small" disabled=${offset <= 0} onClick=${() => onPage(Math.max(0, offset - limit))}><${Icon} name="left" /> Before</button>
			<button type="button" class="button button-small" disabled=${last >= total} onClick=${() => onPage(offset + limit)}>Next <${Icon} name="right" /></button></span></div>`;
}
