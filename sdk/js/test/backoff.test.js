import assert from 'node:assert/strict';
import test from 'node:test';
import { backoffMs, retryAfterSeconds, sleep } from '../src/backoff.js';

test('waits longer each time, between half and the whole, from one second to thirty', () => {
	assert.deepEqual([0, 1, 2, 3, 4, 5, 50].map((n) => backoffMs(n, () => 0)), [1000, 1000, 2000, 4000, 8000, 15000, 15000]);
	assert.deepEqual([0, 1, 2, 3, 4, 5, 50].map((n) => backoffMs(n, () => 0.9999999)), [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
});

test('Retry-After is a number, a date, or nothing', () => {
	const now = Date.parse('2026-01-01T00:00:00Z');
	const rows = [['5', 5], ['0', 0], ['-3', 0], ['2.5', 2.5], ['Thu, 01 Jan 2026 00:00:10 GMT', 10], ['Wed, 31 Dec 2025 00:00:00 GMT', 0], ['soon', null], ['', null], [null, null]];
	for (const [header, seconds] of rows) assert.equal(retryAfterSeconds(header, now), seconds, String(header));
});

test('a wait can be given up', async () => {
	const given = new AbortController();
	const waiting = sleep(60_000, given.signal);
	given.abort(new Error('enough'));
	await assert.rejects(waiting, /enough/);
	await assert.rejects(sleep(60_000, given.signal), /enough/);
});
