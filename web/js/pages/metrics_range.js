import { formatTime } from '../lib/format.js';
import { html, useState } from '../lib/html.js';
import { RANGES } from '../lib/metrics.js';
import { Dialog } from '../parts/dialog.js';
import { TextField } from '../parts/field.js';
import { Icon } from '../parts/icons.js';

const pad = (n) => String(n).padStart(2, '0');
/** Unix seconds as an input of local time wants them. */
const inputTime = (s) => {
	const d = new Date(s * 1000);
	return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}T${pad(d.getHours())}:${pad(d.getMinutes())}`;
};

export function RangePicker({ range, zoomedFrom, onPick }) {
	const [asked, setAsked] = useState(false);
	const custom = range.name === 'custom';
	const iso = (s) => new Date(s * 1000).toISOString();
	return html`<div class="segments" role="group" aria-label="Time">
			${Object.entries(RANGES).map(([name, [, title, words]]) => html`<button key=${name} type="button" title=${words} aria-pressed=${range.name === name ? 'true' : 'false'} onClick=${() => onPick({ range: name })}>${title}</button>`)}
			<button type="button" aria-pressed=${custom ? 'true' : 'false'} aria-haspopup="dialog" onClick=${() => setAsked(true)}>${custom ? html`${formatTime(iso(range.from))} – ${formatTime(iso(range.to))}` : 'Custom'}</button></div>
		${custom && zoomedFrom && html`<button type="button" class="button button-small" onClick=${() => onPick({ range: zoomedFrom })}><${Icon} name="zoom_out" /> Back to ${RANGES[zoomedFrom][2]}</button>`}
		${asked && html`<${CustomDialog} range=${range} onClose=${() => setAsked(false)} onPick=${(part) => { setAsked(false); onPick(part); }} />`}`;
}

function CustomDialog({ range, onClose, onPick }) {
	const to = range.to ?? Math.floor(Date.now() / 60_000) * 60;
	const [form, setForm] = useState({ from: inputTime(range.from ?? to - range.seconds), to: inputTime(to) });
	const [errors, setErrors] = useState({});
	const set = (name) => (value) => { setForm((f) => ({ ...f, [name]: value })); setErrors({}); };
	function submit() {
		const [from, until] = [Date.parse(form.from), Date.parse(form.to)];
		const wrong = {};
		if (Number.isNaN(from)) wrong.from = 'Must be a date and a time';
		if (Number.isNaN(until)) wrong.to = 'Must be a date and a time';
		else if (!wrong.from && from >= until) wrong.to = 'Must be after the beginning';
		setErrors(wrong);
		if (Object.keys(wrong).length === 0) onPick({ range: 'custom', from: new Date(from).toISOString(), to: new Date(until).toISOString() });
	}
	return html`<${Dialog} small title="A time of your own" onClose=${onClose} onSubmit=${submit} foot=${html`<button type="button" class="button" onClick=${onClose}>Cancel</button><button type="submit" class="button button-main">Show</button>`}>
		<${TextField} id="r-from" label="From" type="datetime-local" value=${form.from} onInput=${set('from')} error=${errors.from} autofocus />
		<${TextField} id="r-to" label="To" type="datetime-local" value=${form.to} onInput=${set('to')} error=${errors.to} hint="In your local time." /><//>`;
}
