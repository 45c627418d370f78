// Addresses within the page: #/experiments/exp_001?tab=log. Everything behind the hash, so it works under any path prefix.

/** '#/experiments/exp_001?tab=log' → { path: ['experiments', 'exp_001'], query: { tab: 'log' } } */
export function parseRoute(hash) {
	const text = hash.replace(/^#\/?/, '');
	const cut = text.indexOf('?');
	const path = (cut < 0 ? text : text.slice(0, cut)).split('/').filter(Boolean).map(decode);
	const query = Object.fromEntries(new URLSearchParams(cut < 0 ? '' : text.slice(cut + 1)));
	return { path, query };
}

/** The opposite; members of the query that are empty, null or at their default are left out. */
export function formatRoute(path, query = {}, defaults = {}) {
	const parts = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) {
		if (value === undefined || value === null || value === '' || String(value) === String(defaults[name])) continue;
		parts.set(name, String(value));
	}
	const tail = parts.toString();
	return `#/${path.map(encodeURIComponent).join('/')}${tail ? `?${tail}` : ''}`;
}

function decode(part) {
	try {
		return decodeURIComponent(part);
	} catch {
		return part; // a stray % is only text
	}
}

/** A whole number of the query within limits, or the default. */
export function queryNumber(text, { min = 0, max = Number.MAX_SAFE_INTEGER, fallback = min } = {}) {
	const n = /^\d{1,15}$/.test(text ?? '') ? Number(text) : NaN;
	return n >= min && n <= max ? n : fallback;
}
