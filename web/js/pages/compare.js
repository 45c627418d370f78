import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { go, href } from '../app/router.js';
import { setTitle } from '../app/trouble.js';
import { joinRuns, toCsv } from '../lib/chart_data.js';
import { differences, readIds } from '../lib/compare.js';
import { downloadText } from '../lib/download.js';
import { formatBytes, formatDuration, formatLoss, formatPercent, plural, titleOf } from '../lib/format.js';
import { html, useEffect, useMemo, useState } from '../lib/html.js';
import { applyUpdate, withRound } from '../lib/update.js';
import { Badge } from '../parts/badge.js';
import { Bones, Empty, Failure } from '../parts/blank.js';
import { Chart, lineColour } from '../parts/chart.js';
import { Icon } from '../parts/icons.js';
import { TableBox } from '../parts/table.js';
import { accuracyRange, AXES, AxisSwitch } from './experiment_charts.js';
import { AddRun } from './compare_add.js';

export const COMPARED_MAX = 8;

/** Both what a run is and its rounds; one that cannot be read does not take the others with it. */
async function readRun(id, signal) {
	try {
		const [{ experiment }, rounds] = await Promise.all([client.experiments.get(id, { signal }), client.experiments.allRounds(id, 0, { signal })]);
		return { id, experiment, rounds };
	} catch (error) {
		if (error.status !== 404) throw error;
		return { id, error };
	}
}

