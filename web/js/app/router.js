import { createValue } from '../lib/emitter.js';
import { formatRoute, parseRoute } from '../lib/route.js';

export const route = createValue(parseRoute(location.hash));
addEventListener('hashchange', () => route.set(parseRoute(location.hash)));

/** Go somewhere; replace: without a step in the history, for what changes while typing. */
export function go(path, query = {}, { replace = false, defaults = {} } = {}) {
	const hash = formatRoute(path, query, defaults);
	if (hash === location.hash) return;
	if (replace) {
		history.replaceState(history.state, '', hash);
		route.set(parseRoute(hash));
	} else {
		location.hash = hash;
	}
}

export const href = (path, query, defaults) => formatRoute(path, query, defaults);

// Where each entry of the history was scrolled to is kept in it. A new entry has nothing there yet and begins at its top.
history.scrollRestoration = 'manual';
let settled;
addEventListener('scroll', () => {
	clearTimeout(settled);
	settled = setTimeout(() => history.replaceState({ ...history.state, y: Math.round(scrollY) }, ''), 150);
}, { passive: true });

/** Back to where the entry was left, as soon as there is enough content for it. Returns how to give it up. */
export function restorePlace() {
	const y = history.state?.y ?? 0;
	clearTimeout(settled);
	const end = Date.now() + 10_000; // a slow network, and whoever scrolls meanwhile is not held
	let timer;
	(function step() {
		scrollTo(0, y);
		if (Math.abs(scrollY - y) > 1 && Date.now() < end) timer = setTimeout(step, 40);
	})();
	const stop = () => clearTimeout(timer);
	for (const own of ['wheel', 'touchstart', 'pointerdown', 'keydown']) addEventListener(own, stop, { once: true, passive: true });
	return stop;
}
