import { createValue } from '../lib/emitter.js';

/** Notes at the corner: [{ id, tone, text }] */
export const toasts = createValue([]);
let next = 1;

/** Say something politely to those who listen; the last of several in a second is enough. */
let timer;
export function announce(text) {
	clearTimeout(timer);
	timer = setTimeout(() => { document.getElementById('announcer').textContent = text; }, 300);
}

export function dismiss(id) {
	toasts.set(toasts.get().filter((t) => t.id !== id));
}

/** A short note for eyes and ears. Failures stay until they are closed. */
export function notify(text, tone = 'good') {
	const id = next++;
	toasts.set([...toasts.get().slice(-3), { id, tone, text }]);
	announce(text);
	if (tone !== 'bad') setTimeout(() => dismiss(id), 6000);
}
