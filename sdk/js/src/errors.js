/**
 * What the API refused. `details` names the fields (or, for a conflict, the facts); `retryAfter` is in seconds.
 */
export class ApiError extends Error {
	/**
	 * @param {number} status HTTP status
	 * @param {{code?: string, message?: string, details?: Record<string, string>, retry_after?: number, request_id?: string|null}} error
	 */
	constructor(status, error) {
		super(error.message || `The server answered with status ${status}.`);
		this.name = new.target.name;
		this.status = status;
		this.code = error.code || 'UNKNOWN';
		/** @type {Record<string, string>} */
		this.details = error.details || {};
		/** @type {number|null} */
		this.retryAfter = error.retry_after ?? null;
		/** @type {string|null} */
		this.requestId = error.request_id ?? null;
	}
}

export class ValidationError extends ApiError {}
export class AuthenticationError extends ApiError {}
export class ForbiddenError extends ApiError {}
export class NotFoundError extends ApiError {}
export class ConflictError extends ApiError {}
export class PreconditionError extends ApiError {}
export class RateLimitError extends ApiError {}
export class UnavailableError extends ApiError {}

/** There was no answer: no connection, or not in time. Whether the request was carried out is not known. */
export class NetworkError extends Error {
	/** @param {string} message @param {unknown} [cause] */
	constructor(message, cause) {
		super(message, { cause });
		this.name = 'NetworkError';
	}
}

/** @type {Record<number, typeof ApiError>} */
const kinds = {
	400: ValidationError, 401: AuthenticationError, 403: ForbiddenError, 404: NotFoundError, 409: ConflictError, 412: PreconditionError,
	429: RateLimitError, 502: UnavailableError, 503: UnavailableError, 504: UnavailableError,
};

/**
 * The error for an answer whose body may be anything (a proxy's page, say).
 * @param {number} status
 * @param {unknown} body
 * @param {number|null} retryAfter of the header, in seconds
 */
export function errorOf(status, body, retryAfter) {
	const given = body && typeof body === 'object' && 'error' in body ? body.error : null;
	const error = given && typeof given === 'object' ? { .../** @type {any} */ (given) } : {};
	if (retryAfter !== null) error.retry_after = retryAfter; // the header is the nearer word
	const Kind = kinds[status] || ApiError;
	return new Kind(status, error);
}
