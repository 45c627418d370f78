import { idempotencyKey } from '../../vendor/flopy-net-client/index.js';
import { notify } from '../app/announce.js';
import { client } from '../app/client.js';
import { useResource } from '../app/resource.js';
import { go } from '../app/router.js';
import { formatBytes, formatDuration, words } from '../lib/format.js';
import { estimateCost, readList, readMembers, readNetwork } from '../lib/form.js';
import { html, useEffect, useMemo, useRef, useState } from '../lib/html.js';
import { Loaded } from '../parts/blank.js';
import { Dialog } from '../parts/dialog.js';
import { AreaField, CheckField, NumberField, SelectField, TextField } from '../parts/field.js';
import { Icon } from '../parts/icons.js';

/** from: 'new', or the id of an experiment whose settings are the beginning. */
export default function CreateDialog({ from, onClose }) {
	const original = from === 'new' ? null : from;
	const needed = useResource(`create ${from}`, async (signal) => {
		const [{ scenarios }, copied] = await Promise.all([client.scenarios.list({ limit: 100 }, { signal }), original ? client.experiments.get(original, { signal }) : null]);
		return { scenarios, copied: copied?.experiment ?? null };
	}, { every: 0, liveEvery: 0 });
	if (!needed.data || needed.data.scenarios.length === 0) {
		return html`<${Dialog} title="New experiment" onClose=${onClose} foot=${html`<button type="button" class="button" onClick=${onClose}>Close</button>`}>
			<${Loaded} from=${needed} what="the scenarios">${() => html`<p>This server has no scenarios.</p>`}<//><//>`;
	}
	return html`<${CreateForm} scenarios=${needed.data.scenarios} copied=${needed.data.copied} onClose=${onClose} />`;
}

const textsOf = (values) => Object.fromEntries(Object.entries(values).map(([k, v]) => [k, v === null || v === undefined ? '' : typeof v === 'boolean' ? v : String(v)]));

function begin(scenario, copied) {
	const defaults = Object.fromEntries(Object.entries(scenario.members).map(([name, m]) => [name, m.default]));
	const network = copied?.network_settings ?? scenario.network_settings;
	const { bandwidth_limit, latency, packet_loss } = network;
	return { members: textsOf({ ...defaults, ...copied?.configuration }), network: textsOf({ bandwidth_limit, latency, packet_loss }) };
}

const isAway = ({ engine_status: { available, reachable } }) => available === false || reachable === false;

/** Members that the engine honours, by name. */
const applied = (scenario) => Object.entries(scenario.members).filter(([, m]) => m.applied !== false);

/** What trains, whether it can be started, and what it cannot be told. */
function EngineNote({ scenario }) {
	const { available, reason, version } = scenario.engine_status;
	const without = scenario.not_applied.filter((name) => name in scenario.members).map((name) => words(name).toLowerCase());
	if (!scenario.capabilities.network_emulation) without.push('limits of the network');
	const cannot = ['pause', 'stop', 'abort'].filter((action) => !scenario.capabilities[action]);
	return html`<p class="note" id="c-engine">Engine: ${scenario.engine}${version && version !== scenario.engine ? ` (${version})` : ''}.
		${without.length > 0 && ` It cannot be told ${without.join(', ')}.`}${cannot.length > 0 && ` It cannot ${cannot.join(' or ')} a run.`}</p>
		${isAway(scenario) && html`<p class="banner banner-warn" role="status"><${Icon} name="triangle" size=${18} /><span>${available === false ? 'This engine cannot be started now' : 'This engine cannot be used now'}: ${reason}.</span></p>`}`;
}

