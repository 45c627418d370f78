// Files of RUN, whichever way one is logged in; a refusal is told, not saved. MODEL is one of its files, DIGEST its SHA-256.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { enter, expect, open, run, shots, url } from './browser.mjs';

const { RUN: id, MODEL: model, DIGEST: digest } = process.env;

async function fetchAll(where, page) {
	await page.goto(`${url}/#/experiments/${id}?tab=files`);
	const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: `Download ${model}` }).click()]);
	expect(where, `the file is called ${file.suggestedFilename()}`, file.suggestedFilename() === model);
	await file.saveAs(`${shots}/saved`);
	expect(where, 'the file is another one', createHash('sha256').update(readFileSync(`${shots}/saved`)).digest('hex') === digest);
	await page.getByRole('link', { name: 'Clients' }).click();
	const [csv] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV of every round' }).click()]);
	await csv.saveAs(`${shots}/saved`);
	expect(where, 'the CSV has no heading', readFileSync(`${shots}/saved`, 'utf8').startsWith('round,'));
}

async function byToken() {
	const page = await enter('by token');
	await fetchAll('by token', page);
	await page.context().close();
}

async function byPassword() {
	const page = await open('by password');
	await page.goto(`${url}/`);
	await page.getByLabel('Name', { exact: true }).fill('alma');
	await page.getByLabel('Password').fill('correct horse battery');
	await page.getByRole('button', { name: 'Log in' }).click();
	await page.getByRole('heading', { name: 'Overview' }).waitFor();
	await fetchAll('by password', page);
	await page.context().close();
}

async function refused() {
	const page = await enter('refused', undefined, /401|503/);
	await page.goto(`${url}/#/experiments/${id}?tab=files`);
	let saved = 0;
	page.on('download', () => saved++);
	await page.route(`**/artifacts/${model}`, (route) => route.fulfill({ status: 503, json: { error: { code: 'SERVICE_UNAVAILABLE', message: 'Not now.' } } }));
	await page.getByRole('button', { name: `Download ${model}` }).click();
	await page.locator('.toast-bad', { hasText: `${model} was not saved: Not now.` }).waitFor();
	await page.unrouteAll();
	await page.context().clearCookies();
	await page.getByRole('button', { name: `Download ${model}` }).click();
	await page.getByText('Your session has ended').waitFor();
	expect('refused', 'a refusal was saved', saved === 0);
	await page.context().close();
}

await run(byToken, byPassword, refused);
