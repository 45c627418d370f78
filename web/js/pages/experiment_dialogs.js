import { notify } from '../app/announce.js';
import { client } from '../app/client.js';
import { go } from '../app/router.js';
import { readList } from '../lib/form.js';
import { html, useState } from '../lib/html.js';
import { Dialog } from '../parts/dialog.js';
import { AreaField, TextField } from '../parts/field.js';
import { Icon } from '../parts/icons.js';

/** what: 'edit' or 'delete' */
export default function ManageDialog({ what, ...props }) {
	return what === 'edit' ? html`<${EditDialog} ...${props} />` : html`<${DeleteDialog} ...${props} />`;
}

function EditDialog({ experiment: e, onClose }) {
	const [form, setForm] = useState({ name: e.name, tags: e.tags.join(', '), notes: e.notes });
	const [error, setError] = useState(null);
	const set = (name) => (value) => setForm((f) => ({ ...f, [name]: value }));
	const wrong = error?.details ?? {};
	async function save() {
		if (!form.name.trim()) return setError({ message: '', details: { name: 'Must not be empty' } });
		try {
			await client.experiments.update(e.id, { name: form.name.trim(), tags: readList(form.tags), notes: form.notes });
			onClose();
		} catch (failed) {
			setError(failed);
		}
	}
	return html`<${Dialog} small title=${`Edit ${e.id}`} onClose=${onClose} onSubmit=${save} foot=${html`<button type="button" class="button" onClick=${onClose}>Cancel</button><button type="submit" class="button button-main">Save</button>`}>
		${error?.message && html`<p class="wrong" role="alert"><${Icon} name="cross" />${error.message}</p>`}
		<${TextField} id="e-name" label="Name" value=${form.name} onInput=${set('name')} error=${wrong.name} maxlength="200" autofocus />
		<${TextField} id="e-tags" label="Tags" value=${form.tags} onInput=${set('tags')} error=${wrong.tags} hint="Separated by commas" />
		<${AreaField} id="e-notes" label="Notes" value=${form.notes} onInput=${set('notes')} error=${wrong.notes} maxlength="10000" rows="6" /><//>`;
}

function DeleteDialog({ experiment: e, onClose }) {
	const [busy, setBusy] = useState(false);
	async function remove() {
		setBusy(true);
		try {
			await client.experiments.delete(e.id);
			notify(`${e.id} was deleted.`);
			go(['experiments'], {}, { replace: true });
		} catch (error) {
			notify(error.message, 'bad');
			onClose();
		}
	}
	return html`<${Dialog} small title=${`Delete ${e.id}?`} onClose=${onClose} onSubmit=${remove} foot=${html`<button type="button" class="button" onClick=${onClose} autofocus>Keep it</button><button type="submit" class="button button-bad" disabled=${busy}><${Icon} name="trash" /> Delete</button>`}>
		<p><b>${e.name}</b> goes with its rounds, clients, timeline, log and files. This cannot be undone.</p><//>`;
}
