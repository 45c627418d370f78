// The configuration through the form. May ask for the "config" as the API gives it, "change" it behind the page's back, have a "secret" read from the store, "mute" and "unmute" live messages.
import { ask, check, enter, expect, look, run, shots, url } from './browser.mjs';

const { VIEWER: viewer, OPERATOR: operator } = process.env;
const VIEWS = [['configuration', '#/configuration', '#s-dashboard-refresh_interval', true], ['configuration-history', '#/configuration?tab=history', '.versions li', true]];

async function at(where, hash = '#/configuration', allowed = /401|400|412/, by = undefined) {
	const page = await enter(where, undefined, allowed, by);
	await page.goto(`${url}/${hash}`);
	await page.getByRole('heading', { name: 'Configuration' }).waitFor();
	return page;
}
const refresh = (page) => page.getByLabel(/^Refresh every/);
const tryIt = (page) => page.getByRole('button', { name: 'Check and save' }).click();
async function save(page) {
	await tryIt(page);
	const saved = page.waitForResponse((r) => r.request().method() === 'PUT' && !r.url().includes('dry_run') && r.ok());
	await page.locator('dialog').getByRole('button', { name: 'Save' }).click();
	const { version } = await (await saved).json();
	await page.locator('.toast', { hasText: `was saved as version ${version}.` }).waitFor();
}
const said = (page, field) => field.evaluate((input) => (input.getAttribute('aria-invalid') === 'true' ? document.getElementById(input.getAttribute('aria-describedby').split(' ')[0]).textContent : ''));

async function changing() {
	const page = await at('changing');
	await refresh(page).fill('3000');
	await page.getByText('Was 5000.').waitFor();
	await page.getByLabel('Experiment scheduling').uncheck();
	// What was typed stays while one looks elsewhere.
	await page.getByRole('link', { name: 'History' }).click();
	await page.getByRole('link', { name: 'Settings' }).click();
	expect('changing', 'what was typed is gone', await refresh(page).inputValue() === '3000');
	await tryIt(page);
	const changes = await page.locator('dialog .changes li').allTextContents();
	expect('changing', `the trial says ${changes}`, changes.length === 2 && /Refresh every.*5000.*3000/.test(changes[0]) && /scheduling.*on.*off/.test(changes[1]));
	await page.screenshot({ path: `${shots}/configuration-trial.png` });
	await check(page, 'trial');
	expect('changing', 'a trial changes something', (await ask('config')).dashboard.refresh_interval === 5000);
	await page.keyboard.press('Escape');
	await save(page);
	const { dashboard, features } = await ask('config');
	expect('changing', 'it was not saved', dashboard.refresh_interval === 3000 && features.experiment_scheduling === false);
	// Enter in a field is enough, and a feature that is off is told where it is missed.
	await page.getByLabel('Real time metrics').uncheck();
	await page.getByLabel('Webhook', { exact: true }).fill('http://127.0.0.1:9/secret-path');
	await page.keyboard.press('Enter');
	await page.locator('dialog .changes li', { hasText: /Webhook.*not set.*http:\/\/127.0.0.1:9/ }).waitFor();
	await page.keyboard.press('Enter');
	await page.locator('.toast', { hasText: 'was saved as version 2.' }).waitFor();
	expect('changing', 'the path of a webhook is shown', !(await page.content()).includes('secret-path'));
	await page.getByRole('button', { name: 'Send a test' }).click();
	await page.locator('.toast', { hasText: 'A test was sent' }).waitFor();
	await page.getByRole('link', { name: 'Metrics', exact: true }).click();
	await page.getByText('Metrics are not collected now').waitFor();
	await page.goBack();
	await page.getByLabel('Real time metrics').check();
	await save(page);
	expect('changing', 'there is still something to save', await page.locator('.save-bar').count() === 0);
	await page.reload();
	await refresh(page).waitFor();
	expect('changing', 'it is not shown', await refresh(page).inputValue() === '3000');
	await page.context().close();
}

