import { isTerminal } from './states.js';

/**
 * Follow one experiment: an iterator over its state, at once and at every change, that ends when the run has. Falls back on asking
 * every few seconds while there is no live connection.
 *
 *     for await (const e of client.experiments.monitor('exp_001')) console.log(e.current_round, e.accuracy);
 *
 * @param {import('./client.js').DashboardClient} client
 * @param {string} id
 * @param {{signal?: AbortSignal, pollMs?: number}} [options]
 * @returns {AsyncGenerator<any, void, void>}
 */
export async function* monitorExperiment(client, id, { signal, pollMs = 5000 } = {}) {
	let wake = () => {};
	let changed = true;
	const note = () => {
		changed = true;
		wake();
	};
	const live = client.live({ topics: ['experiments'], experimentIds: [id], onMessage: note, onResync: note, onState: (state) => state === 'open' && note() });
	signal?.addEventListener('abort', note);
	let shown = '';
	try {
		while (!signal?.aborted) {
			changed = false;
			const { experiment } = await client.experiments.get(id, { signal });
			const now = JSON.stringify([experiment.status, experiment.current_round, experiment.rounds_completed, experiment.accuracy, experiment.waiting_for]);
			if (now !== shown) {
				shown = now;
				yield experiment;
			}
			if (isTerminal(experiment.status)) return;
			if (changed) continue;
			await new Promise((resolve) => {
				const timer = live.state === 'open' ? undefined : setTimeout(resolve, pollMs);
				wake = () => {
					clearTimeout(timer);
					resolve(undefined);
				};
			});
		}
	} finally {
		signal?.removeEventListener('abort', note);
		live.close();
	}
}
