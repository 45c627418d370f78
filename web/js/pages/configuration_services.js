import { titleOf, plural } from '../lib/format.js';
import { html, useState } from '../lib/html.js';
import { serviceNames, valueAt } from '../lib/settings.js';
import { Dialog } from '../parts/dialog.js';
import { SelectField, TextField } from '../parts/field.js';
import { Icon } from '../parts/icons.js';
import { SettingField } from '../parts/setting_field.js';

const PARTS = [
	['Asking', ['kind', 'role', 'title', 'url', 'enabled', 'interval_ms', 'timeout_ms']],
	['What counts as well', ['failure_threshold', 'success_threshold', 'degraded_ms', 'expect_status', 'json_path', 'json_value', 'metrics']],
	['Access', ['username', 'password', 'token', 'insecure']],
	['Its process on this machine', ['pid_file', 'port', 'memory_limit_mb']],
];
/** The platform knows these of its own services. */
const OWN_ONLY = ['kind', 'role', 'url'];
const SHOWN = 40; // of hundreds: the others are found by their names
const NAME = /^[a-z][a-z0-9_]{0,31}$/;

/** How each service is asked; services of one's own come and go here. */
export function Services({ known, settings, base, edits, wrong, edit, editAll }) {
	const [open, setOpen] = useState([]);
	const [adding, setAdding] = useState(false);
	const [search, setSearch] = useState('');
	const names = serviceNames(known, base, edits);
	const found = names.filter((name) => `${name} ${valueAt(base, `services.${name}.title`, '') ?? ''} ${titleOf(name)}`.toLowerCase().includes(search.trim().toLowerCase()));
	const shown = [...found.slice(0, SHOWN), ...found.slice(SHOWN).filter((name) => open.includes(name) || Object.keys(wrong).some((p) => wrong[p] && p.startsWith(`services.${name}.`)))];
	const toggle = (name, on) => setOpen((list) => (on === list.includes(name) ? list : on ? [...list, name] : list.filter((n) => n !== name)));
	function remove(name) {
		const gone = Object.fromEntries(Object.keys(edits).filter((p) => p.startsWith(`services.${name}.`)).map((p) => [p, undefined]));
		editAll({ ...gone, ...(base.services[name] ? { [`services.${name}`]: null } : {}) });
	}
	function add({ name, kind, url, port }) {
		setAdding(false);
		editAll({ [`services.${name}`]: undefined, [`services.${name}.kind`]: kind, ...(kind === 'process' ? { [`services.${name}.port`]: port } : { [`services.${name}.url`]: url }) });
		toggle(name, true);
	}
	return html`<section class="card stack" aria-labelledby="section-services"><div class="row"><div class="grow"><h2 id="section-services">Services</h2><p class="small soft">How often each is asked, and when it counts as well. Services of your own are watched just like the platform's.</p></div>
			<button type="button" class="button" onClick=${() => setAdding(true)}><${Icon} name="plus" /> Add a service</button></div>
		${names.length > SHOWN && html`<div class="search"><${Icon} name="search" /><input class="input" type="search" aria-label="Search services" placeholder="Search services" value=${search} onInput=${(e) => setSearch(e.target.value)} /></div>`}
		<div class="service-list">${shown.map((name) => html`<${Service} key=${name} name=${name} own=${!known.includes(name)} gone=${edits[`services.${name}`] === null} settings=${settings} base=${base} edits=${edits} wrong=${wrong} edit=${edit}
			open=${open.includes(name)} toggle=${(on) => toggle(name, on)} remove=${() => remove(name)} restore=${() => editAll({ [`services.${name}`]: undefined })} />`)}</div>
		${shown.length < found.length && html`<p class="small soft">and ${plural(found.length - shown.length, 'more', 'more')}: search for them</p>`}
		${adding && html`<${AddDialog} taken=${names} kinds=${settings.find((s) => s.name === 'kind')?.choices.split(' ') ?? []} onClose=${() => setAdding(false)} onAdd=${add} />`}</section>`;
}

