import { notify } from '../app/announce.js';
import { client } from '../app/client.js';
import { useResource } from '../app/resource.js';
import { formatNumber, titleOf, words } from '../lib/format.js';
import { html, useState } from '../lib/html.js';
import { COMPARISONS, hasOrder, isYesOrNo, METRICS, metricWords, NEW_RULE, readRule, ruleForm, ruleSentence, trialSentence } from '../lib/rule.js';
import { Dialog } from '../parts/dialog.js';
import { CheckField, Field, NumberField, SelectField, TextField } from '../parts/field.js';
import { Icon } from '../parts/icons.js';
import { Time } from '../parts/time.js';

const SCOPES = [['service', 'A service or dependency'], ['experiment', 'An experiment'], ['platform', 'The platform itself']];

/** Create a rule, or change one; it can be tried over what is stored before it is in force. */
export function RuleDialog({ rule: old, onClose, onSaved }) {
	const [form, setForm] = useState(() => (old ? ruleForm(old) : NEW_RULE));
	const [touched, setTouched] = useState(false);
	const [refused, setRefused] = useState(null);
	const [busy, setBusy] = useState(null); // 'try' | 'save'
	const [trial, setTrial] = useState(null);
	const live = useResource('services with metrics', (signal) => client.metrics.live({}, { signal }), { every: 0, liveEvery: 0 });
	const { rule, errors } = readRule(form);
	const wrong = (name) => (touched ? errors[name] : null) ?? refused?.details?.[name];
	function set(change) {
		setForm((f) => ({ ...f, ...change }));
		setRefused(null);
		setTrial(null);
	}
	const setter = (name) => (value) => set({ [name]: value });
	const pickMetric = (metric) => set(isYesOrNo(metric) ? { metric, comparison: '==', threshold: '1' } : { metric, ...(isYesOrNo(form.metric) ? { comparison: '>', threshold: '' } : {}) });

	async function send(dryRun) {
		setTouched(true);
		if (Object.keys(errors).length) return void focusFirstWrong();
		setBusy(dryRun ? 'try' : 'save');
		setRefused(null);
		try {
			const answer = old ? await client.alertRules.replace(old.id, rule, { dryRun }) : await client.alertRules.create(rule, { dryRun });
			if (dryRun) {
				setTrial(answer);
				return void setTimeout(() => document.querySelector('.trial')?.scrollIntoView({ block: 'nearest' }), 30);
			}
			notify(`${rule.name} was ${old ? 'changed' : 'created'}.`);
			onClose();
			onSaved();
		} catch (error) {
			setRefused(error);
			focusFirstWrong();
		} finally {
			setBusy(null);
		}
	}

	const services = Object.keys(live.data?.services ?? {}).filter((name) => name !== 'dashboard');
	return html`<${Dialog} title=${old ? `Edit ${old.name}` : 'New rule'} onClose=${onClose} onSubmit=${() => send(false)} foot=${html`
			<span class="note">${Object.keys(errors).length === 0 && ruleSentence({ ...NEW_RULE, ...rule, service: rule.service, experiment_id: rule.experiment_id })}</span>
			<button type="button" class="button" onClick=${() => send(true)} disabled=${busy !== null} aria-busy=${busy === 'try' ? 'true' : null}><${Icon} name="clock" /> ${busy === 'try' ? 'Trying …' : 'Try it'}</button>
			<button type="submit" class="button button-main" disabled=${busy !== null} aria-busy=${busy === 'save' ? 'true' : null}>${old ? 'Save' : 'Create'}</button>`}>
		${refused && html`<p class="banner banner-bad" role="alert"><${Icon} name="cross" size=${18} /><span>${refused.message}</span></p>`}
		${trial && html`<${Trial} trial=${trial} scope=${form.scope} />`}
		<div class="fields">
			<${TextField} id="r-name" label="Name" value=${form.name} onInput=${setter('name')} error=${wrong('name')} maxlength="200" autofocus />
			<${SelectField} id="r-severity" label="Severity" value=${form.severity} onInput=${setter('severity')} error=${wrong('severity')} options=${[['critical', 'Critical'], ['warning', 'Warning'], ['info', 'Info']]} />
			<${TextField} id="r-title" label="Title of its alerts" value=${form.title} onInput=${setter('title')} error=${wrong('title')} maxlength="200" placeholder=${form.name || 'the name'} hint=${'{service} and {experiment} stand for what it is about'} wide /></div>
		<fieldset class="fieldset"><legend>What it watches</legend><div class="fields">
			<${SelectField} id="r-scope" label="Watches" value=${form.scope} onInput=${(scope) => set({ scope, metric: METRICS[scope][0], ...(isYesOrNo(METRICS[scope][0]) ? { comparison: '==', threshold: '1' } : { comparison: '>', threshold: '' }) })} options=${SCOPES} error=${wrong('scope')} />
			${form.scope === 'service' && html`<${TextField} id="r-service" label="Which one" value=${form.service} onInput=${setter('service')} error=${wrong('service')} placeholder="each" hint="Empty: each by itself" list="r-services" autocomplete="off" />
				<datalist id="r-services">${services.map((name) => html`<option key=${name} value=${name}>${titleOf(name)}</option>`)}</datalist>`}
			${form.scope === 'experiment' && html`<${TextField} id="r-experiment" label="Which one" value=${form.experiment_id} onInput=${setter('experiment_id')} error=${wrong('experiment_id')} placeholder="each" hint="Such as exp_001; empty: each by itself" autocomplete="off" />`}
			${form.scope === 'service' ? html`<${TextField} id="r-metric" label="Metric" value=${form.metric} onInput=${pickMetric} error=${wrong('metric')} hint=${metricHint(form.metric)} list="r-metrics" autocomplete="off" />
				<datalist id="r-metrics">${offered(live.data, form.service).map((name) => html`<option key=${name} value=${name}>${metricWords(name)}</option>`)}</datalist>`
				: html`<${SelectField} id="r-metric" label="Metric" value=${form.metric} onInput=${pickMetric} error=${wrong('metric')} options=${METRICS[form.scope].map((m) => [m, words(metricWords(m))])} />`}</div></fieldset>
		<fieldset class="fieldset"><legend>When it fires</legend><div class="fields">
			<${Field} id="r-threshold" label="Threshold" error=${wrong('threshold') ?? wrong('comparison')}><div class="joined"><select class="select" aria-label="Comparison" value=${form.comparison} onChange=${(e) => set({ comparison: e.target.value })}>${COMPARISONS.map((c) => html`<option key=${c} value=${c}>${c}</option>`)}</select>
				<input class="input" id="r-threshold" inputmode="decimal" autocomplete="off" value=${form.threshold} onInput=${(e) => set({ threshold: e.target.value })} aria-invalid=${wrong('threshold') ? 'true' : null} aria-describedby=${wrong('threshold') ? 'r-threshold-wrong' : null} /></div><//>
			<${NumberField} id="r-for" label="Held for" unit="s" step=${1} value=${form.for_s} onInput=${setter('for_s')} error=${wrong('for_s')} hint="0 fires at once" />
			<${NumberField} id="r-clear-s" label="Gone for" unit="s" step=${1} value=${form.clear_s} onInput=${setter('clear_s')} error=${wrong('clear_s')} hint="Before it resolves" />
			${hasOrder(form.comparison) && html`
				<${NumberField} id="r-clear" label="Back to" value=${form.clear_threshold} onInput=${setter('clear_threshold')} error=${wrong('clear_threshold')} placeholder="the threshold" hint="A value that swings makes one alert, not twenty" />
				<${NumberField} id="r-critical" label="Critical past" value=${form.critical_threshold} onInput=${setter('critical_threshold')} error=${wrong('critical_threshold')} placeholder="never" hint="Then the alert is raised to critical" />`}</div>
			<${CheckField} id="r-enabled" label="In force" checked=${form.enabled} onInput=${setter('enabled')} /></fieldset><//>`;
}

