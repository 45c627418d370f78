// The configuration as a form: what is in force, what somebody has typed over it, and what of that is to be sent; pure.
import { formatInteger, titleOf, words } from './format.js';
import { readMember } from './form.js';

export const MASK = '********';
export const SECTIONS = {
	dashboard: ['Dashboard', 'Limits of this dashboard itself.'],
	features: ['Features', 'What it does at all.'],
	integration: ['Addresses', 'Where the parts of the platform are. An empty field is a part that you do not have.'],
	notifications: ['Notifications', 'Who is told of alerts, and how.'],
};

/** Settings by section, those of any service apart: { sections: Map, service: [{ …, name }] } */
export function groupSettings(settings) {
	const sections = new Map(Object.keys(SECTIONS).map((name) => [name, []]));
	const service = [];
	for (const s of settings) {
		const parts = s.path.split('.');
		const one = { ...s, name: parts.at(-1) };
		if (parts[0] === 'services') service.push(one);
		else sections.set(parts[0], [...(sections.get(parts[0]) ?? []), one]);
	}
	return { sections, service };
}

/** Services that the platform knows by name have an address under integration. */
export const knownServices = (sections) => (sections.get('integration') ?? []).map((s) => s.name.replace(/_url$/, ''));

const LABELS = {
	url: 'Address', insecure: 'Do not verify certificates', pid_file: 'File with its process number', json_path: 'JSON path', json_value: 'JSON value', metrics: 'Series to keep', kind: 'How it is asked', role: 'Shown among', title: 'Name for people',
	enabled: 'Ask it', port: 'Port', memory_limit_mb: 'Memory limit', username: 'Login', degraded_ms: 'Degraded above', expect_status: 'Expected status', mail_to: 'Receivers of mails', mail_from: 'Sender of mails',
	ca_file: 'File of certificates', webhook_url: 'Webhook', webhook_secret: 'Key of the webhook', smtp_url: 'Mail server', smtp_username: 'Login at the mail server', smtp_password: 'Password at the mail server', link_url: 'Address of this page',
	ca_file: 'File with trusted certificates', min_severity: 'Least severity', fold_seconds: 'Wait for others', send_resolved: 'Tell when alerts resolve', retention_days: 'Keep samples for', retention_size_mb: 'Size of the store', refresh_interval: 'Refresh every', max_experiments: 'Active experiments',
};
export function labelOf(path) {
	const [section, ...rest] = path.split('.');
	const name = rest.at(-1);
	if (section === 'integration') return titleOf(name.replace(/_url$/, ''));
	return LABELS[name] ?? words(name.replace(/_(ms|mb)$/, ''));
}
/** The same with where it belongs, for a list. */
export function fullLabel(path) {
	const [section, name] = path.split('.');
	if (section !== 'services') return labelOf(path);
	return `${titleOf(name) === words(name) ? name : titleOf(name)}: ${labelOf(path).toLowerCase()}`;
}

/** The value in force; a member of a service that nobody has set has its default. */
export function valueAt(config, path, fallback) {
	const parts = path.split('.');
	let at = config;
	for (const part of parts) {
		if (at === null || typeof at !== 'object' || !Object.hasOwn(at, part)) return fallback;
		at = at[part];
	}
	return at;
}

/** A value as a field holds it: text, or true and false. */
export function textOf(setting, value) {
	if (setting.type === 'boolean') return Boolean(value);
	if (value === null || value === undefined || setting.type === 'secret') return '';
	return Array.isArray(value) ? value.join(', ') : String(value);
}

/** A value for people. */
export function showValue(value) {
	if (value === null || value === undefined || value === '') return 'not set';
	if (value === MASK) return 'set, not shown';
	if (typeof value === 'boolean') return value ? 'on' : 'off';
	if (Array.isArray(value)) return value.length ? value.join(', ') : 'none';
	return String(value);
}

/** What was typed: { value } or { error }. The API has the last word; here is only what needs no second thought. */
export function readSetting(setting, typed) {
	if (typed === null) return { value: null };
	if (setting.type === 'boolean') return { value: Boolean(typed) };
	const text = String(typed).trim();
	if (setting.type === 'mails') return { value: text.split(/[,\s;]+/).filter(Boolean) };
	if (text === '') return setting.nullable ? { value: null } : { error: 'Must not be empty' };
	if (setting.type === 'integer') return readMember(text, { type: 'integer', min: setting.minimum, max: setting.maximum });
	return { value: text };
}

/** Edits by path → { patch, errors }. An edit of a whole service that is null takes it away. settingOf(path) finds the setting. */
export function patchOf(edits, settingOf) {
	const patch = {};
	const errors = {};
	for (const [path, typed] of Object.entries(edits)) {
		const parts = path.split('.');
		const gone = parts[0] === 'services' && edits[parts.slice(0, 2).join('.')] === null;
		if (gone) {
			(patch.services ??= {})[parts[1]] = null;
			continue;
		}
		const read = readSetting(settingOf(path), typed);
		if ('error' in read) {
			errors[path] = read.error;
			continue;
		}
		let at = patch;
		for (const part of parts.slice(0, -1)) at = at[part] ??= {};
		at[parts.at(-1)] = read.value;
	}
	return { patch, errors };
}

/** Every member of a configuration by its path. */
function flatten(config) {
	const flat = new Map();
	for (const section of [...Object.keys(SECTIONS), 'services']) {
		for (const [name, value] of Object.entries(config[section] ?? {})) {
			if (section !== 'services') flat.set(`${section}.${name}`, value);
			else for (const [member, v] of Object.entries(value)) flat.set(`services.${name}.${member}`, v);
		}
	}
	return flat;
}

/** What differs between two configurations: [{ path, from, to }] */
export function changesBetween(before, after) {
	const [a, b] = [flatten(before), flatten(after)];
	return [...new Set([...a.keys(), ...b.keys()])].map((path) => ({ path, from: a.get(path) ?? null, to: b.get(path) ?? null })).filter((c) => JSON.stringify(c.from) !== JSON.stringify(c.to));
}

/** Names of services: the platform's, then those of the configuration and of the edits. */
export function serviceNames(known, config, edits) {
	const typed = Object.keys(edits).filter((p) => p.startsWith('services.')).map((p) => p.split('.')[1]);
	return [...known, ...[...new Set([...Object.keys(config.services ?? {}), ...typed])].filter((n) => !known.includes(n)).sort()];
}

/** What limits a setting has, and its default, in words. */
export function hintOf(setting) {
	const limits = setting.type === 'integer' ? `${formatInteger(setting.minimum)} to ${formatInteger(setting.maximum)}. ` : '';
	const fallback = setting.default === null || setting.type === 'secret' || Array.isArray(setting.default) ? '' : `Default: ${typeof setting.default === 'number' ? formatInteger(setting.default) : showValue(setting.default)}.`;
	const help = setting.help.toLowerCase() === labelOf(setting.path).toLowerCase() ? '' : `${setting.help}. `;
	return `${limits}${help}${fallback}`.trim();
}
