import { notify } from '../app/announce.js';
import { client } from '../app/client.js';
import { useResource } from '../app/resource.js';
import { go } from '../app/router.js';
import { session } from '../app/session.js';
import { copyText } from '../lib/clipboard.js';
import { useValue } from '../lib/emitter.js';
import { readMember } from '../lib/form.js';
import { html, useRef, useState } from '../lib/html.js';
import { queryNumber } from '../lib/route.js';
import { ROLES } from '../lib/status.js';
import { Badge } from '../parts/badge.js';
import { Empty, Loaded } from '../parts/blank.js';
import { Dialog } from '../parts/dialog.js';
import { NumberField, optionList, SelectField, TextField } from '../parts/field.js';
import { Icon } from '../parts/icons.js';
import { Pager, SortHead, TableBox } from '../parts/table.js';
import { Ago, Time } from '../parts/time.js';

const PAGE = 20;
const DEFAULTS = { status: 'active', kind: '', sort: 'created_at:desc', offset: 0 };
const KINDS = { api: 'Key for programs', session: 'Browser', engine: 'Engine' };
const SORTS = ['created_at:asc', 'created_at:desc', 'name:asc', 'name:desc', 'expires_at:asc', 'expires_at:desc'];

export function Tokens({ query }) {
	const shown = { status: query.status ?? DEFAULTS.status, kind: query.kind ?? '', sort: SORTS.includes(query.sort) ? query.sort : DEFAULTS.sort, offset: queryNumber(query.offset) };
	const set = (part) => go(['access'], { ...shown, offset: 0, ...part }, { defaults: DEFAULTS });
	const list = useResource(`tokens ${JSON.stringify(shown)}`, (signal) => client.tokens.list({ status: shown.status === 'all' ? undefined : shown.status, kind: shown.kind || undefined, sort: shown.sort, limit: PAGE, offset: shown.offset }, { signal }));
	const [dialog, setDialog] = useState(null); // 'new', { made } or { revoke }
	const me = useValue(session);
	const isMine = (t) => t.name === me.name && t.expires_at === me.expires_at;
	const head = (field, text, more = {}) => html`<${SortHead} field=${field} sort=${shown.sort} onSort=${(sort) => set({ sort })} ...${more}>${text}<//>`;
	return html`<div class="row"><search class="filters grow"><select class="select" aria-label="Status" value=${shown.status} onChange=${(e) => set({ status: e.target.value })}>${optionList([['active', 'Active'], ['expired', 'Expired'], ['revoked', 'Revoked'], ['all', 'Every status']])}</select>
			<select class="select" aria-label="Kind" value=${shown.kind} onChange=${(e) => set({ kind: e.target.value })}>${optionList([['', 'Every kind'], ['api', 'Keys for programs'], ['session', 'Browsers'], ['engine', 'Engines']])}</select></search>
			<button type="button" class="button button-main" onClick=${() => setDialog('new')}><${Icon} name="plus" /> New token</button></div>
		<div class="card card-flush"><${Loaded} from=${list} what="the tokens" rows=${6}>${(data) => (data.tokens.length === 0 ? html`<${Empty} icon="lock" title="No such tokens"><p>Programs, scripts and engines come with a token; each can be revoked by itself.</p><//>` : html`
			<${TableBox} label="Tokens"><thead><tr>${head('name', 'Name')}<th scope="col">Kind</th><th scope="col">May</th><th scope="col">Status</th>${head('created_at', 'Created', { first: 'desc' })}${head('expires_at', 'Expires')}<th scope="col"><span class="only-read">Revoke</span></th></tr></thead>
			<tbody>${data.tokens.map((t) => html`<tr key=${t.jti}><th scope="row"><span class="row-name" title=${t.name}>${t.name}</span>${isMine(t) && html`<span class="tag">you, now</span>`}</th>
				<td class="nowrap">${KINDS[t.kind] ?? t.kind}</td><td class="nowrap">${t.experiment ? html`report for <a href=${`#/experiments/${t.experiment}`}>${t.experiment}</a>` : t.role}</td><td><${Badge} kind="token" state=${t.status} /></td>
				<td><${Time} at=${t.created_at} /><div class="small faint nowrap">by ${t.created_by}</div></td><td>${t.revoked_at ? html`<span class="small soft">revoked <${Ago} at=${t.revoked_at} /></span>` : html`<${Time} at=${t.expires_at} />`}</td>
				<td class="number">${t.status === 'active' && html`<button type="button" class="button button-small button-bad" aria-label=${`Revoke ${t.name}`} onClick=${() => setDialog({ revoke: t })}>Revoke</button>`}</td></tr>`)}</tbody><//>
			<${Pager} offset=${shown.offset} limit=${PAGE} total=${data.total} onPage=${(offset) => set({ offset })} one="token" many="tokens" />`)}<//></div>
		${dialog === 'new' && html`<${CreateDialog} onClose=${() => setDialog(null)} onMade=${(made) => { setDialog({ made }); list.reload(); }} />`}
		${dialog?.made && html`<${MadeDialog} made=${dialog.made} onClose=${() => setDialog(null)} />`}
		${dialog?.revoke && html`<${RevokeDialog} token=${dialog.revoke} mine=${isMine(dialog.revoke)} onClose=${() => { setDialog(null); list.reload(); }} />`}`;
}

