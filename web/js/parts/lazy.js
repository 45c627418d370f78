import { html, useEffect, useState } from '../lib/html.js';
import { Bones, Failure } from './blank.js';

/** A component that is fetched when it is first needed: lazy(() => import('…')), of a module whose default it is. */
export function lazy(load, rows = 4) {
	let Body = null;
	return function Lazy(props) {
		const [error, setError] = useState(null);
		const [, redraw] = useState(0);
		const fetchIt = () => load().then((module) => { Body = module.default; setError(null); redraw((n) => n + 1); }, setError);
		useEffect(() => { if (!Body) fetchIt(); }, []);
		if (Body) return html`<${Body} ...${props} />`;
		return error ? html`<${Failure} error=${error} reload=${fetchIt} what="this part" />` : rows > 0 && html`<${Bones} rows=${rows} />`;
	};
}
