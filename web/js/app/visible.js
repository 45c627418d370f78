import { createValue } from '../lib/emitter.js';

/** Is the tab in view? A hidden one asks for nothing. */
export const visible = createValue(!document.hidden);
document.addEventListener('visibilitychange', () => visible.set(!document.hidden));
