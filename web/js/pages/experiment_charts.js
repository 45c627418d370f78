import { useValue } from '../lib/emitter.js';
import { marksNear, marksOf, roundXs, toCsv, withAlerts } from '../lib/chart_data.js';
import { downloadPicture, downloadText } from '../lib/download.js';
import { formatBytes, formatDuration, formatLoss, formatPercent } from '../lib/format.js';
import { html, useMemo, useRef, useState } from '../lib/html.js';
import { isActive } from '../lib/status.js';
import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { go } from '../app/router.js';
import { colour, colours } from '../app/theme.js';
import { Empty, Loaded } from '../parts/blank.js';
import { Chart } from '../parts/chart.js';
import { Icon } from '../parts/icons.js';
import { TableBox } from '../parts/table.js';
import { Time } from '../parts/time.js';

export const AXES = { round: ['Round', (x) => (Number.isInteger(x) ? String(x) : '')], time: ['Time', (x) => formatDuration(x)], bytes: ['Bytes', (x) => formatBytes(x)] };
const KINDS = { state: ['▼', 'state'], join: ['●', 'client joined'], drop: ['✕', 'client lost'], alert: ['◆', 'alert or failure'] };
export const accuracyRange = (low, high) => (low === null || low === undefined ? [0, 1] : [Math.max(0, Math.floor((low - 0.02) * 10) / 10), Math.min(1, Math.ceil((high + 0.01) * 10) / 10)]);

const PAGE = 100;
/** What happened, without an entry for each round: from the beginning, and when there is much, its newest part too. */
async function readHappenings(id, signal) {
	const read = (offset) => client.experiments.timeline(id, { rounds: false, limit: PAGE, offset }, { signal });
	const [first, { alerts }] = await Promise.all([read(0), client.alerts.list({ experiment_id: id, limit: PAGE }, { signal })]);
	const newest = first.total > PAGE ? await read(Math.max(PAGE, first.total - PAGE)) : { timeline: [] };
	return withAlerts([...first.timeline, ...newest.timeline], alerts);
}

function useHappenings(id) {
	const read = useResource(`happenings ${id}`, (signal) => readHappenings(id, signal), { every: 30_000, liveEvery: 120_000 });
	useUpdates('experiment_update', (u) => { if (u.experiment_id === id && (u.change === 'status' || u.client?.status === 'lost')) read.refresh(); });
	useUpdates('alert', (alert) => { if (alert.experiment_id === id) read.refresh(); });
	return read.data ?? [];
}

export function AxisSwitch({ axis, onPick, names = Object.keys(AXES) }) {
	return html`<div class="segments" role="group" aria-label="Horizontal axis">${names.map((name) => html`<button key=${name} type="button" aria-pressed=${axis === name ? 'true' : 'false'} onClick=${() => onPick(name)}>${AXES[name][0]}</button>`)}</div>`;
}

export function Charts({ experiment: e, rounds, query }) {
	const axis = query.axis in AXES ? query.axis : 'round';
	const happenings = useHappenings(e.id);
	return html`<section class="card stack"><${Loaded} from=${rounds} what="the rounds" rows=${9}>${(all) => (all.length === 0 ? html`
		<${Empty} icon="chart" title=${isActive(e.status) ? 'The first round is under way' : 'No round was completed'}><p>${isActive(e.status) ? 'Accuracy and loss appear here as each round completes.' : 'Accuracy and loss appear here once the run has completed a round.'}</p><//>` : html`
		<${RoundCharts} e=${e} happenings=${happenings} rounds=${all} axis=${axis} pick=${(name) => go(['experiments', e.id], { ...query, axis: name }, { replace: true, defaults: { axis: 'round' } })} />`)}<//></section>`;
}

