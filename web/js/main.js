import { html, render, useEffect, useErrorBoundary, useState } from './lib/html.js';
import { useValue } from './lib/emitter.js';
import { Frame } from './app/frame.js';
import { restorePlace, route } from './app/router.js';
import { loadSession, session } from './app/session.js';
import { setTitle } from './app/trouble.js';
import { Watch } from './app/watch.js';
import { Bones, Empty, Failure } from './parts/blank.js';
import { lazy } from './parts/lazy.js';

const Login = lazy(() => import('./pages/login.js'), 0);
// A page is loaded when it is first opened.
const PAGES = {
	'': () => import('./pages/overview.js'),
	experiments: () => import('./pages/experiments.js'),
	experiment: () => import('./pages/experiment.js'),
	compare: () => import('./pages/compare.js'),
	metrics: () => import('./pages/metrics.js'),
	configuration: () => import('./pages/configuration.js'),
	access: () => import('./pages/access.js'),
	alerts: () => import('./pages/alerts.js'),
};
const loaded = new Map();

function Page() {
	const { path, query } = useValue(route);
	const name = path[0] === 'experiments' && path.length > 1 ? 'experiment' : path[0] ?? '';
	const [, redraw] = useState(0);
	const [failed, setFailed] = useState(null);
	const [error, reset] = useErrorBoundary((e) => console.error(e));
	useEffect(() => {
		setFailed(null);
		reset();
		if (!PAGES[name] || loaded.has(name)) return;
		PAGES[name]().then((module) => { loaded.set(name, module.default); redraw((n) => n + 1); }, (e) => setFailed(e));
	}, [name]);
	useEffect(() => {
		// Where what had the focus is gone, the keyboard goes on in the new page.
		if (document.activeElement === document.body) document.getElementById('main')?.focus({ preventScroll: true });
		return restorePlace();
	}, [path.join('/')]);
	if (error || failed) return html`<${Failure} error=${error ?? failed} reload=${() => location.reload()} what="the page" />`;
	if (!PAGES[name]) {
		setTitle('Not found');
		return html`<${Empty} icon="question" title="There is no such page"><p>The address does not lead anywhere. <a href="#/">Go to the overview</a>.</p><//>`;
	}
	const Body = loaded.get(name);
	return Body ? html`<${Body} key=${name} path=${path} query=${query} />` : html`<${Bones} rows=${6} />`;
}

function App() {
	const user = useValue(session);
	const [error, setError] = useState(null);
	const load = () => {
		setError(null);
		loadSession().catch(setError);
	};
	useEffect(load, []);
	useEffect(() => {
		if (!error) return undefined;
		const timer = setTimeout(load, Math.max(3000, (error.retryAfter ?? 0) * 1000));
		return () => clearTimeout(timer);
	}, [error]);
	if (user) return html`<${Frame}><${Page} /><${Watch} /><//>`;
	if (user === null) return html`<${Login} />`;
	return html`<main class="splash"><img src="icons/well.svg" alt="" width="56" height="56" /><h1 class="splash-name">FLOPY-NET</h1>
		${error ? html`<${Failure} error=${error} reload=${load} what="the dashboard" />` : html`<p class="splash-note">Opening the dashboard …</p>`}</main>`;
}

const root = document.getElementById('app');
root.replaceChildren();
render(html`<${App} />`, root);
