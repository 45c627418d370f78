// Reading what people type; pure. Every reader gives { value } or { error } in the words that the API uses.

/** One member of a scenario's configuration. */
export function readMember(text, member) {
	if (member.type === 'boolean') return { value: Boolean(text) };
	const trimmed = String(text).trim();
	if (member.type === 'string') {
		if (member.enum && !member.enum.includes(trimmed)) return { error: `Must be one of ${member.enum.join(', ')}` };
		return trimmed ? { value: trimmed } : { error: 'Must not be empty' };
	}
	const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : NaN;
	if (!Number.isFinite(value)) return { error: 'Must be a number' };
	if (member.type === 'integer' && !Number.isSafeInteger(value)) return { error: 'Must be a whole number' };
	if ((member.min !== undefined && value < member.min) || (member.max !== undefined && value > member.max)) return { error: limitsOf(member) };
	return { value };
}

export function limitsOf({ min, max }) {
	if (min !== undefined && max !== undefined) return `Must be between ${min} and ${max}`;
	return min !== undefined ? `Must be at least ${min}` : `Must be at most ${max}`;
}

/** All members, then the rules between them: { values, errors }. */
export function readMembers(texts, members, rules = []) {
	const values = {};
	const errors = {};
	for (const [name, member] of Object.entries(members)) {
		const read = readMember(texts[name] ?? '', member);
		if ('error' in read) errors[name] = read.error;
		else values[name] = read.value;
	}
	for (const { less_or_equal: [small, large], message } of rules) {
		if (!(small in errors) && values[small] > values[large]) errors[small] = message;
	}
	return { values, errors };
}

const BANDWIDTH = /^\d{1,12}(\.\d{1,6})? *(bps|kbps|Kbps|Mbps|Gbps)$/;
const LATENCY = /^\d{1,9}(\.\d{1,6})? *(us|ms|s)$/;

/** bandwidth_limit, latency, packet_loss as texts; empty is no limit. */
export function readNetwork(texts) {
	const values = { bandwidth_limit: null, latency: null, packet_loss: null };
	const errors = {};
	const bandwidth = texts.bandwidth_limit.trim();
	const latency = texts.latency.trim();
	if (bandwidth && !BANDWIDTH.test(bandwidth)) errors['network_settings.bandwidth_limit'] = 'Must be a number and bps, kbps, Mbps or Gbps, such as 10Mbps';
	else values.bandwidth_limit = bandwidth || null;
	if (latency && !LATENCY.test(latency)) errors['network_settings.latency'] = 'Must be a number and us, ms or s, such as 50ms';
	else values.latency = latency || null;
	if (texts.packet_loss.trim()) {
		const read = readMember(texts.packet_loss, { type: 'number', min: 0, max: 0.9 });
		if (read.error) errors['network_settings.packet_loss'] = read.error;
		else values.packet_loss = read.value;
	}
	return { values, errors };
}

/** 'a, b,, c' → ['a', 'b', 'c'] */
export const readList = (text) => [...new Set(text.split(/[,\n]/).map((t) => t.trim()).filter(Boolean))];

/** What one run cost, applied to another's numbers: null where the numbers are not known. */
export function estimateCost(configuration, past) {
	const { clients_per_round: wanted, rounds } = configuration;
	const had = past?.configuration;
	if (!past || !(past.rounds_completed > 0) || !had?.clients_per_round || !(wanted > 0) || !(rounds > 0)) return null;
	const perUpdate = past.communication_overhead_bytes / past.rounds_completed / had.clients_per_round;
	const work = (c) => c.clients_per_round * (c.local_epochs ?? 1) * ((c.train_samples ?? 1) / (c.clients ?? 1));
	const seconds = past.duration_seconds > 0 ? (past.duration_seconds / past.rounds_completed / work(had)) * work(configuration) * rounds : null;
	return { bytes: perUpdate * wanted * rounds, seconds, from: past.id };
}
