import { useValue } from '../lib/emitter.js';
import { formatDuration } from '../lib/format.js';
import { html } from '../lib/html.js';
import { dismiss, toasts } from './announce.js';
import { liveState, reconnectNow } from './live.js';
import { lastRead } from './resource.js';
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

/** Says it plainly when what is on the page may no longer be so; a connection that is back within moments is not worth a word. */
function StaleBanner() {
	const { state, since } = useValue(liveState);
	const { at, failed } = useValue(lastRead);
	const ms = useValue(now);
	if (!failed && (state !== 'lost' || ms - since < 2500)) return null;
	const age = formatDuration(Math.max(0, Math.round((ms - at) / 1000)));
	return html`<p class="banner banner-warn stale-banner" role="alert"><${Icon} name="triangle" size=${18} /><span class="grow">${failed ? 'The server cannot be reached.' : 'The live connection is lost; the page reads now and then instead.'} What is shown may be out of date<span aria-hidden="true">: it is ${age} old</span>.</span></p>`;
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
	return html`<section class="toasts" aria-label="Notes">${useValue(toasts).map((t) => html`<div class=${`toast toast-${t.tone}`} key=${t.id}><${Icon} name=${t.tone === 'bad' ? 'cross' : 'check'} size=${18} />
		<div class="grow">${t.text}</div><button type="button" class="icon-button" aria-label="Dismiss" onClick=${() => dismiss(t.id)}><${Icon} name="cross" /></button></div>`)}</section>`;
}

export function Frame({ children }) {
	const stale = useValue(liveState).state === 'lost';
	return html`<div class=${`frame${stale ? ' frame-stale' : ''}`}>
		<a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.getElementById('main').focus(); }}>To the content</a>
		<header class="top-bar"><${Brand} /><${LiveSign} brief /><${Who} brief /></header>
		<aside class="side" aria-label="Dashboard"><${Brand} /><nav class="nav" aria-label="Pages"><${NavLinks} /></nav><div class="side-foot"><${LiveSign} /><${Who} /></div></aside>
		<main id="main" class="page" tabindex="-1"><${StaleBanner} />${children}</main>
		<footer class="frame-foot"><a href="docs/">API reference</a></footer>
		<nav class="bottom-nav" aria-label="Pages"><${NavLinks} short /></nav>
		<${Toasts} /></div>`;
}
