// Create in the dialog, wrong at first, start, watch rounds arrive without a reload, pause, resume, abort.
import { complain, enter, run, url } from './browser.mjs';

async function steer() {
	const page = await enter('steer');
	await page.goto(`${url}/#/experiments?create=new`);
	const dialog = page.locator('dialog');
	await dialog.getByLabel('Name', { exact: true }).fill('<b>Steered</b>');
	await dialog.getByLabel('Scenario').selectOption('basic_fl');
	await dialog.getByLabel('Model').selectOption('cnn');
	await dialog.getByLabel(/^Rounds/).fill('101');
	await dialog.getByRole('button', { name: 'Create and start' }).click();
	await dialog.getByText('Must be between 1 and 100').waitFor();
	await dialog.getByLabel(/^Rounds/).fill('100');
	await dialog.getByRole('button', { name: 'Create and start' }).click();
	await page.getByRole('heading', { name: '<b>Steered</b>' }).waitFor();
	await page.locator('.chart canvas').first().waitFor();
	const completed = () => page.locator('[role=progressbar]').first().getAttribute('aria-valuenow').then(Number);
	const before = await completed();
	await page.waitForFunction((n) => Number(document.querySelector('[role=progressbar]').getAttribute('aria-valuenow')) > n, before);
	await page.getByRole('button', { name: 'Pause' }).click();
	await page.locator('dialog').getByLabel('Reason').fill('<img src=x onerror=alert(1)>');
	await page.locator('dialog').getByRole('button', { name: 'Pause' }).click();
	await page.locator('.badge', { hasText: 'Paused' }).first().waitFor();
	await page.locator('.controls').getByText(/confirmed after/).waitFor();
	await page.getByRole('button', { name: 'Resume' }).click();
	await page.locator('.badge', { hasText: 'Running' }).first().waitFor();
	await page.getByRole('button', { name: 'Abort' }).click();
	await page.locator('dialog').getByRole('button', { name: 'Abort' }).click();
	await page.locator('.badge', { hasText: 'Aborted' }).first().waitFor();
	await page.getByRole('link', { name: 'Timeline' }).click();
	await page.locator('.timeline li').first().waitFor();
	if (await page.locator('.timeline img').count()) complain('steer', 'a reason became HTML');
	await page.getByText('<img src=x onerror=alert(1)>').first().waitFor();
	await page.goBack();
	await page.goForward();
	await page.locator('.badge', { hasText: 'Aborted' }).first().waitFor();
	await page.context().close();
}

await run(steer);
