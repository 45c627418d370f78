// Tokens and users. May ask to "use" a token (answers with the status of a request) and to "login" with a name and a password (the same).
import { ask, check, complain, enter, expect, look, open, run, shots, url } from './browser.mjs';

const { SPARE: spare } = process.env;
const VIEWS = [['tokens', '#/access', 'tbody tr'], ['users', '#/access?tab=users', 'tbody tr']];
const dialog = (page) => page.locator('dialog');

async function at(where, hash, by) {
	const page = await enter(where, undefined, /40[0-9]/, by);
	await page.goto(`${url}/${hash}`);
	await page.getByRole('heading', { name: 'Tokens and users' }).waitFor();
	return page;
}

async function tokens() {
	const page = await at('tokens', '#/access');
	await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
	await page.getByRole('button', { name: 'New token' }).click();
	await dialog(page).getByLabel('Good for').fill('0');
	await dialog(page).getByRole('button', { name: 'Create' }).click();
	await dialog(page).getByText('Must be between 1 and 3650').waitFor();
	await dialog(page).getByText('Must not be empty').waitFor();
	await check(page, 'a new token');
	await dialog(page).getByLabel('Name').fill('<img src=x onerror=alert(1)>');
	await dialog(page).getByLabel('Good for').fill('7');
	await dialog(page).getByLabel('What it may').selectOption('viewer');
	await dialog(page).getByRole('button', { name: 'Create' }).click();
	const secret = await page.locator('.secret').textContent();
	await page.screenshot({ path: `${shots}/token-made.png` });
	await check(page, 'a token that was made');
	await dialog(page).getByRole('button', { name: 'Copy' }).click();
	await page.locator('.toast', { hasText: 'on the clipboard' }).waitFor();
	expect('tokens', 'the clipboard has something else', await page.evaluate(() => navigator.clipboard.readText()) === secret);
	expect('tokens', 'the token is refused', await ask('use', secret) === 200);
	await dialog(page).getByRole('button', { name: 'Done' }).click();
	expect('tokens', 'the token is still in the page', !(await page.content()).includes(secret));
	const row = page.locator('tbody tr', { hasText: 'onerror' });
	await row.waitFor();
	expect('tokens', 'a name became HTML', await page.locator('main img').count() === 0);
	await row.getByRole('button', { name: /^Revoke/ }).click();
	await dialog(page).getByRole('button', { name: 'Keep it' }).click();
	expect('tokens', 'it was revoked unasked', await ask('use', secret) === 200);
	await row.getByRole('button', { name: /^Revoke/ }).click();
	await dialog(page).getByRole('button', { name: 'Revoke' }).click();
	await row.waitFor({ state: 'detached' });
	expect('tokens', 'a revoked token is taken', await ask('use', secret) === 401);
	await page.getByLabel('Status').selectOption('revoked');
	await row.getByText('Revoked', { exact: true }).waitFor();
	expect('tokens', 'the filter is not in the address', page.url().includes('status=revoked'));
	// An engine's token is for an experiment that there is.
	await page.getByRole('button', { name: 'New token' }).click();
	await dialog(page).getByLabel('Name').fill('engine');
	await dialog(page).getByLabel('What it may').selectOption('engine');
	await dialog(page).getByLabel('Experiment').fill('exp_999');
	await dialog(page).getByRole('button', { name: 'Create' }).click();
	await dialog(page).getByText('There is no such experiment').waitFor();
	await page.keyboard.press('Escape');
	await dialog(page).waitFor({ state: 'detached' });
	await page.context().close();
}

/** The one that is logged in with says so, and then ends the session. */
async function own() {
	const page = await at('own', '#/access', spare);
	const row = page.locator('tbody tr', { hasText: 'you, now' });
	await row.getByRole('button', { name: /^Revoke/ }).click();
	await dialog(page).getByText('you will be logged out').waitFor();
	await check(page, 'revoking');
	await dialog(page).getByRole('button', { name: 'Revoke' }).click();
	await page.getByText('Your session has ended').waitFor();
	await page.context().close();
}

async function byPassword(page, name, password) {
	await page.getByRole('button', { name: 'Name and password' }).click();
	await page.getByLabel('Name', { exact: true }).fill(name);
	await page.getByLabel('Password').fill(password);
	await page.getByRole('button', { name: 'Log in' }).click();
}

