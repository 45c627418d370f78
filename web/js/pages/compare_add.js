import { client } from '../app/client.js';
import { useResource } from '../app/resource.js';
import { html, useState } from '../lib/html.js';

/** The runs that have something to show, to be added by choosing one; read when somebody turns to it. */
export function AddRun({ without, add }) {
	const [wanted, setWanted] = useState(without.length === 0);
	const list = useResource(wanted ? 'runs to compare' : null, (signal) => client.experiments.list({ limit: 100, sort: 'rounds_completed:desc' }, { signal }), { every: 0, liveEvery: 0 });
	const rest = (list.data?.experiments ?? []).filter((e) => e.rounds_completed > 0 && !without.includes(e.id)).toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1));
	return html`<select class="select" aria-label="Add a run" value="" disabled=${wanted && !list.loading && rest.length === 0} onFocus=${() => setWanted(true)} onPointerEnter=${() => setWanted(true)} onChange=${(e) => { if (e.target.value) add(e.target.value); }}>
		<option value="">${!wanted || list.loading || rest.length ? 'Add a run …' : 'No other runs'}</option>${rest.map((e) => html`<option key=${e.id} value=${e.id}>${e.id} · ${e.name.slice(0, 60)}</option>`)}</select>`;
}
