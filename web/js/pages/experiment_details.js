import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { formatBytes, formatNumber, plural, titleOf, words } from '../lib/format.js';
import { html, useEffect, useRef, useState } from '../lib/html.js';
import { isActive } from '../lib/status.js';
import { Badge } from '../parts/badge.js';
import { Empty, Loaded } from '../parts/blank.js';
import { Icon } from '../parts/icons.js';
import { SaveButton } from '../parts/save_button.js';
import { Pager, TableBox } from '../parts/table.js';
import { Time } from '../parts/time.js';

const PAGE = 100;
/** Newest first, in pages counted from the newest. */
export function Timeline({ experiment: e }) {
	const [page, setPage] = useState(0);
	const [rounds, setRounds] = useState(true);
	const known = useRef(null); // what the newest page held last: from then on only what is new is read
	const list = useResource(`timeline ${e.id} ${page} ${rounds}`, async (signal) => {
		const read = (limit, offset) => client.experiments.timeline(e.id, { rounds, limit, offset }, { signal });
		const before = page === 0 && known.current?.rounds === rounds ? known.current : null;
		if (before) {
			const { timeline, total } = await read(PAGE, before.total);
			if (total === before.total + timeline.length) return (known.current = { rounds, total, timeline: [...before.timeline, ...timeline].slice(-PAGE) });
		}
		const { total } = await read(1, 0);
		const end = total - page * PAGE;
		const { timeline } = await read(Math.min(PAGE, Math.max(1, end)), Math.max(0, end - PAGE));
		if (page === 0) known.current = { rounds, total, timeline };
		return { total, timeline };
	});
	useUpdates('experiment_update', (update) => { if (update.experiment_id === e.id && update.change !== 'client_updated') list.refresh(); });
	return html`<section class="card card-flush"><div class="card-head"><h2>What happened</h2><span class="small faint">newest first</span>
			<label class="check end small"><input type="checkbox" checked=${rounds} onChange=${(event) => { setRounds(event.target.checked); setPage(0); }} /><span>with each round</span></label></div>
		<${Loaded} from=${list} what="the timeline" rows=${8}>${({ timeline, total }) => html`<ol class="timeline timeline-inset">${timeline.toReversed().map((t) => html`<li key=${t.id}><${Time} at=${t.timestamp} /><div><b>${words(t.event.replace(/^experiment_/, ''))}</b>${t.actor && html` <span class="small faint">by ${t.actor}</span>`}<div class="soft">${t.details}</div></div></li>`)}</ol>
			<${Pager} offset=${page * PAGE} limit=${PAGE} total=${total} onPage=${(offset) => setPage(offset / PAGE)} one="entry" many="entries" />`}<//></section>`;
}

export function Log({ experiment: e }) {
	const log = useResource(`log ${e.id}`, (signal) => client.experiments.logs(e.id, { lines: 500 }, { signal }), isActive(e.status) ? { every: 5000, liveEvery: 20_000 } : { every: 0, liveEvery: 0 });
	useUpdates('experiment_update', (update) => { if (update.experiment_id === e.id && ['round_completed', 'log', 'status'].includes(update.change)) log.refresh(); });
	const box = useRef(null);
	const follow = useRef(true);
	useEffect(() => {
		if (box.current && follow.current) box.current.scrollTop = box.current.scrollHeight;
	}, [log.data]);
	return html`<section class="card"><div class="card-head"><h2>The engine's words</h2><button type="button" class="button button-small end" onClick=${log.reload}><${Icon} name="refresh" /> Read again</button></div>
		<${Loaded} from=${log} what="the log" rows=${6}>${({ lines, truncated }) => (lines.length === 0 ? html`<${Empty} icon="info" title="Nothing was said yet" />` : html`
			${truncated && html`<p class="small faint">There is more before the first line.</p>`}
			<pre class="log mono" ref=${box} tabindex="0" aria-label="Log" onScroll=${(event) => { follow.current = event.target.scrollHeight - event.target.scrollTop - event.target.clientHeight < 30; }}>${lines.join('\n')}</pre>`)}<//></section>`;
}

const show = (v) => (v === null || v === undefined ? html`<span class="faint">no limit</span>` : typeof v === 'number' ? formatNumber(v) : String(v));

export function Configuration({ experiment: e }) {
	const policies = e.policies.map((p) => html`<div key=${p} class="row">${p} <${Badge} kind="policy" state=${e.policy_status[p]} /></div>`);
	return html`<div class="two">
		<section class="card"><div class="card-head"><h2>Training</h2><span class="small faint">complete, with defaults</span></div><dl class="pairs">${Object.entries(e.configuration).map(([name, value]) => [html`<dt key=${name}>${titleOf(name)}</dt>`, html`<dd key=${`${name}=`}>${show(value)}</dd>`])}</dl></section>
		<div class="stack">
			<section class="card"><div class="card-head"><h2>Network</h2></div><dl class="pairs">
				<dt>Bandwidth</dt><dd>${show(e.network_settings.bandwidth_limit)}</dd><dt>Latency</dt><dd>${e.network_settings.latency ?? html`<span class="faint">none</span>`}</dd><dt>Packet loss</dt><dd>${e.network_settings.packet_loss ?? html`<span class="faint">none</span>`}</dd>
				<dt>Policies</dt><dd>${policies.length ? policies : html`<span class="faint">none</span>`}</dd></dl></section>
			<section class="card"><div class="card-head"><h2>About</h2></div><dl class="pairs">
				<dt>Scenario</dt><dd>${e.scenario}</dd><dt>Engine</dt><dd>${e.engine}</dd><dt>Created</dt><dd><${Time} at=${e.created_at} /> by ${e.created_by}</dd><dt>Started</dt><dd><${Time} at=${e.started_at} /></dd><dt>Ended</dt><dd><${Time} at=${e.finished_at} /></dd>
				<dt>Tags</dt><dd class="row">${e.tags.length ? e.tags.map((t) => html`<span class="tag" key=${t}>${t}</span>`) : html`<span class="faint">none</span>`}</dd><dt>Notes</dt><dd class="notes">${e.notes || html`<span class="faint">none</span>`}</dd></dl></section>
		</div></div>`;
}

export function Artifacts({ experiment: e }) {
	const files = useResource(`files ${e.id} ${e.status}`, (signal) => client.experiments.artifacts(e.id, { limit: 100 }, { signal }));
	return html`<section class="card card-flush"><${Loaded} from=${files} what="the files" rows=${3}>${({ artifacts, total }) => (artifacts.length === 0 ? html`
		<${Empty} icon="download" title="No files yet"><p>${isActive(e.status) ? 'The model and what else the engine writes appear here as they are complete.' : 'This run has left no files.'}</p><//>` : html`
		<div class="card-head"><h2>${plural(total, 'file')}</h2></div>
		<${TableBox} label="Files"><thead><tr><th scope="col">Name</th><th scope="col">Kind</th><th scope="col" class="number">Size</th><th scope="col">Complete since</th><th scope="col"><span class="only-read">Download</span></th></tr></thead>
			<tbody>${artifacts.map((a) => html`<tr key=${a.name}><th scope="row">${a.name}${a.description && html`<div class="small soft">${a.description}</div>`}</th><td>${a.kind}</td><td class="number">${formatBytes(a.size_bytes)}</td><td><${Time} at=${a.created_at} /></td>
				<td class="number"><${SaveButton} name=${a.name} label=${`Download ${a.name}`} get=${() => client.experiments.artifact(e.id, a.name)}>Download<//></td></tr>`)}</tbody><//>`)}<//></section>`;
}
