import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { go, href } from '../app/router.js';
import { may } from '../app/session.js';
import { setTitle } from '../app/trouble.js';
import { formatLoss, formatPercent, plural } from '../lib/format.js';
import { html, useEffect, useRef, useState } from '../lib/html.js';
import { queryNumber } from '../lib/route.js';
import { EXPERIMENT_STATUSES, stateOf } from '../lib/status.js';
import { applyUpdate } from '../lib/update.js';
import { AccuracySpark } from '../parts/accuracy_spark.js';
import { Badge } from '../parts/badge.js';
import { Empty, Loaded } from '../parts/blank.js';
import { optionList } from '../parts/field.js';
import { Icon } from '../parts/icons.js';
import { Progress } from '../parts/progress.js';
import { Pager, SortHead, TableBox } from '../parts/table.js';
import { Time } from '../parts/time.js';
import { Elapsed } from '../parts/elapsed.js';
import { lazy } from '../parts/lazy.js';

const CreateDialog = lazy(() => import('./create_dialog.js'), 0);
const DEFAULTS = { status: '', scenario: '', q: '', sort: 'created_at:desc', offset: 0, limit: 20 };
const COMPARED_MAX = 8;
/** For screens on which the headings that sort have no place. */
const ORDERS = [['created_at:desc', 'Newest first'], ['created_at:asc', 'Oldest first'], ['name:asc', 'By name'], ['status:asc', 'By status'], ['accuracy:desc', 'Best accuracy first'], ['loss:asc', 'Least loss first'], ['rounds_completed:desc', 'Most rounds first']];

export default function Experiments({ query }) {
	const shown = { ...DEFAULTS, ...query, offset: queryNumber(query.offset), limit: queryNumber(query.limit, { min: 1, max: 100, fallback: DEFAULTS.limit }) };
	const { create, ...asked } = shown;
	const set = (part, replace) => go(['experiments'], { ...shown, create: null, offset: 0, ...part }, { defaults: DEFAULTS, replace });
	const list = useResource(`experiments ${JSON.stringify(asked)}`, (signal) => client.experiments.list(
		{ status: shown.status, scenario: shown.scenario, q: shown.q, sort: shown.sort, limit: shown.limit, offset: shown.offset, curves: true }, { signal }));
	const scenarios = useResource('scenarios', (signal) => client.scenarios.list({ limit: 100 }, { signal }), { every: 0, liveEvery: 0 });
	const [chosen, setChosen] = useState([]);
	useEffect(() => setTitle('Experiments'), []);
	useUpdates('experiment_update', (update) => {
		if (['created', 'deleted', 'status'].includes(update.change)) list.refresh();
		list.change((data) => ({ ...data, experiments: data.experiments.map((e) => (e.id === update.experiment_id ? applyUpdate(e, update) : e)) }));
	});
	const choose = (id, on) => setChosen((ids) => (on ? [...ids, id] : ids.filter((other) => other !== id)));
	const filtered = shown.status || shown.scenario || shown.q;

	return html`
		<header class="page-head"><h1>Experiments</h1><div class="actions">
			${chosen.length > 0 && html`<button type="button" class="button button-plain" onClick=${() => setChosen([])}>Clear ${plural(chosen.length, 'choice')}</button>`}
			${chosen.length > 1 && html`<a class="button" href=${href(['compare'], { ids: chosen.join('.') })}><${Icon} name="compare" /> Compare ${chosen.length}</a>`}
			${may('operator') && html`<button type="button" class="button button-main" onClick=${() => go(['experiments'], { ...shown, create: 'new' }, { defaults: DEFAULTS })}><${Icon} name="plus" /> New experiment</button>`}</div></header>
		<${Filters} shown=${shown} set=${set} scenarios=${scenarios.data?.scenarios ?? []} />
		<div class="card card-flush"><${Loaded} from=${list} what="the experiments" rows=${8}>${(data) => (data.experiments.length === 0 ? html`
			<${Empty} icon=${filtered ? 'search' : 'flask'} title=${filtered ? 'Nothing matches' : 'No experiments yet'}>
				${filtered ? html`<button type="button" class="button" onClick=${() => go(['experiments'])}>Show all experiments</button>` : html`<p>An experiment trains a model over several clients, round by round. The first one takes some five seconds.</p>
				${may('operator') && html`<button type="button" class="button button-main" onClick=${() => go(['experiments'], { create: 'new' })}><${Icon} name="plus" /> New experiment</button>`}`}<//>` : html`
			<${ExperimentTable} experiments=${data.experiments} sort=${shown.sort} onSort=${(sort) => set({ sort })} chosen=${chosen} choose=${choose} />
			<${Pager} offset=${shown.offset} limit=${shown.limit} total=${data.total} onPage=${(offset) => set({ offset })} one="experiment" many="experiments" />`)}<//></div>
		${create && may('operator') && html`<${CreateDialog} key=${create} from=${create} onClose=${() => go(['experiments'], { ...shown, create: null }, { defaults: DEFAULTS, replace: true })} />`}`;
}

