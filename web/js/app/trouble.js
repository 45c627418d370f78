import { createValue } from '../lib/emitter.js';

// What the tab's title and icon show when nobody looks: the worst of what is known.

/** { alerts, critical, health, stale } */
export const trouble = createValue({ alerts: 0, critical: 0, health: 'healthy', stale: false });
export const noteTrouble = (part) => {
	const before = trouble.get();
	if (Object.keys(part).some((k) => part[k] !== before[k])) trouble.set({ ...before, ...part });
};

let title = '';
let shownIcon = '';

export function iconOf({ alerts, critical, health, stale }) {
	if (stale) return 'away';
	if (critical > 0 || health === 'unhealthy') return 'bad';
	return alerts > 0 || health === 'degraded' ? 'warn' : 'well';
}

export function titleOf(page, { alerts, stale }) {
	return `${stale ? '(no connection) ' : alerts > 0 ? `(${alerts}) ` : ''}${page ? `${page} · ` : ''}FLOPY-NET`;
}

function show() {
	document.title = titleOf(title, trouble.get());
	const icon = iconOf(trouble.get());
	if (icon === shownIcon) return;
	shownIcon = icon;
	document.getElementById('icon').href = `icons/${icon}.svg`;
}
trouble.subscribe(show);

export function setTitle(page) {
	title = page;
	show();
}
