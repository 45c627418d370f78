import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { href } from '../app/router.js';
import { may } from '../app/session.js';
import { setTitle } from '../app/trouble.js';
import { formatMs, formatPercent } from '../lib/format.js';
import { html, useEffect } from '../lib/html.js';
import { badness, isActive, stateOf } from '../lib/status.js';
import { applyUpdate } from '../lib/update.js';
import { Badge } from '../parts/badge.js';
import { Empty, Loaded } from '../parts/blank.js';
import { Icon } from '../parts/icons.js';
import { Progress } from '../parts/progress.js';
import { RoundsSpark } from '../parts/rounds_spark.js';
import { Ago, Time } from '../parts/time.js';

export default function Overview() {
	const health = useResource('health', (signal) => client.health.get({ signal }), { every: 5000, liveEvery: 10_000 });
	const runs = useResource('recent runs', (signal) => client.experiments.list({ limit: 20, sort: 'created_at:desc' }, { signal }));
	useEffect(() => setTitle('Overview'), []);
	useUpdates('experiment_update', (update) => {
		if (['created', 'deleted', 'status'].includes(update.change)) runs.reload();
		runs.change((data) => ({ ...data, experiments: data.experiments.map((x) => (x.id === update.experiment_id ? applyUpdate(x, update) : x)) }));
	});
	useUpdates('metrics_update', (update) => update.change === 'service' && health.reload());
	return html`<header class="page-head"><h1>Overview</h1><div class="actions">${may('operator') && html`<a class="button button-main" href=${href(['experiments'], { create: 'new' })}><${Icon} name="plus" /> New experiment</a>`}</div></header>
		<${Loaded} from=${health} what="the state of the platform">${(h) => html`<${Platform} health=${h} />`}<//>
		<section aria-label="Experiments" class="card"><div class="card-head"><h2>Experiments</h2><a href=${href(['experiments'])}>All</a></div>
			<${Loaded} from=${runs} what="the experiments">${(data) => html`<${Runs} experiments=${data.experiments} />`}<//></section>`;
}

function Platform({ health }) {
	const own = [['Dashboard store', health.store], ['Monitor', health.monitor], ['Live updates', health.stream]].filter(([, part]) => part);
	const services = Object.entries(health.services).sort((a, b) => badness(b[1].status) - badness(a[1].status) || a[0].localeCompare(b[0]));
	return html`<section class="card hero" aria-label="State"><div class="hero-state"><${Badge} kind="service" state=${health.status} /><div><b>The platform is ${stateOf('service', health.status).word.toLowerCase()}</b>
			<div class="small faint">Version ${health.version}, up ${health.uptime}, observed <${Ago} at=${health.timestamp} /></div></div></div></section>
		<div class="cards">${own.map(([title, part]) => html`<${Card} key=${title} title=${title} part=${part} />`)}
			${services.map(([name, part]) => html`<${Card} key=${name} title=${name.replaceAll('_', ' ')} part=${part} />`)}</div>`;
}

function Card({ title, part }) {
	const { tone } = stateOf('service', part.status);
	return html`<article class=${`card service-card edge-${tone}`}><div class="card-head"><h2>${title}</h2><${Badge} kind="service" state=${part.status} /></div>
		<div class="issues">${(part.issues ?? []).map((text) => html`<span key=${text}>${text}</span>`)}</div>
		<div class="foot">${part.response_time_ms !== undefined && html`<span>${formatMs(part.response_time_ms)}</span>`}${part.version && html`<span>${part.version}</span>`}
			${(part.observed_at ?? part.last_check) && html`<span>checked <${Ago} at=${part.observed_at ?? part.last_check} />${part.stale ? ' (stale)' : ''}</span>`}</div></article>`;
}

function Runs({ experiments }) {
	const shown = [...experiments.filter((x) => isActive(x.status) || x.status === 'queued'), ...experiments.filter((x) => !isActive(x.status) && x.status !== 'queued')].slice(0, 8);
	if (shown.length === 0) return html`<${Empty} icon="flask" title="No experiments yet"><p>An experiment trains a model over several clients, round by round.</p><//>`;
	return shown.map((x) => html`<div class="run" key=${x.id}><div class="run-name"><a class="row-name" href=${href(['experiments', x.id])}>${x.name}</a><span class="small faint">${x.id} · <${Time} at=${x.created_at} /></span></div>
		<div><${Badge} kind="experiment" state=${x.status} title=${x.failure} /> <${Progress} done=${x.rounds_completed} total=${x.rounds_total} status=${x.status} /></div>
		<${RoundsSpark} id=${x.id} completed=${x.rounds_completed} accuracy=${x.accuracy} /><div class="run-accuracy"><b>${formatPercent(x.accuracy)}</b>
		<span class="small faint">${x.estimated_completion ? html`ends <${Time} at=${x.estimated_completion} />` : ''}</span></div></div>`);
}
