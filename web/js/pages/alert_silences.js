import { notify } from '../app/announce.js';
import { client } from '../app/client.js';
import { useResource } from '../app/resource.js';
import { go, href } from '../app/router.js';
import { may } from '../app/session.js';
import { titleOf } from '../lib/format.js';
import { html } from '../lib/html.js';
import { queryNumber } from '../lib/route.js';
import { Empty, Loaded } from '../parts/blank.js';
import { Icon } from '../parts/icons.js';
import { Pager, TableBox } from '../parts/table.js';
import { Ago, Time } from '../parts/time.js';
import { SilenceDialog } from './silence_dialog.js';

const DEFAULTS = { show: 'active', offset: 0, create: '', service: '', rule: '', experiment: '' };
const PAGE = 20;

export default function Silences({ query }) {
	const shown = { ...DEFAULTS, ...query, offset: queryNumber(query.offset) };
	const all = shown.show === 'all';
	const list = useResource(`silences ${shown.show} ${shown.offset}`, (signal) => client.silences.list({ active: all ? undefined : true, limit: PAGE, offset: shown.offset }, { signal }), { every: 30_000, liveEvery: 60_000 });
	const rules = useResource('rule names', (signal) => client.alertRules.list({ limit: 100 }, { signal }), { every: 0, liveEvery: 0 });
	const set = (part, replace) => go(['alerts', 'silences'], { show: shown.show, offset: 0, ...part }, { defaults: DEFAULTS, replace });
	async function end(silence) {
		try {
			await client.silences.delete(silence.id);
			notify(`${silence.id} has ended.`);
		} catch (error) {
			notify(error.message, 'bad');
		}
		list.reload();
	}
	const nameOf = (id) => rules.data?.rules.find((r) => r.id === id)?.name ?? id;
	return html`<section class="card card-flush" aria-label="Silences"><div class="card-head"><p class="soft grow">While a silence lasts, nobody is told of the alerts that match it; they are raised and shown all the same.</p>
			<div class="actions"><div class="segments" role="group" aria-label="Which"><button type="button" aria-pressed=${all ? 'false' : 'true'} onClick=${() => set({ show: 'active' })}>In force</button><button type="button" aria-pressed=${all ? 'true' : 'false'} onClick=${() => set({ show: 'all' })}>All</button></div>
			${may('operator') && html`<a class="button button-main" href=${href(['alerts', 'silences'], { show: shown.show, create: 'new' }, DEFAULTS)}><${Icon} name="plus" /> New silence</a>`}</div></div>
		<${Loaded} from=${list} what="the silences" rows=${4}>${(data) => (data.silences.length === 0 ? html`<${Empty} icon="mute" title=${all ? 'No silences yet' : 'Nothing is silenced'}><p>${may('operator') ? 'Before work on a service, silence it: nobody is woken for what is meant to be.' : 'Everybody is told of every alert.'}</p><//>` : html`
			<${TableBox} label="Table of silences"><thead><tr><th scope="col">What</th><th scope="col">Until</th><th scope="col">Why</th><th scope="col">By</th>${may('operator') && html`<th scope="col"><span class="only-read">End</span></th>`}</tr></thead>
			<tbody>${data.silences.map((s) => html`<tr key=${s.id} class=${s.active ? '' : 'off'}><th scope="row">${[s.service && titleOf(s.service), s.rule_id && nameOf(s.rule_id), s.experiment_id].filter(Boolean).join(' and ')}<div class="small faint">${s.id}</div></th>
				<td class="nowrap"><${Time} at=${s.until} /><div class="small soft">${s.active ? html`<${Ago} at=${s.until} />` : 'over'}</div></td><td class="rule-says">${s.reason}</td><td>${s.created_by}<div class="small faint nowrap"><${Time} at=${s.created_at} /></div></td>
				${may('operator') && html`<td class="number">${s.active && html`<button type="button" class="button button-small" aria-label=${`End now: ${s.id}`} onClick=${() => end(s)}>End now</button>`}</td>`}</tr>`)}</tbody><//>
			<${Pager} offset=${shown.offset} limit=${PAGE} total=${data.total} onPage=${(offset) => set({ offset })} one="silence" many="silences" />`)}<//></section>
		${shown.create && may('operator') && html`<${SilenceDialog} begin=${shown} rules=${rules.data?.rules ?? []} onClose=${() => set({}, true)} onSaved=${list.reload} />`}`;
}
