import { client } from '../app/client.js';
import { useResource } from '../app/resource.js';
import { html } from '../lib/html.js';

/** The newest runs that have something to show, to be added by choosing one. */
export function AddRun({ without, add }) {
	const list = useResource('runs to compare', (signal) => client.experiments.list({ limit: 100, sort: 'rounds_completed:desc' }, { signal }), { every: 0, liveEvery: 0 });
	const rest = (list.data?.experiments ?? []).filter((e) => e.rounds_completed > 0 && !without.includes(e.id)).toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1));
	return html`<select class="select" aria-label="Add a run" value="" disabled=${rest.length === 0} onChange=${(e) => { if (e.target.value) add(e.target.value); }}>
		<option value="">${rest.length ? 'Add a run …' : 'No other runs'}</option>${rest.map((e) => html`<option key=${e.id} value=${e.id}>${e.id} · ${e.name.slice(0, 60)}</option>`)}</select>`;
}
