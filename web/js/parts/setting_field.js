import { html } from '../lib/html.js';
import { hintOf, labelOf, MASK, showValue, textOf, valueAt } from '../lib/settings.js';
import { CheckField, NumberField, SelectField, TextField } from './field.js';

/**
 * One setting: what is in force, or what was typed over it. base: the configuration under the edits; wrong: messages by path;
 * edit(path, typed): null is "not set", undefined takes the edit back.
 */
export function SettingField({ setting, path, base, edits, wrong, edit }) {
	const value = valueAt(base, path, setting.default);
	const edited = Object.hasOwn(edits, path);
	const typed = edited ? edits[path] : textOf(setting, value);
	const secret = setting.type === 'secret';
	const was = secret ? (value === MASK ? 'set' : 'not set') : showValue(value);
	const hint = html`${hintOf(setting)}${edited && html` <span class="was">${typed === null ? 'It will be removed.' : `Was ${was}.`} <button type="button" class="link-button" onClick=${() => edit(path, undefined)}>Undo<span class="only-read"> ${labelOf(path)}</span></button></span>`}
		${secret && value === MASK && !edited && html` <button type="button" class="link-button" onClick=${() => edit(path, null)}>Remove<span class="only-read"> ${labelOf(path)}</span></button>`}`;
	const common = {
		id: `s-${path.replaceAll('.', '-')}`, label: labelOf(path), unit: setting.unit || null, hint, error: wrong[path],
		value: typed ?? '', onInput: (next) => edit(path, secret && next === '' ? undefined : next),
	};
	if (setting.type === 'boolean') return html`<${CheckField} ...${common} checked=${Boolean(typed)} />`;
	if (setting.type === 'choice') return html`<${SelectField} ...${common} options=${setting.choices.split(' ')} />`;
	if (setting.type === 'integer') return html`<${NumberField} ...${common} step=${1} placeholder=${setting.nullable ? 'not set' : null} />`;
	if (secret) return html`<${TextField} ...${common} type="password" autocomplete="new-password" placeholder=${edited ? 'removed' : value === MASK ? 'set; type to replace it' : 'not set'} />`;
	return html`<${TextField} ...${common} type=${setting.type === 'mail' ? 'email' : 'text'} inputmode=${setting.type === 'url' ? 'url' : null} placeholder=${setting.nullable ? 'not set' : setting.type === 'mails' ? 'none' : null} autocomplete="off" spellcheck=${false} />`;
}
