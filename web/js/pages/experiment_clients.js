import { client } from '../app/client.js';
import { formatBytes, formatLoss, formatMs, formatPercent, formatInteger, plural } from '../lib/format.js';
import { html, useMemo, useState } from '../lib/html.js';
import { Badge } from '../parts/badge.js';
import { Empty } from '../parts/blank.js';
import { SaveButton } from '../parts/save_button.js';
import { SortHead, TableBox } from '../parts/table.js';
import { Ago } from '../parts/time.js';

/** What is not known comes last, whichever way. */
export function sortClients(clients, sort) {
	const [field, direction] = sort.split(':');
	const sign = direction === 'desc' ? -1 : 1;
	return clients.toSorted((a, b) => {
		const x = a[field];
		const y = b[field];
		if (x === y) return a.id < b.id ? -1 : 1;
		if (x === null || x === undefined) return 1;
		if (y === null || y === undefined) return -1;
		return (x < y ? -1 : 1) * sign;
	});
}

export default function Clients({ experiment: e }) {
	const [sort, setSort] = useState('id:asc');
	const shown = useMemo(() => sortClients(e.clients, sort), [e.clients, sort]);
	const longest = roundUp(Math.max(1, ...e.clients.map((c) => (c.train_ms ?? 0) + (c.transfer_ms ?? 0))));
	// A row is made anew only where its client has changed: of two hundred, few do at a time.
	const rows = useMemo(() => new WeakMap(), [longest]);
	const row = (c) => rows.get(c) ?? rows.set(c, clientRow(c, longest)).get(c);
	if (e.clients.length === 0) return html`<section class="card"><${Empty} icon="server" title="No client has joined"><p>${plural(e.clients_count, 'client')} will take part once the run has started.</p><//></section>`;
	const head = (field, text, more = {}) => html`<${SortHead} field=${field} sort=${sort} onSort=${setSort} ...${more}>${text}<//>`;
	const right = { number: true, first: 'desc' };
	return html`<section class="card card-flush"><div class="card-head"><h2>${plural(e.clients.length, 'client')}</h2>
			<span class="row small soft"><span class="swatch bar-train"></span>training <span class="swatch bar-transfer"></span>transfer</span>
			<${SaveButton} end name=${`${e.id}-clients.csv`} get=${() => client.experiments.csv(e.id, 'clients')}>CSV of every round<//></div>
		<${TableBox} label="Clients"><thead><tr>${head('id', 'Client')}${head('status', 'Status')}${head('last_update', 'Last seen', { first: 'desc' })}${head('accuracy', 'Accuracy', right)}${head('loss', 'Loss', { number: true })}
			${head('rounds_participated', 'Rounds', right)}${head('slows_round_by_ms', 'Slows the round by', { ...right, wrap: true })}${head('train_ms', 'Train', right)}${head('transfer_ms', 'Transfer', right)}<th scope="col"><span class="only-read">Training against transfer</span></th>${head('bytes', 'Bytes', right)}</tr></thead>
		<tbody>${shown.map(row)}</tbody><//></section>`;
}

/** To two digits, so that the scale of the bars seldom changes. */
function roundUp(value) {
	const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
	return Math.ceil(value / unit) * unit;
}

function clientRow(c, longest) {
	return html`<tr key=${c.id}><th scope="row">${c.id}${c.detail && html`<div class="small soft">${c.detail}</div>`}</th><td><${Badge} kind="client" state=${c.status} /></td><td><${Ago} at=${c.last_update} /></td>
			<td class="number">${formatPercent(c.accuracy)}</td><td class="number">${formatLoss(c.loss)}</td><td class="number">${formatInteger(c.rounds_participated)}</td><td class="number">${c.slows_round_by_ms ? html`<b>${formatMs(c.slows_round_by_ms)}</b>` : c.slows_round_by_ms === 0 ? 'not' : formatMs(null)}</td><td class="number">${formatMs(c.train_ms)}</td><td class="number">${formatMs(c.transfer_ms)}</td>
			<td><div class="bars" aria-hidden="true"><span class="bar-train" style=${{ width: `${((c.train_ms ?? 0) / longest) * 100}%` }}></span><span class="bar-transfer" style=${{ width: `${((c.transfer_ms ?? 0) / longest) * 100}%` }}></span></div></td>
			<td class="number">${formatBytes(c.bytes)}</td></tr>`;
}
