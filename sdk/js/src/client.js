import { Http } from './http.js';
import { LiveConnection } from './live.js';
import { monitorExperiment } from './monitor.js';

/**
 * @typedef {import('./http.js').QueryValue} QueryValue
 * @typedef {Record<string, QueryValue>} Query
 * @typedef {{signal?: AbortSignal}} Call
 * @typedef {Call & {idempotencyKey?: string}} CreateCall
 */

const part = encodeURIComponent;

/** A new Idempotency-Key. Never the same twice is enough: crypto.randomUUID is missing in pages without TLS and in Node 18. */
export const idempotencyKey = () => Array.from({ length: 4 }, () => Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, '0')).join('');

/** @param {CreateCall} call */
const createOptions = ({ signal, idempotencyKey: key }) => ({ signal, headers: { 'Idempotency-Key': key ?? idempotencyKey() } });

/** @param {Http} http */
function experimentCalls(http) {
	/** @param {string} id */
	const at = (id) => `/experiments/${part(id)}`;
	return {
		/** @param {Query} [query] status, active, scenario, q, curves, limit, offset, sort @param {Call} [call] */
		list: (query, call) => http.request('GET', '/experiments', { query, ...call }),
		/** @param {string} id @param {Call} [call] */
		get: (id, call) => http.request('GET', at(id), call),
		/** A repeated call with the same key makes one experiment. @param {object} body @param {CreateCall} [call] */
		create: (body, call = {}) => http.request('POST', '/experiments', { body, ...createOptions(call) }),
		/** @param {string} id @param {object} [body] what shall differ @param {CreateCall} [call] */
		clone: (id, body = {}, call = {}) => http.request('POST', `${at(id)}/clone`, { body, ...createOptions(call) }),
		/** Name, tags and notes. @param {string} id @param {object} body @param {Call} [call] */
		update: (id, body, call) => http.request('PATCH', at(id), { body, ...call }),
		/** @param {string} id @param {Call} [call] */
		delete: (id, call) => http.request('DELETE', at(id), call),
		/**
		 * Answers with the status that the engine has confirmed, or a transitional one when that takes longer.
		 * @param {string} id
		 * @param {'start'|'pause'|'resume'|'stop'|'abort'} action
		 * @param {{reason?: string, scheduledAt?: string}} [more]
		 * @param {Call} [call]
		 */
		control: (id, action, { reason, scheduledAt } = {}, call = {}) =>
			http.request('POST', `${at(id)}/control`, { body: { action, ...(reason ? { reason } : {}), ...(scheduledAt ? { scheduled_at: scheduledAt } : {}) }, ...call }),
		/** @param {string} id @param {Query} [query] @param {Call} [call] */
		rounds: (id, query, call) => http.request('GET', `${at(id)}/rounds`, { query, ...call }),
		/** All rounds after `after`, however many pages. @param {string} id @param {number} [after] @param {Call} [call] @returns {Promise<any[]>} */
		async allRounds(id, after = 0, call) {
			/** @type {any[]} */
			const all = [];
			for (;;) {
				const { rounds, total } = await http.request('GET', `${at(id)}/rounds`, { query: { after: all.length ? all[all.length - 1].round : after, limit: 100 }, ...call });
				all.push(...rounds);
				if (rounds.length < 100 || total <= rounds.length) return all;
			}
		},
		/** @param {string} id @param {Query} [query] @param {Call} [call] */
		clients: (id, query, call) => http.request('GET', `${at(id)}/clients`, { query, ...call }),
		/** @param {string} id @param {Query} [query] @param {Call} [call] */
		timeline: (id, query, call) => http.request('GET', `${at(id)}/timeline`, { query, ...call }),
		/** @param {string} id @param {Query} [query] @param {Call} [call] */
		logs: (id, query, call) => http.request('GET', `${at(id)}/logs`, { query, ...call }),
		/** @param {string} id @param {Query} [query] @param {Call} [call] */
		artifacts: (id, query, call) => http.request('GET', `${at(id)}/artifacts`, { query, ...call }),
		/** @param {string} id @param {string} name */
		artifactUrl: (id, name) => http.url(`${at(id)}/artifacts/${part(name)}`),
		/** The file itself, whichever way one is logged in. @param {string} id @param {string} name @param {Call} [call] @returns {Promise<Response>} */
		artifact: (id, name, call) => http.request('GET', `${at(id)}/artifacts/${part(name)}`, { as: 'response', ...call }),
		/** @param {string} id @param {'rounds'|'clients'} what @param {Call} [call] @returns {Promise<Response>} */
		csv: (id, what, call) => http.request('GET', `${at(id)}/${what}`, { query: { format: 'csv' }, as: 'response', ...call }),
		/** @param {string} id @param {'rounds'|'clients'} what */
		csvUrl: (id, what) => http.url(`${at(id)}/${what}`, { format: 'csv' }),
	};
}

