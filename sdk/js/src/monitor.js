import { NotFoundError } from './errors.js';
import { isTerminal } from './states.js';

/**
 * A completed round, a new status, or a new reason to wait.
 * @typedef {object} Update
 * @property {string} experiment_id
 * @property {'round_completed'|'status'|'waiting_for'} change
 * @property {string} status
 * @property {number} current_round
 * @property {number} rounds_completed
 * @property {number} rounds_total
 * @property {number|null} accuracy
 * @property {number|null} loss
 * @property {string|null} at RFC 3339, UTC
 * @property {string|null} [failure]
 * @property {any} [waiting_for]
 */

/** Stands in the inbox for "something may have been missed: read the state". */
const REREAD = Object.freeze({ change: 'reread' });

/** What one experiment has told so far. Rounds are numbered: whatever is not the next one makes the list of rounds be read. */
class Progress {
	#round = 0;
	#status = '';

	/** @param {import('./client.js').DashboardClient} client @param {string} id @param {AbortSignal} [signal] */
	constructor(client, id, signal) {
		this.client = client;
		this.id = id;
		this.signal = signal;
	}

	get ended() {
		return isTerminal(this.#status) || this.#status === 'deleted';
	}

	/** Everything that happened since the last update. @returns {Promise<Update[]>} */
	async read() {
		const call = { signal: this.signal };
		/** @type {any} */ let now;
		try {
			({ experiment: now } = await this.client.experiments.get(this.id, call));
		} catch (error) {
			if (!(error instanceof NotFoundError) || this.#status === '') throw error;
			this.#status = 'deleted';
			return [];
		}
		/** @type {Update[]} */
		const updates = [];
		const common = { experiment_id: this.id, rounds_total: now.rounds_total };
		for (const r of await this.client.experiments.allRounds(this.id, this.#round, call)) {
			this.#round = r.round;
			updates.push({ ...common, change: 'round_completed', status: isTerminal(now.status) ? 'running' : now.status, current_round: r.round,
				rounds_completed: r.round, accuracy: r.accuracy, loss: r.loss, at: r.completed_at });
		}
		if (now.status !== this.#status) {
			this.#status = now.status;
			updates.push({ ...common, change: 'status', status: now.status, current_round: now.current_round, rounds_completed: now.rounds_completed,
				accuracy: now.accuracy, loss: now.loss, at: now.status_since, failure: now.failure, waiting_for: now.waiting_for });
		}
		return updates;
	}

	/** @param {any} data of a message @returns {Promise<Update[]>} */
	async take(data) {
		if (data.change === 'deleted') {
			this.#status = 'deleted';
		} else if (data.change === 'waiting_for') {
			return [data];
		} else if (data.change === 'round_completed' && data.rounds_completed === this.#round + 1) {
			this.#round = data.rounds_completed;
			return [{ ...data, current_round: data.rounds_completed }];
		} else if (data.change === 'status' && !isTerminal(data.status)) {
			if (data.status === this.#status) return [];
			this.#status = data.status;
			return [data];
		} else if (data === REREAD || data.change === 'status' || (data.change === 'round_completed' && data.rounds_completed > this.#round)) {
			return this.read();
		}
		return [];
	}
}

/**
 * Follow one experiment: every completed round once and in order, and every new status, until the run ends (or is deleted, or the signal is
 * aborted). Over the live connection; while there is none, by asking every pollMs.
 *
 *     for await (const u of client.experiments.monitor('exp_001')) console.log(u.current_round, u.accuracy, u.status);
 *
 * @param {import('./client.js').DashboardClient} client
 * @param {string} id
 * @param {{signal?: AbortSignal, pollMs?: number}} [options]
 * @returns {AsyncGenerator<Update, void, void>}
 */
export async function* monitorExperiment(client, id, { signal, pollMs = 5000 } = {}) {
	/** @type {any[]} */
	const inbox = [REREAD];
	let wake = () => {};
	/** @param {any} data */
	const put = (data) => {
		inbox.push(data);
		wake();
	};
	const live = client.live({
		topics: ['experiments'], experimentIds: [id],
		onMessage: (message) => message.type === 'experiment_update' && put(message.data),
		onResync: () => put(REREAD),
		onState: (state) => state === 'open' && put(REREAD),
	});
	const end = () => wake();
	signal?.addEventListener('abort', end);
	const progress = new Progress(client, id, signal);
	try {
		while (!signal?.aborted && !progress.ended) {
			if (inbox.length) {
				yield* await progress.take(inbox.shift());
				continue;
			}
			await new Promise((resolve) => {
				const timer = live.state === 'open' ? undefined : setTimeout(() => put(REREAD), pollMs);
				wake = () => {
					clearTimeout(timer);
					resolve(undefined);
				};
			});
		}
	} catch (error) {
		if (!signal?.aborted) throw error;
	} finally {
		signal?.removeEventListener('abort', end);
		live.close();
	}
}
