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
