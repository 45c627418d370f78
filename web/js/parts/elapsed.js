import { useValue } from '../lib/emitter.js';
import { formatDuration, parseTime } from '../lib/format.js';
import { isActive } from '../lib/status.js';
import { now } from './time.js';

/** How long it ran, or has run so far. */
export function Elapsed({ experiment }) {
	const ms = useValue(now);
	if (experiment.duration_seconds !== null && experiment.duration_seconds !== undefined) return formatDuration(experiment.duration_seconds);
	const from = isActive(experiment.status) ? parseTime(experiment.started_at) : null;
	return formatDuration(from === null ? null : Math.max(0, Math.round((ms - from) / 1000)));
}
