// Pure parts of the page that alerts stand on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPace, slownessOf } from '../../web/js/lib/pace.js';
import { NEW_RULE, readRule, ruleForm, ruleInput, ruleSentence, spanWords, trialSentence } from '../../web/js/lib/rule.js';

const RULE = { id: 'rule_003', name: 'memory_high', title: 'High', enabled: true, scope: 'service', metric: 'memory_percent', comparison: '>', threshold: 80, clear_threshold: 75, critical_threshold: null, for_s: 30, clear_s: 60, severity: 'warning', service: null, experiment_id: null, built_in: true };

test('a rule is read as it is written', () => {
	const { rule, errors } = readRule(ruleForm(RULE));
	assert.deepEqual(errors, {});
	assert.deepEqual(rule, { name: 'memory_high', title: 'High', enabled: true, scope: 'service', metric: 'memory_percent', comparison: '>', threshold: 80, clear_threshold: 75, for_s: 30, clear_s: 60, severity: 'warning' });
});

test('what is given back has no member that the server sets', () => {
	assert.deepEqual(ruleInput(RULE), { name: 'memory_high', title: 'High', enabled: true, scope: 'service', metric: 'memory_percent', comparison: '>', threshold: 80, clear_threshold: 75, critical_threshold: null, for_s: 30, clear_s: 60, severity: 'warning' });
});

test('every wrong field is named', () => {
	assert.deepEqual(Object.keys(readRule({ ...NEW_RULE, metric: ' ', for_s: '1.5', clear_s: '90000', threshold: 'x' }).errors).sort(), ['clear_s', 'for_s', 'metric', 'name', 'threshold']);
});

test('thresholds that make no sense for an equality are not sent', () => {
	const { rule } = readRule({ ...NEW_RULE, name: 'a', comparison: '==', threshold: '1', clear_threshold: '3', critical_threshold: '4' });
	assert.ok(!('clear_threshold' in rule) && !('critical_threshold' in rule));
});

test('a rule in words', () => {
	assert.equal(ruleSentence(RULE), 'Any service: memory, % > 80 for 30 s');
	assert.equal(ruleSentence({ ...RULE, metric: 'unhealthy', comparison: '==', threshold: 1, for_s: 0, service: 'redis' }), 'Redis is unhealthy');
	assert.equal(ruleSentence({ ...RULE, scope: 'experiment', experiment_id: 'exp_007', metric: 'loss', for_s: 3600 }), 'exp_007: loss > 80 for 1 h');
	assert.deepEqual([0, 59, 60, 90, 7200, 86_400].map(spanWords), ['0 s', '59 s', '1 min', '90 s', '2 h', '1 d']);
});

test('a trial in words', () => {
	const trial = { would_have_fired: 0, samples: 10, from: '2024-01-15T10:00:00Z', to: '2024-01-15T11:00:00Z' };
	assert.equal(trialSentence(trial, 'service'), 'It would have fired never over the last 1 h 00 min (10 values).');
	assert.match(trialSentence({ ...trial, would_have_fired: 3 }, 'experiment'), /3 times over the newest experiments/);
	assert.match(trialSentence({ ...trial, samples: 0 }, 'service'), /nothing stored/);
});

test('a few readings at once, then one in an interval', () => {
	const pace = createPace({ burst: 2, everyMs: 1000 });
	assert.deepEqual([pace.next(0), pace.next(0), pace.next(0)], [0, 0, 1000]);
	assert.equal(pace.next(1000), 1000);
	assert.equal(pace.next(10_000), 0);
	const slow = createPace({ burst: 1, everyMs: 1000 });
	assert.deepEqual([slow.next(0, 5), slow.next(0, 5)], [0, 5000]);
});

test('readings become rare before the requests of the hour are used up', () => {
	assert.equal(slownessOf(null, 0), 1);
	assert.equal(slownessOf({ limit: 1000, remaining: 500, resetsAt: 3_600_000 }, 0), 1);
	assert.equal(slownessOf({ limit: 1000, remaining: 100, resetsAt: 3_600_000 }, 0), 5);
	assert.equal(slownessOf({ limit: 1000, remaining: 0, resetsAt: 3_600_000 }, 0), 10);
	assert.equal(slownessOf({ limit: 1000, remaining: 100, resetsAt: 360_000 }, 0), 1);
	assert.equal(slownessOf({ limit: 0, remaining: 0, resetsAt: 0 }, 0), 1);
});
