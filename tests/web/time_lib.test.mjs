// Labels of a time axis in a zone that changes its clocks: node --test.
import assert from 'node:assert/strict';
import test from 'node:test';

process.env.TZ = 'America/New_York';
const { timeTicks, zoneName } = await import('../../web/js/lib/time_ticks.js');

const at = (text) => Date.parse(text) / 1000;
const hours = (from, n) => Array.from({ length: n }, (_, i) => at(from) + 3600 * i);

test('the first tick of a day says which day it is', () => {
	const labels = timeTicks(hours('2024-01-16T03:00:00Z', 4), 3600); // 22:00 to 01:00
	assert.match(labels[0], /10:00/);
	assert.match(labels[2], /16/);
	assert.doesNotMatch(labels[2], /:/);
	assert.match(labels[3], /1:00|01:00/);
	assert.deepEqual(timeTicks([], 3600), []);
	assert.match(timeTicks([at('2024-01-15T15:00:05Z')], 5)[0], /10:00:05/);
	assert.match(timeTicks([at('2024-01-15T15:00:00Z')], 86_400)[0], /15/);
});

test('no hour is lost or doubled without being told apart', () => {
	const spring = timeTicks(hours('2024-03-10T05:30:00Z', 4), 3600); // 00:30, 01:30, 03:30, 04:30: there is no 02:30
	assert.deepEqual(spring.map((l) => Number(l.match(/(\d+):/)[1]) % 12), [0, 1, 3, 4]);
	assert.equal(zoneName(new Date('2024-01-15T12:00:00Z')), 'UTC−5');
	assert.equal(zoneName(new Date('2024-07-15T12:00:00Z')), 'UTC−4');
});
