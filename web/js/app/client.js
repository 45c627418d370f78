import { DashboardClient } from '../../vendor/flopy-net-client/index.js';

// Relative to the page, so that any path prefix works. Repetition is left to the resources, which show what they wait for.
export const client = new DashboardClient({ baseUrl: new URL('api/v1', document.baseURI).href, retries: 0, timeoutMs: 20_000 });
