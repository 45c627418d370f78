import { notify } from '../app/announce.js';
import { client } from '../app/client.js';
import { useResource } from '../app/resource.js';
import { go, href } from '../app/router.js';
import { may } from '../app/session.js';
import { html, useState } from '../lib/html.js';
import { queryNumber } from '../lib/route.js';
import { Badge } from '../parts/badge.js';
import { Empty, Loaded } from '../parts/blank.js';
import { optionList } from '../parts/field.js';
import { Icon } from '../parts/icons.js';
import { Pager, TableBox } from '../parts/table.js';
import { Ago, Time } from '../parts/time.js';

const DEFAULTS = { status: '', offset: 0 };
const PAGE = 20;
const CHANNELS = { webhook: 'Webhook', smtp: 'Mail' };

export default function Deliveries({ query }) {
	if (!may('admin')) return html`<div class="card"><${Empty} icon="lock" title="For administrators"><p>Who was told of what is shown to administrators only.</p><//></div>`;
	return html`<${Log} shown=${{ ...DEFAULTS, ...query, offset: queryNumber(query.offset) }} />`;
}

function Log({ shown }) {
	const [waits, setWaits] = useState(false);
	const list = useResource(`notifications ${shown.status} ${shown.offset}`, async (signal) => {
		const data = await client.notifications.list({ status: shown.status, limit: PAGE, offset: shown.offset }, { signal });
		setWaits(data.notifications.some((n) => n.status === 'pending'));
		return data;
	}, waits ? { every: 5000, liveEvery: 5000 } : { every: 30_000, liveEvery: 30_000 });
	const [busy, setBusy] = useState(false);
	const set = (part) => go(['alerts', 'deliveries'], { ...shown, offset: 0, ...part }, { defaults: DEFAULTS });
	async function test() {
		setBusy(true);
		try {
			const { notifications } = await client.notifications.test();
			notify(`A test is on its way to ${notifications.map((n) => n.target).join(' and ')}.`);
		} catch (error) {
			notify(error.message, 'bad');
		}
		setBusy(false);
		list.reload();
	}
	return html`<section class="card card-flush" aria-label="Deliveries"><div class="card-head"><p class="soft grow">Every message to a webhook or by mail: a failed one is tried again, and in the end dropped.</p>
			<div class="actions"><select class="select" aria-label="Status" value=${shown.status} onChange=${(e) => set({ status: e.target.value })}>${optionList([['', 'Every status'], ['pending', 'Pending'], ['sent', 'Sent'], ['dropped', 'Dropped']])}</select>
			<button type="button" class="button" disabled=${busy} aria-busy=${busy ? 'true' : null} onClick=${test}><${Icon} name="send" /> Send a test</button></div></div>
		<${Loaded} from=${list} what="the deliveries" rows=${6}>${(data) => (data.notifications.length === 0 ? html`<${Empty} icon="send" title=${shown.status ? 'Nothing matches' : 'Nothing was sent yet'}><p>Where messages go (a webhook, a mail server) is part of the <a href=${href(['configuration'])}>configuration</a>.</p><//>` : html`
			<${TableBox} label="Table of deliveries"><thead><tr><th scope="col">When</th><th scope="col">To</th><th scope="col">About</th><th scope="col">Status</th><th scope="col" class="number">Tries</th><th scope="col">Outcome</th></tr></thead>
			<tbody>${data.notifications.map((n) => html`<tr key=${n.id}><td class="nowrap"><${Time} at=${n.created_at} /></td><th scope="row">${CHANNELS[n.channel] ?? n.channel}<div class="small soft">${n.target}</div></th>
				<td class="rule-says">${n.subject || html`<span class="faint">being collected</span>`}${n.alert_ids.length > 0 && html`<div class="small row">${n.alert_ids.slice(0, 6).map((id) => html`<a key=${id} href=${href(['alerts'], { status: 'all', id })}>${id}</a>`)}${n.alert_ids.length > 6 && html`<span class="faint">and ${n.alert_ids.length - 6} more</span>`}</div>`}</td>
				<td><${Badge} kind="delivery" state=${n.status} /></td><td class="number">${n.attempts}</td>
				<td>${n.sent_at ? html`<${Time} at=${n.sent_at} />` : ''}${n.last_error && html`<div class="soft">${n.last_error}</div>`}${n.status === 'pending' && n.next_attempt_at && html`<div class="small faint">next try <${Ago} at=${n.next_attempt_at} /></div>`}</td></tr>`)}</tbody><//>
			<${Pager} offset=${shown.offset} limit=${PAGE} total=${data.total} onPage=${(offset) => set({ offset })} one="message" many="messages" />`)}<//></section>`;
}