async function mistakes() {
	const page = await at('mistakes');
	await refresh(page).fill('10');
	await page.getByLabel('Collector', { exact: true }).fill('ftp://here');
	await page.getByLabel('Mail server', { exact: true }).fill('smtp://mail.lab');
	await tryIt(page);
	await page.getByText('Must be between 1000 and 3600000').waitFor();
	const collector = page.getByLabel('Collector', { exact: true });
	expect('mistakes', `beside the collector: ${await said(page, collector)}`, (await said(page, collector)).includes('http'));
	expect('mistakes', 'the first wrong field has no focus', await refresh(page).evaluate((f) => f === document.activeElement));
	await refresh(page).fill('3000');
	await collector.fill('http://127.0.0.1:9');
	await tryIt(page);
	const sender = page.getByLabel('Sender of mails');
	await page.waitForFunction(() => document.activeElement.id === 's-notifications-mail_from');
	expect('mistakes', `beside the sender: ${await said(page, sender)}`, (await said(page, sender)).includes('Needed while smtp_url is set'));
	await page.screenshot({ path: `${shots}/configuration-mistakes.png` });
	await check(page, 'mistakes');
	expect('mistakes', 'a mistake was saved', (await ask('config')).integration.collector_url !== 'http://127.0.0.1:9');
	await page.getByRole('button', { name: 'Discard' }).click();
	expect('mistakes', 'not discarded', await page.getByLabel('Mail server', { exact: true }).inputValue() === '');
	await page.context().close();
}

async function services() {
	const page = await at('services');
	await page.getByRole('button', { name: 'Add a service' }).click();
	const dialog = page.locator('dialog');
	await dialog.getByLabel('Name', { exact: true }).fill('Lab');
	await dialog.getByRole('button', { name: 'Add', exact: true }).click();
	await dialog.getByText('Must be up to 32 small letters').waitFor();
	await check(page, 'a new service');
	await dialog.getByLabel('Name', { exact: true }).fill('lab');
	await dialog.getByLabel('Address').fill('http://127.0.0.1:9/health');
	await dialog.getByRole('button', { name: 'Add', exact: true }).click();
	await page.getByLabel('Name for people').fill('<img src=x onerror=alert(1)>');
	await page.getByLabel(/^Interval/).fill('1000');
	await tryIt(page); // slower than its interval
	await page.getByText('Must not be longer than interval_ms').waitFor();
	await check(page, 'a service');
	await page.getByLabel(/^Timeout/).fill('500');
	await page.getByLabel('Token').fill('s3cret-of-the-lab');
	await save(page);
	const { lab } = (await ask('config')).services;
	expect('services', `it is ${JSON.stringify(lab)}`, lab.kind === 'http' && lab.url === 'http://127.0.0.1:9/health' && lab.interval_ms === 1000 && lab.timeout_ms === 500);
	expect('services', 'the token is not kept', (await ask('secret')) === 's3cret-of-the-lab');
	expect('services', 'a name became HTML', await page.locator('main img').count() === 0);
	// Another change leaves the secret; removing is a change of its own.
	await page.reload();
	await page.locator('summary', { hasText: 'onerror' }).click();
	expect('services', 'a secret is shown', !(await page.content()).includes('s3cret') && await page.getByLabel('Token').inputValue() === '');
	await page.getByLabel(/^Failure threshold/).fill('1');
	await save(page);
	expect('services', 'the token is lost', (await ask('secret')) === 's3cret-of-the-lab');
	await page.getByRole('button', { name: 'Remove Token' }).click();
	await save(page);
	expect('services', 'the token is still there', (await ask('secret')) === null);
	await page.locator('summary', { hasText: 'onerror' }).click();
	await page.locator('summary', { hasText: 'onerror' }).click();
	await page.getByRole('button', { name: /^Remove <img/ }).click();
	await page.getByText('will be removed').waitFor();
	await save(page);
	expect('services', 'it is not removed', !((await ask('config')).services.lab));
	await page.context().close();
}

