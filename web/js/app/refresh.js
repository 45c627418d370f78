import { createValue } from '../lib/emitter.js';

/** What dashboard.refresh_interval makes of the page's intervals: 1 at its default of five seconds, 12 at a minute. */
export const stretch = createValue(1);
export const noteConfiguration = (config) => stretch.set(config.dashboard.refresh_interval / 5000);
