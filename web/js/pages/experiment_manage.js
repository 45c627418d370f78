import { href } from '../app/router.js';
import { may } from '../app/session.js';
import { html, useState } from '../lib/html.js';
import { isActive } from '../lib/status.js';
import { Icon } from '../parts/icons.js';
import { lazy } from '../parts/lazy.js';

const ManageDialog = lazy(() => import('./experiment_dialogs.js'), 0);

/** Compare, clone, edit, delete. */
export function Manage({ experiment: e }) {
	const [open, setOpen] = useState(null);
	return html`
		<a class="button" href=${href(['compare'], { ids: e.id })}><${Icon} name="compare" /> Compare</a>
		${may('operator') && html`
			<a class="button" href=${href(['experiments'], { create: e.id })}><${Icon} name="copy" /> Clone</a>
			<button type="button" class="button" onClick=${() => setOpen('edit')}><${Icon} name="edit" /> Edit</button>
			${!isActive(e.status) && e.status !== 'queued' && html`<button type="button" class="button button-bad" onClick=${() => setOpen('delete')}><${Icon} name="trash" /> Delete</button>`}`}
		${open && html`<${ManageDialog} key=${open} what=${open} experiment=${e} onClose=${() => setOpen(null)} />`}`;
}
