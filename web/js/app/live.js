import { createEmitter, createValue } from '../lib/emitter.js';
import { client } from './client.js';
import { session, sessionLost } from './session.js';
import { visible } from './visible.js';

/** { state: 'connecting' | 'open' | 'lost', since, retryAt } */
export const liveState = createValue({ state: 'connecting', since: Date.now(), retryAt: null });

/** experiment_update, metrics_update, alert: the data of each message. resync: the past is gone, read anew. */
export const updates = createEmitter();

let connection = null;

// A hidden tab still learns what its title and icon show, but no samples.
const topics = () => (visible.get() ? ['experiments', 'metrics', 'alerts'] : ['experiments', 'alerts']);

function enter(state, info) {
	const before = liveState.get();
	const shown = state === 'open' ? 'open' : state === 'connecting' && before.state !== 'lost' ? 'connecting' : 'lost';
	liveState.set({ state: shown, since: shown === before.state ? before.since : Date.now(), retryAt: info.retryAt ?? null });
	if (state === 'closed' && info.code === 4401) sessionLost();
	if (shown === 'open' && before.state === 'lost') updates.emit('back');
}

function start() {
	connection?.close();
	connection = client.live({
		topics: topics(),
		onMessage: (message) => updates.emit(message.type, message.data),
		onResync: () => updates.emit('resync'),
		onState: enter,
	});
}

export const reconnectNow = () => connection?.reconnect();

session.subscribe((user) => {
	if (user) {
		start();
	} else {
		connection?.close();
		connection = null;
	}
});
visible.subscribe((now) => {
	connection?.subscribe(topics());
	if (now) reconnectNow();
});
addEventListener('online', reconnectNow);
