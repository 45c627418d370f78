// Alerts by hand: acknowledge, resolve, a rule tried and made and switched off, a silence, a test message; and what a viewer is not offered.
import { check, complain, enter, expect, run, url, VIEWS } from './browser.mjs';

const { VIEWER: viewer } = process.env;
const line = (page, title) => page.locator('.line', { hasText: title });

async function acknowledge() {
	const page = await enter('acknowledge');
	await page.locator('.alert-line a').first().click();
	await page.locator('.detail h2', { hasText: 'gpu is unhealthy' }).waitFor();
	expect('acknowledge', 'the link from the overview does not name the alert', /id=alert_\d+/.test(page.url()));
	await page.locator('.detail').getByRole('button', { name: 'Acknowledge' }).click();
	await page.getByRole('dialog').getByLabel('Comment').fill('<b>Looking</b>');
	await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
	await page.locator('.detail .badge', { hasText: 'Acknowledged' }).waitFor();
	await page.locator('.detail .timeline').getByText('<b>Looking</b>').waitFor();
	await page.getByRole('button', { name: 'Active', exact: true }).click();
	await page.getByText('All quiet').waitFor();
	await page.goBack();
	await line(page, 'gpu is unhealthy').waitFor();
	await page.goForward();
	await page.getByText('All quiet').waitFor();
	await page.getByRole('button', { name: 'Acknowledged', exact: true }).click();
	await line(page, 'gpu is unhealthy').getByRole('link', { name: 'gpu is unhealthy' }).click();
	// Its cause is gone while it is looked at.
	await page.locator('.detail h2', { hasText: 'gpu is unhealthy' }).waitFor();
	await page.locator('.detail').getByRole('button', { name: 'Resolve' }).click();
	await page.getByRole('dialog').getByLabel('Why it is over').fill('Mended');
	await page.getByRole('dialog').getByRole('button', { name: 'Resolve' }).click();
	await page.locator('.detail .badge', { hasText: 'Resolved' }).waitFor();
	await page.locator('.detail').getByText('Mended').first().waitFor();
	expect('acknowledge', 'what is resolved can still be settled', await page.locator('.detail').getByRole('button').count() === 0);
	await check(page, 'alert detail');
	await page.context().close();
}

async function rules() {
	const page = await enter('rules', VIEWS.light, /401|400/); // a wrong rule is answered with 400, which the console tells
	await page.goto(`${url}/#/alerts/rules`);
	await page.getByRole('link', { name: 'New rule' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByRole('button', { name: 'Create' }).click();
	await dialog.getByText('Must not be empty').waitFor();
	await dialog.getByText('Must be a number').waitFor();
	await dialog.getByLabel('Name', { exact: true }).fill('Any answer at all');
	await dialog.getByLabel('Which one').fill('gpu');
	await dialog.getByLabel('Metric').fill('response_time_ms');
	await dialog.getByRole('textbox', { name: 'Threshold' }).fill('0');
	await dialog.getByLabel('Held for').fill('0');
	await dialog.getByLabel('Critical past').fill('-5');
	await dialog.getByRole('button', { name: 'Try it' }).click();
	await dialog.getByText('Must be on the bad side of the threshold').waitFor();
	await dialog.getByLabel('Critical past').fill('');
	await dialog.getByRole('button', { name: 'Try it' }).click();
	await dialog.getByText(/It would have fired (once|\d+ times)/).waitFor();
	await check(page, 'rule dialog');
	await dialog.getByRole('button', { name: 'Create' }).click();
	const row = page.locator('tr', { hasText: 'Any answer at all' });
	await row.getByRole('switch').click();
	await row.getByRole('switch', { checked: false }).waitFor();
	await row.getByRole('link', { name: /Edit/ }).click();
	await dialog.getByLabel('Severity').selectOption('info');
	await dialog.getByRole('button', { name: 'Save' }).click();
	await row.locator('.badge', { hasText: 'Info' }).waitFor();
	await row.getByRole('button', { name: /Delete/ }).click();
	await dialog.getByRole('button', { name: 'Delete' }).click();
	await row.waitFor({ state: 'detached' });
	expect('rules', 'a rule of the system can be deleted', await page.getByRole('button', { name: 'Delete service_unhealthy' }).count() === 0);
	await page.context().close();
}

async function silences() {
	const page = await enter('silences');
	await page.goto(`${url}/#/alerts/silences`);
	await page.getByRole('link', { name: 'New silence' }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByRole('button', { name: 'Silence' }).click();
	await dialog.getByText('Choose at least one').waitFor();
	await dialog.getByLabel('Service').selectOption('gpu');
	await dialog.getByRole('button', { name: '8 hours' }).click();
	await dialog.getByLabel('Why').fill('It is meant to be away');
	await dialog.getByRole('button', { name: 'Silence' }).click();
	const row = page.locator('tr', { hasText: 'It is meant to be away' });
	await row.getByText(/in [78] h/).waitFor();
	await row.getByRole('button', { name: 'End now' }).click();
	await row.waitFor({ state: 'detached' });
	await page.getByRole('button', { name: 'All', exact: true }).click();
	await row.getByText('over').waitFor();
	await page.context().close();
}

async function deliveries() {
	const page = await enter('deliveries');
	await page.goto(`${url}/#/alerts/deliveries`);
	await page.getByRole('button', { name: 'Send a test' }).click();
	await page.getByText(/A test is on its way to http/).waitFor();
	await page.locator('tr', { hasText: '[FLOPY-NET] Test' }).locator('.badge', { hasText: 'Sent' }).waitFor();
	await page.context().close();
}

/** A viewer is offered nothing that would be refused: no such button, and no request that is answered with 403. */
async function viewing() {
	const page = await enter('viewing', VIEWS.light, /401/, viewer);
	page.on('response', (r) => r.status() === 403 && complain('viewing', `403 from ${r.url()}`));
	for (const hash of ['#/', '#/experiments', '#/experiments?create=new', '#/experiments/exp_001', '#/alerts?status=all', '#/alerts?status=all&id=alert_001', '#/alerts/rules', '#/alerts/rules?edit=new', '#/alerts/silences?create=new', '#/alerts/deliveries']) {
		await page.goto(`${url}/${hash}`);
		await page.locator('.run, tbody tr, .facts, .line, .empty').first().waitFor();
		const offered = await page.getByRole('button', { name: /\b(Acknowledge|Resolve|New|Send|End|Delete|Edit|Start|Pause|Stop|Abort|Create|in force)\b/ }).or(page.getByRole('link', { name: /New|Clone|Silence$/ })).or(page.getByRole('switch')).or(page.getByRole('dialog')).allInnerTexts();
		if (offered.length) complain('viewing', `${hash} offers ${offered.join(', ')}`);
	}
	expect('viewing', 'a viewer sees deliveries', await page.getByRole('link', { name: 'Deliveries' }).count() === 0);
	await page.context().close();
}

await run(acknowledge, rules, silences, deliveries, viewing);
