/** Client of the FLOPY-NET dashboard. @module flopy-net-client */
export { DashboardClient, idempotencyKey } from './client.js';
export { LiveConnection } from './live.js';
export { monitorExperiment } from './monitor.js';
export {
	ApiError, AuthenticationError, ConflictError, ForbiddenError, NetworkError, NotFoundError, PreconditionError, RateLimitError, UnavailableError, ValidationError,
} from './errors.js';
export { TERMINAL, isTerminal } from './states.js';
