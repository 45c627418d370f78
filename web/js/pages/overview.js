import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { href } from '../app/router.js';
import { may } from '../app/session.js';
import { setTitle } from '../app/trouble.js';
import { formatInteger, formatPercent, plural } from '../lib/format.js';
import { html, useEffect } from '../lib/html.js';
import { isActive, stateOf } from '../lib/status.js';
import { applySample, applyUpdate } from '../lib/update.js';
import { AccuracySpark } from '../parts/accuracy_spark.js';
import { Badge } from '../parts/badge.js';
import { Empty, Loaded } from '../parts/blank.js';
import { Icon } from '../parts/icons.js';
import { Progress } from '../parts/progress.js';
import { Ago, Time } from '../parts/time.js';
import { Platform, Services } from './overview_services.js';

export default function Overview() {
	const health = useResource('health', (signal) => client.health.get({ signal }), { every: 20_000, liveEvery: 30_000 });
	const dependencies = useResource('dependencies', (signal) => client.health.dependencies({ signal }), { every: 30_000, liveEvery: 60_000 });
	const active = useResource('active runs', (signal) => client.experiments.list({ active: true, limit: 50, curves: true }, { signal }));
	const others = useResource('recent runs', (signal) => client.experiments.list({ active: false, limit: 8, curves: true }, { signal }));
	const alerts = useResource('open alerts', (signal) => client.alerts.list({ open: true, limit: 20 }, { signal }));
	useEffect(() => setTitle('Overview'), []);
	useUpdates('experiment_update', (update) => {
		if (['created', 'deleted', 'status', 'waiting_for'].includes(update.change)) [active, others].forEach((list) => list.refresh());
		[active, others].forEach((list) => list.change((data) => ({ ...data, experiments: data.experiments.map((x) => (x.id === update.experiment_id ? applyUpdate(x, update) : x)) })));
	});
	useUpdates('metrics_update', (update) => {
		if (update.change !== 'service') {
			health.change((data) => ({ ...data, services: applySample(data.services, update) }));
			dependencies.change((data) => ({ ...data, dependencies: applySample(data.dependencies, update) }));
			return;
		}
		health.refresh();
		dependencies.refresh();
	});
	useUpdates('alert', () => alerts.refresh());
	return html`
		<header class="page-head"><h1>Overview</h1><div class="actions">${may('operator') && html`<a class="button button-main" href=${href(['experiments'], { create: 'new' })}><${Icon} name="plus" /> New experiment</a>`}</div></header>
		<div class="card"><${Loaded} from=${health} what="the state of the platform" rows=${2}>${(h) => html`<${Platform} health=${h} active=${active.data?.total} alerts=${alerts.data?.total} />`}<//></div>
		<div class="wide-and-side">
			<section class="card" aria-label="Runs"><div class="card-head"><h2>Runs</h2><a class="end small" href=${href(['experiments'])}>All experiments</a></div>
				<${Loaded} from=${active} what="the experiments" rows=${6}>${(running) => html`<${Loaded} from=${others} what="the experiments" rows=${6}>${(rest) => html`<${Runs} active=${running} others=${rest} />`}<//>`}<//></section>
			<section class="card" aria-label="Open alerts"><div class="card-head"><h2>Open alerts</h2><a class="end small" href=${href(['alerts'])}>All alerts</a></div>
				<${Loaded} from=${alerts} what="the alerts" rows=${3}>${(data) => html`<${OpenAlerts} alerts=${data.alerts} total=${data.total} />`}<//></section>
		</div>
		${health.data && html`<${Services} services=${health.data.services} dependencies=${dependencies.data?.dependencies ?? {}} />`}`;
}

const newestFirst = (a, b) => (a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : a.id < b.id ? 1 : -1);
/** What runs, what waits, and of what is over the newest. Live messages may have moved a run from one list to the other. */
function Runs({ active, others }) {
	const all = [...new Map([...others.experiments, ...active.experiments].map((e) => [e.id, e])).values()];
	const running = all.filter((e) => isActive(e.status)).sort(newestFirst);
	const rest = all.filter((e) => !isActive(e.status)).sort((a, b) => (b.status === 'queued') - (a.status === 'queued') || newestFirst(a, b)).slice(0, Math.max(3, 8 - running.length));
	if (running.length + rest.length === 0) {
		return html`<${Empty} icon="flask" title="No experiments yet"><p>An experiment trains a model over several clients, round by round. The first one takes some five seconds.</p>
			${may('operator') && html`<a class="button button-main" href=${href(['experiments'], { create: 'new' })}><${Icon} name="plus" /> New experiment</a>`}<//>`;
	}
	return html`${running.length === 0 ? html`<p class="soft small">Nothing runs just now.</p>` : html`<div>${running.map((e) => html`<${Run} key=${e.id} experiment=${e} />`)}</div>`}
		${active.experiments.length < active.total && html`<p class="small soft">and ${plural(active.total - active.experiments.length, 'more active run')}</p>`}
		${rest.length > 0 && html`<h3 class="runs-rest">${running.length ? 'Recent' : 'Newest'}</h3><div>${rest.map((e) => html`<${Run} key=${e.id} experiment=${e} />`)}</div>`}`;
}

function Run({ experiment: e }) {
	const ends = isActive(e.status) && e.estimated_completion;
	return html`<div class="run">
		<div class="run-name"><a class="row-name" href=${href(['experiments', e.id])} title=${e.name}>${e.name}</a><span class="small faint">${e.id} · <${Time} at=${e.created_at} /></span></div>
		<div class="stack-small"><div><${Badge} kind="experiment" state=${e.status} title=${e.failure} /></div><${Progress} done=${e.rounds_completed} total=${e.rounds_total} status=${e.status} label=${`Rounds of ${e.id}`} /></div>
		<${AccuracySpark} curve=${e.accuracy_curve} accuracy=${e.accuracy} />
		<div class="run-accuracy"><b>${formatPercent(e.accuracy)}</b><span class="small faint nowrap" title=${isActive(e.status) && !ends ? e.eta_reason : null}>${ends ? html`ends <${Ago} at=${ends} />` : 'accuracy'}</span></div></div>`;
}

function OpenAlerts({ alerts, total }) {
	if (alerts.length === 0) return html`<${Empty} icon="bell" title="All quiet"><p>Nothing that a rule watches for is wrong.</p><//>`;
	return html`${alerts.slice(0, 5).map((a) => html`<div class="alert-line" key=${a.id}><${Badge} kind="severity" state=${a.severity} /><div class="grow"><a href=${href(['alerts'], { id: a.id })}>${a.title}</a>
		<div class="small soft">${a.description}</div><div class="small faint"><${Ago} at=${a.created_at} />${a.status === 'acknowledged' ? `, ${stateOf('alert', a.status).word.toLowerCase()} by ${a.acknowledged_by}` : ''}</div></div></div>`)}
		${total > 5 && html`<p class="small soft">and ${plural(total - 5, 'more', 'more')} (${formatInteger(total)} in all)</p>`}`;
}
