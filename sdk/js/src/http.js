import { backoffMs, retryAfterSeconds, sleep } from './backoff.js';
import { ApiError, errorOf, NetworkError } from './errors.js';

/**
 * @typedef {string|number|boolean|readonly (string|number)[]|null|undefined} QueryValue
 * @typedef {{query?: Record<string, QueryValue>, body?: unknown, headers?: Record<string, string>, signal?: AbortSignal, as?: 'json'|'text'|'response'}} Options
 * @typedef {{limit: number, remaining: number, resetsAt: number}} RateLimit resetsAt in Unix milliseconds
 */

/** Longest time that a server's Retry-After keeps a call waiting; a longer one is handed to the caller as the error. */
const RETRY_WAIT_MAX_S = 30;

/** @param {Record<string, QueryValue>} query */
export function queryString(query) {
	const parts = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) {
		if (value === undefined || value === null || value === '') continue;
		parts.append(name, Array.isArray(value) ? value.join(',') : String(value));
	}
	const text = parts.toString();
	return text ? `?${text}` : '';
}

/** Requests to one API: token, errors, repetition. */
export class Http {
	/**
	 * @param {string} baseUrl such as http://localhost:3001/api/v1
	 * @param {{apiKey?: string|null, retries?: number, timeoutMs?: number, fetch?: typeof fetch, random?: () => number}} [options]
	 */
	constructor(baseUrl, { apiKey = null, retries = 2, timeoutMs = 30_000, fetch: fetcher = globalThis.fetch, random = Math.random } = {}) {
		this.baseUrl = baseUrl.replace(/\/+$/, '');
		this.apiKey = apiKey;
		this.retries = retries;
		this.timeoutMs = timeoutMs;
		this.fetch = fetcher.bind(globalThis);
		this.random = random;
		/** @type {RateLimit|null} of the newest answer */
		this.rateLimit = null;
	}

	/** @param {string} path @param {Record<string, QueryValue>} [query] */
	url(path, query = {}) {
		return this.baseUrl + path + queryString(query);
	}

	/**
	 * Repeats what may be repeated: reads, PUT and DELETE, and a POST that carries an Idempotency-Key.
	 * @param {string} method
	 * @param {string} path
	 * @param {Options} [options]
	 * @returns {Promise<any>}
	 */
	async request(method, path, options = {}) {
		const repeatable = method !== 'POST' && method !== 'PATCH' || Boolean(options.headers?.['Idempotency-Key']);
		for (let attempt = 0; ; attempt++) {
			try {
				return await this.#once(method, path, options);
			} catch (error) {
				const wait = repeatable && attempt < this.retries ? this.#waitMs(error, attempt) : null;
				if (wait === null || options.signal?.aborted) throw error;
				await sleep(wait, options.signal);
			}
		}
	}

	/** @param {unknown} error @param {number} attempt @returns {number|null} null: it is not worth another try */
	#waitMs(error, attempt) {
		if (error instanceof NetworkError) return backoffMs(attempt, this.random);
		if (!(error instanceof ApiError) || ![429, 502, 503, 504].includes(error.status)) return null;
		if (error.retryAfter === null) return backoffMs(attempt, this.random);
		return error.retryAfter <= RETRY_WAIT_MAX_S ? Math.max(error.retryAfter * 1000, 100) : null;
	}

	/** @param {string} method @param {string} path @param {Options} options */
	async #once(method, path, { query, body, headers = {}, signal, as = 'json' }) {
		// Node 18 has no AbortSignal.any.
		const ended = new AbortController();
		let late = false;
		const timer = setTimeout(() => {
			late = true;
			ended.abort();
		}, this.timeoutMs);
		const leave = () => ended.abort(signal?.reason);
		if (signal?.aborted) leave();
		signal?.addEventListener('abort', leave);
		const init = /** @type {RequestInit} */ ({
			method,
			headers: { Accept: as === 'json' ? 'application/json' : '*/*', ...headers },
			credentials: 'same-origin',
			redirect: 'error',
			signal: ended.signal,
		});
		const sent = /** @type {Record<string, string>} */ (init.headers);
		if (this.apiKey) sent.Authorization = `Bearer ${this.apiKey}`;
		if (body !== undefined) {
			sent['Content-Type'] = 'application/json';
			init.body = JSON.stringify(body);
		}
		/** @type {Response} */ let response;
		/** @type {string} */ let text;
		try {
			response = await this.fetch(this.url(path, query), init);
			this.#noteRateLimit(response);
			if (as === 'response' && response.ok) return response;
			text = await response.text();
		} catch (error) {
			if (signal?.aborted) throw signal.reason;
			throw new NetworkError(late ? 'The server did not answer in time.' : 'The server cannot be reached.', error);
		} finally {
			clearTimeout(timer);
			if (as !== 'response') signal?.removeEventListener('abort', leave); // a body that is still to be read can be given up
		}
		if (response.ok && as === 'text') return text;
		const parsed = parse(text);
		if (response.ok) {
			if (parsed === undefined && text !== '') throw new NetworkError('The answer is not what this API says: not JSON.');
			const etag = response.headers.get('ETag');
			if (etag && parsed && typeof parsed === 'object') Object.defineProperty(parsed, 'etag', { value: etag });
			return parsed;
		}
		// An unhealthy platform says so with 503 and the whole document: that is an answer.
		if (response.status === 503 && path === '/health' && parsed && typeof parsed === 'object' && 'services' in parsed) return parsed;
		throw errorOf(response.status, parsed, retryAfterSeconds(response.headers.get('Retry-After'), Date.now()));
	}

	/** @param {Response} response */
	#noteRateLimit(response) {
		const limit = response.headers.get('X-RateLimit-Limit');
		if (limit === null) return;
		this.rateLimit = {
			limit: Number(limit),
			remaining: Number(response.headers.get('X-RateLimit-Remaining')),
			resetsAt: Number(response.headers.get('X-RateLimit-Reset')) * 1000,
		};
	}
}

/** @param {string} text @returns {unknown} undefined when it is not JSON */
function parse(text) {
	try {
		return text === '' ? undefined : JSON.parse(text);
	} catch {
		return undefined;
	}
}
