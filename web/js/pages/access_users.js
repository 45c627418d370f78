import { notify } from '../app/announce.js';
import { client } from '../app/client.js';
import { useResource } from '../app/resource.js';
import { go } from '../app/router.js';
import { session } from '../app/session.js';
import { useValue } from '../lib/emitter.js';
import { html, useState } from '../lib/html.js';
import { queryNumber } from '../lib/route.js';
import { ROLES } from '../lib/status.js';
import { Empty, Loaded } from '../parts/blank.js';
import { Dialog } from '../parts/dialog.js';
import { CheckField, SelectField, TextField } from '../parts/field.js';
import { Icon } from '../parts/icons.js';
import { Pager, SortHead, TableBox } from '../parts/table.js';
import { Ago, Time } from '../parts/time.js';

const PAGE = 20;
const DEFAULTS = { sort: 'name:asc', offset: 0 };
const SORTS = /^(name|role|created_at|last_login_at):(asc|desc)$/;

export function Users({ query }) {
	const shown = { tab: 'users', sort: SORTS.test(query.sort ?? '') ? query.sort : DEFAULTS.sort, offset: queryNumber(query.offset) };
	const set = (part) => go(['access'], { ...shown, offset: 0, ...part }, { defaults: DEFAULTS });
	const list = useResource(`users ${JSON.stringify(shown)}`, (signal) => client.users.list({ sort: shown.sort, limit: PAGE, offset: shown.offset }, { signal }));
	const [dialog, setDialog] = useState(null); // 'new', { edit } or { remove }
	const me = useValue(session);
	const close = () => { setDialog(null); list.reload(); };
	const head = (field, text, more = {}) => html`<${SortHead} field=${field} sort=${shown.sort} onSort=${(sort) => set({ sort })} ...${more}>${text}<//>`;
	return html`<div class="row"><p class="grow small soft">People who log in with a name and a password. Programs use tokens.</p><button type="button" class="button button-main" onClick=${() => setDialog('new')}><${Icon} name="plus" /> New user</button></div>
		<div class="card card-flush"><${Loaded} from=${list} what="the users" rows=${6}>${(data) => (data.users.length === 0 ? html`<${Empty} icon="user" title="No users yet"><p>So far everybody logs in with a token. A user has a name and a password instead.</p><//>` : html`
			<${TableBox} label="Users"><thead><tr>${head('name', 'Name')}${head('role', 'Role')}<th scope="col">Status</th>${head('created_at', 'Created', { first: 'desc' })}${head('last_login_at', 'Last login', { first: 'desc' })}<th scope="col"><span class="only-read">Actions</span></th></tr></thead>
			<tbody>${data.users.map((u) => html`<tr key=${u.name}><th scope="row" class="nowrap">${u.name}${u.name === me.name && html` <span class="tag">you</span>`}</th><td class="nowrap">${u.role}</td>
				<td>${u.disabled ? html`<span class="badge tone-idle"><${Icon} name="slash" />Disabled</span>` : html`<span class="badge tone-good"><${Icon} name="check" />Enabled</span>`}</td>
				<td><${Time} at=${u.created_at} /></td><td>${u.last_login_at ? html`<${Ago} at=${u.last_login_at} />` : html`<span class="faint">never</span>`}</td>
				<td class="number"><span class="row-end nowrap"><button type="button" class="button button-small" aria-label=${`Edit ${u.name}`} onClick=${() => setDialog({ edit: u })}><${Icon} name="edit" /> Edit</button>
					<button type="button" class="button button-small button-bad" aria-label=${`Delete ${u.name}`} onClick=${() => setDialog({ remove: u })}><${Icon} name="trash" /> Delete</button></span></td></tr>`)}</tbody><//>
			<${Pager} offset=${shown.offset} limit=${PAGE} total=${data.total} onPage=${(offset) => set({ offset })} one="user" many="users" />`)}<//></div>
		${dialog === 'new' && html`<${UserDialog} onClose=${close} />`}
		${dialog?.edit && html`<${UserDialog} user=${dialog.edit} mine=${dialog.edit.name === me.name} onClose=${close} />`}
		${dialog?.remove && html`<${RemoveDialog} user=${dialog.remove} mine=${dialog.remove.name === me.name} onClose=${close} />`}`;
}

