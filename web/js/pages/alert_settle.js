import { notify } from '../app/announce.js';
import { client } from '../app/client.js';
import { html, useState } from '../lib/html.js';
import { Dialog } from '../parts/dialog.js';
import { AreaField } from '../parts/field.js';
import { Icon } from '../parts/icons.js';

const HOW = {
	acknowledge: { label: 'Acknowledge', icon: 'eye', done: 'Acknowledged', about: 'It stays open until its cause is gone; others see that you look after it.', field: 'Comment (optional)', hint: 'Such as what you are trying.' },
	resolve: { label: 'Resolve', icon: 'check', done: 'Resolved', about: 'It is closed by hand. An alert resolves by itself once its cause is gone; while the cause lasts, a new one opens.', field: 'Why it is over (optional)', hint: 'It stays in the history.' },
};

/** Acknowledge or resolve an alert, with a comment. */
export function SettleDialog({ alert, how, onClose, onDone }) {
	const [comment, setComment] = useState('');
	const [error, setError] = useState(null);
	const [busy, setBusy] = useState(false);
	const { label, icon, done, about, field, hint } = HOW[how];
	async function submit() {
		setBusy(true);
		try {
			await client.alerts[how](alert.id, comment.trim());
			notify(`${done}: ${alert.title}`);
			onClose();
			onDone();
		} catch (failed) {
			setBusy(false);
			setError(failed);
			if (failed.status === 409) onDone();
		}
	}
	return html`<${Dialog} small title=${`${label}: ${alert.title}`} onClose=${onClose} onSubmit=${submit} foot=${html`<button type="button" class="button" onClick=${onClose}>Cancel</button>
			<button type="submit" class="button button-main" disabled=${busy} aria-busy=${busy ? 'true' : null}><${Icon} name=${icon} /> ${label}</button>`}>
		${error && html`<p class="wrong" role="alert"><${Icon} name="cross" />${error.message}</p>`}
		<p class="soft">${about}</p>
		<${AreaField} id="comment" label=${field} hint=${hint} value=${comment} onInput=${setComment} error=${error?.details?.comment} maxlength="500" rows="3" autofocus /><//>`;
}
