import { PreconditionError } from '../../vendor/flopy-net-client/index.js';
import { notify } from '../app/announce.js';
import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { go } from '../app/router.js';
import { may } from '../app/session.js';
import { html, useEffect, useState } from '../lib/html.js';
import { queryNumber } from '../lib/route.js';
import { Bones, Empty, Failure, Loaded } from '../parts/blank.js';
import { Changes } from '../parts/changes.js';
import { Dialog } from '../parts/dialog.js';
import { Icon } from '../parts/icons.js';
import { Pager } from '../parts/table.js';
import { Ago, Time } from '../parts/time.js';

const PAGE = 20;

/** Who changed what, newest first; administrators can go back. */
export function History({ query, config }) {
	const offset = queryNumber(query.offset);
	const history = useResource(`config history ${offset}`, (signal) => client.config.history({ limit: PAGE, offset }, { signal }));
	const [asked, setAsked] = useState(null);
	useUpdates('metrics_update', (u) => { if (u.change === 'config') history.reload(); });
	const back = (version) => html`<button type="button" class="button button-small" onClick=${() => setAsked(version)}><${Icon} name="refresh" /> Go back to ${version === 0 ? 'it' : 'this'}</button>`;
	return html`<section class="card card-flush" aria-label="History"><${Loaded} from=${history} what="the history" rows=${6}>${(data) => (data.total === 0 ? html`
		<${Empty} icon="clock" title="Never changed"><p>The configuration is as it was installed. Each change will stand here, with who made it.</p><//>` : html`
		<ol class="versions">${data.history.map((h, i) => html`<li key=${h.version}><div class="version-head"><b>Version ${h.version}</b>${i === 0 && offset === 0 && html`<span class="badge tone-good"><${Icon} name="check" />in force</span>`}
				<span class="soft">${h.changed_by}, <${Time} at=${h.changed_at} /></span> <span class="small faint"><${Ago} at=${h.changed_at} /></span>
				${may('admin') && !(i === 0 && offset === 0) && html`<span class="end">${back(h.version)}</span>`}</div>
			<${Changes} changes=${h.changes} label=${`Changes of version ${h.version}`} /></li>`)}
			${offset + data.history.length >= data.total && html`<li key="0"><div class="version-head"><b>Fresh installation</b><span class="soft">all defaults</span>${may('admin') && html`<span class="end">${back(0)}</span>`}</div></li>`}</ol>
		<${Pager} offset=${offset} limit=${PAGE} total=${data.total} onPage=${(next) => go(['configuration'], { ...query, offset: next }, { defaults: { offset: 0 } })} one="version" many="versions" />`)}<//></section>
		${asked !== null && html`<${RevertDialog} version=${asked} onClose=${() => setAsked(null)} onDone=${(answer) => { setAsked(null); config.change(() => answer); history.reload(); }} />`}`;
}

/** Shows what would change before anything does. */
function RevertDialog({ version, onClose, onDone }) {
	const [trial, setTrial] = useState({ answer: null, error: null });
	const [busy, setBusy] = useState(false);
	const name = version === 0 ? 'the fresh installation' : `version ${version}`;
	const tryOut = () => {
		setTrial({ answer: null, error: null });
		client.config.revert(version, { dryRun: true }).then((answer) => setTrial({ answer, error: null }), (error) => setTrial({ answer: null, error }));
	};
	useEffect(tryOut, [version]);
	async function revert() {
		setBusy(true);
		try {
			const answer = await client.config.revert(version, { etag: trial.answer.etag });
			notify(`The configuration is that of ${name} again, as version ${answer.version}.`);
			onDone(answer);
		} catch (error) {
			setBusy(false);
			if (error instanceof PreconditionError) {
				notify('The configuration has been changed meanwhile. What would change now is shown anew.', 'bad');
				tryOut();
			} else {
				setTrial({ answer: null, error });
			}
		}
	}
	const nothing = trial.answer?.changes.length === 0;
	return html`<${Dialog} title=${`Go back to ${name}?`} onClose=${onClose} onSubmit=${revert} foot=${html`<span class="note">${nothing ? '' : 'It becomes a new version: nothing of the history is lost. Passwords and keys stay as they are.'}</span>
			<button type="button" class="button" onClick=${onClose} autofocus>Leave it as it is</button><button type="submit" class="button button-main" disabled=${busy || !trial.answer || nothing} aria-busy=${busy ? 'true' : null}>Go back</button>`}>
		${trial.error ? html`<${Failure} error=${trial.error} reload=${tryOut} what="what would change" />` : trial.answer ? (nothing ? html`<p>The configuration is the same already.</p>` : html`<p>This would change:</p><${Changes} changes=${trial.answer.changes} />`) : html`<${Bones} rows=${3} />`}<//>`;
}
