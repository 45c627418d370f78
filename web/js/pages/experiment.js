import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { go } from '../app/router.js';
import { may } from '../app/session.js';
import { setTitle } from '../app/trouble.js';
import { marksOf, roundXs } from '../lib/chart_data.js';
import { downloadText } from '../lib/download.js';
import { formatBytes, formatDuration, formatInteger, formatLoss, formatMs, formatPercent } from '../lib/format.js';
import { html, useEffect, useState } from '../lib/html.js';
import { isTransitional } from '../lib/status.js';
import { applyUpdate, hasGap, withRound } from '../lib/update.js';
import { Badge } from '../parts/badge.js';
import { Empty, Loaded } from '../parts/blank.js';
import { Chart } from '../parts/chart.js';
import { Icon } from '../parts/icons.js';
import { Progress } from '../parts/progress.js';
import { TableBox } from '../parts/table.js';
import { Ago, Time } from '../parts/time.js';
import { Controls } from './controls.js';
import { CreateDialog } from './create_dialog.js';
import { Elapsed } from './experiments.js';

const accuracyRange = (low, high) => [Math.max(0, Math.floor(low * 20 - 0.2) / 20), Math.min(1, Math.ceil(high * 20 + 0.2) / 20)];

export default function Experiment({ path, query }) {
	const id = path[1];
	const detail = useResource(`experiment ${id}`, async (signal) => (await client.experiments.get(id, { signal })).experiment);
	const rounds = useResource(`rounds ${id}`, async (signal) => (await client.experiments.rounds(id, { limit: 100 }, { signal })).rounds);
	useEffect(() => setTitle(detail.data?.name ?? id), [detail.data?.name, id]);
	useUpdates('experiment_update', (update) => {
		if (update.experiment_id !== id) return;
		detail.change((x) => applyUpdate(x, update));
		if (['status', 'log', 'waiting_for'].includes(update.change)) detail.reload();
		if (update.change === 'round_completed') {
			rounds.change((all) => withRound(all, update.round));
			if (rounds.data && hasGap(withRound(rounds.data, update.round))) rounds.reload();
		}
	});
	return html`<${Loaded} from=${detail} what="the experiment" rows=${10}>${(x) => html`
		<header class="page-head"><div><h1>${x.name}</h1><p class="row"><${Badge} kind="experiment" state=${x.status} /><span class="faint">${x.id} · ${x.scenario} · ${x.engine}</span></p></div>
			<${Controls} experiment=${x} reload=${detail.reload} /></header>
		${x.failure && html`<div class="card edge-bad" role="alert"><h2>Why it failed</h2><p class="notes">${x.failure}</p></div>`}
		${x.waiting_for && html`<div class="card edge-warn"><b>Waiting for ${x.waiting_for.what}</b> ${x.waiting_for.needed ? `${x.waiting_for.present ?? 0} of ${x.waiting_for.needed}` : ''} ${x.waiting_for.detail ?? ''}</div>`}
		<${Facts} x=${x} />
		<${Curves} x=${x} rounds=${rounds.data ?? []} />
		<${Clients} clients=${x.clients} />
		<div class="two"><${Timeline} entries=${x.timeline} /><${Setup} x=${x} /></div>
		<div class="two"><${Log} id=${id} status=${x.status} /><${Artifacts} id=${id} status=${x.status} /></div>
		${query.create && may('operator') && html`<${CreateDialog} from=${query.create} onClose=${() => go(path, {}, { replace: true })} />`}`}<//>`;
}

function Facts({ x }) {
	const fact = (title, value) => html`<div><dt>${title}</dt><dd>${value}</dd></div>`;
	return html`<section class="card" aria-label="Progress"><dl class="facts">
		${fact('Rounds', html`<${Progress} done=${x.rounds_completed} total=${x.rounds_total} status=${x.status} />`)}
		${fact('Accuracy', formatPercent(x.accuracy))}${fact('Loss', formatLoss(x.loss))}
		${fact('Gain a round', formatPercent(x.metrics.convergence_rate, 2))}${fact('Traffic', formatBytes(x.communication_overhead_bytes))}
		${fact('Duration', html`<${Elapsed} experiment=${x} />`)}
		${fact('Estimated end', x.estimated_completion ? html`<${Time} at=${x.estimated_completion} />` : html`<span class="faint">${x.eta_reason ?? '–'}</span>`)}
		${fact('Created', html`<${Time} at=${x.created_at} /> by ${x.created_by}`)}</dl></section>`;
}

