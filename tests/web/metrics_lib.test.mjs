// The pure part of the page's metrics: node --test.
import assert from 'node:assert/strict';
import test from 'node:test';
import { lonePoints } from '../../web/js/lib/chart_data.js';
import * as m from '../../web/js/lib/metrics.js';

const point = (t, value, n = 1) => ({ t, value, min: value, max: value, n });

test('a range of the address', () => {
	assert.deepEqual(m.readRange({}), { name: '1h', from: null, to: null, seconds: 3600, step: 10 });
	assert.equal(m.readRange({ range: '30d' }).step, 21_600);
	const custom = { range: 'custom', from: '2024-01-15T10:00:00Z', to: '2024-01-15T10:10:00Z' };
	assert.deepEqual(m.readRange(custom), { name: 'custom', from: 1705312800, to: 1705313400, seconds: 600, step: 5 });
	for (const wrong of [{ range: 'toString' }, { range: '' }, { ...custom, to: custom.from }, { ...custom, from: 'yesterday' }, { ...custom, from: '1024-01-01' }]) assert.equal(m.readRange(wrong).name, '1h', JSON.stringify(wrong));
});

test('a window moves on whole steps, and never has too many points', () => {
	const range = m.readRange({ range: '15m' });
	assert.deepEqual(m.spanOf(range, 1_000_000_001), [999_105, 1_000_005]);
	assert.equal(m.isLive(range, 0), true);
	const custom = m.readRange({ range: 'custom', from: '2024-01-15T10:00:00Z', to: '2024-01-15T10:10:00Z' });
	assert.deepEqual(['09:59', '10:00', '10:10', '10:11'].map((t) => m.isLive(custom, Date.parse(`2024-01-15T${t}:00Z`))), [false, true, true, false]);
	assert.deepEqual(m.spanOf(custom, 0), [custom.from, custom.to]);
	for (const [name, [seconds]] of Object.entries(m.RANGES)) {
		const { step } = m.readRange({ range: name });
		assert.ok(seconds / step <= 400 && seconds / step >= 100, name);
		const [from, to] = m.spanOf(m.readRange({ range: name }), Date.now());
		assert.ok(to * 1000 >= Date.now() && to % step === 0 && to - from === seconds, name);
	}
});

test('names of the address', () => {
	assert.deepEqual(m.readNames('redis.lab_2.redis', 8), ['redis', 'lab_2']);
	for (const text of [undefined, '', '-', '<b>', '../x', 'A', '__proto__']) assert.deepEqual(m.readNames(text, 8), [], text);
	assert.equal(m.readNames('a.b.c', 2).length, 2);
});

test('what a service offers', () => {
	const redis = { status: 'healthy', title: null, observed_at: '2024-01-15T10:00:00Z', stale: false, cpu_usage: 0.5, memory_usage: 12, memory_percent: null, response_time_ms: 0.3, throughput: '1MB/s', role: 'master' };
	assert.deepEqual(m.metricsOf(redis), ['cpu_usage', 'memory_usage', 'response_time_ms', 'up']);
	// While it is down it keeps what it usually has, and what it had.
	assert.deepEqual(m.metricsOf({ status: 'unhealthy', cpu_usage: null, memory_percent: null, response_time_ms: null }, ['hits']), ['cpu_usage', 'response_time_ms', 'hits', 'up']);
	const after = m.withMetrics(redis, { status: 'unhealthy', metrics: { up: 0 }, at: '2024-01-15T10:00:05Z' });
	assert.deepEqual([after.cpu_usage, after.up, after.status, after.observed_at, after.role], [null, 0, 'unhealthy', '2024-01-15T10:00:05Z', 'master']);
	assert.deepEqual(['zeta', 'up', 'alpha', 'cpu_usage'].sort(m.byWeight), ['cpu_usage', 'up', 'alpha', 'zeta']);
});

test('values and labels of an axis', () => {
	assert.equal(m.formatMetric('memory_usage', 12.4), '12.4 MB');
	assert.equal(m.formatMetric('cpu_usage', 0), '0.0 %');
	assert.equal(m.formatMetric('up', 0.9444), '94.4 %');
	assert.equal(m.formatMetric('throughput_bytes_per_s', 15e6), '15.0 MB/s');
	for (const nothing of [null, undefined, NaN, Infinity, '5']) assert.equal(m.formatMetric('cpu_usage', nothing), '–');
	assert.deepEqual(m.formatTicks('memory_usage', [3.8, 3.85, 3.9]), ['3.80 MB', '3.85 MB', '3.90 MB']);
	assert.deepEqual(m.formatTicks('response_time_ms', [0, 500, 1000, 1500]), ['0.0 s', '0.5 s', '1.0 s', '1.5 s']);
	assert.deepEqual(m.formatTicks('store_bytes', [0, 2e6]), ['0 MB', '2 MB']);
	assert.deepEqual(m.formatTicks('queue_size', []), []);
	for (const metric of ['cpu_usage', 'connected_clients']) assert.deepEqual(m.rangeOf(metric)(40, 50)[0], 0);
	assert.deepEqual(m.rangeOf('cpu_usage')(0, 0), [0, 1]);
	assert.equal(m.rangeOf('metrics_processed'), null);
});