function CreateDialog({ onClose, onMade }) {
	const [form, setForm] = useState({ name: '', role: 'operator', experiment: '', days: '365' });
	const [refused, setRefused] = useState({ message: '', details: {} });
	const [busy, setBusy] = useState(false);
	const engine = form.role === 'engine';
	const set = (member) => (value) => { setForm((f) => ({ ...f, [member]: value })); setRefused((r) => ({ message: '', details: { ...r.details, [member]: undefined } })); };
	async function create() {
		const days = readMember(form.days, { type: 'integer', min: 1, max: 3650 });
		const details = { ...(form.name.trim() ? {} : { name: 'Must not be empty' }), ...(days.error ? { days: days.error } : {}), ...(engine && !form.experiment.trim() ? { experiment: 'Must be the id of an experiment, such as exp_001' } : {}) };
		if (Object.keys(details).length) return setRefused({ message: '', details });
		setBusy(true);
		try {
			onMade(await client.tokens.create({ name: form.name.trim(), days: days.value, ...(engine ? { experiment: form.experiment.trim() } : { role: form.role }) }));
		} catch (error) {
			setBusy(false);
			setRefused({ message: error.message, details: error.details ?? {} });
		}
	}
	return html`<${Dialog} small title="New token" onClose=${onClose} onSubmit=${create} foot=${html`<button type="button" class="button" onClick=${onClose}>Cancel</button><button type="submit" class="button button-main" disabled=${busy} aria-busy=${busy ? 'true' : null}>${busy ? 'Creating …' : 'Create'}</button>`}>
		${refused.message && html`<p class="wrong" role="alert"><${Icon} name="cross" />${refused.message}</p>`}
		<${TextField} id="t-name" label="Name" value=${form.name} onInput=${set('name')} error=${refused.details.name} hint="Who or what will use it: it stands in timelines and in the history." autocomplete="off" autofocus />
		<${SelectField} id="t-role" label="What it may" value=${form.role} onInput=${set('role')} error=${refused.details.role} options=${[...ROLES, ['engine', 'Engine: only reports for one experiment']]} />
		${engine && html`<${TextField} id="t-experiment" label="Experiment" value=${form.experiment} onInput=${set('experiment')} error=${refused.details.experiment} placeholder="exp_001" autocomplete="off" spellcheck=${false} />`}
		<${NumberField} id="t-days" label="Good for" unit="days" value=${form.days} onInput=${set('days')} error=${refused.details.days} hint="1 to 3,650. It can be revoked at any time." step=${1} /><//>`;
}

/** The one time that the token itself is seen. */
function MadeDialog({ made, onClose }) {
	const box = useRef(null);
	const copy = async () => ((await copyText(made.api_key, box.current)) ? notify('The token is on the clipboard.') : notify('The browser does not let the page copy. Select the token and copy it yourself.', 'bad'));
	return html`<${Dialog} title=${`Token for ${made.token.name}`} onClose=${onClose} foot=${html`<button type="button" class="button" onClick=${onClose}>Done, I have it</button><button type="button" class="button button-main" onClick=${copy} autofocus><${Icon} name="copy" /> Copy</button>`}>
		<p class="banner banner-warn"><${Icon} name="triangle" size=${18} /><span>It is shown this once. Nobody can look it up later; if it is lost, make another.</span></p>
		<code class="secret" ref=${box} tabindex="0" aria-label="The token">${made.api_key}</code>
		<p class="small soft">Give it as <code>api_key</code> to the Python and JavaScript clients, or as the header <code>Authorization: Bearer …</code>. It is good until <${Time} at=${made.token.expires_at} />.</p><//>`;
}

function RevokeDialog({ token, mine, onClose }) {
	const [busy, setBusy] = useState(false);
	async function revoke() {
		setBusy(true);
		try {
			await client.tokens.delete(token.jti);
			notify(`The token ${token.name} was revoked.`);
		} catch (error) {
			notify(error.message, 'bad');
		}
		onClose();
	}
	return html`<${Dialog} small title=${`Revoke ${token.name}?`} onClose=${onClose} onSubmit=${revoke} foot=${html`<button type="button" class="button" onClick=${onClose} autofocus>Keep it</button><button type="submit" class="button button-bad" disabled=${busy}><${Icon} name="slash" /> Revoke</button>`}>
		<p>Whoever uses it is refused from now on, and live connections with it end. This cannot be undone.</p>
		${mine && html`<p class="banner banner-warn"><${Icon} name="triangle" size=${18} /><span>It is the one that you are logged in with: you will be logged out.</span></p>`}<//>`;
}