const metricHint = (metric) => (metricWords(metric) === metric ? 'Or any other that the service offers' : words(metricWords(metric)));
const NOT_METRICS = ['interval', 'stale'];
/** The common ones, and what numbers the services offer now. */
function offered(live, service) {
	const names = new Set(METRICS.service);
	for (const [name, values] of Object.entries(live?.services ?? {})) {
		if (name === 'dashboard' || (service && name !== service)) continue;
		for (const [metric, value] of Object.entries(values)) if (typeof value === 'number' && !NOT_METRICS.includes(metric)) names.add(metric);
	}
	return [...names];
}

const focusFirstWrong = () => setTimeout(() => document.querySelector('dialog [aria-invalid="true"]')?.focus(), 0);

function Trial({ trial, scope }) {
	const shown = trial.episodes.toReversed().slice(0, 20);
	return html`<div class="banner banner-busy trial" role="status"><${Icon} name="clock" size=${18} /><div class="grow stack-small"><b>${trialSentence(trial, scope)}</b>
		${shown.length > 0 && html`<ul class="trial-list">${shown.map((s, i) => html`<li key=${i}>${s.service ? titleOf(s.service) : s.experiment_id ?? 'The platform'}: <${Time} at=${s.started_at} /> to ${s.ended_at ? html`<${Time} at=${s.ended_at} />` : 'now'}${s.peak_value !== null ? `, at most ${formatNumber(s.peak_value)}` : ''}</li>`)}
			${trial.would_have_fired > shown.length && html`<li class="soft">and ${trial.would_have_fired - shown.length} before</li>`}</ul>`}</div></div>`;
}
