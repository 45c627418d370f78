// Pure parts of the page that experiments stand on.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { marksNear, marksOf, withAlerts } from '../../web/js/lib/chart_data.js';
import { sparkPath } from '../../web/js/lib/spark.js';
import { applySample, applyUpdate, withPoint } from '../../web/js/lib/update.js';

const web = fileURLToPath(new URL('../../web', import.meta.url));
const at = (s) => new Date(Date.UTC(2024, 0, 15, 10, 0, s)).toISOString();
const ROUNDS = [1, 2, 3, 4].map((round) => ({ round, started_at: at(round * 10 - 10), completed_at: at(round * 10), accuracy: round / 10 }));

test('alerts take their place among what happened', () => {
	const happened = withAlerts([{ event: 'experiment_started', timestamp: at(0), details: 'Started' }, { event: 'client_lost', timestamp: at(30), details: 'Lost' }], [{ created_at: at(15), title: 'Slow round' }]);
	assert.deepEqual(happened.map((h) => h.event), ['experiment_started', 'alert_opened', 'client_lost']);
	const marks = marksOf(happened, ROUNDS, 'round');
	assert.deepEqual(marks.map((m) => [m.kind, m.x]), [['state', 0], ['alert', 1.5], ['drop', 3]]);
	assert.deepEqual(marksNear(marks, [1, 2, 3, 4], 3).map((m) => m.text), ['Lost']);
	assert.deepEqual(marksNear(marks, [1, 2, 3, 4], 1).map((m) => m.kind), ['state', 'alert']);
});

test('a curve grows by a point a round, each once, and not without end', () => {
	let curve = [];
	for (let round = 1; round <= 500; round++) curve = withPoint(curve, { round, accuracy: round / 500 });
	assert.ok(curve.length <= 80 && curve.length > 30);
	assert.deepEqual(curve.at(-1), [500, 1]);
	assert.equal(withPoint(curve, { round: 500, accuracy: 0 }), curve);
});

test('a live message carries the curve of a list on, and leaves what has none alone', () => {
	const update = { status: 'running', current_round: 3, rounds_completed: 3, accuracy: 0.3, loss: 1, waiting_for: null, failure: null, at: at(30), round: { round: 3, accuracy: 0.3 } };
	assert.deepEqual(applyUpdate({ status: 'running', accuracy_curve: [[1, 0.1], [2, 0.2]] }, update).accuracy_curve, [[1, 0.1], [2, 0.2], [3, 0.3]]);
	assert.ok(!('accuracy_curve' in applyUpdate({ status: 'running' }, update)));
});

test('a small line keeps the distances of its points', () => {
	assert.equal(sparkPath([0, 1, 1], 100, 10, null, [1, 2, 5]), 'M0.0 10.0L25.0 0.0L100.0 0.0');
	assert.equal(sparkPath([0, null, 1], 100, 10), 'M0.0 10.0M100.0 0.0');
	assert.equal(sparkPath([null, NaN], 100, 10), '');
});

test('a sample says when a service was asked and how quick it was; of one that is not shown it says nothing', () => {
	const services = { redis: { status: 'connected', last_check: at(1), stale: true, response_time_ms: 5 } };
	assert.deepEqual(applySample(services, { service: 'redis', at: at(9), metrics: { response_time_ms: 2 } }).redis, { status: 'connected', last_check: at(9), stale: false, response_time_ms: 2 });
	assert.equal(applySample(services, { service: 'redis', at: at(9), metrics: {} }).redis.response_time_ms, 5);
	assert.equal(applySample(services, { service: 'other', at: at(9), metrics: {} }), services);
});

/** Modules that one imports at once, and what those import. */
function graphOf(file, seen = new Set()) {
	for (const [, from] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b[^'"]*from '(\.[^']+)';/gm)) {
		const next = resolve(dirname(file), from);
		if (seen.has(next)) continue;
		seen.add(next);
		if (!next.endsWith('htm-preact.js')) graphOf(next, seen);
	}
	return seen;
}

test('what every page needs is asked for at once, not one import after another', { skip: !existsSync(resolve(web, 'vendor')) && 'the libraries are not there' }, () => {
	const wanted = [...graphOf(resolve(web, 'js/main.js'))].map((file) => file.slice(web.length + 1)).sort();
	const asked = [...readFileSync(resolve(web, 'index.html'), 'utf8').matchAll(/rel="modulepreload" href="([^"]+)"/g)].map((m) => m[1]).sort();
	assert.deepEqual(asked, wanted);
});