function Curves({ x, rounds }) {
	const [axis, setAxis] = useState('round');
	const [zoomed, setZoomed] = useState(null);
	const xs = roundXs(rounds, axis);
	const marks = marksOf(x.timeline, rounds, axis);
	const format = { round: (v) => formatInteger(v), time: (v) => formatDuration(v), bytes: (v) => formatBytes(v) }[axis];
	const label = { round: 'Round', time: 'After', bytes: 'After' }[axis];
	const common = { marks, group: `run ${x.id}`, xFormat: format, xLabel: label, zoomed, onZoom: setZoomed };
	const choose = (value) => { setAxis(value); setZoomed(null); };
	return html`<section class="card" aria-label="Curves"><div class="card-head"><h2>Accuracy and loss</h2>
		<div class="actions"><select class="select" aria-label="Along" value=${axis} onChange=${(e) => choose(e.target.value)}><option value="round">by round</option><option value="time">by time</option><option value="bytes">by traffic</option></select>
		<a class="button button-small" href=${`api/v1/experiments/${x.id}/rounds?format=csv`} download=${`${x.id}-rounds.csv`}><${Icon} name="download" /> CSV</a>
		<button type="button" class="button button-small" onClick=${() => downloadText(`${x.id}-rounds.json`, JSON.stringify(rounds, null, 2), 'application/json')}><${Icon} name="download" /> JSON</button></div></div>
		${rounds.length === 0 ? html`<${Empty} icon="chart" title="No round is complete yet" />` : html`<div class="two">
			<${Chart} title="Accuracy" data=${[xs, rounds.map((r) => r.accuracy)]} series=${[{ label: 'Accuracy' }]} yFormat=${(v) => formatPercent(v)} range=${accuracyRange} ...${common} />
			<${Chart} title="Loss" data=${[xs, rounds.map((r) => r.loss)]} series=${[{ label: 'Loss', colour: '--line-2' }]} yFormat=${formatLoss} ...${common} /></div>`}</section>`;
}

function Clients({ clients }) {
	return html`<section class="card card-flush" aria-label="Clients"><div class="card-head"><h2>Clients</h2></div>${clients.length === 0 ? html`<${Empty} icon="user" title="No client has reported yet" />` : html`
		<${TableBox} label="Table of clients"><thead><tr><th scope="col">Client</th><th scope="col">Status</th><th scope="col" class="number">Accuracy</th><th scope="col" class="number">Loss</th><th scope="col" class="number">Samples</th>
			<th scope="col" class="number">Training</th><th scope="col" class="number">Transfer</th><th scope="col" class="number">Traffic</th><th scope="col" class="number">Slows the round by</th><th scope="col">Last seen</th></tr></thead>
		<tbody>${clients.map((c) => html`<tr key=${c.id}><th scope="row">${c.id}</th><td><${Badge} kind="client" state=${c.status} title=${c.detail} /></td><td class="number">${formatPercent(c.accuracy)}</td><td class="number">${formatLoss(c.loss)}</td>
			<td class="number">${formatInteger(c.samples)}</td><td class="number">${formatMs(c.train_ms)}</td><td class="number">${formatMs(c.transfer_ms)}</td><td class="number">${formatBytes(c.bytes)}</td>
			<td class="number">${c.slows_round_by_ms ? formatMs(c.slows_round_by_ms) : '–'}</td><td><${Ago} at=${c.last_update} /></td></tr>`)}</tbody><//>`}</section>`;
}

function Timeline({ entries }) {
	return html`<section class="card" aria-label="Timeline"><h2>Timeline</h2><ol class="timeline scroll-box" tabindex="0">${[...entries].reverse().map((t) => html`<li key=${t.id}><${Time} at=${t.timestamp} /><span>${t.details}${t.actor && html` <span class="faint">${t.actor}</span>`}</span></li>`)}</ol></section>`;
}

function Setup({ x }) {
	const network = Object.entries(x.network_settings).filter(([name, v]) => v !== null && name !== 'not_applied');
	const row = ([name, v]) => html`<tr key=${name}><th scope="row">${name.replaceAll('_', ' ')}</th><td>${String(v)}</td></tr>`;
	return html`<section class="card" aria-label="Configuration"><h2>Configuration</h2><${TableBox} label="Table of the configuration"><tbody>
		${Object.entries(x.configuration).map(row)}${network.map(row)}${x.network_settings.not_applied.length > 0 && row(['not applied', x.network_settings.not_applied.join(', ')])}
		${x.policies.map((p) => html`<tr key=${p}><th scope="row">policy</th><td>${p} <${Badge} kind="policy" state=${x.policy_status[p]} /></td></tr>`)}</tbody><//></section>`;
}

function Log({ id, status }) {
	const log = useResource(`log ${id} ${status}`, (signal) => client.experiments.logs(id, { lines: 200 }, { signal }), { every: 15_000, liveEvery: 30_000 });
	return html`<section class="card" aria-label="Log"><h2>The engine's words</h2><${Loaded} from=${log} what="the log">${(data) => (data.lines.length === 0 ? html`<p class="faint">It has said nothing.</p>` : html`<pre class="log" tabindex="0">${data.lines.join('\n')}</pre>`)}<//></section>`;
}

function Artifacts({ id, status }) {
	const files = useResource(`artifacts ${id} ${status}`, (signal) => client.experiments.artifacts(id, { limit: 100 }, { signal }), { every: 0, liveEvery: 0 });
	return html`<section class="card" aria-label="Artefacts"><h2>Artefacts</h2><${Loaded} from=${files} what="the artefacts">${(data) => (data.artifacts.length === 0 ? html`<p class="faint">${isTransitional(status) || status === 'running' ? 'They appear when the engine has made them.' : 'There are none.'}</p>` : html`
		<ul>${data.artifacts.map((a) => html`<li key=${a.name}><a href=${`api/v1/experiments/${id}/artifacts/${a.name}`} download=${`${id}-${a.name}`}>${a.name}</a> <span class="faint">${formatBytes(a.size_bytes)} ${a.description ?? ''}</span></li>`)}</ul>`)}<//></section>`;
}

