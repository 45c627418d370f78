// Numbers, sizes, times as people read them. Pure; null and what is not finite is a dash, never NaN.

export const DASH = '–';

/** Is there a number to show? */
export const known = (value) => typeof value === 'number' && Number.isFinite(value);

const plain = new Intl.NumberFormat(undefined, { maximumFractionDigits: 3 });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });

export const formatInteger = (value) => (known(value) ? whole.format(value) : DASH);
export const formatNumber = (value) => (known(value) ? (value !== 0 && Math.abs(value) < 0.001 ? value.toPrecision(2) : plain.format(value)) : DASH);

/** A fraction as a percentage with a fixed number of digits, so that columns line up. */
export const formatPercent = (value, digits = 1) => (known(value) ? `${(value * 100).toFixed(digits)} %` : DASH);

/** Three or four significant digits; the width hardly changes while it falls. */
export function formatLoss(value) {
	if (!known(value)) return DASH;
	const size = Math.abs(value);
	if (size !== 0 && (size >= 10_000 || size < 0.0001)) return value.toExponential(2);
	return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 4);
}

const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];
export function formatBytes(value) {
	if (!known(value)) return DASH;
	let unit = 0;
	while (Math.abs(value) >= 999.5 && unit < BYTE_UNITS.length - 1) {
		value /= 1000;
		unit++;
	}
	return `${unit === 0 || Math.abs(value) >= 99.5 ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

export function formatMs(ms) {
	if (!known(ms)) return DASH;
	if (ms < 9.95) return `${ms.toFixed(1)} ms`;
	if (ms < 1000) return `${Math.round(ms)} ms`;
	return formatDuration(ms / 1000);
}

/** 4.2 s, 12 s, 3 min 05 s, 2 h 04 min, 3 d 4 h */
export function formatDuration(seconds) {
	if (!known(seconds)) return DASH;
	if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
	const s = Math.round(seconds);
	if (s < 60) return `${s} s`;
	if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, '0')} s`;
	if (s < 86_400) return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`;
	return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

/** Milliseconds of an API time, or null. */
export function parseTime(text) {
	const ms = typeof text === 'string' ? Date.parse(text) : NaN;
	return Number.isNaN(ms) ? null : ms;
}

const sameDay = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const otherDay = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
const otherYear = new Intl.DateTimeFormat(undefined, { year: 'numeric', month: 'short', day: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });

/** Local time, as much of it as is needed to know when that was. */
export function formatTime(text, now = Date.now()) {
	const ms = parseTime(text);
	if (ms === null) return DASH;
	const then = new Date(ms);
	const today = new Date(now);
	if (then.toDateString() === today.toDateString()) return sameDay.format(then);
	return (Math.abs(now - ms) < 300 * 86_400_000 ? otherDay : otherYear).format(then);
}

/** For the hover: UTC first, then local with its zone. */
export function formatTimeFully(text) {
	const ms = parseTime(text);
	return ms === null ? '' : `${new Date(ms).toISOString().replace('T', ' ').replace('.000Z', 'Z').replace('Z', ' UTC')}\n${full.format(new Date(ms))}`;
}

/** just now, 12 s ago, 5 min ago, in 3 min */
export function formatAgo(text, now = Date.now()) {
	const ms = parseTime(text);
	if (ms === null) return DASH;
	const seconds = Math.round((now - ms) / 1000);
	const size = Math.abs(seconds);
	if (size < 3) return 'just now';
	const words = size < 60 ? `${size} s` : size < 3600 ? `${Math.floor(size / 60)} min` : size < 86_400 ? `${Math.floor(size / 3600)} h` : `${Math.floor(size / 86_400)} d`;
	return seconds >= 0 ? `${words} ago` : `in ${words}`;
}

/** experiment_started → Experiment started */
export function words(name) {
	const text = String(name).replaceAll('_', ' ');
	return text.charAt(0).toUpperCase() + text.slice(1);
}

const NAMES = { fl_server: 'FL server', policy_engine: 'Policy engine', collector: 'Collector', sdn: 'SDN controller', influxdb: 'InfluxDB', redis: 'Redis', mongodb: 'MongoDB', dashboard: 'This dashboard', cpu_usage: 'CPU', memory_usage: 'Memory', memory_percent: 'Memory share', response_time_ms: 'Response time', throughput_bytes_per_s: 'Throughput', up: 'Reachable', uptime_seconds: 'Uptime', operations_per_s: 'Operations per second', store_bytes: 'Store', wal_bytes: 'Write-ahead log', store_used_percent: 'Store used', monitor_lag_ms: 'Monitor lag' };
export const titleOf = (name) => NAMES[name] ?? words(name);

export const plural = (n, one, many = `${one}s`) => `${formatInteger(n)} ${n === 1 ? one : many}`;