function CreateForm({ scenarios, copied, onClose }) {
	const first = scenarios.find((s) => s.name === (copied?.scenario ?? 'quick_demo')) ?? scenarios[0];
	const [scenario, setScenario] = useState(first);
	const [form, setForm] = useState(() => ({ name: copied ? `${copied.name} (copy)`.slice(0, 200) : '', policies: copied?.policies.join(', ') ?? '', tags: copied?.tags.join(', ') ?? '', notes: '', start: true, ...begin(first, copied) }));
	const [touched, setTouched] = useState({});
	const [refused, setRefused] = useState(null);
	const [busy, setBusy] = useState(false);
	const key = useRef(idempotencyKey()); // the same thing, however often it is sent
	const members = useMemo(() => readMembers(form.members, Object.fromEntries(applied(scenario)), scenario.rules), [form.members, scenario]);
	const network = useMemo(() => (scenario.capabilities.network_emulation ? readNetwork(form.network) : { values: {}, errors: {} }), [form.network, scenario]);
	const errors = { ...members.errors, ...network.errors, ...(form.name.trim() ? {} : { name: 'Must not be empty' }) };
	const wrong = (name) => (touched[name] || touched.all ? errors[name] : null) ?? refused?.details[name];

	function edit(change, name) {
		setForm((f) => ({ ...f, ...change }));
		setTouched((t) => ({ ...t, [name]: true }));
		setRefused((r) => r && { ...r, details: { ...r.details, [name]: undefined } });
		key.current = idempotencyKey();
	}
	const setMember = (name) => (value) => edit({ members: { ...form.members, [name]: value } }, name);
	const setNetwork = (name) => (value) => edit({ network: { ...form.network, [name]: value } }, `network_settings.${name}`);
	function pick(name) {
		const next = scenarios.find((s) => s.name === name);
		setScenario(next);
		edit(begin(next, null), 'scenario');
		setTouched({});
	}

	async function submit() {
		setTouched({ all: true });
		if (Object.keys(errors).length) return focusFirstWrong();
		setBusy(true);
		setRefused(null);
		try {
			const { experiment } = await client.experiments.create({
				name: form.name.trim(), scenario: scenario.name, configuration: members.values, network_settings: network.values,
				policies: readList(form.policies), tags: readList(form.tags), notes: form.notes,
			}, { idempotencyKey: key.current });
			if (form.start) await client.experiments.control(experiment.id, 'start').catch((e) => notify(`Created, but not started: ${e.message}`, 'bad'));
			notify(`${experiment.name} was created as ${experiment.id}.`);
			go(['experiments', experiment.id], {}, { replace: true });
		} catch (error) {
			setBusy(false);
			setRefused({ message: error.message, details: error.details ?? {} });
			focusFirstWrong();
		}
	}

	const network_ = 'network_settings.';
	return html`<${Dialog} title=${copied ? `Clone ${copied.id}` : 'New experiment'} onClose=${onClose} onSubmit=${submit} foot=${html`
			<${Estimate} scenario=${scenario.name} configuration=${{ ...members.values }} />
			<button type="button" class="button" onClick=${onClose}>Cancel</button>
			<button type="submit" class="button button-main" disabled=${busy} aria-busy=${busy ? 'true' : null}>${busy ? 'Creating …' : form.start ? 'Create and start' : 'Create'}</button>`}>
		${refused && html`<p class="banner banner-bad" role="alert"><${Icon} name="cross" size=${18} /><span>${refused.message}${rest(refused.details, scenario)}</span></p>`}
		<div class="fields">
			<${TextField} id="c-name" label="Name" value=${form.name} onInput=${(name) => edit({ name }, 'name')} error=${wrong('name')} maxlength="200" placeholder="What is it about?" autofocus wide />
			<${SelectField} id="c-scenario" label="Scenario" value=${scenario.name} onInput=${pick} options=${scenarios.map((s) => [s.name, isAway(s) ? `${s.title} (cannot be used now)` : s.title])} hint=${scenario.description} error=${wrong('scenario')} wide />
		</div>
		<${EngineNote} scenario=${scenario} />
		<fieldset class="fieldset"><legend>Training</legend><div class="fields">
			${applied(scenario).map(([name, m]) => html`<${Member} key=${`${scenario.name}.${name}`} name=${name} member=${m} value=${form.members[name]} set=${setMember(name)} error=${wrong(name) ?? refused?.details[`configuration.${name}`]} />`)}</div></fieldset>
		${scenario.capabilities.network_emulation && html`<fieldset class="fieldset"><legend>Network between server and clients</legend><div class="fields">
			<${TextField} id="c-bandwidth" label="Bandwidth" value=${form.network.bandwidth_limit} onInput=${setNetwork('bandwidth_limit')} error=${wrong(`${network_}bandwidth_limit`)} placeholder="no limit" hint="Such as 10Mbps" />
			<${TextField} id="c-latency" label="Latency" value=${form.network.latency} onInput=${setNetwork('latency')} error=${wrong(`${network_}latency`)} placeholder="none" hint="One way, such as 50ms" />
			<${NumberField} id="c-loss" label="Packet loss" value=${form.network.packet_loss} onInput=${setNetwork('packet_loss')} error=${wrong(`${network_}packet_loss`)} placeholder="0" hint="A share: 0.01 is one in a hundred" /></div></fieldset>`}
		<fieldset class="fieldset"><legend>More</legend><div class="fields">
			<${TextField} id="c-policies" label="Policies" value=${form.policies} onInput=${(policies) => edit({ policies }, 'policies')} error=${refused?.details.policies} hint="Names, separated by commas" />
			<${TextField} id="c-tags" label="Tags" value=${form.tags} onInput=${(tags) => edit({ tags }, 'tags')} error=${refused?.details.tags} hint="Separated by commas" />
			<${AreaField} id="c-notes" label="Notes" value=${form.notes} onInput=${(notes) => edit({ notes }, 'notes')} error=${refused?.details.notes} maxlength="10000" wide /></div>
			<${CheckField} id="c-start" label="Start it at once" checked=${form.start} onInput=${(start) => setForm((f) => ({ ...f, start }))} /></fieldset><//>`;
}

