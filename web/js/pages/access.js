import { href } from '../app/router.js';
import { may } from '../app/session.js';
import { setTitle } from '../app/trouble.js';
import { html, useEffect } from '../lib/html.js';
import { Empty } from '../parts/blank.js';
import { Tokens } from './access_tokens.js';
import { Users } from './access_users.js';

const TABS = [['', 'Tokens'], ['users', 'Users']];

export default function Access({ query }) {
	const tab = query.tab === 'users' ? 'users' : '';
	useEffect(() => setTitle('Tokens and users'), []);
	if (!may('admin')) return html`<header class="page-head"><h1>Tokens and users</h1></header><div class="card"><${Empty} icon="lock" title="Not yours to see"><p>Only administrators see tokens and users.</p><//></div>`;
	return html`<header class="page-head"><h1>Tokens and users</h1></header>
		<nav class="tabs" aria-label="Tokens or users">${TABS.map(([name, title]) => html`<a key=${name} href=${href(['access'], { tab: name })} aria-current=${tab === name ? 'page' : null}>${title}</a>`)}</nav>
		${tab === 'users' ? html`<${Users} query=${query} />` : html`<${Tokens} query=${query} />`}`;
}