async function conflicts() {
	const page = await at('conflicts', undefined, /401|412|WebSocket/);
	// Somebody else saves, and the page hears of it.
	await refresh(page).fill('4000');
	await ask('change', { dashboard: { refresh_interval: 6000, max_experiments: 7 } });
	const banner = page.locator('.conflict');
	await banner.getByText(/somebody.*has changed the configuration/).waitFor();
	await banner.getByText('you changed it too').waitFor();
	await page.screenshot({ path: `${shots}/configuration-conflict.png` });
	await check(page, 'conflict');
	expect('conflicts', 'it can be overwritten unseen', await page.getByRole('button', { name: 'Check and save' }).isDisabled());
	await banner.getByRole('button', { name: 'Keep my changes and go on' }).click();
	await page.getByText('Was 6000.').waitFor();
	await save(page);
	const { dashboard } = await ask('config');
	expect('conflicts', `it is ${JSON.stringify(dashboard)}`, dashboard.refresh_interval === 4000 && dashboard.max_experiments === 7);
	// The page does not hear of it: the server refuses.
	await ask('mute');
	await page.locator('.side .live-lost').waitFor();
	await refresh(page).fill('5000');
	const refused = page.waitForResponse((r) => r.request().method() === 'PUT' && r.status() === 412);
	const before = await page.evaluate(() => fetch('api/v1/config').then(async (r) => ({ body: await r.text(), headers: { ETag: r.headers.get('ETag') }, contentType: 'application/json' })));
	let late = false;
	await page.route('**/api/v1/config', (route) => (late ? route.continue() : route.fulfill(before))); // it asks now and then
	await ask('change', { dashboard: { max_experiments: 8 } });
	page.on('request', (r) => { if (r.method() === 'PUT') late = true; });
	await tryIt(page);
	await refused;
	await banner.getByText(/has changed the configuration/).waitFor();
	await banner.getByRole('button', { name: 'Discard my changes' }).click();
	expect('conflicts', 'what is there now is not shown', await page.getByLabel('Active experiments').inputValue() === '8' && await refresh(page).inputValue() === '4000');
	await ask('unmute');
	await page.locator('.side .live-open').waitFor();
	await page.context().close();
}

async function history() {
	const page = await at('history', '#/configuration?tab=history');
	await page.locator('.versions > li').first().getByText('in force').waitFor();
	await page.locator('.versions').getByText(/^somebody/).first().waitFor();
	expect('history', 'the version in force offers a way back', await page.locator('.versions > li').first().getByRole('button').count() === 0);
	await page.locator('.versions > li', { hasText: 'Fresh installation' }).getByRole('button').click();
	const dialog = page.locator('dialog');
	await dialog.locator('.changes li', { hasText: /Refresh every.*4000.*5000/ }).waitFor();
	await check(page, 'going back');
	await dialog.getByRole('button', { name: 'Leave it as it is' }).click();
	expect('history', 'it went back unasked', (await ask('config')).dashboard.refresh_interval === 4000);
	await page.locator('.versions > li', { hasText: 'Fresh installation' }).getByRole('button').click();
	await dialog.getByRole('button', { name: 'Go back', exact: true }).click();
	await page.locator('.toast', { hasText: 'is that of the fresh installation again' }).waitFor();
	expect('history', 'it did not go back', (await ask('config')).dashboard.refresh_interval === 5000);
	await page.locator('.versions > li').first().locator('.changes li', { hasText: /Refresh every.*4000.*5000/ }).waitFor();
	await page.getByRole('link', { name: 'Settings' }).click();
	await refresh(page).waitFor();
	expect('history', 'the form is behind', await refresh(page).inputValue() === '5000');
	await page.context().close();
}

/** Who may not change it reads it, and is offered nothing that would be refused. */
async function readers() {
	for (const [role, by] of [['viewer', viewer], ['operator', operator]]) {
		const page = await at(role, undefined, /401/, by);
		const asked = [];
		page.on('request', (r) => asked.push(r.url()));
		await page.getByText('Only administrators can change the configuration').waitFor();
		await page.getByText('5,000 ms').waitFor();
		expect(role, 'there is something to type into', await page.locator('main input, main select, main button').count() === 0);
		await page.screenshot({ path: `${shots}/configuration-${role}.png` });
		await check(page, role);
		await page.getByRole('link', { name: 'History' }).click();
		await page.locator('.versions > li').first().waitFor();
		expect(role, 'there is a way back', await page.getByRole('button', { name: /Go back/ }).count() === 0);
		expect(role, 'tokens and users are offered', await page.getByRole('link', { name: 'Tokens and users' }).count() === 0);
		await page.goto(`${url}/#/access`);
		await page.getByText('Only administrators see tokens and users').waitFor();
		expect(role, 'what is refused was asked for', !asked.some((u) => /\/(tokens|users)/.test(u)));
		await page.context().close();
	}
}

await run(changing, mistakes, services, conflicts, history, readers, ...['light', 'dark', 'narrow'].map((view) => () => look(view, VIEWS)));
