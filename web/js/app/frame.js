import { useValue } from '../lib/emitter.js';
import { formatDuration } from '../lib/format.js';
import { html } from '../lib/html.js';
import { dismiss, toasts } from './announce.js';
import { liveState, reconnectNow } from './live.js';
import { href, route } from './router.js';
import { logout, may, session } from './session.js';
import { setTheme, theme } from './theme.js';
import { trouble } from './trouble.js';
import { Icon } from '../parts/icons.js';
import { now } from '../parts/time.js';

const PAGES = [['', 'Overview', 'home', 'Home'], ['experiments', 'Experiments', 'flask', 'Runs'], ['metrics', 'Metrics', 'chart'], ['alerts', 'Alerts', 'bell'], ['configuration', 'Configuration', 'gear', 'Settings'], ['access', 'Tokens and users', 'lock', 'Access', 'admin']];

function NavLinks({ short }) {
	const { path } = useValue(route);
	const { alerts } = useValue(trouble);
	const here = path[0] === 'compare' ? 'experiments' : path[0] ?? '';
	return PAGES.filter(([, , , , role]) => !role || may(role)).map(([name, title, icon, shortTitle]) => html`<a key=${name} href=${href(name ? [name] : [])} aria-current=${here === name ? 'page' : null}>
		<${Icon} name=${icon} size=${short ? 20 : 18} />${short ? shortTitle ?? title : title}
		${name === 'alerts' && alerts > 0 && html`<span class="count">${alerts}<span class="only-read"> open</span></span>`}</a>`);
}

/** Is what the page shows as fresh as it can be? */
function LiveSign({ brief }) {
	const { state, since, retryAt } = useValue(liveState);
	const ms = useValue(now);
	if (state === 'open') return html`<div class="live live-open" title="Changes appear as they happen"><${Icon} name="antenna" />${brief ? '' : 'Live'}<span class=${brief ? 'only-read' : 'only-read'}> connection</span></div>`;
	if (state === 'connecting') return html`<div class="live live-connecting"><${Icon} name="antenna" />${brief ? '' : 'Connecting …'}</div>`;
	const wait = retryAt ? Math.max(0, Math.ceil((retryAt - ms) / 1000)) : null;
	return html`<div class="live live-lost"><${Icon} name="triangle" /><span>${brief ? 'Not live' : `Not live for ${formatDuration(Math.round((ms - since) / 1000))}`}</span>
		<button type="button" class="link-button" title=${wait ? `The next try is in ${wait} s` : ''} onClick=${reconnectNow}>Retry</button></div>`;
}

const THEMES = { system: ['half', 'light', 'As the system'], light: ['sun', 'dark', 'Light'], dark: ['moon', 'system', 'Dark'] };
function ThemeSwitch() {
	const [icon, next, word] = THEMES[useValue(theme)];
	return html`<button type="button" class="icon-button" title=${`Colours: ${word}`} aria-label=${`Colours: ${word}. Change to: ${THEMES[next][2]}`} onClick=${() => setTheme(next)}><${Icon} name=${icon} size=${18} /></button>`;
}

function Who({ brief }) {
	const user = useValue(session);
	return html`<div class="who">${!brief && html`<div class="grow"><div class="who-name" title=${user.name}>${user.name}</div><div class="small faint">${user.role}</div></div>`}
		<${ThemeSwitch} />${user.auth !== 'none' && html`<button type="button" class="icon-button" title="Log out" aria-label="Log out" onClick=${logout}><${Icon} name="out" size=${18} /></button>`}</div>`;
}

export function Brand() {
	return html`<a class="brand" href="#/"><img src="icons/well.svg" alt="" width="30" height="30" />FLOPY-NET</a>`;
}

export function Toasts() {
	return html`<div class="toasts">${useValue(toasts).map((t) => html`<div class=${`toast toast-${t.tone}`} key=${t.id}><${Icon} name=${t.tone === 'bad' ? 'cross' : 'check'} size=${18} />
		<div class="grow">${t.text}</div><button type="button" class="icon-button" aria-label="Dismiss" onClick=${() => dismiss(t.id)}><${Icon} name="cross" /></button></div>`)}</div>`;
}

export function Frame({ children }) {
	return html`<div class="frame">
		<a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.getElementById('main').focus(); }}>To the content</a>
		<header class="top-bar"><${Brand} /><${LiveSign} brief /><${Who} brief /></header>
		<aside class="side" aria-label="Dashboard"><${Brand} /><nav class="nav" aria-label="Pages"><${NavLinks} /></nav><div class="side-foot"><${LiveSign} /><${Who} /></div></aside>
		<main id="main" class="page" tabindex="-1">${children}</main>
		<nav class="bottom-nav" aria-label="Pages"><${NavLinks} short /></nav>
		<${Toasts} /></div>`;
}
