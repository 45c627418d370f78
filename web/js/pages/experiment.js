import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { href } from '../app/router.js';
import { may } from '../app/session.js';
import { setTitle } from '../app/trouble.js';
import { formatAgo, formatBytes, formatLoss, formatNumber, formatPercent, formatTime, formatTimeFully, plural, words } from '../lib/format.js';
import { html, useEffect, useRef } from '../lib/html.js';
import { applyUpdate, withRound } from '../lib/update.js';
import { useValue } from '../lib/emitter.js';
import { Badge } from '../parts/badge.js';
import { Bones, Failure } from '../parts/blank.js';
import { Icon } from '../parts/icons.js';
import { Progress } from '../parts/progress.js';
import { Ago, now } from '../parts/time.js';
import { Controls } from './experiment_controls.js';
import { Charts } from './experiment_charts.js';
import { Manage } from './experiment_manage.js';
import { Elapsed } from '../parts/elapsed.js';
import { lazy } from '../parts/lazy.js';

const part = (name) => lazy(() => import('./experiment_details.js').then((module) => ({ default: module[name] })), 6);
const Clients = lazy(() => import('./experiment_clients.js'), 8);
const [Artifacts, Configuration, Log, Timeline] = ['Artifacts', 'Configuration', 'Log', 'Timeline'].map(part);

const TABS = [['', 'Progress'], ['clients', 'Clients'], ['timeline', 'Timeline'], ['log', 'Log'], ['configuration', 'Configuration'], ['files', 'Files']];

export default function ExperimentPage({ path, query }) {
	const id = path[1];
	const detail = useResource(`experiment ${id}`, (signal) => client.experiments.get(id, { signal }), { every: 8000 });
	const rounds = useResource(`rounds ${id}`, (signal) => client.experiments.allRounds(id, 0, { signal }), { every: 15_000, liveEvery: 300_000 });
	const e = detail.data?.experiment;
	useEffect(() => setTitle(e ? e.name : id), [e?.name, id]);
	const newest = useRef(0); // the last round that is known, drawn or not
	useEffect(() => { newest.current = 0; }, [id]);
	useEffect(() => { newest.current = Math.max(newest.current, rounds.data?.at(-1)?.round ?? 0); }, [rounds.data]);
	useUpdates('experiment_update', (update) => {
		if (update.experiment_id !== id) return;
		detail.change(({ experiment }) => ({ experiment: applyUpdate(experiment, update) }));
		if (update.round) {
			if (update.round.round > newest.current + 1) rounds.refresh(); // one was missed
			newest.current = Math.max(newest.current, update.round.round);
			rounds.change((all) => withRound(all, update.round));
		}
		// What may be done next comes with the whole; the rest of it is not worth a reading for each round.
		if (['status', 'deleted'].includes(update.change)) detail.reload();
		else if (['waiting_for', 'updated', 'round_completed'].includes(update.change)) detail.refresh();
	});
	useUpdates('alert', (alert) => { if (alert.experiment_id === id) detail.refresh(); });

	if (!e) {
		return html`<header class="page-head"><div><p class="crumb"><a href="#/experiments">Experiments</a></p><h1>${id}</h1></div></header>
			<div class="card">${detail.error ? html`<${Failure} error=${detail.error} reload=${detail.reload} what=${`the experiment ${id}`} />` : html`<${Bones} rows=${7} />`}</div>`;
	}
	const tab = TABS.some(([name]) => name === query.tab) ? query.tab : '';
	return html`
		<header class="page-head"><div class="grow"><p class="crumb"><a href="#/experiments">Experiments</a> / <span class="faint">${e.id}</span></p>
			<h1>${e.name}</h1></div><div class="actions"><${Manage} experiment=${e} /></div></header>
		${detail.error && detail.error.name !== 'NetworkError' && html`<p class="banner banner-warn" role="alert"><${Icon} name="triangle" size=${18} /><span>What is shown is from ${formatAgo(new Date(detail.at).toISOString())}: ${detail.error.message}</span></p>`}
		<${State} experiment=${e} />
		${may('operator') && e.allowed_actions && html`<${Controls} experiment=${e} changed=${detail.reload} />`}
		<nav class="tabs" aria-label="Parts of the experiment">${TABS.map(([name, title]) => html`<a key=${name} href=${href(['experiments', id], { ...query, tab: name })} aria-current=${tab === name ? 'page' : null}>${title}</a>`)}</nav>
		${tab === '' && html`<${Charts} experiment=${e} rounds=${rounds} query=${query} />`}
		${tab === 'clients' && html`<${Clients} experiment=${e} />`}
		${tab === 'timeline' && html`<${Timeline} experiment=${e} />`}
		${tab === 'log' && html`<${Log} experiment=${e} />`}
		${tab === 'configuration' && html`<${Configuration} experiment=${e} />`}
		${tab === 'files' && html`<${Artifacts} experiment=${e} />`}`;
}

