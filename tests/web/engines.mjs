// An engine that is not there, in the dialog and on an experiment; then the same on FLOPY-NET's fl_server as on the default engine: created, followed, paused, resumed, stopped.
import { ask, check, enter, expect, run, shots, url } from './browser.mjs';

async function open(page) {
	await page.goto('about:blank');
	await page.goto(`${url}/#/experiments?create=new`);
	const dialog = page.locator('dialog');
	await dialog.getByLabel('Name', { exact: true }).fill('On the server');
	await dialog.getByLabel('Scenario').selectOption('flopynet');
	return dialog;
}

async function away() {
	const page = await enter('away');
	const dialog = await open(page);
	await dialog.getByText('This engine cannot be used now').waitFor();
	await dialog.getByText('It needs the service fl_server').waitFor();
	const note = await dialog.locator('#c-engine').innerText();
	expect('away', note, note.includes('It cannot be told') && note.includes('learning rate') && note.includes('limits of the network') && note.includes('It cannot abort a run'));
	expect('away', 'a field that the engine does not honour', (await dialog.getByLabel('Learning rate').count()) === 0 && (await dialog.getByLabel('Bandwidth').count()) === 0);
	await page.screenshot({ path: `${shots}/engine-away.png` });
	await check(page, 'away');
	await dialog.getByLabel('Scenario').selectOption('basic_fl');
	expect('away', 'fields of the default engine', (await dialog.getByLabel('Learning rate').count()) === 1 && (await dialog.getByLabel('Bandwidth').count()) === 1);
	await dialog.getByLabel('Scenario').selectOption('flopynet');
	await dialog.getByLabel('Start it at once').uncheck();
	await dialog.getByRole('button', { name: 'Create', exact: true }).click();
	await page.getByText('Its engine cannot be used now').waitFor();
	await page.context().close();
}

async function there() {
	await ask('server');
	const page = await enter('there', undefined, /401|400/); // one refusal is meant
	const dialog = await open(page);
	await dialog.locator('#c-engine').waitFor();
	expect('there', 'a warning', (await dialog.getByText('This engine cannot be used now').count()) === 0);
	await dialog.getByLabel('Policies').fill('adaptive_qso');
	await dialog.getByRole('button', { name: 'Create and start' }).click();
	await dialog.getByText('did you mean adaptive_qos?').waitFor();
	await dialog.getByLabel('Policies').fill('adaptive_qos');
	await dialog.getByRole('button', { name: 'Create and start' }).click();
	await page.getByRole('heading', { name: 'On the server' }).waitFor();
	await page.locator('.chart canvas').first().waitFor();
	const completed = () => page.locator('[role=progressbar]').first().getAttribute('aria-valuenow').then(Number);
	const before = await completed();
	await page.waitForFunction((n) => Number(document.querySelector('[role=progressbar]').getAttribute('aria-valuenow')) > n, before);
	expect('there', 'a button to abort', (await page.getByRole('button', { name: 'Abort' }).count()) === 0);
	await ask('policy');
	await page.getByText('quiet hours').first().waitFor();
	await page.screenshot({ path: `${shots}/engine-policy.png` });
	await check(page, 'there');
	await ask('lift');
	await page.getByRole('button', { name: 'Pause' }).click();
	await page.locator('dialog').getByRole('button', { name: 'Pause' }).click();
	await page.locator('.badge', { hasText: 'Paused' }).first().waitFor();
	await page.getByRole('button', { name: 'Resume' }).click();
	await page.locator('.badge', { hasText: 'Running' }).first().waitFor();
	await page.getByRole('button', { name: 'Stop' }).click();
	await page.locator('dialog').getByRole('button', { name: 'Stop' }).click();
	await page.locator('.badge', { hasText: 'Stopped' }).first().waitFor();
	await page.screenshot({ path: `${shots}/engine-stopped.png` });
	await page.context().close();
}

await run(away, there);
