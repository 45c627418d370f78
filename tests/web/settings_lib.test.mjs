// The pure part of the page's configuration form: node --test.
import assert from 'node:assert/strict';
import test from 'node:test';
import * as s from '../../web/js/lib/settings.js';

const SETTINGS = [
	{ path: 'dashboard.refresh_interval', type: 'integer', nullable: false, default: 5000, minimum: 1000, maximum: 3600000, unit: 'ms', help: 'How often' },
	{ path: 'features.real_time_metrics', type: 'boolean', nullable: false, default: true, unit: '', help: 'Collect' },
	{ path: 'integration.redis_url', type: 'url', nullable: true, default: 'redis://localhost:6379', schemes: 'redis', unit: '', help: 'Redis' },
	{ path: 'notifications.mail_to', type: 'mails', nullable: false, default: [], unit: '', help: 'Receivers of mails' },
	{ path: 'notifications.webhook_secret', type: 'secret', nullable: true, default: null, unit: '', help: 'Key' },
	{ path: 'services.NAME.interval_ms', type: 'integer', nullable: false, default: 5000, minimum: 500, maximum: 3600000, unit: 'ms', help: 'How often it is asked' },
	{ path: 'services.NAME.degraded_ms', type: 'integer', nullable: true, default: 1000, minimum: 1, maximum: 60000, unit: 'ms', help: 'Slower' },
];
const CONFIG = {
	dashboard: { refresh_interval: 5000 }, features: { real_time_metrics: true }, integration: { redis_url: null }, notifications: { mail_to: ['a@b.example'], webhook_secret: s.MASK },
	services: { lab: { kind: 'http', url: 'http://x', degraded_ms: null } },
};
const groups = s.groupSettings(SETTINGS);
const settingOf = (path) => (path.startsWith('services.') ? groups.service.find((x) => x.name === path.split('.')[2]) : SETTINGS.find((x) => x.path === path));

test('settings in groups', () => {
	assert.deepEqual([...groups.sections.keys()], ['dashboard', 'features', 'integration', 'notifications']);
	assert.deepEqual(groups.service.map((x) => x.name), ['interval_ms', 'degraded_ms']);
	assert.deepEqual(s.knownServices(groups.sections), ['redis']);
	assert.deepEqual(s.serviceNames(['redis'], CONFIG, { 'services.new.kind': 'http' }), ['redis', 'lab', 'new']);
	// A section that this page does not know yet is shown all the same.
	assert.ok(s.groupSettings([{ path: 'colours.night', type: 'text' }]).sections.has('colours'));
});

test('what is in force', () => {
	assert.equal(s.valueAt(CONFIG, 'services.lab.interval_ms', 5000), 5000);
	assert.equal(s.valueAt(CONFIG, 'services.lab.degraded_ms', 1000), null, 'null is set, not missing');
	assert.equal(s.valueAt(CONFIG, 'services.constructor.name', 'x'), 'x');
	assert.equal(s.textOf(settingOf('notifications.webhook_secret'), s.MASK), '');
	assert.equal(s.textOf(settingOf('notifications.mail_to'), ['a@b', 'c@d']), 'a@b, c@d');
	assert.deepEqual([null, true, [], s.MASK, 5].map(s.showValue), ['not set', 'on', 'none', 'set, not shown', '5']);
});

test('what was typed', () => {
	const read = (path, typed) => s.readSetting(settingOf(path), typed);
	assert.deepEqual(read('dashboard.refresh_interval', ' 3000 '), { value: 3000 });
	for (const wrong of ['999', '3600001', '-1']) assert.deepEqual(read('dashboard.refresh_interval', wrong), { error: 'Must be between 1000 and 3600000' });
	assert.deepEqual(read('dashboard.refresh_interval', '3000.5'), { error: 'Must be a whole number' });
	assert.deepEqual(read('dashboard.refresh_interval', ''), { error: 'Must not be empty' });
	assert.deepEqual(read('services.lab.degraded_ms', ''), { value: null });
	assert.deepEqual(read('integration.redis_url', ' redis://r:1 '), { value: 'redis://r:1' });
	assert.deepEqual(read('notifications.mail_to', 'a@b.example; c@d.example,'), { value: ['a@b.example', 'c@d.example'] });
	assert.deepEqual(read('notifications.webhook_secret', null), { value: null });
});

test('only what was edited is sent', () => {
	const { patch, errors } = s.patchOf({ 'dashboard.refresh_interval': '3000', 'features.real_time_metrics': false, 'services.lab.degraded_ms': '', 'services.old': null, 'services.old.interval_ms': 'x' }, settingOf);
	assert.deepEqual(patch, { dashboard: { refresh_interval: 3000 }, features: { real_time_metrics: false }, services: { lab: { degraded_ms: null }, old: null } });
	assert.deepEqual(errors, {});
	assert.deepEqual(s.patchOf({ 'dashboard.refresh_interval': 'x' }, settingOf), { patch: {}, errors: { 'dashboard.refresh_interval': 'Must be a number' } });
});

test('what somebody else has changed', () => {
	const after = structuredClone(CONFIG);
	after.dashboard.refresh_interval = 6000;
	delete after.services.lab;
	after.services.gate = { kind: 'tcp' };
	assert.deepEqual(s.changesBetween(CONFIG, after), [
		{ path: 'dashboard.refresh_interval', from: 5000, to: 6000 }, { path: 'services.lab.kind', from: 'http', to: null }, { path: 'services.lab.url', from: 'http://x', to: null }, { path: 'services.gate.kind', from: null, to: 'tcp' },
	]);
	assert.deepEqual(s.changesBetween(CONFIG, structuredClone(CONFIG)), []);
});

test('words', () => {
	assert.equal(s.labelOf('integration.redis_url'), 'Redis');
	assert.equal(s.labelOf('services.lab.interval_ms'), 'Interval');
	assert.equal(s.fullLabel('services.fl_server.interval_ms'), 'FL server: interval');
	assert.equal(s.fullLabel('services.lab_2.interval_ms'), 'lab_2: interval');
	assert.match(s.hintOf(SETTINGS[0]), /^1\D000 to 3\D600\D000\. How often\. Default: 5\D000\.$/);
	assert.equal(s.hintOf(SETTINGS[2]), 'Default: redis://localhost:6379.');
	assert.equal(s.hintOf(SETTINGS[3]), '');
});
