import { notify } from '../app/announce.js';
import { client } from '../app/client.js';
import { useResource } from '../app/resource.js';
import { formatTime, titleOf } from '../lib/format.js';
import { html, useState } from '../lib/html.js';
import { Dialog } from '../parts/dialog.js';
import { AreaField, SelectField, TextField } from '../parts/field.js';
import { Icon } from '../parts/icons.js';

const SPANS = [[3600, '1 hour'], [8 * 3600, '8 hours'], [86_400, '1 day'], [7 * 86_400, '1 week'], [0, 'Other …']];

/** begin: { service, rule, experiment } to begin with. What is chosen must all match. */
export function SilenceDialog({ begin, rules, onClose, onSaved }) {
	const [form, setForm] = useState({ service: begin.service, rule_id: begin.rule, experiment_id: begin.experiment, span: 3600, until: '', reason: '' });
	const [error, setError] = useState(null);
	const [busy, setBusy] = useState(false);
	const health = useResource('health', (signal) => client.health.get({ signal }), { every: 0, liveEvery: 0 });
	const dependencies = useResource('dependencies', (signal) => client.health.dependencies({ signal }), { every: 0, liveEvery: 0 });
	const services = [...new Set([...Object.keys(health.data?.services ?? {}), ...Object.keys(dependencies.data?.dependencies ?? {}), begin.service].filter(Boolean))];
	const set = (name) => (value) => {
		setForm((f) => ({ ...f, [name]: value }));
		setError((e) => e && { ...e, details: { ...e.details, [name]: undefined, body: undefined } });
	};
	const ms = form.span > 0 ? Date.now() + form.span * 1000 : Date.parse(form.until);
	async function submit() {
		const details = {};
		if (!form.service && !form.rule_id && !form.experiment_id.trim()) details.body = 'Choose at least one of service, rule and experiment';
		if (Number.isNaN(ms)) details.until = 'Must be a time';
		else if (ms <= Date.now()) details.until = 'Must be in the future';
		if (!form.reason.trim()) details.reason = 'Must not be empty';
		if (Object.keys(details).length) return setError({ details });
		setBusy(true);
		const what = Object.fromEntries([['service', form.service], ['rule_id', form.rule_id], ['experiment_id', form.experiment_id.trim()]].filter(([, v]) => v));
		try {
			await client.silences.create({ ...what, until: new Date(ms).toISOString(), reason: form.reason.trim() });
			notify(`Silent until ${formatTime(new Date(ms).toISOString())}.`);
			onClose();
			onSaved();
		} catch (failed) {
			setBusy(false);
			setError(failed);
		}
	}
	const wrong = error?.details ?? {};
	return html`<${Dialog} small title="New silence" onClose=${onClose} onSubmit=${submit} foot=${html`<button type="button" class="button" onClick=${onClose}>Cancel</button>
			<button type="submit" class="button button-main" disabled=${busy} aria-busy=${busy ? 'true' : null}><${Icon} name="mute" /> Silence</button>`}>
		${(error?.message || wrong.body) && html`<p class="wrong" role="alert"><${Icon} name="cross" />${wrong.body ?? error.message}</p>`}
		<${SelectField} id="s-service" label="Service" value=${form.service} onInput=${set('service')} error=${wrong.service} options=${[['', 'Any'], ...services.map((name) => [name, titleOf(name)])]} autofocus />
		<${SelectField} id="s-rule" label="Rule" value=${form.rule_id} onInput=${set('rule_id')} error=${wrong.rule_id} options=${[['', 'Any'], ...rules.map((r) => [r.id, r.name])]} />
		<${TextField} id="s-experiment" label="Experiment" value=${form.experiment_id} onInput=${set('experiment_id')} error=${wrong.experiment_id} placeholder="any" hint="Such as exp_001. An alert must match all that is given." autocomplete="off" />
		<div class="field"><span class="field-label" id="s-span">For how long</span><div class="segments" role="group" aria-labelledby="s-span">${SPANS.map(([span, word]) => html`<button key=${span} type="button" aria-pressed=${form.span === span ? 'true' : 'false'} onClick=${() => set('span')(span)}>${word}</button>`)}</div>
			${form.span > 0 && html`<p class="hint">Until ${formatTime(new Date(ms).toISOString())}</p>`}</div>
		${form.span === 0 && html`<${TextField} id="s-until" label="Until" type="datetime-local" value=${form.until} onInput=${set('until')} error=${wrong.until} hint="In your local time, at most 366 days ahead" />`}
		<${AreaField} id="s-reason" label="Why" value=${form.reason} onInput=${set('reason')} error=${wrong.reason} maxlength="500" rows="2" /><//>`;
}
