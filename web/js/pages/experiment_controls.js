import { notify } from '../app/announce.js';
import { client } from '../app/client.js';
import { formatMs } from '../lib/format.js';
import { html, useEffect, useState } from '../lib/html.js';
import { ACTIONS, isTransitional, stateOf } from '../lib/status.js';
import { Dialog } from '../parts/dialog.js';
import { AreaField, TextField } from '../parts/field.js';
import { Icon } from '../parts/icons.js';

const ORDER = ['start', 'resume', 'pause', 'stop', 'abort'];
/** What is reached when an action is confirmed. */
const REACHES = { start: ['running', 'queued'], resume: ['running'], pause: ['paused'], stop: ['stopped'], abort: ['aborted'] };

/** Only what the state allows; from the press until the engine has confirmed the page says what was asked for. */
export function Controls({ experiment: e, changed }) {
	const [asked, setAsked] = useState(null); // { action, sent }
	const [dialog, setDialog] = useState(null);
	const [confirmed, setConfirmed] = useState(null); // { text, ms }, shown for a while
	useEffect(() => {
		const timer = confirmed && setTimeout(() => setConfirmed(null), 10_000);
		return () => clearTimeout(timer);
	}, [confirmed]);
	const over = asked && !asked.sent && !isTransitional(e.status);
	useEffect(() => { if (over) setAsked(null); }, [over]);

	async function act(action, more) {
		setDialog(null);
		setAsked({ action, sent: true });
		setConfirmed(null);
		const begun = performance.now();
		try {
			const { status, message } = await client.experiments.control(e.id, action, more);
			if (REACHES[action].includes(status)) setConfirmed({ text: message, ms: performance.now() - begun });
		} catch (error) {
			notify(error.message, 'bad');
		}
		setAsked((a) => a && { ...a, sent: false });
		changed();
	}

	if (e.allowed_actions.length === 0 && !asked && !confirmed && !isTransitional(e.status)) return null;
	const waiting = asked ? `${ACTIONS[asked.action].label} was requested; waiting for the engine to confirm.` : isTransitional(e.status) ? `${stateOf('experiment', e.status).word}: the engine has not confirmed yet.` : null;
	return html`<section class="controls" aria-label="Controls">
		${ORDER.filter((a) => e.allowed_actions.includes(a)).map((a) => html`<button key=${a} type="button" class=${`button${ACTIONS[a].main ? ' button-main' : ''}${ACTIONS[a].danger ? ' button-bad' : ''}`} title=${ACTIONS[a].hint}
			disabled=${Boolean(asked?.sent)} aria-busy=${asked?.action === a ? 'true' : null} onClick=${() => (a === 'resume' ? act(a) : setDialog(a))}><${Icon} name=${ACTIONS[a].icon} /> ${ACTIONS[a].label}</button>`)}
		${waiting && html`<span class="badge tone-busy turning" role="status"><${Icon} name="turn" /> ${waiting}</span>`}
		${confirmed && !waiting && html`<span class="badge tone-good" role="status"><${Icon} name="check" /> ${confirmed.text} (confirmed after ${formatMs(confirmed.ms)})</span>`}
		${dialog && html`<${ReasonDialog} key=${dialog} action=${dialog} experiment=${e} onClose=${() => setDialog(null)} act=${act} />`}</section>`;
}

function ReasonDialog({ action, experiment, onClose, act }) {
	const [reason, setReason] = useState('');
	const [when, setWhen] = useState('');
	const { label, hint, danger, icon } = ACTIONS[action];
	const scheduledAt = when && !Number.isNaN(Date.parse(when)) ? new Date(when).toISOString() : undefined;
	return html`<${Dialog} small title=${`${label} ${experiment.id}`} onClose=${onClose} onSubmit=${() => act(action, { reason: reason.trim(), scheduledAt })} foot=${html`
			<button type="button" class="button" onClick=${onClose}>Cancel</button>
			<button type="submit" class=${`button ${danger ? 'button-bad' : 'button-main'}`}><${Icon} name=${icon} /> ${scheduledAt ? 'Schedule' : label}</button>`}>
		<p>${hint}</p>
		<${AreaField} id="reason" label="Reason (optional)" value=${reason} onInput=${setReason} maxlength="500" rows="2" autofocus hint="It stays in the timeline." />
		${action === 'start' && html`<${TextField} id="when" label="Not before (optional)" type="datetime-local" value=${when} onInput=${setWhen} hint="In your local time; empty starts it now." />`}<//>`;
}
