// From the login to the end of a run without a mouse, on a server under a path of its own; and places that are kept.
import { enter, expect, open, run, token, url, VIEWS } from './browser.mjs';

/** Press Tab until what has the focus is called so; it must be seen. */
async function tabTo(page, name) {
	for (let i = 0; i < 80; i++) {
		await page.keyboard.press('Tab');
		const [said, shown] = await page.evaluate(() => {
			const e = document.activeElement;
			if (e === document.body) return ['', false];
			const label = e.labels?.[0]?.innerText ?? '';
			return [`${e.getAttribute('aria-label') ?? ''} ${e.innerText ?? ''} ${label}`.trim(), e.matches(':focus-visible')];
		});
		if (name.test(said)) return expect('keyboard', `the focus is not seen on ${said}`, shown);
	}
	throw new Error(`Tab does not reach ${name}`);
}

async function keyboard() {
	const page = await open('keyboard');
	await page.goto(`${url}/`);
	await page.getByLabel('Name', { exact: true }).waitFor();
	await page.keyboard.press('Shift+Tab'); // from the name to the ways
	await page.keyboard.press('Enter');
	await page.waitForFunction(() => document.activeElement.id === 'token');
	await page.keyboard.type(token);
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'Overview' }).waitFor();
	await page.locator('.side .live-open').waitFor();
	await tabTo(page, /To the content/);
	await page.keyboard.press('Enter');
	await tabTo(page, /New experiment/);
	await page.keyboard.press('Enter');
	await page.getByRole('dialog').getByLabel('Name', { exact: true }).waitFor();
	await page.waitForFunction(() => document.activeElement.id === 'c-name');
	await page.keyboard.press('Escape'); // out, and in again
	await page.getByRole('dialog').waitFor({ state: 'detached' });
	await tabTo(page, /New experiment/);
	await page.keyboard.press('Enter');
	await page.waitForFunction(() => document.activeElement?.id === 'c-name');
	await page.keyboard.type('By hand <img src=x onerror=alert(1)>');
	await tabTo(page, /Scenario/);
	await page.keyboard.type('Shell');
	await page.keyboard.press('Enter'); // of a select it opens nothing that must be closed
	await page.keyboard.press('Escape');
	if (await page.getByRole('dialog').count() === 0) throw new Error('Escape of the select closed the dialog');
	await tabTo(page, /^Create and start$/);
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'By hand' }).waitFor();
	expect('keyboard', 'a name became HTML', await page.locator('main img').count() === 0);
	expect('keyboard', 'the title lacks the name', (await page.title()).includes('By hand <img'));
	await page.locator('.badge', { hasText: /Running|Completed/ }).first().waitFor();
	await tabTo(page, /^Timeline$/);
	await page.keyboard.press('Enter');
	await page.locator('.timeline li').first().waitFor();
	await page.context().close();
}

/** Filters, pages and tabs are in the address: back, forward, reload and another width keep them. */
async function places() {
	const page = await enter('places', VIEWS.light, /401|404/);
	await page.goto(`${url}/#/experiments?limit=2`);
	await page.locator('tbody tr').first().waitFor();
	await page.getByRole('button', { name: 'Next' }).click();
	await page.getByText('3 to 4 of').waitFor();
	await page.getByRole('button', { name: 'Accuracy' }).click();
	await page.getByText('1 to 2 of').waitFor();
	await page.locator('th[aria-sort=descending]', { hasText: 'Accuracy' }).waitFor();
	await page.getByLabel('Search by name').fill('filed 1');
	await page.waitForFunction(() => location.hash.includes('filed'));
	await page.locator('tbody tr').first().getByRole('link').first().click();
	await page.getByRole('heading', { name: 'filed 1' }).waitFor();
	await page.getByRole('link', { name: 'Configuration' }).last().click();
	await page.locator('.pairs').first().waitFor();
	await page.setViewportSize(VIEWS.narrow.viewport);
	await page.evaluate(() => scrollTo(0, 400));
	await page.waitForFunction(() => history.state?.y === 400);
	await page.reload();
	await page.waitForFunction(() => scrollY === 400);
	await page.locator('.crumb a').click();
	await page.locator('tbody tr').first().waitFor();
	expect('places', 'a new page does not begin at its top', await page.evaluate(() => scrollY) === 0);
	await page.goBack();
	await page.waitForFunction(() => scrollY === 400);
	await page.goBack();
	await page.goBack();
	await page.locator('tbody tr').first().waitFor();
	expect('places', 'the search is forgotten', await page.getByLabel('Search by name').inputValue() === 'filed 1');
	await page.goBack();
	await page.getByText('3 to 4 of').waitFor();
	await page.goForward();
	await page.locator('th[aria-sort=descending]', { hasText: 'Accuracy' }).waitFor();
	// Two are chosen to be compared; the address has both.
	await page.goto(`${url}/#/experiments`);
	for (const i of [0, 1]) await page.locator('tbody tr').nth(i).getByRole('checkbox').check();
	await page.getByRole('link', { name: 'Compare 2' }).click();
	await page.getByRole('heading', { name: 'Compare 2 runs' }).waitFor();
	await page.goto(`${url}/#/nowhere`);
	await page.getByText('There is no such page').waitFor();
	await page.goto(`${url}/#/experiments/exp_999`);
	await page.getByRole('alert').getByText('Not found').waitFor();
	await page.context().close();
}

await run(keyboard, places);
