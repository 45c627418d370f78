import { AuthenticationError } from '../../vendor/flopy-net-client/index.js';
import { notify } from '../app/announce.js';
import { sessionLost } from '../app/session.js';
import { download } from '../lib/download.js';
import { html, useState } from '../lib/html.js';
import { Icon } from './icons.js';

/** Fetches a file and hands it over, whichever way one is logged in; what goes wrong is said, not saved. get: () => Promise<Response> */
export function SaveButton({ name, get, label, children, end }) {
	const [busy, setBusy] = useState(false);
	async function save() {
		setBusy(true);
		try {
			download(name, await (await get()).blob());
		} catch (error) {
			if (error instanceof AuthenticationError) sessionLost();
			else notify(`${name} was not saved: ${error.message}`, 'bad');
		}
		setBusy(false);
	}
	return html`<button type="button" class=${`button button-small${end ? ' end' : ''}`} aria-label=${label} disabled=${busy} aria-busy=${busy ? 'true' : null} onClick=${save}><${Icon} name="download" /> ${children}</button>`;
}
