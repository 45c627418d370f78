import { notify } from '../app/announce.js';
import { client } from '../app/client.js';
import { go } from '../app/router.js';
import { may } from '../app/session.js';
import { html, useState } from '../lib/html.js';
import { ACTIONS, stateOf } from '../lib/status.js';
import { Dialog } from '../parts/dialog.js';
import { TextField } from '../parts/field.js';
import { Icon } from '../parts/icons.js';

/** The actions that the state allows, each asking for a reason; what was asked for is shown until the engine has confirmed it. */
export function Controls({ experiment, reload }) {
	const [asked, setAsked] = useState(null);
	const [busy, setBusy] = useState(null);
	if (!may('operator')) return null;

	async function act(action, reason) {
		setAsked(null);
		setBusy(action);
		try {
			const answer = await client.experiments.control(experiment.id, action, reason ? { reason } : {});
			notify(`${experiment.name}: ${answer.message}`);
		} catch (error) {
			notify(`${experiment.name}: ${error.message}`, 'bad');
		}
		setBusy(null);
		reload();
	}
	const begin = (action) => (action === 'start' || action === 'resume' ? act(action) : setAsked(action));

	return html`<div class="controls">
		${busy && html`<span class="small" role="status">${ACTIONS[busy].label} requested; waiting for the engine …</span>`}
		${experiment.allowed_actions.map((action) => html`<button key=${action} type="button" class=${`button${ACTIONS[action].main ? ' button-main' : ''}${ACTIONS[action].danger ? ' button-danger' : ''}`}
			disabled=${busy !== null} title=${ACTIONS[action].hint} onClick=${() => begin(action)}><${Icon} name=${ACTIONS[action].icon} /> ${ACTIONS[action].label}</button>`)}
		<button type="button" class="button" onClick=${() => go(['experiments', experiment.id], { create: experiment.id })}><${Icon} name="copy" /> Clone</button>
		${asked && html`<${Reason} action=${asked} state=${stateOf('experiment', experiment.status).word} onClose=${() => setAsked(null)} onSubmit=${(reason) => act(asked, reason)} />`}</div>`;
}

function Reason({ action, state, onClose, onSubmit }) {
	const [reason, setReason] = useState('');
	const { label, hint, danger } = ACTIONS[action];
	return html`<${Dialog} small title=${`${label} this experiment?`} onClose=${onClose} onSubmit=${() => onSubmit(reason.trim())} foot=${html`
		<button type="button" class="button" onClick=${onClose}>Leave it ${state.toLowerCase()}</button>
		<button type="submit" class=${`button ${danger ? 'button-danger' : 'button-main'}`}>${label}</button>`}>
		<p>${hint}</p><${TextField} id="reason" label="Reason" hint="Optional; shown in the timeline" value=${reason} onInput=${setReason} maxlength="500" /><//>`;
}