test('points of an answer', () => {
	const got = m.readPoints([{ timestamp: '2024-01-15T10:00:00Z', value: 1, min: 0, max: 2, samples: 3 }, { timestamp: '2024-01-15T10:00:05Z', value: null, min: null, max: null, samples: 1 }, { timestamp: 'x', value: 1 }]);
	assert.deepEqual(got, [{ t: 1705312800, value: 1, min: 0, max: 2, n: 3 }]);
});

test('a sample goes into its step', () => {
	let points = m.withSample([], 101, 4, 10);
	assert.deepEqual(points, [{ t: 100, value: 4, min: 4, max: 4, n: 1 }]);
	points = m.withSample(points, 109.9, 8, 10);
	assert.deepEqual(points, [{ t: 100, value: 6, min: 4, max: 8, n: 2 }]);
	points = m.withSample(points, 110, 1, 10);
	assert.equal(points.length, 2);
	assert.equal(m.withSample(points, 105, 9, 10), points, 'what is older than the last step is known already');
	for (const nothing of [null, NaN, '7']) assert.equal(m.withSample(points, 120, nothing, 10), points);
});

test('what was not measured is a gap', () => {
	const steady = [0, 5, 10, 15].map((t) => point(t, t));
	assert.deepEqual(m.alignSeries([steady], 5, [0, 100]), [[0, 5, 10, 15], [0, 5, 10, 15]]);
	// One missed step is jitter; three are an outage.
	assert.deepEqual(m.alignSeries([[...steady, point(25, 25)]], 5, [0, 100])[1], [0, 5, 10, 15, 25]);
	assert.deepEqual(m.alignSeries([[...steady, point(35, 35)]], 5, [0, 100]), [[0, 5, 10, 15, 20, 35], [0, 5, 10, 15, null, 35]]);
	// A service that is asked each minute has no gaps at a step of five seconds.
	const slow = [0, 60, 120, 180].map((t) => point(t, t));
	assert.equal(m.paceOf(slow, 5), 60);
	assert.deepEqual(m.alignSeries([slow], 5, [0, 200])[1], [0, 60, 120, 180]);
	// Two series: undefined is no point of this one, no gap.
	const [xs, a, b] = m.alignSeries([steady, [point(5, 1), point(12, 2)]], 5, [0, 100]);
	assert.deepEqual([xs, a, b], [[0, 5, 10, 12, 15], [0, 5, 10, undefined, 15], [undefined, 1, undefined, 2, undefined]]);
	assert.deepEqual(m.alignSeries([[]], 5, [0, 10]), [[], []]);
	assert.deepEqual(m.alignSeries([steady], 5, [9, 12])[0], [5, 10], 'the step that the span begins in belongs to it');
});

test('a value between two gaps is drawn as a point', () => {
	assert.deepEqual(lonePoints([1, 2, null, 3, null, 4, 5]), [3]);
	assert.deepEqual(lonePoints([1]), [0]);
	assert.deepEqual(lonePoints([1, null, 2]), [0, 2]);
	assert.deepEqual(lonePoints([undefined, 1, undefined, 2, undefined]), []);
	assert.deepEqual(lonePoints([]), []);
});

test('numbers of a span', () => {
	assert.deepEqual(m.statsOf([point(0, 9), point(10, 1, 1), point(20, 4, 3)], [15, 25], 5), { last: 4, min: 1, mean: 3.25, max: 4, n: 4 });
	assert.deepEqual(m.statsOf([], [0, 10], 5), { last: null, min: null, mean: null, max: null, n: 0 });
	assert.deepEqual(m.metricRows([{ service: 'redis', metric: 'up', points: [point(0, 1), point(1000, 0, 2)] }], [900, 1100], 5), [['1970-01-01T00:16:40.000Z', 'redis', 'up', 0, 0, 0, 2]]);
});

test('states over the same time', () => {
	const at = (s) => new Date(s * 1000).toISOString();
	const changes = [{ timestamp: at(80), until: null, status: 'healthy', issues: [] }, { timestamp: at(50), until: at(80), status: 'unhealthy', issues: ['Gone'] }, { timestamp: at(0), until: at(50), status: 'healthy', issues: [] }];
	assert.deepEqual(m.statesOf(changes, [60, 120], 100).map((s) => [s.from, s.to, s.status]), [[60, 80, 'unhealthy'], [80, 100, 'healthy']]);
	assert.deepEqual(m.statesOf([], [0, 10], 5), []);
});