export default function Compare({ query }) {
	const ids = readIds(query.ids, COMPARED_MAX);
	const key = ids.join('.');
	const read = useResource(`compare ${key}`, (signal) => Promise.all(ids.map((id) => readRun(id, signal))), { every: 30_000, liveEvery: 120_000 });
	useEffect(() => setTitle('Compare'), []);
	useUpdates('experiment_update', (u) => {
		if (!ids.includes(u.experiment_id)) return;
		read.change((runs) => runs.map((r) => (r.id === u.experiment_id && r.experiment ? { ...r, experiment: applyUpdate(r.experiment, u), rounds: u.round ? withRound(r.rounds, u.round) : r.rounds } : r)));
		if (['status', 'deleted'].includes(u.change)) read.refresh();
	});
	const show = (next) => go(['compare'], { ...query, ids: next.join('.') });
	const runs = (read.data ?? []).filter((r) => r.experiment);
	const gone = (read.data ?? []).filter((r) => r.error);
	return html`
		<header class="page-head"><div><p class="crumb"><a href="#/experiments">Experiments</a></p><h1>Compare ${ids.length > 0 ? plural(ids.length, 'run') : ''}</h1></div>
			<div class="actions">${ids.length < COMPARED_MAX && html`<${AddRun} without=${ids} add=${(id) => show([...ids, id])} />`}</div></header>
		${gone.length > 0 && html`<p class="banner banner-warn" role="alert"><${Icon} name="triangle" size=${18} /><span>Not found: ${gone.map((r) => r.id).join(', ')}.</span></p>`}
		${ids.length === 0 ? html`<div class="card"><${Empty} icon="compare" title="Nothing to compare yet"><p>Choose up to ${COMPARED_MAX} runs above, or with the boxes in the <a href="#/experiments">list of experiments</a>.</p><//></div>`
			: read.data === undefined ? html`<div class="card">${read.error ? html`<${Failure} error=${read.error} reload=${read.reload} what="the runs" />` : html`<${Bones} rows=${8} />`}</div>`
				: html`<${Overlay} runs=${runs} axis=${query.axis in AXES ? query.axis : 'round'} pick=${(axis) => go(['compare'], { ...query, axis }, { replace: true })} />
					<${Differences} runs=${runs} remove=${(id) => show(ids.filter((other) => other !== id))} />`}`;
}

function Overlay({ runs, axis, pick }) {
	const [zoomed, setZoomed] = useState(null);
	const all = useMemo(() => runs.map((r) => r.rounds), [runs]);
	const accuracy = useMemo(() => joinRuns(all, axis, 'accuracy'), [all, axis]);
	const loss = useMemo(() => joinRuns(all, axis, 'loss'), [all, axis]);
	const series = runs.map((r) => ({ label: r.id, spanGaps: true }));
	const shared = { series, dashed: true, group: 'compare', xLabel: AXES[axis][0], xFormat: AXES[axis][1], zoomed, onZoom: setZoomed };
	if (accuracy[0].length === 0) return html`<section class="card"><${Empty} icon="chart" title="None of these runs has completed a round" /></section>`;
	const csv = () => downloadText('compare.csv', toCsv([axis, ...runs.flatMap((r) => [`${r.id} accuracy`, `${r.id} loss`])], accuracy[0].map((x, i) => [x, ...runs.flatMap((_, k) => [accuracy[k + 1][i], loss[k + 1][i]])])), 'text/csv');
	return html`<section class="card stack" aria-label="Curves">
		<div class="row"><${AxisSwitch} axis=${axis} onPick=${(name) => { setZoomed(null); pick(name); }} /><span class="row-end grow"><button type="button" class="button button-small" onClick=${csv}><${Icon} name="download" /> CSV</button></span></div>
		<h2>Accuracy</h2><${Chart} ...${shared} title="Accuracy" data=${accuracy} yFormat=${(v) => formatPercent(v, 1)} range=${accuracyRange} height=${300} />
		<h2>Loss</h2><${Chart} ...${shared} title="Loss" data=${loss} yFormat=${formatLoss} height=${220} /></section>`;
}

const RESULTS = [
	['Status', (e) => html`<${Badge} kind="experiment" state=${e.status} />`], ['Rounds', (e) => `${e.rounds_completed} of ${e.rounds_total}`], ['Accuracy', (e) => formatPercent(e.accuracy, 2)], ['Loss', (e) => formatLoss(e.loss)],
	['Trained for', (e) => formatDuration(e.duration_seconds)], ['Transferred', (e) => formatBytes(e.communication_overhead_bytes)],
];
const value = (v) => (v === undefined || v === null ? html`<span class="faint">none</span>` : String(v));

function Differences({ runs, remove }) {
	const [whole, setWhole] = useState(false);
	const rows = useMemo(() => differences(runs.map((r) => r.experiment)), [runs]);
	const shown = rows.filter((row) => whole || row.differs);
	return html`<section class="card card-flush" aria-label="Differences"><div class="card-head"><h2>Results and what differs</h2><button type="button" class="button button-small end" aria-pressed=${whole ? 'true' : 'false'} onClick=${() => setWhole(!whole)}>${whole ? 'Only what differs' : 'The whole configuration'}</button></div>
		<${TableBox} label="Table of results and configuration"><thead><tr><th scope="col"><span class="only-read">Member</span></th>${runs.map((r, i) => html`<th scope="col" key=${r.id}><div class="row"><span class="swatch" style=${{ background: `var(${lineColour(i)})` }}></span>
			<a href=${href(['experiments', r.id])}>${r.id}</a><button type="button" class="icon-button" aria-label=${`Take ${r.id} out`} onClick=${() => remove(r.id)}><${Icon} name="cross" /></button></div><div class="row-name">${r.experiment.name}</div></th>`)}</tr></thead>
		<tbody>${RESULTS.map(([title, of]) => html`<tr key=${title}><th scope="row">${title}</th>${runs.map((r) => html`<td key=${r.id}>${of(r.experiment)}</td>`)}</tr>`)}
			${shown.map((row) => html`<tr key=${row.name}><th scope="row">${titleOf(row.name)}</th>${row.values.map((v, i) => html`<td key=${i} class=${row.differs ? 'differs' : 'soft'}>${value(v)}</td>`)}</tr>`)}</tbody><//>
		${shown.length === 0 && html`<p class="soft note-line">${runs.length > 1 ? 'They have the same configuration.' : 'One more run is needed to see a difference.'}</p>`}</section>`;
}