/** A new user, or (user) what shall be different about one. */
function UserDialog({ user, mine, onClose }) {
	const [form, setForm] = useState({ name: user?.name ?? '', role: user?.role ?? 'operator', enabled: !user?.disabled, password: '', again: '' });
	const [refused, setRefused] = useState({ message: '', details: {} });
	const [busy, setBusy] = useState(false);
	const set = (member) => (value) => { setForm((f) => ({ ...f, [member]: value })); setRefused((r) => ({ message: '', details: { ...r.details, [member]: undefined } })); };
	async function save() {
		if (form.password !== form.again) return setRefused({ message: '', details: { again: 'Must be the same as above' } });
		const { role, enabled, password } = form;
		const change = { ...(role !== user?.role ? { role } : {}), ...(enabled === Boolean(user?.disabled) ? { disabled: !enabled } : {}), ...(password ? { password } : {}) };
		if (user && Object.keys(change).length === 0) return onClose();
		setBusy(true);
		try {
			if (user) await client.users.update(user.name, change);
			else await client.users.create({ name: form.name.trim(), role, password });
			notify(user ? `${user.name} was changed.` : `${form.name.trim()} can log in now.`);
			onClose();
		} catch (error) {
			setBusy(false);
			setRefused({ message: error.message, details: error.details ?? {} });
		}
	}
	return html`<${Dialog} small title=${user ? `Edit ${user.name}` : 'New user'} onClose=${onClose} onSubmit=${save} foot=${html`<button type="button" class="button" onClick=${onClose}>Cancel</button><button type="submit" class="button button-main" disabled=${busy} aria-busy=${busy ? 'true' : null}>${busy ? 'Saving …' : user ? 'Save' : 'Create'}</button>`}>
		${refused.message && html`<p class="wrong" role="alert"><${Icon} name="cross" />${refused.message}</p>`}
		${!user && html`<${TextField} id="u-name" label="Name" value=${form.name} onInput=${set('name')} error=${refused.details.name} hint="Small letters, digits, dot, dash and underscore." autocomplete="off" autocapitalize="none" spellcheck=${false} autofocus />`}
		<${SelectField} id="u-role" label="Role" value=${form.role} onInput=${set('role')} error=${refused.details.role} options=${ROLES} />
		${user && html`<${CheckField} id="u-enabled" label="May log in" checked=${form.enabled} onInput=${set('enabled')} error=${refused.details.disabled} hint="A disabled user stays, but nobody can log in by the name." />`}
		<${TextField} id="u-password" label=${user ? 'New password' : 'Password'} type="password" value=${form.password} onInput=${set('password')} error=${refused.details.password} hint=${user ? 'Empty leaves it as it is.' : null} autocomplete="new-password" />
		<${TextField} id="u-again" label="The same again" type="password" value=${form.again} onInput=${set('again')} error=${refused.details.again} autocomplete="new-password" />
		${user && html`<p class="small soft">A change ends the user's open sessions${mine ? ', yours too' : ''}.</p>`}<//>`;
}

function RemoveDialog({ user, mine, onClose }) {
	const [busy, setBusy] = useState(false);
	async function remove() {
		setBusy(true);
		try {
			await client.users.delete(user.name);
			notify(`${user.name} was deleted.`);
		} catch (error) {
			notify(error.message, 'bad');
		}
		onClose();
	}
	return html`<${Dialog} small title=${`Delete ${user.name}?`} onClose=${onClose} onSubmit=${remove} foot=${html`<button type="button" class="button" onClick=${onClose} autofocus>Keep</button><button type="submit" class="button button-bad" disabled=${busy}><${Icon} name="trash" /> Delete</button>`}>
		<p>What ${user.name} has done stays under that name; open sessions end. To only lock somebody out, disable the user instead.</p>
		${mine && html`<p class="banner banner-warn"><${Icon} name="triangle" size=${18} /><span>This is you: you will be logged out.</span></p>`}<//>`;
}