/** @param {Http} http */
function healthCalls(http) {
	return {
		/** An unhealthy platform answers 503 with the same document: it is returned, not thrown. @param {Call} [call] */
		get: (call) => http.request('GET', '/health', call),
		/** @param {Call} [call] */
		dependencies: (call) => http.request('GET', '/health/dependencies', call),
		/** @param {string} service @param {Query} [query] @param {Call} [call] */
		history: (service, query, call) => http.request('GET', `/health/${part(service)}/history`, { query, ...call }),
	};
}

/** @param {Http} http */
function metricCalls(http) {
	return {
		/** @param {Query} [query] services, metrics, interval @param {Call} [call] */
		live: (query, call) => http.request('GET', '/metrics/live', { query, ...call }),
		/** @param {Query} query service, metric, from, to, step @param {Call} [call] */
		history: (query, call) => http.request('GET', '/metrics/history', { query, ...call }),
	};
}

/** @param {Http} http */
function configCalls(http) {
	/** @param {string|undefined} etag */
	const match = (etag) => (etag ? { headers: { 'If-Match': etag } } : {});
	return {
		/** The answer carries `etag`, to be given back with a change. @param {Call} [call] */
		get: (call) => http.request('GET', '/config', call),
		/** What can be set: path, type, default, limits, unit and a sentence of each member. @param {Call} [call] */
		settings: (call) => http.request('GET', '/config/settings', call),
		/** @param {object} body what shall change @param {{dryRun?: boolean, etag?: string}} [more] @param {Call} [call] */
		update: (body, { dryRun, etag } = {}, call = {}) => http.request('PUT', '/config', { body, query: { dry_run: dryRun || undefined }, ...match(etag), ...call }),
		/** @param {Query} [query] @param {Call} [call] */
		history: (query, call) => http.request('GET', '/config/history', { query, ...call }),
		/** @param {number} version @param {{dryRun?: boolean, etag?: string}} [more] @param {Call} [call] */
		revert: (version, { dryRun, etag } = {}, call = {}) => http.request('POST', '/config/revert', { body: { version }, query: { dry_run: dryRun || undefined }, ...match(etag), ...call }),
	};
}

/** @param {Http} http */
function alertCalls(http) {
	/** @param {string} [comment] */
	const body = (comment) => (comment ? { comment } : {});
	return {
		/** @param {Query} [query] severity, status, open, service, experiment_id, rule_id, from, to … @param {Call} [call] */
		list: (query, call) => http.request('GET', '/alerts', { query, ...call }),
		/** @param {string} id @param {Call} [call] */
		get: (id, call) => http.request('GET', `/alerts/${part(id)}`, call),
		/** @param {string} id @param {string} [comment] @param {Call} [call] */
		acknowledge: (id, comment, call) => http.request('POST', `/alerts/${part(id)}/acknowledge`, { body: body(comment), ...call }),
		/** @param {string} id @param {string} [comment] @param {Call} [call] */
		resolve: (id, comment, call) => http.request('POST', `/alerts/${part(id)}/resolve`, { body: body(comment), ...call }),
	};
}

