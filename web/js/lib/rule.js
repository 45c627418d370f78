// Alert rules as people read and write them; pure.
import { formatDuration, titleOf } from './format.js';
import { readMember } from './form.js';

/** The metrics of each scope. Of a service any other may be named that it offers. */
export const METRICS = {
	service: ['unhealthy', 'degraded', 'response_time_ms', 'cpu_usage', 'memory_usage', 'memory_percent'],
	experiment: ['loss_not_finite', 'rounds_without_gain', 'round_time_ratio', 'client_silent_s', 'participation_percent', 'accuracy', 'loss', 'failed'],
	platform: ['monitor_lag_ms', 'store_used_percent'],
};
const WORDS = {
	unhealthy: 'unhealthy (1: yes)', degraded: 'degraded (1: yes)', response_time_ms: 'response time, ms', cpu_usage: 'CPU, %', memory_usage: 'memory, MB', memory_percent: 'memory, %',
	loss_not_finite: 'loss is not a number (1: yes)', rounds_without_gain: 'rounds without a gain in accuracy', round_time_ratio: 'time of the last round against the median', client_silent_s: 'longest silence of a client, s',
	participation_percent: 'participation, %', accuracy: 'accuracy (0 to 1)', loss: 'loss', failed: 'failed (1: yes)', monitor_lag_ms: 'delay of the monitor, ms', store_used_percent: 'use of the store, %',
};
const YES_OR_NO = { unhealthy: 'is unhealthy', degraded: 'is degraded', loss_not_finite: 'has a loss that is not a number', failed: 'has failed' };
export const isYesOrNo = (metric) => metric in YES_OR_NO;
export const metricWords = (metric) => WORDS[metric] ?? metric;
export const COMPARISONS = ['>', '>=', '<', '<=', '==', '!='];
export const hasOrder = (comparison) => comparison !== '==' && comparison !== '!=';

const subjectOf = (rule) => (rule.scope === 'platform' ? 'The platform' : rule.scope === 'service' ? (rule.service ? titleOf(rule.service) : 'Any service') : rule.experiment_id ?? 'Any experiment');

/** 90 s, 1 min, 2 h: a span that somebody has chosen. */
export function spanWords(s) {
	for (const [size, unit] of [[86_400, 'd'], [3600, 'h'], [60, 'min']]) if (s >= size && s % size === 0) return `${s / size} ${unit}`;
	return `${s} s`;
}

/** 'Any service: memory, % > 80 for 30 s' */
export function ruleSentence(rule) {
	const held = rule.for_s > 0 ? ` for ${spanWords(rule.for_s)}` : '';
	if (isYesOrNo(rule.metric) && rule.comparison === '==' && rule.threshold === 1) return `${subjectOf(rule)} ${YES_OR_NO[rule.metric]}${held}`;
	return `${subjectOf(rule)}: ${metricWords(rule.metric)} ${rule.comparison} ${rule.threshold}${held}`;
}

const GIVEN = ['name', 'title', 'enabled', 'scope', 'metric', 'comparison', 'threshold', 'clear_threshold', 'critical_threshold', 'for_s', 'clear_s', 'severity', 'service', 'experiment_id'];
/** What of a rule is given back to change it. */
export const ruleInput = (rule) => Object.fromEntries(GIVEN.map((name) => [name, rule[name] ?? null]).filter(([name, value]) => value !== null || name.endsWith('threshold')));

export const NEW_RULE = { name: '', title: '', enabled: true, scope: 'service', metric: 'cpu_usage', comparison: '>', threshold: '', clear_threshold: '', critical_threshold: '', for_s: '30', clear_s: '30', severity: 'warning', service: '', experiment_id: '' };
/** A rule as texts of a form. */
export const ruleForm = (rule) => Object.fromEntries(Object.keys(NEW_RULE).map((name) => [name, rule[name] === null || rule[name] === undefined ? '' : typeof rule[name] === 'boolean' ? rule[name] : String(rule[name])]));

/** From texts to what is sent: { rule, errors }; what only the server can judge is left to it. */
export function readRule(form) {
	const errors = {};
	const rule = { name: form.name.trim(), enabled: form.enabled, scope: form.scope, metric: form.metric.trim(), comparison: form.comparison, severity: form.severity };
	if (!rule.name) errors.name = 'Must not be empty';
	if (!rule.metric) errors.metric = 'Must not be empty';
	if (form.title.trim()) rule.title = form.title.trim();
	const number = (name, member, needed) => {
		if (!needed && !form[name].trim()) return;
		const read = readMember(form[name], member);
		if ('error' in read) errors[name] = read.error;
		else rule[name] = read.value;
	};
	number('threshold', { type: 'number' }, true);
	if (hasOrder(form.comparison)) {
		number('clear_threshold', { type: 'number' }, false);
		number('critical_threshold', { type: 'number' }, false);
	}
	for (const name of ['for_s', 'clear_s']) number(name, { type: 'integer', min: 0, max: 86_400 }, true);
	if (form.scope === 'service' && form.service.trim()) rule.service = form.service.trim();
	if (form.scope === 'experiment' && form.experiment_id.trim()) rule.experiment_id = form.experiment_id.trim();
	return { rule, errors };
}

/** What a trial says: how often over which time. */
export function trialSentence({ would_have_fired: n, samples, from, to }, scope) {
	if (samples === 0) return 'There is nothing stored yet that it could be tried on.';
	const over = scope === 'experiment' ? 'over the newest experiments' : `over the last ${formatDuration(Math.max(1, (Date.parse(to) - Date.parse(from)) / 1000))}`;
	return `It would have fired ${n === 0 ? 'never' : n === 1 ? 'once' : `${n} times`} ${over} (${samples === 1 ? 'one value' : `${samples} values`}).`;
}
