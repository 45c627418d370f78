import { backoffMs } from './backoff.js';

/**
 * @typedef {'experiments'|'metrics'|'alerts'} Topic
 * @typedef {'connecting'|'open'|'waiting'|'closed'} LiveState
 * @typedef {{id?: number, type: string, data: any}} Message
 * @typedef {object} LiveOptions
 * @property {Topic[]} [topics] default: all
 * @property {string[]} [experimentIds] default: all
 * @property {number} [interval] least seconds between two samples of the same service
 * @property {number} [since] replay what came after this id first
 * @property {string|null} [apiKey] sent as the first message; a page with a cookie needs none
 * @property {(message: Message) => void} [onMessage] experiment_update, metrics_update, alert, and what later versions add
 * @property {(lastId: number) => void} [onResync] part of the past is gone: read the state anew
 * @property {(state: LiveState, info: {code?: number, reason?: string, retryAt?: number}) => void} [onState]
 * @property {any} [WebSocket] default: the global one
 * @property {() => number} [random]
 */

const PING_EVERY_MS = 25_000;
const PONG_WITHIN_MS = 10_000;
/** After these the server does not want us back: a token, an origin, or our own mistake is to be mended first. */
const FINAL_CODES = [1003, 1008, 1009, 4401, 4403];

/** One live connection that comes back by itself and misses nothing: it resumes after the last message that it saw. */
export class LiveConnection {
	/** @type {any} */ #socket = null;
	/** @type {ReturnType<typeof setTimeout>|undefined} */ #timer;
	/** @type {ReturnType<typeof setTimeout>|undefined} */ #ping;
	#attempt = 0;
	#ended = false;

	/** @param {string} url ws://…/ws/dashboard @param {LiveOptions} [options] */
	constructor(url, options = {}) {
		this.url = url;
		this.options = options;
		this.topics = options.topics ?? ['experiments', 'metrics', 'alerts'];
		this.experimentIds = options.experimentIds ?? [];
		/** @type {number|undefined} */
		this.lastId = options.since;
		/** @type {LiveState} */
		this.state = 'connecting';
		this.#connect();
	}

	/** Replace what is subscribed. @param {Topic[]} topics @param {string[]} [experimentIds] */
	subscribe(topics, experimentIds = this.experimentIds) {
		this.topics = topics;
		this.experimentIds = experimentIds;
		if (this.state === 'open') this.#subscribe();
	}

	/** Try again at once instead of waiting. */
	reconnect() {
		if (this.#ended) {
			this.#ended = false;
		} else if (this.state !== 'waiting') {
			return;
		}
		clearTimeout(this.#timer);
		this.#attempt = 0;
		this.#connect();
	}

	close() {
		this.#ended = true;
		this.#drop();
		this.#enter('closed', { code: 1000 });
	}

	/** @param {LiveState} state @param {{code?: number, reason?: string, retryAt?: number}} [info] */
	#enter(state, info = {}) {
		this.state = state;
		this.options.onState?.(state, info);
	}

	#connect() {
		const Socket = this.options.WebSocket ?? globalThis.WebSocket;
		if (!Socket) {
			this.#ended = true;
			this.#enter('closed', { reason: 'This runtime has no WebSocket of its own: give one as an option' });
			return;
		}
		this.#enter('connecting');
		const socket = new Socket(this.url);
		this.#socket = socket;
		socket.onopen = () => {
			if (this.options.apiKey) this.#send({ action: 'authenticate', token: this.options.apiKey });
			this.#subscribe();
			this.#watch();
		};
		socket.onmessage = (/** @type {{data: unknown}} */ event) => this.#take(event.data);
		socket.onclose = (/** @type {{code: number, reason: string}} */ event) => {
			if (socket === this.#socket) this.#lost(event.code, event.reason);
		};
	}

	#subscribe() {
		/** @type {Record<string, unknown>} */
		const message = { action: 'subscribe', topics: this.topics, interval: this.options.interval ?? 5 };
		if (this.experimentIds.length) message.experiment_ids = this.experimentIds;
		if (this.lastId !== undefined) message.since = this.lastId;
		this.#send(message);
	}

	/** @param {unknown} message */
	#send(message) {
		if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message));
	}

	/** A connection that is dead without a word is found by a ping that nobody answers. */
	#watch() {
		clearTimeout(this.#ping);
		this.#ping = setTimeout(() => {
			this.#send({ action: 'ping' });
			this.#ping = setTimeout(() => {
				this.#drop();
				this.#lost(1006, 'no answer to a ping');
			}, PONG_WITHIN_MS);
		}, PING_EVERY_MS);
	}

	#drop() {
		clearTimeout(this.#timer);
		clearTimeout(this.#ping);
		const socket = this.#socket;
		this.#socket = null;
		socket?.close();
	}

	/** @param {number} code @param {string} reason */
	#lost(code, reason) {
		clearTimeout(this.#ping);
		this.#socket = null;
		if (this.#ended) return;
		if (FINAL_CODES.includes(code)) {
			this.#ended = true;
			this.#enter('closed', { code, reason });
			return;
		}
		const wait = backoffMs(code === 1013 ? Math.max(this.#attempt, 3) : this.#attempt, this.options.random);
		this.#attempt++;
		this.#timer = setTimeout(() => this.#connect(), wait);
		this.#enter('waiting', { code, reason, retryAt: Date.now() + wait });
	}

	/** @param {unknown} text */
	#take(text) {
		/** @type {Message} */ let message;
		try {
			message = JSON.parse(String(text));
		} catch {
			return;
		}
		if (!message || typeof message.type !== 'string') return;
		this.#watch();
		if (message.type === 'subscribed') {
			this.#attempt = 0;
			this.lastId ??= message.data?.last_id;
			if (this.state !== 'open') this.#enter('open');
		} else if (message.type === 'resync') {
			this.lastId = message.data?.last_id;
			this.options.onResync?.(message.data?.last_id);
		} else if (typeof message.id === 'number') {
			if (this.lastId !== undefined && message.id <= this.lastId) return; // seen before the connection was lost
			this.lastId = message.id;
			if (message.data && typeof message.data === 'object') this.options.onMessage?.(message);
		}
	}
}
