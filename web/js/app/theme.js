import { createValue } from '../lib/emitter.js';

const KEY = 'flopynet.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

/** 'system', 'light' or 'dark' */
export const theme = createValue(document.documentElement.dataset.theme ?? 'system');
/** Counts up when the colours in force change: what draws on a canvas draws anew. */
export const colours = createValue(0);

export function setTheme(next) {
	if (next === 'system') delete document.documentElement.dataset.theme;
	else document.documentElement.dataset.theme = next;
	try {
		if (next === 'system') localStorage.removeItem(KEY);
		else localStorage.setItem(KEY, next);
	} catch { /* storage may be forbidden: it lasts until the reload */ }
	theme.set(next);
	colours.set(colours.get() + 1);
}
dark.addEventListener('change', () => colours.set(colours.get() + 1));

let probe;
/** The colour that a custom property stands for just now, for a canvas. */
export function colour(name) {
	probe ??= document.body.appendChild(Object.assign(document.createElement('i'), { hidden: true }));
	probe.style.color = `var(${name})`;
	return getComputedStyle(probe).color;
}