function RoundCharts({ e, happenings, rounds, axis, pick }) {
	const [at, setAt] = useState(null);
	useValue(colours);
	const [zoomed, setZoomed] = useState(null);
	const [table, setTable] = useState(false);
	const xs = useMemo(() => roundXs(rounds, axis), [rounds, axis]);
	const accuracy = useMemo(() => [xs, rounds.map((r) => r.accuracy)], [xs]);
	const loss = useMemo(() => [xs, rounds.map((r) => r.loss)], [xs]);
	const marks = useMemo(() => marksOf(happenings, rounds, axis), [happenings, rounds, axis]);
	const handles = [useRef(null), useRef(null)];
	const [xLabel, xFormat] = AXES[axis];
	const shared = { marks, group: `rounds-${e.id}`, xFormat, xLabel, zoomed, onZoom: setZoomed, onAt: setAt };
	const near = at === null ? [] : marksNear(marks, xs, xs[at] ?? NaN);
	const kinds = [...new Set(marks.map((m) => m.kind))];

	const header = ['round', 'started_at', 'completed_at', 'accuracy', 'loss', 'duration_ms', 'clients', 'failed_clients', 'bytes'];
	const shownRounds = zoomed ? rounds.filter((_, i) => xs[i] >= zoomed[0] && xs[i] <= zoomed[1]) : rounds;
	const exports = [
		['CSV', () => downloadText(`${e.id}-rounds.csv`, toCsv(header, shownRounds.map((r) => header.map((h) => r[h]))), 'text/csv')],
		['JSON', () => downloadText(`${e.id}-rounds.json`, JSON.stringify({ experiment: e.id, name: e.name, configuration: e.configuration, rounds: shownRounds }, null, '\t'), 'application/json')],
		['PNG', () => downloadPicture(`${e.id}.png`, `${e.id}  ${e.name}`, handles.map((h) => h.current.ctx.canvas), { ground: getComputedStyle(document.querySelector('.card')).backgroundColor, ink: colour('--ink'), font: 'sans-serif' })],
	];
	return html`
		<div class="row"><${AxisSwitch} axis=${axis} onPick=${(name) => { setZoomed(null); pick(name); }} />
			<span class="small faint">Drag to zoom; with the keyboard: arrows, +, − and 0.</span>
			<span class="row-end grow">${exports.map(([name, act]) => html`<button key=${name} type="button" class="button button-small" onClick=${act}><${Icon} name="download" /> ${name}</button>`)}</span></div>
		<h2>Accuracy</h2>
		<${Chart} ...${shared} title="Accuracy" data=${accuracy} series=${[{ label: 'Accuracy' }]} yFormat=${(v) => formatPercent(v, 1)} range=${accuracyRange} height=${250} handle=${handles[0]} />
		<h2>Loss</h2>
		<${Chart} ...${shared} title="Loss" data=${loss} series=${[{ label: 'Loss', colour: '--line-2' }]} yFormat=${formatLoss} height=${200} handle=${handles[1]} />
		<div class="mark-list" aria-label="Marks in the charts">${near.length > 0 ? near.slice(0, 3).map((m, i) => html`<span class=${`mark mark-${m.kind}`} key=${i}>${KINDS[m.kind][0]} <span>${m.text}${m.count > 3 ? ` and ${m.count - 3} more` : ''}</span></span>`)
			: kinds.length > 0 ? kinds.map((k) => html`<span class=${`mark mark-${k}`} key=${k}>${KINDS[k][0]} <span>${KINDS[k][1]}</span></span>`) : html`<span class="faint">Changes of state, clients and alerts are marked here.</span>`}</div>
		<div><button type="button" class="link-button" aria-expanded=${table ? 'true' : 'false'} onClick=${() => setTable(!table)}>${table ? 'Hide the numbers' : 'Show the numbers'}</button></div>
		${table && html`<${RoundTable} rounds=${shownRounds} />`}`;
}

function RoundTable({ rounds }) {
	return html`<${TableBox} label="Rounds"><thead><tr>${['Round', 'Accuracy', 'Loss', 'Duration', 'Clients', 'Failed', 'Bytes'].map((t) => html`<th scope="col" class="number" key=${t}>${t}</th>`)}<th scope="col">Completed</th></tr></thead>
		<tbody>${rounds.map((r) => html`<tr key=${r.round}><th scope="row" class="number">${r.round}</th><td class="number">${formatPercent(r.accuracy, 2)}</td><td class="number">${formatLoss(r.loss)}</td>
			<td class="number">${formatDuration(r.duration_ms === null ? null : r.duration_ms / 1000)}</td><td class="number">${r.clients}</td><td class="number">${r.failed_clients}</td><td class="number">${formatBytes(r.bytes)}</td><td><${Time} at=${r.completed_at} /></td></tr>`)}</tbody><//>`;
}
