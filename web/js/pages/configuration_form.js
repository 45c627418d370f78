import { AuthenticationError, PreconditionError } from '../../vendor/flopy-net-client/index.js';
import { notify } from '../app/announce.js';
import { client } from '../app/client.js';
import { useResource } from '../app/resource.js';
import { session, sessionLost } from '../app/session.js';
import { createValue, useValue } from '../lib/emitter.js';
import { plural } from '../lib/format.js';
import { html, useEffect, useRef, useState } from '../lib/html.js';
import { changesBetween, knownServices, patchOf, SECTIONS, textOf, valueAt } from '../lib/settings.js';
import { Changes } from '../parts/changes.js';
import { Dialog } from '../parts/dialog.js';
import { Icon } from '../parts/icons.js';
import { SettingField } from '../parts/setting_field.js';
import { Ago } from '../parts/time.js';
import { Services } from './configuration_services.js';

/** What was typed and is not saved yet, over the configuration that it was typed over: { base, edits }. It outlives a look at another page. */
const NOTHING = { base: null, edits: {} };
const draft = createValue(NOTHING);
session.subscribe(() => draft.set(NOTHING));

const focusFirstWrong = () => setTimeout(() => document.querySelector('#main [aria-invalid="true"]')?.focus(), 50);

export function ConfigurationForm({ config, groups }) {
	const typed = useValue(draft);
	const { edits } = typed;
	const count = Object.keys(edits).length;
	const base = typed.base ?? config.data;
	const [refused, setRefused] = useState({ message: '', details: {} });
	const [review, setReview] = useState(null);
	const [busy, setBusy] = useState(false);
	const conflict = count > 0 && !busy && config.data.etag !== base.etag;
	const known = knownServices(groups.sections);
	const settingOf = (path) => (path.startsWith('services.') ? groups.service.find((s) => s.name === path.split('.')[2]) : groups.sections.get(path.split('.')[0])?.find((s) => s.path === path));

	useEffect(() => {
		if (count === 0) return undefined;
		const stay = (event) => event.preventDefault();
		addEventListener('beforeunload', stay);
		return () => removeEventListener('beforeunload', stay);
	}, [count > 0]);

	const keep = (next) => draft.set(Object.keys(next).length === 0 ? NOTHING : { base, edits: next });
	function edit(path, value) {
		const setting = settingOf(path);
		const next = { ...draft.get().edits };
		if (value === undefined || (value !== null && value === textOf(setting, valueAt(base, path, setting.default)))) delete next[path];
		else next[path] = value;
		keep(next);
		setRefused((r) => ({ message: '', details: { ...r.details, [path]: undefined } }));
	}
	/** Put several in at once; undefined takes an edit back. */
	function editAll(changes) {
		keep(Object.fromEntries(Object.entries({ ...draft.get().edits, ...changes }).filter(([, v]) => v !== undefined)));
		setRefused({ message: '', details: {} });
	}
	function discard() {
		draft.set(NOTHING);
		setRefused({ message: '', details: {} });
		notify('Your changes were discarded.');
	}

	/** dryRun: what would change is shown; else it is saved. */
	async function send(dryRun) {
		const { patch, errors } = patchOf(edits, settingOf);
		setBusy(true);
		if (Object.keys(errors).length) { // what is well here may still not please the server: all mistakes at once
			const more = Object.keys(patch).length ? await client.config.update(patch, { dryRun: true }).then(() => ({}), (error) => error.details ?? {}) : {};
			setBusy(false);
			setRefused({ message: '', details: { ...more, ...errors } });
			return focusFirstWrong();
		}
		try {
			const answer = await client.config.update(patch, { dryRun, etag: base.etag });
			if (dryRun && answer.changes.length > 0) {
				setReview(answer.changes);
			} else {
				if (!dryRun) config.change(() => answer);
				draft.set(NOTHING);
				setReview(null);
				notify(dryRun ? 'This is how it is already: nothing changes.' : `The configuration was saved as version ${answer.version}.`);
			}
			setRefused({ message: '', details: {} });
		} catch (error) {
			setReview(null);
			if (error instanceof AuthenticationError) return sessionLost();
			if (error instanceof PreconditionError) config.reload(); // then it shows as changed by somebody else
			else setRefused({ message: error.message, details: error.details ?? {} });
			focusFirstWrong();
		} finally {
			setBusy(false);
		}
	}

	const latest = useRef(null);
	latest.current = count > 0 && !busy && !conflict && !review ? () => send(true) : null;
	useEffect(() => { // Enter in a field, as in any form; a dialog has its own
		const enter = (event) => {
			if (event.key !== 'Enter' || !event.target.matches('.card input.input:not([type="search"])') || event.target.closest('dialog')) return;
			event.preventDefault();
			latest.current?.();
		};
		addEventListener('keydown', enter);
		return () => removeEventListener('keydown', enter);
	}, []);

	const shared = { base, edits, wrong: refused.details, edit };
	const unplaced = Object.entries(refused.details).filter(([path, text]) => text && !settingOf(path) && !/^services\.[a-z0-9_]+$/.test(path));
	return html`
		${refused.message && html`<p class="banner banner-bad" role="alert"><${Icon} name="cross" size=${18} /><span>${refused.message}${unplaced.length ? ` (${unplaced.map(([p, t]) => `${p}: ${t}`).join('; ')})` : ''}</span></p>`}
		${conflict && html`<${Conflict} key=${config.data.etag} base=${base} now=${config.data} edits=${edits} onKeep=${() => rebase(config.data, edits, settingOf)} onDiscard=${discard} />`}
		${[...groups.sections].map(([name, settings]) => html`<section class="card stack" key=${name} aria-labelledby=${`section-${name}`}><div><h2 id=${`section-${name}`}>${SECTIONS[name]?.[0] ?? name}</h2><p class="small soft">${SECTIONS[name]?.[1]}</p></div>
			<div class="fields">${settings.map((s) => html`<${SettingField} key=${s.path} setting=${s} path=${s.path} ...${shared} />`)}</div>
			${name === 'notifications' && html`<${TestButton} base=${base} unsaved=${Object.keys(edits).some((p) => p.startsWith('notifications.'))} />`}</section>`)}
		<${Services} known=${known} settings=${groups.service} editAll=${editAll} ...${shared} />
		${count > 0 && html`<div class="save-bar" role="region" aria-label="Unsaved changes"><span class="grow"><b>${plural(count, 'change')}</b> <span class="soft">not saved yet</span>${conflict && html`. <button type="button" class="link-button" onClick=${() => document.querySelector('.conflict').scrollIntoView({ block: 'center' })}>Somebody else has changed it meanwhile</button>`}</span>
			<button type="button" class="button" onClick=${discard} disabled=${busy}>Discard</button>
			<button type="button" class="button button-main" disabled=${busy || conflict} aria-busy=${busy ? 'true' : null} onClick=${() => send(true)}>${busy ? 'Checking …' : 'Check and save'}</button></div>`}
		${review && html`<${Dialog} title="Save these changes?" onClose=${() => setReview(null)} onSubmit=${() => send(false)} foot=${html`<span class="note">They are in force at once.</span><button type="button" class="button" onClick=${() => setReview(null)}>Back</button>
				<button type="submit" class="button button-main" disabled=${busy} aria-busy=${busy ? 'true' : null} autofocus>${busy ? 'Saving …' : 'Save'}</button>`}>
			<${Changes} changes=${review} /><//>`}`;
}

