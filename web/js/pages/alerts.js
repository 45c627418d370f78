import { href } from '../app/router.js';
import { may } from '../app/session.js';
import { setTitle } from '../app/trouble.js';
import { html, useEffect } from '../lib/html.js';
import { lazy } from '../parts/lazy.js';
import { AlertList } from './alert_list.js';

const Rules = lazy(() => import('./alert_rules.js'), 8);
const Silences = lazy(() => import('./alert_silences.js'), 5);
const Deliveries = lazy(() => import('./alert_deliveries.js'), 6);

const PARTS = [['', 'Alerts', AlertList], ['rules', 'Rules', Rules, 'viewer'], ['silences', 'Silences', Silences, 'viewer'], ['deliveries', 'Deliveries', Deliveries, 'admin']];

export default function Alerts({ path, query }) {
	const [name, title, Part] = PARTS.find(([part]) => part === (path[1] ?? '')) ?? PARTS[0];
	useEffect(() => setTitle(name ? `${title} · Alerts` : 'Alerts'), [name]);
	return html`<header class="page-head"><h1>Alerts</h1></header>
		<nav class="tabs" aria-label="Parts of alerts">${PARTS.filter(([, , , role]) => !role || may(role)).map(([part, word]) => html`<a key=${part} href=${href(part ? ['alerts', part] : ['alerts'])} aria-current=${part === name ? 'page' : null}>${word}</a>`)}</nav>
		<${Part} key=${name} query=${query} />`;
}
