import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { go, href } from '../app/router.js';
import { may } from '../app/session.js';
import { titleOf } from '../lib/format.js';
import { html, useState } from '../lib/html.js';
import { queryNumber } from '../lib/route.js';
import { Badge } from '../parts/badge.js';
import { Empty, Loaded } from '../parts/blank.js';
import { optionList } from '../parts/field.js';
import { Icon } from '../parts/icons.js';
import { Pager } from '../parts/table.js';
import { Ago, Time } from '../parts/time.js';
import { AlertDetail } from './alert_detail.js';
import { SettleDialog } from './alert_settle.js';

const DEFAULTS = { status: 'open', severity: '', service: '', experiment: '', offset: 0, id: '' };
const PAGE = 20;
const STATES = [['open', 'Open'], ['active', 'Active'], ['acknowledged', 'Acknowledged'], ['resolved', 'Resolved'], ['all', 'All']];
const asked = (status) => (status === 'open' ? { open: true } : status === 'all' ? {} : { status });

export function AlertList({ query }) {
	const shown = { ...DEFAULTS, ...query, offset: queryNumber(query.offset) };
	const set = (part) => go(['alerts'], { ...shown, offset: 0, id: '', ...part }, { defaults: DEFAULTS });
	const { id, ...filter } = shown;
	const [settling, setSettling] = useState(null); // { alert, how }
	const list = useResource(`alerts ${JSON.stringify(filter)}`, (signal) => client.alerts.list(
		{ ...asked(shown.status), severity: shown.severity, service: shown.service, experiment_id: shown.experiment, limit: PAGE, offset: shown.offset }, { signal }));
	useUpdates('alert', () => list.refresh());
	const address = (alert) => href(['alerts'], { ...shown, id: alert.id }, DEFAULTS);
	const narrowed = shown.severity || shown.service || shown.experiment;
	return html`
		<search class="filters"><div class="segments" role="group" aria-label="Status">${STATES.map(([value, word]) => html`<button key=${value} type="button" aria-pressed=${shown.status === value ? 'true' : 'false'} onClick=${() => set({ status: value })}>${word}</button>`)}</div>
			<select class="select" aria-label="Severity" value=${shown.severity} onChange=${(e) => set({ severity: e.target.value })}>${optionList([['', 'Every severity'], ['critical', 'Critical'], ['warning', 'Warning'], ['info', 'Info']])}</select>
			${['service', 'experiment'].map((what) => shown[what] && html`<button key=${what} type="button" class="button button-small" onClick=${() => set({ [what]: '' })} aria-label=${`No longer only of ${shown[what]}`}>${what === 'service' ? titleOf(shown[what]) : shown[what]} <${Icon} name="cross" /></button>`)}</search>
		<div class=${id ? 'wide-and-side detail-first' : ''}>
			<section class="card card-flush" aria-label="List of alerts"><${Loaded} from=${list} what="the alerts" rows=${7}>${(data) => (data.alerts.length === 0 ? html`<${Nothing} status=${shown.status} narrowed=${narrowed} showAll=${() => go(['alerts'], { status: 'all' }, { defaults: DEFAULTS })} />` : html`
				<ul class="lines">${data.alerts.map((a) => html`<${AlertLine} key=${a.id} alert=${a} here=${a.id === id} address=${address(a)} settle=${(how) => setSettling({ alert: a, how })} />`)}</ul>
				<${Pager} offset=${shown.offset} limit=${PAGE} total=${data.total} onPage=${(offset) => set({ offset })} one="alert" many="alerts" />`)}<//></section>
			${id && html`<${AlertDetail} key=${id} id=${id} close=${href(['alerts'], { ...shown, id: '' }, DEFAULTS)} settle=${(alert, how) => setSettling({ alert, how })} />`}
		</div>
		${settling && html`<${SettleDialog} ...${settling} onClose=${() => setSettling(null)} onDone=${list.reload} />`}`;
}

function Nothing({ status, narrowed, showAll }) {
	if (narrowed || status === 'acknowledged' || status === 'resolved') {
		return html`<${Empty} icon="search" title="Nothing matches"><button type="button" class="button" onClick=${showAll}>Show all alerts</button><//>`;
	}
	return html`<${Empty} icon="bell" title=${status === 'all' ? 'No alerts yet' : 'All quiet'}><p>Nothing that a <a href=${href(['alerts', 'rules'])}>rule</a> watches for ${status === 'all' ? 'has happened' : 'is wrong just now'}.</p>
		${status !== 'all' && html`<button type="button" class="button" onClick=${showAll}>Show those that are over</button>`}<//>`;
}

function AlertLine({ alert: a, here, address, settle }) {
	return html`<li class=${`line${here ? ' line-here' : ''}`}>
		<div class="line-mark"><${Badge} kind="severity" state=${a.severity} /></div>
		<div class="line-body"><a class="row-name" href=${address} aria-current=${here ? 'true' : null}>${a.title}</a><div class="soft">${a.description}</div>
			<div class="small faint row"><span><${Time} at=${a.created_at} /> (<${Ago} at=${a.created_at} />)</span>
				${a.silenced && a.status !== 'resolved' && html`<span class="row"><${Icon} name="mute" size=${14} /> silenced</span>`}
				${a.acknowledged_by && html`<span>${a.acknowledged_by}${a.comment ? `: “${a.comment}”` : ' looks after it'}</span>`}
				${a.status === 'resolved' && html`<span>resolved <${Ago} at=${a.resolved_at} />${a.resolved_by ? ` by ${a.resolved_by}` : ' by itself'}</span>`}</div></div>
		<div class="line-end"><${Badge} kind="alert" state=${a.status} />
			${may('operator') && a.status === 'active' && html`<button type="button" class="button button-small" aria-label=${`Acknowledge ${a.id}`} onClick=${() => settle('acknowledge')}><${Icon} name="eye" /> Acknowledge</button>`}</div></li>`;
}
