import { notify } from '../app/announce.js';
import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { go } from '../app/router.js';
import { may } from '../app/session.js';
import { setTitle } from '../app/trouble.js';
import { html, useEffect, useState } from '../lib/html.js';
import { queryNumber } from '../lib/route.js';
import { Badge } from '../parts/badge.js';
import { Empty, Loaded } from '../parts/blank.js';
import { Dialog } from '../parts/dialog.js';
import { optionList, TextField } from '../parts/field.js';
import { Pager, TableBox } from '../parts/table.js';
import { Time } from '../parts/time.js';

const DEFAULTS = { status: '', severity: '', offset: 0 };
const PAGE = 20;

export default function Alerts({ query }) {
	const shown = { ...DEFAULTS, ...query, offset: queryNumber(query.offset) };
	const set = (part) => go(['alerts'], { ...shown, offset: 0, ...part }, { defaults: DEFAULTS });
	const [asked, setAsked] = useState(null);
	const list = useResource(`alerts ${JSON.stringify(shown)}`, (signal) => client.alerts.list({ status: shown.status || undefined, severity: shown.severity || undefined, limit: PAGE, offset: shown.offset }, { signal }));
	useEffect(() => setTitle('Alerts'), []);
	useUpdates('alert', () => list.reload());
	async function acknowledge(alert, comment) {
		setAsked(null);
		try {
			await client.alerts.acknowledge(alert.id, comment);
			notify(`Acknowledged: ${alert.title}`);
		} catch (error) {
			notify(error.message, 'bad');
		}
		list.reload();
	}
	return html`<header class="page-head"><h1>Alerts</h1></header>
		<search class="filters"><select class="select" aria-label="Status" value=${shown.status} onChange=${(e) => set({ status: e.target.value })}>${optionList([['', 'Every status'], ['active', 'Active'], ['acknowledged', 'Acknowledged'], ['resolved', 'Resolved']])}</select>
		<select class="select" aria-label="Severity" value=${shown.severity} onChange=${(e) => set({ severity: e.target.value })}>${optionList([['', 'Every severity'], ['critical', 'Critical'], ['warning', 'Warning'], ['info', 'Info']])}</select></search>
		<div class="card card-flush"><${Loaded} from=${list} what="the alerts" rows=${6}>${(data) => (data.alerts.length === 0 ? html`<${Empty} icon="bell" title="No alerts"><p>Nothing that a rule watches for has happened.</p><//>` : html`
			<${TableBox} label="Alerts"><thead><tr><th scope="col">Alert</th><th scope="col">Severity</th><th scope="col">Status</th><th scope="col">Since</th><th scope="col">Acknowledged</th><th scope="col"><span class="only-read">Acknowledge</span></th></tr></thead>
			<tbody>${data.alerts.map((a) => html`<tr key=${a.id}><th scope="row">${a.title}<div class="small soft">${a.description}</div></th><td><${Badge} kind="severity" state=${a.severity} /></td><td><${Badge} kind="alert" state=${a.status} /></td>
				<td><${Time} at=${a.created_at} /></td><td>${a.acknowledged_by ? html`${a.acknowledged_by}${a.comment ? `: ${a.comment}` : ''}` : '–'}</td>
				<td>${may('operator') && a.status === 'active' && html`<button type="button" class="button button-small" onClick=${() => setAsked(a)}>Acknowledge</button>`}</td></tr>`)}</tbody><//>
			<${Pager} offset=${shown.offset} limit=${PAGE} total=${data.total} onPage=${(offset) => set({ offset })} one="alert" many="alerts" />`)}<//></div>
		${asked && html`<${Acknowledge} alert=${asked} onClose=${() => setAsked(null)} onSubmit=${(comment) => acknowledge(asked, comment)} />`}`;
}

function Acknowledge({ alert, onClose, onSubmit }) {
	const [comment, setComment] = useState('');
	return html`<${Dialog} small title=${`Acknowledge: ${alert.title}`} onClose=${onClose} onSubmit=${() => onSubmit(comment.trim())} foot=${html`<button type="button" class="button" onClick=${onClose}>Cancel</button><button type="submit" class="button button-main">Acknowledge</button>`}>
		<${TextField} id="comment" label="Comment" hint="Optional; others see who looks after it" value=${comment} onInput=${setComment} maxlength="1000" /><//>`;
}
