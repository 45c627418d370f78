import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { href } from '../app/router.js';
import { may } from '../app/session.js';
import { setTitle } from '../app/trouble.js';
import { html, useEffect } from '../lib/html.js';
import { groupSettings } from '../lib/settings.js';
import { Failure, Loaded } from '../parts/blank.js';
import { ConfigurationForm } from './configuration_form.js';
import { History } from './configuration_history.js';
import { ConfigurationView } from './configuration_view.js';

const TABS = [['', 'Settings'], ['history', 'History']];

export default function Configuration({ query }) {
	const config = useResource('config', (signal) => client.config.get({ signal }));
	const settings = useResource('config settings', async (signal) => groupSettings((await client.config.settings({ signal })).settings), { every: 0, liveEvery: 0 });
	useEffect(() => setTitle('Configuration'), []);
	useUpdates('metrics_update', (u) => { if (u.change === 'config') config.reload(); });
	const tab = query.tab === 'history' ? 'history' : '';
	return html`<header class="page-head"><h1>Configuration</h1></header>
		<nav class="tabs" aria-label="Parts of the configuration">${TABS.map(([name, title]) => html`<a key=${name} href=${href(['configuration'], { tab: name })} aria-current=${tab === name ? 'page' : null}>${title}</a>`)}</nav>
		${tab === 'history' ? html`<${History} query=${query} config=${config} />` : settings.error && !settings.data ? html`<div class="card"><${Failure} error=${settings.error} reload=${settings.reload} what="the settings" /></div>`
			: html`<${Loaded} from=${settings.data ? config : settings} what="the configuration" rows=${12}>${() => (may('admin')
				? html`<${ConfigurationForm} config=${config} groups=${settings.data} />` : html`<${ConfigurationView} config=${config.data} groups=${settings.data} />`)}<//>`}`;
}
