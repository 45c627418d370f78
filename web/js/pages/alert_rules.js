import { notify } from '../app/announce.js';
import { client } from '../app/client.js';
import { useResource } from '../app/resource.js';
import { go, href } from '../app/router.js';
import { may } from '../app/session.js';
import { html, useState } from '../lib/html.js';
import { queryNumber } from '../lib/route.js';
import { ruleInput, ruleSentence } from '../lib/rule.js';
import { Badge } from '../parts/badge.js';
import { Empty, Loaded } from '../parts/blank.js';
import { Dialog } from '../parts/dialog.js';
import { Icon } from '../parts/icons.js';
import { Pager, SortHead, TableBox } from '../parts/table.js';
import { RuleDialog } from './rule_dialog.js';

const DEFAULTS = { sort: 'id:asc', offset: 0, edit: '' };
const PAGE = 100;

export default function Rules({ query }) {
	const shown = { ...DEFAULTS, ...query, offset: queryNumber(query.offset) };
	const list = useResource(`rules ${shown.sort} ${shown.offset}`, (signal) => client.alertRules.list({ sort: shown.sort, limit: PAGE, offset: shown.offset }, { signal }), { every: 60_000, liveEvery: 120_000 });
	const [deleting, setDeleting] = useState(null);
	const set = (part, replace) => go(['alerts', 'rules'], { ...shown, ...part }, { defaults: DEFAULTS, replace });
	async function toggle(rule) {
		try {
			await client.alertRules.replace(rule.id, { ...ruleInput(rule), enabled: !rule.enabled });
			notify(`${rule.name} is ${rule.enabled ? 'off' : 'on'}.`);
		} catch (error) {
			notify(error.message, 'bad');
		}
		list.reload();
	}
	const edited = shown.edit && shown.edit !== 'new' ? list.data?.rules.find((r) => r.id === shown.edit) : null;
	return html`<section class="card card-flush" aria-label="Rules"><div class="card-head"><p class="soft grow">A rule raises one alert each time that its condition begins to hold, and resolves it when that is gone.</p>
			${may('operator') && html`<a class="button button-main" href=${href(['alerts', 'rules'], { ...shown, edit: 'new' }, DEFAULTS)}><${Icon} name="plus" /> New rule</a>`}</div>
		<${Loaded} from=${list} what="the rules" rows=${8}>${(data) => (data.rules.length === 0 ? html`<${Empty} icon="bell" title="No rules" />` : html`
			<${RuleTable} rules=${data.rules} shown=${shown} set=${set} toggle=${toggle} remove=${setDeleting} />
			<${Pager} offset=${shown.offset} limit=${PAGE} total=${data.total} onPage=${(offset) => set({ offset })} one="rule" many="rules" />`)}<//></section>
		${may('operator') && (shown.edit === 'new' || edited) && html`<${RuleDialog} key=${shown.edit} rule=${edited} onClose=${() => set({ edit: '' }, true)} onSaved=${list.reload} />`}
		${deleting && html`<${DeleteRule} rule=${deleting} onClose=${() => setDeleting(null)} onDone=${list.reload} />`}`;
}

function RuleTable({ rules, shown, set, toggle, remove }) {
	const head = (field, text) => html`<${SortHead} field=${field} sort=${shown.sort} onSort=${(sort) => set({ sort, offset: 0 })}>${text}<//>`;
	return html`<${TableBox} label="Table of rules"><thead><tr>${head('name', 'Rule')}<th scope="col">Fires when</th>${head('severity', 'Severity')}<th scope="col">In force</th>${may('operator') && html`<th scope="col"><span class="only-read">Change</span></th>`}</tr></thead>
		<tbody>${rules.map((r) => html`<tr key=${r.id} class=${r.enabled ? '' : 'off'}><th scope="row"><span class="row-name">${r.name}</span><span class="small faint">${r.id} · ${r.built_in ? 'built in' : `by ${r.created_by}`}</span></th>
			<td class="rule-says">${ruleSentence(r)}${r.clear_threshold !== null && html`<div class="small soft">until ${r.clear_threshold}${r.critical_threshold === null ? '' : `; critical past ${r.critical_threshold}`}</div>`}${r.clear_threshold === null && r.critical_threshold !== null && html`<div class="small soft">critical past ${r.critical_threshold}</div>`}</td>
			<td><${Badge} kind="severity" state=${r.severity} /></td>
			<td>${may('operator') ? html`<button type="button" role="switch" class="switch" aria-checked=${r.enabled ? 'true' : 'false'} aria-label=${`${r.name} in force`} onClick=${() => toggle(r)}><span class="switch-knob"></span><span aria-hidden="true">${r.enabled ? 'On' : 'Off'}</span></button>` : r.enabled ? 'On' : 'Off'}</td>
			${may('operator') && html`<td class="number"><a class="icon-button" href=${href(['alerts', 'rules'], { ...shown, edit: r.id }, DEFAULTS)} aria-label=${`Edit ${r.name}`} title="Edit"><${Icon} name="edit" /></a>
				${!r.built_in && html`<button type="button" class="icon-button" aria-label=${`Delete ${r.name}`} title="Delete" onClick=${() => remove(r)}><${Icon} name="trash" /></button>`}</td>`}</tr>`)}</tbody><//>`;
}

function DeleteRule({ rule, onClose, onDone }) {
	const [busy, setBusy] = useState(false);
	async function remove() {
		setBusy(true);
		try {
			await client.alertRules.delete(rule.id);
			notify(`${rule.name} was deleted.`);
		} catch (error) {
			notify(error.message, 'bad');
		}
		onClose();
		onDone();
	}
	return html`<${Dialog} small title=${`Delete ${rule.name}?`} onClose=${onClose} onSubmit=${remove} foot=${html`<button type="button" class="button" onClick=${onClose} autofocus>Keep it</button><button type="submit" class="button button-bad" disabled=${busy}><${Icon} name="trash" /> Delete</button>`}>
		<p>Its open alerts are resolved; those that it has raised stay in the list. To pause a rule, switch it off instead.</p><//>`;
}
