/** Statuses after which nothing more happens to a run. */
export const TERMINAL = Object.freeze(['completed', 'stopped', 'aborted', 'failed']);

/** @param {string} status */
export const isTerminal = (status) => TERMINAL.includes(status);