function Service({ name, own, gone, settings, base, edits, wrong, edit, open, toggle, remove, restore }) {
	const prefix = `services.${name}.`;
	const set = Object.keys(base.services[name] ?? {}).filter((m) => !OWN_ONLY.includes(m));
	const changed = Object.keys(edits).filter((p) => p.startsWith(prefix)).length;
	const faults = Object.entries(wrong).filter(([p, text]) => text && (p.startsWith(prefix) || p === `services.${name}`));
	const at = (member) => edits[`${prefix}${member}`] ?? valueAt(base, `${prefix}${member}`, null);
	const about = own ? [at('kind'), at('url') ?? (at('port') && `port ${at('port')}`)] : [valueAt(base, `integration.${name}_url`, null) ?? 'no address'];
	const shown = (open || faults.length > 0) && !gone;
	const title = at('title') ?? titleOf(name);
	const parts = PARTS.map(([heading, members]) => [heading, settings.filter((s) => members.includes(s.name) && (own || !OWN_ONLY.includes(s.name)))]);
	const rest = settings.filter((s) => !PARTS.some(([, members]) => members.includes(s.name)));
	return html`<details class="service" open=${shown} onToggle=${(e) => { if (!gone) toggle(e.currentTarget.open); }}>
		<summary><span class=${`service-name${gone ? ' service-gone' : ''}`}>${title}</span> <span class="small faint">${about.filter(Boolean).join(' · ')}</span>
			<span class="end row">${faults.length > 0 && html`<span class="badge tone-bad"><${Icon} name="cross" />${plural(faults.length, 'mistake')}</span>`}
			${gone ? html`<span class="badge tone-warn"><${Icon} name="trash" />will be removed</span>` : changed > 0 ? html`<span class="badge tone-busy"><${Icon} name="edit" />${base.services[name] || !own ? plural(changed, 'change') : 'new'}</span>` : !own && set.length > 0 && html`<span class="small soft">${plural(set.length, 'setting')} of its own</span>`}</span></summary>
		${gone && html`<div class="row service-body"><button type="button" class="button button-small" onClick=${restore}>Keep ${title}</button></div>`}
		${shown && html`<div class="stack service-body">
			${wrong[`services.${name}`] && html`<p class="wrong" role="alert"><${Icon} name="cross" />${wrong[`services.${name}`]}</p>`}
			${!own && html`<p class="small soft">Its address is above, under Addresses.</p>`}
			${[...parts, ['More', rest]].filter(([, list]) => list.length > 0).map(([heading, list]) => html`<fieldset class="fieldset" key=${heading}><legend>${heading}</legend><div class="fields">${list.map((s) => html`<${SettingField} key=${s.name} setting=${s} path=${`${prefix}${s.name}`} base=${base} edits=${edits} wrong=${wrong} edit=${edit} />`)}</div></fieldset>`)}
			${own && html`<div class="row"><button type="button" class="button button-bad button-small" onClick=${remove}><${Icon} name="trash" /> Remove ${title}</button></div>`}</div>`}</details>`;
}

function AddDialog({ taken, kinds, onClose, onAdd }) {
	const [form, setForm] = useState({ name: '', kind: 'http', url: '', port: '' });
	const [errors, setErrors] = useState({});
	const set = (member) => (value) => { setForm((f) => ({ ...f, [member]: value })); setErrors({}); };
	const process = form.kind === 'process';
	function submit() {
		const name = form.name.trim();
		const wrong = {};
		if (!NAME.test(name) || name === 'dashboard') wrong.name = 'Must be up to 32 small letters, digits and _, beginning with a letter';
		else if (taken.includes(name)) wrong.name = 'There is one of this name already';
		if (process ? !/^\d{1,5}$/.test(form.port.trim()) : !form.url.trim()) wrong[process ? 'port' : 'url'] = process ? 'Must be a port' : 'Must not be empty';
		setErrors(wrong);
		if (Object.keys(wrong).length === 0) onAdd({ name, kind: form.kind, url: form.url.trim(), port: form.port.trim() });
	}
	return html`<${Dialog} small title="Add a service" onClose=${onClose} onSubmit=${submit} foot=${html`<button type="button" class="button" onClick=${onClose}>Cancel</button><button type="submit" class="button button-main">Add</button>`}>
		<${TextField} id="a-name" label="Name" value=${form.name} onInput=${set('name')} error=${errors.name} hint="As metrics and rules call it, such as lab_gateway." autocapitalize="none" spellcheck=${false} autocomplete="off" autofocus />
		<${SelectField} id="a-kind" label="How it is asked" value=${form.kind} onInput=${set('kind')} options=${kinds} hint="http: a status; json: a member of the answer; process: one on this machine, only measured." />
		${process ? html`<${TextField} id="a-port" label="Port that the process listens on" value=${form.port} onInput=${set('port')} error=${errors.port} inputmode="numeric" autocomplete="off" />`
			: html`<${TextField} id="a-url" label="Address" value=${form.url} onInput=${set('url')} error=${errors.url} inputmode="url" placeholder="http://host:port/path" autocomplete="off" spellcheck=${false} />`}
		<p class="small soft">It is watched once the changes are saved.</p><//>`;
}