async function users() {
	const page = await at('users', '#/access?tab=users');
	await page.getByText('No users yet').waitFor();
	await page.getByRole('button', { name: 'New user' }).click();
	await dialog(page).getByLabel('Name').fill('Alma!');
	await dialog(page).getByLabel('Password').fill('short');
	await dialog(page).getByLabel('The same again').fill('other');
	await dialog(page).getByRole('button', { name: 'Create' }).click();
	await dialog(page).getByText('Must be the same as above').waitFor();
	await dialog(page).getByLabel('The same again').fill('short');
	await dialog(page).getByRole('button', { name: 'Create' }).click();
	await dialog(page).getByText(/^Must be a small letter/).waitFor();
	await dialog(page).getByText(/^Must have between/).waitFor();
	await check(page, 'a new user');
	await dialog(page).getByLabel('Name').fill('alma');
	await dialog(page).getByLabel('Role').selectOption('viewer');
	for (const label of ['Password', 'The same again']) await dialog(page).getByLabel(label).fill('correct horse battery');
	await dialog(page).getByRole('button', { name: 'Create' }).click();
	const row = page.locator('tbody tr', { hasText: 'alma' });
	await row.getByText('viewer').waitFor();

	// She comes in, may not see this page, and is put out when her role changes.
	const hers = await open('hers', undefined, /401/);
	await hers.goto(`${url}/#/configuration`);
	await byPassword(hers, 'alma', 'correct horse battery');
	await hers.getByText('Only administrators can change').waitFor();
	expect('users', 'a viewer is offered tokens and users', await hers.getByRole('link', { name: 'Tokens and users' }).count() === 0);
	const edit = async (change) => {
		await row.getByRole('button', { name: 'Edit alma' }).click();
		await change(dialog(page));
		await dialog(page).getByRole('button', { name: 'Save' }).click();
		await dialog(page).waitFor({ state: 'detached' });
	};
	await edit((d) => d.getByLabel('Role').selectOption('operator'));
	await row.getByText('operator').waitFor();
	await hers.getByText('Your session has ended').waitFor();
	await byPassword(hers, 'alma', 'correct horse battery');
	await hers.getByRole('heading', { name: 'Configuration' }).waitFor(); // where she was
	await edit(async (d) => { for (const label of ['New password', 'The same again']) await d.getByLabel(label).fill('another horse battery'); });
	expect('users', 'the old password is taken', await ask('login', ['alma', 'correct horse battery']) === 401);
	expect('users', 'the new password is refused', await ask('login', ['alma', 'another horse battery']) === 200);
	await edit((d) => d.getByLabel('May log in').uncheck());
	await row.getByText('Disabled').waitFor();
	expect('users', 'a disabled user comes in', await ask('login', ['alma', 'another horse battery']) === 401);
	await edit((d) => d.getByLabel('May log in').check());
	await row.getByText('Enabled').waitFor();
	expect('users', 'an enabled user is refused', await ask('login', ['alma', 'another horse battery']) === 200);
	await row.getByRole('button', { name: 'Delete alma' }).click();
	await dialog(page).getByRole('button', { name: 'Keep' }).click();
	await row.getByRole('button', { name: 'Delete alma' }).click();
	await dialog(page).getByRole('button', { name: 'Delete' }).click();
	await row.waitFor({ state: 'detached' });
	expect('users', 'a deleted user comes in', await ask('login', ['alma', 'another horse battery']) === 401);
	await ask('make user');
	await hers.context().close();
	await page.context().close();
}

/** Every button of the two views can be reached and pressed with the keyboard alone. */
async function keyboard() {
	const page = await at('keyboard', '#/access?tab=users');
	await page.locator('tbody tr').first().waitFor();
	const reached = new Set();
	await page.locator('h1').click();
	for (let i = 0; i < 60; i++) {
		await page.keyboard.press('Tab');
		reached.add(await page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()));
	}
	for (const name of ['New user', 'Edit ben', 'Delete ben', 'Tokens']) if (!reached.has(name)) complain('keyboard', `${name} is not reached`);
	await page.getByRole('button', { name: 'Edit ben' }).focus();
	await page.keyboard.press('Enter');
	await dialog(page).waitFor();
	await page.keyboard.press('Escape');
	await dialog(page).waitFor({ state: 'detached' });
	expect('keyboard', 'the focus does not come back', await page.getByRole('button', { name: 'Edit ben' }).evaluate((b) => b === document.activeElement));
	await page.context().close();
}

await run(tokens, own, users, keyboard, ...['light', 'dark', 'narrow'].map((view) => () => look(view, VIEWS)));
