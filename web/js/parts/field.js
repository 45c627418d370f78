import { html } from '../lib/html.js';
import { Icon } from './icons.js';

/** A label, an input, a hint, and what is wrong with it, tied together for everyone. */
export function Field({ id, label, unit, hint, error, children, wide }) {
	return html`<div class="field" style=${wide ? { gridColumn: '1 / -1' } : null}>
		<label for=${id}>${label}${unit && html` <span class="unit">(${unit})</span>`}</label>
		${children}
		${error && html`<p class="wrong" id=${`${id}-wrong`}><${Icon} name="cross" />${error}</p>`}
		${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}</div>`;
}

const ties = (id, error, hint) => ({
	id, 'aria-invalid': error ? 'true' : null, 'aria-describedby': [error && `${id}-wrong`, hint && `${id}-hint`].filter(Boolean).join(' ') || null,
});

export function TextField({ id, label, unit, hint, error, value, onInput, type = 'text', wide, ...more }) {
	return html`<${Field} id=${id} label=${label} unit=${unit} hint=${hint} error=${error} wide=${wide}>
		<input class="input" type=${type} value=${value} onInput=${(e) => onInput(e.target.value)} ...${ties(id, error, hint)} ...${more} /><//>`;
}

export function NumberField({ step = 'any', ...more }) {
	return html`<${TextField} inputmode=${step === 1 ? 'numeric' : 'decimal'} autocomplete="off" ...${more} />`;
}

export function AreaField({ id, label, hint, error, value, onInput, wide, ...more }) {
	return html`<${Field} id=${id} label=${label} hint=${hint} error=${error} wide=${wide}>
		<textarea class="textarea" value=${value} onInput=${(e) => onInput(e.target.value)} ...${ties(id, error, hint)} ...${more}></textarea><//>`;
}

/** options: ['a', 'b'] or [['a', 'Title of a'], …] */
export function SelectField({ id, label, unit, hint, error, value, onInput, options, wide, ...more }) {
	return html`<${Field} id=${id} label=${label} unit=${unit} hint=${hint} error=${error} wide=${wide}>
		<select class="select" value=${value} onChange=${(e) => onInput(e.target.value)} ...${ties(id, error, hint)} ...${more}>${optionList(options)}</select><//>`;
}

export const optionList = (options) => options.map((o) => (Array.isArray(o) ? html`<option key=${o[0]} value=${o[0]}>${o[1]}</option>` : html`<option key=${o} value=${o}>${o}</option>`));

export function CheckField({ id, label, hint, error, checked, onInput, disabled }) {
	return html`<div class="field"><label class="check"><input type="checkbox" checked=${checked} disabled=${disabled} onChange=${(e) => onInput(e.target.checked)} ...${ties(id, error, hint)} />
		<span>${label}</span></label>
		${error && html`<p class="wrong" id=${`${id}-wrong`}><${Icon} name="cross" />${error}</p>`}
		${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}</div>`;
}
