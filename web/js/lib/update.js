// What a live message changes in what the page has read; pure.

/** An experiment (of a list or in detail) after an experiment_update. */
export function applyUpdate(experiment, update) {
	const next = {
		...experiment,
		status: update.status ?? experiment.status,
		name: update.name ?? experiment.name,
		current_round: update.current_round,
		rounds_completed: update.rounds_completed,
		rounds_total: update.rounds_total ?? experiment.rounds_total,
		accuracy: update.accuracy,
		loss: update.loss,
		waiting_for: update.waiting_for,
		failure: update.failure,
		updated_at: update.at,
	};
	if (update.status !== experiment.status) next.status_since = update.at;
	if (experiment.accuracy_curve && update.round) next.accuracy_curve = withPoint(experiment.accuracy_curve, update.round);
	if (experiment.metrics) next.metrics = { ...experiment.metrics, current_round: update.current_round, global_accuracy: update.accuracy, global_loss: update.loss };
	if (experiment.clients && update.client) next.clients = withClient(experiment.clients, update.client);
	return next;
}

const CURVE_MAX = 80;
/** A curve, [[round, accuracy], …], with the point of a round that has just been completed; when there are too many, every other one goes. */
export function withPoint(curve, { round, accuracy }) {
	if (curve.length && curve.at(-1)[0] >= round) return curve;
	const next = [...curve, [round, accuracy]];
	return next.length <= CURVE_MAX ? next : next.filter((_, i) => i % 2 === 0 || i === next.length - 1);
}

/** Services by name after a sample of one of them: when it was asked last, and how quick it was. */
export function applySample(services, { service, metrics, at }) {
	const before = services?.[service];
	if (!before) return services;
	const quick = metrics?.response_time_ms;
	return { ...services, [service]: { ...before, last_check: at ?? before.last_check, stale: false, response_time_ms: typeof quick === 'number' ? quick : before.response_time_ms } };
}

/** A copy with `item` in the place of `removed` others. (Array.prototype.with and toSpliced are missing in Node 18, in which this is tested.) */
const placed = (list, at, removed, item) => [...list.slice(0, at), item, ...list.slice(at + removed)];

/** Clients by id, with one of them new or changed. */
export function withClient(clients, client) {
	const at = clients.findIndex((c) => c.id >= client.id);
	if (at < 0) return [...clients, client];
	return clients[at].id === client.id ? placed(clients, at, 1, { ...clients[at], ...client }) : placed(clients, at, 0, client);
}

/** Rounds in order, each once, with another one. */
export function withRound(rounds, round) {
	const last = rounds.at(-1);
	if (!last || last.round < round.round) return [...rounds, round];
	const at = rounds.findIndex((r) => r.round >= round.round);
	return placed(rounds, at, rounds[at].round === round.round ? 1 : 0, round);
}
