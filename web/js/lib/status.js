// One table for every state there is: its word, its tone (colour) and its shape. A state that is not known yet is shown as it is called.

const of = (tone, icon, word, more) => ({ tone, icon, word, ...more });

const EXPERIMENT = {
	created: of('idle', 'ring', 'Created'),
	queued: of('idle', 'clock', 'Queued'),
	starting: of('busy', 'turn', 'Starting', { turning: true }),
	running: of('busy', 'play', 'Running'),
	pausing: of('busy', 'turn', 'Pausing', { turning: true }),
	paused: of('warn', 'pause', 'Paused'),
	resuming: of('busy', 'turn', 'Resuming', { turning: true }),
	stopping: of('busy', 'turn', 'Stopping', { turning: true }),
	aborting: of('busy', 'turn', 'Aborting', { turning: true }),
	completed: of('good', 'check', 'Completed'),
	stopped: of('good', 'square', 'Stopped'),
	aborted: of('idle', 'slash', 'Aborted'),
	failed: of('bad', 'cross', 'Failed'),
};

const SERVICE = {
	healthy: of('good', 'check', 'Healthy'),
	connected: of('good', 'check', 'Connected'),
	running: of('good', 'check', 'Running'),
	degraded: of('warn', 'triangle', 'Degraded'),
	unhealthy: of('bad', 'cross', 'Unhealthy'),
	disconnected: of('bad', 'cross', 'Disconnected'),
	unknown: of('idle', 'question', 'Unknown'),
	not_configured: of('idle', 'ring', 'Not configured'),
};

const ALERT = { active: of('bad', 'bell', 'Active'), acknowledged: of('busy', 'eye', 'Acknowledged'), resolved: of('good', 'check', 'Resolved') };
const SEVERITY = { critical: of('bad', 'cross', 'Critical'), warning: of('warn', 'triangle', 'Warning'), info: of('busy', 'info', 'Info') };
const CLIENT = {
	idle: of('idle', 'ring', 'Idle'), training: of('busy', 'play', 'Training'), transferring: of('busy', 'arrows', 'Transferring'),
	finished: of('good', 'check', 'Finished'), lost: of('bad', 'cross', 'Lost'),
};
const DELIVERY = { pending: of('busy', 'clock', 'Pending'), sent: of('good', 'check', 'Sent'), dropped: of('bad', 'cross', 'Dropped') };
const TOKEN = { active: of('good', 'check', 'Active'), expired: of('idle', 'clock', 'Expired'), revoked: of('bad', 'slash', 'Revoked') };
const POLICY = { verified: of('good', 'check', 'Verified'), unverified: of('idle', 'question', 'Unverified'), unknown: of('warn', 'triangle', 'Not known') };

const TABLES = { experiment: EXPERIMENT, service: SERVICE, alert: ALERT, severity: SEVERITY, client: CLIENT, delivery: DELIVERY, token: TOKEN, policy: POLICY };

export function stateOf(kind, name) {
	return TABLES[kind]?.[name] ?? of('idle', 'question', String(name ?? 'unknown').replaceAll('_', ' '));
}

export const EXPERIMENT_STATUSES = Object.keys(EXPERIMENT);
export const ACTIVE = ['starting', 'running', 'pausing', 'paused', 'resuming', 'stopping', 'aborting'];
export const TRANSITIONAL = ['starting', 'pausing', 'resuming', 'stopping', 'aborting'];
export const isActive = (status) => ACTIVE.includes(status);
export const isTransitional = (status) => TRANSITIONAL.includes(status);

/** What an action is called, and what it does. */
export const ACTIONS = {
	start: { label: 'Start', icon: 'play', main: true, hint: 'The run begins, or is queued when all places are taken.' },
	resume: { label: 'Resume', icon: 'play', main: true, hint: 'Training goes on where it was paused.' },
	pause: { label: 'Pause', icon: 'pause', hint: 'Training halts within a batch and can go on later.' },
	stop: { label: 'Stop', icon: 'square', ends: true, hint: 'The run ends after the current round and keeps the model.' },
	abort: { label: 'Abort', icon: 'slash', ends: true, danger: true, hint: 'The run ends now; the current round is lost.' },
};

/** What each role may, for who gives it. */
export const ROLES = [['viewer', 'Viewer: reads everything'], ['operator', 'Operator: also experiments, alerts and rules'], ['admin', 'Administrator: also configuration, tokens and users']];

const ORDER = { unhealthy: 3, disconnected: 3, degraded: 2, unknown: 1 };
/** Worst first, for what deserves a look. */
export const badness = (status) => ORDER[status] ?? 0;