const WAITS = { clients: 'for clients', service: 'for a service', slot: 'for a free place', policy: 'for a policy', schedule: 'for its time' };

/** Why nothing happens, in words. */
function waitingText({ what, needed, present, detail }) {
	const counted = needed !== null && needed !== undefined ? `: ${present ?? 0} of ${needed} there` : '';
	return `Waiting ${WAITS[what] ?? `for ${what}`}${counted}${detail ? ` (${detail})` : ''}.`;
}

function State({ experiment: e }) {
	return html`<section class="card stack" aria-label="State">
		<dl class="facts">
			<div><dt>Status</dt><dd><${Badge} kind="experiment" state=${e.status} /> <span class="small faint nowrap">since <${Ago} at=${e.status_since} /></span></dd></div>
			<div><dt>Rounds</dt><dd><${Progress} done=${e.rounds_completed} total=${e.rounds_total} status=${e.status} /></dd></div>
			<div><dt>Accuracy</dt><dd class="figure-big">${formatPercent(e.accuracy)}</dd></div>
			<div><dt>Loss</dt><dd class="figure-big">${formatLoss(e.loss)}</dd></div>
			<div><dt>Gain a round</dt><dd>${e.metrics.convergence_rate === null ? formatNumber(null) : `${(e.metrics.convergence_rate * 100).toFixed(2)} points`}</dd></div>
			<div><dt>Transferred</dt><dd>${formatBytes(e.rounds_completed && !e.communication_overhead_bytes ? null : e.communication_overhead_bytes)}</dd></div>
			<div><dt>Trained for</dt><dd><${Elapsed} experiment=${e} /></dd></div>
			<div><dt>${e.finished_at ? 'Ended' : 'Expected end'}</dt><dd><${End} experiment=${e} /></dd></div>
		</dl>
		${e.failure && html`<p class="banner banner-bad"><${Icon} name="cross" size=${18} /><span><b>It failed:</b> ${e.failure}</span></p>`}
		${e.waiting_for && html`<p class="banner banner-busy"><${Icon} name="clock" size=${18} /><span>${waitingText(e.waiting_for)}${e.queue_position ? ` Place ${e.queue_position} in the queue.` : ''}</span></p>`}
		${e.engine_status && html`<p class="banner banner-warn"><${Icon} name="triangle" size=${18} /><span>${e.engine_status.available === false ? 'Its engine cannot be started now' : 'Its engine cannot be used now'}: ${e.engine_status.reason}.</span></p>`}
		${e.network_settings.not_applied.length > 0 && html`<p class="banner banner-warn"><${Icon} name="triangle" size=${18} /><span>The engine ${e.started_at ? 'could not apply' : 'does not apply'} ${e.network_settings.not_applied.map((name) => words(name).toLowerCase()).join(', ')}.</span></p>`}
	</section>`;
}

function End({ experiment: e }) {
	const ms = useValue(now);
	if (e.finished_at) return html`<time datetime=${e.finished_at} title=${formatTimeFully(e.finished_at)}>${formatTime(e.finished_at)}</time>`;
	if (e.estimated_completion) return html`<time datetime=${e.estimated_completion} title=${formatTimeFully(e.estimated_completion)}>${formatTime(e.estimated_completion)} <span class="small faint">${formatAgo(e.estimated_completion, ms)}</span></time>`;
	if (e.scheduled_at) return html`starts <time datetime=${e.scheduled_at} title=${formatTimeFully(e.scheduled_at)}>${formatTime(e.scheduled_at)}</time>`;
	return html`<span class="small soft">${e.eta_reason ?? plural(e.rounds_total - e.rounds_completed, 'round')}</span>`;
}