/** @param {Http} http */
function ruleCalls(http) {
	return {
		/** @param {Query} [query] @param {Call} [call] */
		list: (query, call) => http.request('GET', '/alert-rules', { query, ...call }),
		/** @param {object} rule @param {{dryRun?: boolean}} [more] @param {Call} [call] */
		create: (rule, { dryRun } = {}, call = {}) => http.request('POST', '/alert-rules', { body: rule, query: { dry_run: dryRun || undefined }, ...call }),
		/** @param {string} id @param {object} rule @param {{dryRun?: boolean}} [more] @param {Call} [call] */
		replace: (id, rule, { dryRun } = {}, call = {}) => http.request('PUT', `/alert-rules/${part(id)}`, { body: rule, query: { dry_run: dryRun || undefined }, ...call }),
		/** @param {string} id @param {Call} [call] */
		delete: (id, call) => http.request('DELETE', `/alert-rules/${part(id)}`, call),
	};
}

/** The usual calls of a plain collection. @param {Http} http @param {string} path */
function collection(http, path) {
	return {
		/** @param {Query} [query] @param {Call} [call] */
		list: (query, call) => http.request('GET', path, { query, ...call }),
		/** @param {string} name @param {Call} [call] */
		get: (name, call) => http.request('GET', `${path}/${part(name)}`, call),
		/** @param {object} body @param {Call} [call] */
		create: (body, call) => http.request('POST', path, { body, ...call }),
		/** @param {string} name @param {object} body @param {Call} [call] */
		update: (name, body, call) => http.request('PATCH', `${path}/${part(name)}`, { body, ...call }),
		/** @param {string} name @param {Call} [call] */
		delete: (name, call) => http.request('DELETE', `${path}/${part(name)}`, call),
	};
}

/** @param {Http} http */
function authCalls(http) {
	return {
		/** @param {{username: string, password: string}|{token: string}} who @param {Call} [call] */
		login: (who, call) => http.request('POST', '/auth/login', { body: who, ...call }),
		/** @param {Call} [call] */
		logout: (call) => http.request('POST', '/auth/logout', call),
		/** @param {Call} [call] */
		me: (call) => http.request('GET', '/auth/me', call),
	};
}

/** Everything that the API can do. */
export class DashboardClient {
	/**
	 * @param {object} options
	 * @param {string} options.baseUrl such as http://localhost:3001/api/v1
	 * @param {string|null} [options.apiKey] a token; a page that has logged in needs none
	 * @param {number} [options.retries] how often what may be repeated is tried again (2)
	 * @param {number} [options.timeoutMs] for one request (30,000)
	 * @param {typeof fetch} [options.fetch]
	 * @param {any} [options.WebSocket] for runtimes that have none
	 */
	constructor({ baseUrl, apiKey = null, retries, timeoutMs, fetch: fetcher, WebSocket: Socket }) {
		const http = new Http(baseUrl, { apiKey, retries, timeoutMs, fetch: fetcher });
		this.http = http;
		this.WebSocket = Socket;
		this.experiments = {
			...experimentCalls(http),
			/** @param {string} id @param {{signal?: AbortSignal, pollMs?: number}} [options] */
			monitor: (id, options) => monitorExperiment(this, id, options),
		};
		this.health = healthCalls(http);
		this.metrics = metricCalls(http);
		this.config = configCalls(http);
		this.alerts = alertCalls(http);
		this.alertRules = ruleCalls(http);
		this.auth = authCalls(http);
		this.scenarios = collection(http, '/scenarios');
		this.engines = collection(http, '/engines');
		this.silences = collection(http, '/silences');
		this.tokens = collection(http, '/tokens');
		this.users = collection(http, '/users');
		this.notifications = {
			/** @param {Query} [query] @param {Call} [call] */
			list: (query, call) => http.request('GET', '/notifications', { query, ...call }),
			/** @param {'webhook'|'smtp'} [channel] @param {Call} [call] */
			test: (channel, call) => http.request('POST', '/notifications/test', { body: channel ? { channel } : {}, ...call }),
		};
	}

	/** Requests left in this hour, as the newest answer said; null where no limit is set. */
	get rateLimit() {
		return this.http.rateLimit;
	}

	/** @param {import('./live.js').LiveOptions} [options] */
	live(options = {}) {
		const url = new URL(this.http.baseUrl.replace(/\/api\/v1$/, '/ws/dashboard'), globalThis.location?.href);
		url.protocol = url.protocol.replace('http', 'ws');
		return new LiveConnection(url.href, { apiKey: this.http.apiKey, WebSocket: this.WebSocket, ...options });
	}
}