function Member({ name, member, value, set, error }) {
	const id = `c-m-${name}`;
	const unit = member.unit && member.unit !== name.replaceAll('_', ' ') ? member.unit : null;
	const range = member.min !== undefined && member.max !== undefined ? `${member.min} to ${member.max}. ` : '';
	const common = { id, label: words(name), unit, error, hint: `${range}${member.description}` };
	if (member.type === 'boolean') return html`<${CheckField} ...${common} checked=${value} onInput=${set} />`;
	if (member.enum) return html`<${SelectField} ...${common} value=${value} onInput=${set} options=${member.enum} />`;
	if (member.type === 'string') return html`<${TextField} ...${common} value=${value} onInput=${set} />`;
	return html`<${NumberField} ...${common} value=${value} onInput=${set} step=${member.type === 'integer' ? 1 : 'any'} />`;
}

/** Details that belong to no field on the page must not get lost. */
function rest(details, scenario) {
	const fields = ['name', 'scenario', 'policies', 'tags', 'notes', 'network_settings.bandwidth_limit', 'network_settings.latency', 'network_settings.packet_loss'];
	const others = Object.entries(details).filter(([k, v]) => v && !fields.includes(k) && !(k.replace('configuration.', '') in scenario.members));
	return others.length ? ` (${others.map(([k, v]) => `${k}: ${v}`).join('; ')})` : '';
}

const focusFirstWrong = () => setTimeout(() => document.querySelector('dialog [aria-invalid="true"]')?.focus(), 0);

/** What it will cost, judged by the newest finished run of the scenario. */
function Estimate({ scenario, configuration }) {
	const [past, setPast] = useState(null);
	useEffect(() => {
		let here = true;
		setPast(null);
		client.experiments.list({ scenario, status: 'completed', sort: 'finished_at:desc', limit: 1 })
			.then(({ experiments: [e] }) => e && client.experiments.get(e.id))
			.then((answer) => here && answer && setPast(answer.experiment), () => {});
		return () => { here = false; };
	}, [scenario]);
	const cost = estimateCost(configuration, past?.configuration.model === configuration.model ? past : null);
	return html`<span class="note">${cost && `About ${formatBytes(cost.bytes)}${cost.seconds ? ` and ${formatDuration(cost.seconds)}` : ''}, judging by ${cost.from}.`}</span>`;
}
