import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { href } from '../app/router.js';
import { may } from '../app/session.js';
import { setTitle } from '../app/trouble.js';
import { useValue } from '../lib/emitter.js';
import { liveState } from '../app/live.js';
import { formatInteger, formatPercent, plural } from '../lib/format.js';
import { html, useEffect } from '../lib/html.js';
import { ACTIVE, isActive, stateOf } from '../lib/status.js';
import { applyUpdate } from '../lib/update.js';
import { Badge } from '../parts/badge.js';
import { Empty, Loaded } from '../parts/blank.js';
import { Icon } from '../parts/icons.js';
import { Progress } from '../parts/progress.js';
import { RoundsSpark } from '../parts/rounds_spark.js';
import { Ago, Time } from '../parts/time.js';
import { Platform, Services } from './overview_services.js';

export default function Overview() {
	const health = useResource('health', (signal) => client.health.get({ signal }), { every: 20_000, liveEvery: 30_000 });
	const dependencies = useResource('dependencies', (signal) => client.health.dependencies({ signal }), { every: 30_000, liveEvery: 60_000 });
	const runs = useResource('recent runs', (signal) => client.experiments.list({ limit: 30, sort: 'created_at:desc' }, { signal }));
	const alerts = useResource('open alerts', (signal) => client.alerts.list({ open: true, limit: 20 }, { signal }));
	useEffect(() => setTitle('Overview'), []);
	useUpdates('experiment_update', (update) => {
		if (['created', 'deleted', 'status'].includes(update.change)) runs.reload();
		runs.change((data) => ({ ...data, experiments: data.experiments.map((x) => (x.id === update.experiment_id ? applyUpdate(x, update) : x)) }));
	});
	useUpdates('metrics_update', (update) => {
		if (update.change === 'sample') return;
		health.reload();
		dependencies.reload();
	});
	useUpdates('alert', () => alerts.reload());
	const active = runs.data?.experiments.filter((e) => isActive(e.status)).length;
	return html`
		<header class="page-head"><h1>Overview</h1><div class="actions">${may('operator') && html`<a class="button button-main" href=${href(['experiments'], { create: 'new' })}><${Icon} name="plus" /> New experiment</a>`}</div></header>
		<${Stale} at=${health.at} />
		<div class="card"><${Loaded} from=${health} what="the state of the platform" rows=${2}>${(h) => html`<${Platform} health=${h} active=${active} alerts=${alerts.data?.total} />`}<//></div>
		<div class="wide-and-side">
			<section class="card" aria-label="Runs"><div class="card-head"><h2>Runs</h2><a class="end small" href=${href(['experiments'])}>All experiments</a></div>
				<${Loaded} from=${runs} what="the experiments" rows=${6}>${(data) => html`<${Runs} experiments=${data.experiments} />`}<//></section>
			<section class="card" aria-label="Open alerts"><div class="card-head"><h2>Open alerts</h2><a class="end small" href=${href(['alerts'])}>All alerts</a></div>
				<${Loaded} from=${alerts} what="the alerts" rows=${3}>${(data) => html`<${OpenAlerts} alerts=${data.alerts} total=${data.total} />`}<//></section>
		</div>
		${health.data && html`<${Services} services=${health.data.services} dependencies=${dependencies.data?.dependencies ?? {}} />`}`;
}

/** Says it plainly when what is on the page may no longer be so. */
function Stale({ at }) {
	const { state } = useValue(liveState);
	if (state !== 'lost') return null;
	return html`<p class="banner banner-warn" role="alert"><${Icon} name="triangle" size=${18} /><span>The live connection is lost. The values below are${at ? html` from <${Ago} at=${new Date(at).toISOString()} />` : ''} and may be out of date.</span></p>`;
}

const RANK = (e) => (isActive(e.status) ? 0 : e.status === 'queued' ? 1 : 2);

function Runs({ experiments }) {
	const shown = experiments.toSorted((a, b) => RANK(a) - RANK(b)).slice(0, Math.max(6, experiments.filter((e) => ACTIVE.includes(e.status)).length));
	if (shown.length === 0) {
		return html`<${Empty} icon="flask" title="No experiments yet"><p>An experiment trains a model over several clients, round by round. The first one takes some five seconds.</p>
			${may('operator') && html`<a class="button button-main" href=${href(['experiments'], { create: 'new' })}><${Icon} name="plus" /> New experiment</a>`}<//>`;
	}
	return shown.map((e) => html`<div class="run" key=${e.id}>
		<div class="run-name"><a class="row-name" href=${href(['experiments', e.id])} title=${e.name}>${e.name}</a><span class="small faint">${e.id} · <${Time} at=${e.created_at} /></span></div>
		<div class="stack-small"><div><${Badge} kind="experiment" state=${e.status} title=${e.failure} /></div><${Progress} done=${e.rounds_completed} total=${e.rounds_total} status=${e.status} label=${`Rounds of ${e.id}`} /></div>
		<${RoundsSpark} id=${e.id} completed=${e.rounds_completed} accuracy=${e.accuracy} />
		<div class="run-accuracy"><b>${formatPercent(e.accuracy)}</b><span class="small faint nowrap">${isActive(e.status) && e.estimated_completion ? html`ends <${Ago} at=${e.estimated_completion} />` : 'accuracy'}</span></div></div>`);
}

function OpenAlerts({ alerts, total }) {
	if (alerts.length === 0) return html`<${Empty} icon="bell" title="All quiet"><p>Nothing that a rule watches for is wrong.</p><//>`;
	return html`${alerts.slice(0, 5).map((a) => html`<div class="alert-line" key=${a.id}><${Badge} kind="severity" state=${a.severity} /><div class="grow"><a href=${href(['alerts'], { id: a.id })}>${a.title}</a>
		<div class="small soft">${a.description}</div><div class="small faint"><${Ago} at=${a.created_at} />${a.status === 'acknowledged' ? `, ${stateOf('alert', a.status).word.toLowerCase()} by ${a.acknowledged_by}` : ''}</div></div></div>`)}
		${total > 5 && html`<p class="small soft">and ${plural(total - 5, 'more', 'more')} (${formatInteger(total)} in all)</p>`}`;
}