/** One's own edits over what somebody else has saved meanwhile; those that ask for what is there now are done with. */
function rebase(now, edits, settingOf) {
	const left = Object.entries(edits).filter(([path, typed]) => {
		const setting = settingOf(path);
		return !setting || typed === null || typed !== textOf(setting, valueAt(now, path, setting.default));
	});
	draft.set(left.length === 0 ? NOTHING : { base: now, edits: Object.fromEntries(left) });
	notify(left.length === 0 ? 'Your changes are there already.' : 'Your changes now stand on the newest configuration. Save them when they still fit.');
}

function Conflict({ base, now, edits, onKeep, onDiscard }) {
	const newest = useResource(`config newest ${now.etag}`, (signal) => client.config.history({ limit: 1 }, { signal }), { every: 0, liveEvery: 0 });
	const entry = newest.data?.history[0];
	const changes = changesBetween(base, now);
	return html`<section class="banner banner-warn conflict" role="alert"><${Icon} name="triangle" size=${18} /><div class="stack-small grow">
		<p><b>${entry ? html`${entry.changed_by} has changed the configuration <${Ago} at=${entry.changed_at} />.` : 'The configuration has been changed meanwhile.'}</b> Nothing of yours was saved.</p>
		${changes.length ? html`<${Changes} changes=${changes} mine=${Object.keys(edits)} label="Changes by somebody else" />` : html`<p class="soft">Only what is not shown has changed.</p>`}
		<div class="row"><button type="button" class="button" onClick=${onKeep}>Keep my changes and go on</button><button type="button" class="button" onClick=${onDiscard}>Discard my changes</button></div></div></section>`;
}

function TestButton({ base, unsaved }) {
	const [busy, setBusy] = useState(false);
	const { webhook_url, smtp_url } = base.notifications;
	async function test() {
		setBusy(true);
		try {
			await client.notifications.test();
			notify('A test was sent to each way that is set up. Deliveries say how it went.');
		} catch (error) {
			notify(error.message, 'bad');
		}
		setBusy(false);
	}
	return html`<div class="row"><button type="button" class="button" disabled=${busy || unsaved || !(webhook_url || smtp_url)} onClick=${test}><${Icon} name="send" /> Send a test</button>
		<span class="small faint">${unsaved ? 'Save first: a test goes where the saved configuration says.' : webhook_url || smtp_url ? '' : 'Set up a webhook or a mail server first.'} What was sent, and how that went, is under <a href="#/alerts/deliveries">deliveries</a>.</span></div>`;
}