function Filters({ shown, set, scenarios }) {
	const [text, setText] = useState(shown.q);
	const timer = useRef();
	useEffect(() => setText(shown.q), [shown.q]);
	const type = (value) => {
		setText(value);
		clearTimeout(timer.current);
		timer.current = setTimeout(() => set({ q: value.trim() }, true), 300);
	};
	return html`<search class="filters">
		<div class="search"><${Icon} name="search" /><input class="input" type="search" placeholder="Search by name" aria-label="Search by name" maxlength="200" value=${text} onInput=${(e) => type(e.target.value)} /></div>
		<select class="select" aria-label="Status" value=${shown.status} onChange=${(e) => set({ status: e.target.value })}>${optionList([['', 'Every status'], ...EXPERIMENT_STATUSES.map((s) => [s, stateOf('experiment', s).word])])}</select>
		<select class="select" aria-label="Scenario" value=${shown.scenario} onChange=${(e) => set({ scenario: e.target.value })}>${optionList([['', 'Every scenario'], ...scenarios.map((s) => [s.name, s.title])])}</select>
		<select class="select narrow-only" aria-label="Order" value=${shown.sort} onChange=${(e) => set({ sort: e.target.value })}>${optionList(ORDERS.some(([sort]) => sort === shown.sort) ? ORDERS : [...ORDERS, [shown.sort, 'Other order']])}</select></search>`;
}

function ExperimentTable({ experiments, sort, onSort, chosen, choose }) {
	const head = (field, text, more = {}) => html`<${SortHead} field=${field} sort=${sort} onSort=${onSort} ...${more}>${text}<//>`;
	return html`<${TableBox} label="Experiments" kind="table-stack"><thead role="rowgroup"><tr role="row"><th scope="col"><span class="only-read">Choose to compare</span></th>
		${head('name', 'Name')}${head('status', 'Status')}${head('rounds_completed', 'Rounds', { first: 'desc' })}${head('accuracy', 'Accuracy', { number: true, first: 'desc' })}<th scope="col">By round</th>${head('loss', 'Loss', { number: true })}
		<th scope="col" class="number">Duration</th>${head('created_at', 'Created', { first: 'desc' })}</tr></thead>
		<tbody role="rowgroup">${experiments.map((e) => html`<tr key=${e.id} role="row">
			<td role="cell" class="x-check"><label class="check-box"><span class="only-read">Compare ${e.name}</span><input type="checkbox" checked=${chosen.includes(e.id)} disabled=${!chosen.includes(e.id) && chosen.length >= COMPARED_MAX} onChange=${(event) => choose(e.id, event.target.checked)} /></label></td>
			<th scope="row" role="rowheader" class="x-name"><a class="row-name" href=${href(['experiments', e.id])} title=${e.name}>${e.name}</a><span class="small faint">${e.id} · ${e.scenario}</span></th>
			<td role="cell" class="x-status"><${Badge} kind="experiment" state=${e.status} title=${e.failure} /></td>
			<td role="cell" class="x-rounds"><${Progress} done=${e.rounds_completed} total=${e.rounds_total} status=${e.status} /></td>
			<td role="cell" class="number x-accuracy">${formatPercent(e.accuracy)}</td>
			<td role="cell" class="x-curve"><${AccuracySpark} curve=${e.accuracy_curve} accuracy=${e.accuracy} /></td>
			<td role="cell" class="number x-loss">${formatLoss(e.loss)}</td>
			<td role="cell" class="number x-time"><${Elapsed} experiment=${e} /></td>
			<td role="cell" class="x-created"><${Time} at=${e.created_at} /></td></tr>`)}</tbody><//>`;
}
