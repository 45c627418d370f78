import { client } from '../app/client.js';
import { updates } from '../app/live.js';
import { session } from '../app/session.js';
import { formatPercent } from '../lib/format.js';
import { html, useEffect, useState } from '../lib/html.js';
import { withRound } from '../lib/update.js';
import { Sparkline } from './sparkline.js';

/** Rounds by experiment. Requests are counted by the hour: each run is read once, then live messages carry it on. */
const seen = new Map();
session.subscribe(() => seen.clear());
/** Leave this many requests of the hour for what the user asks for. */
const SPARE = 200;

updates.on('experiment_update', (update) => {
	const rounds = seen.get(update.experiment_id);
	if (rounds && update.round) seen.set(update.experiment_id, withRound(rounds, update.round));
});

/** Reads run one after another, so that a page of twenty does not come as a burst. */
let queue = Promise.resolve();
function read(id) {
	const job = queue.then(async () => {
		const left = client.rateLimit;
		if (left && left.remaining < SPARE) return null;
		const rounds = await client.experiments.allRounds(id);
		seen.set(id, rounds);
		return rounds;
	});
	queue = job.catch(() => {});
	return job;
}

export function RoundsSpark({ id, completed, accuracy, width = 96, height = 26 }) {
	const [, redraw] = useState(0);
	const rounds = seen.get(id);
	const enough = completed < 2 || (rounds && rounds.length >= completed);
	useEffect(() => {
		if (enough) return undefined;
		let here = true;
		read(id).then(() => here && redraw((n) => n + 1), () => {});
		return () => { here = false; };
	}, [id, enough]);
	const values = completed < 2 ? [] : (rounds ?? []).map((r) => r.accuracy);
	return html`<${Sparkline} values=${values} width=${width} height=${height} label=${`Accuracy by round, now ${formatPercent(accuracy)}`} />`;
}
