// The page in a real browser against a real stack: node page.mjs, with URL, TOKEN, RUN (a running experiment) and MODULES (node_modules) in the environment.
// Writes screenshots to SHOTS. Prints what is wrong, one line each; nothing when all is well.
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.MODULES}/`);
const { chromium } = require('playwright-core');
const axe = require.resolve('axe-core');
const { URL: url, TOKEN: token, RUN: run, SHOTS: shots } = process.env;

const complain = (where, what) => console.log(`${where}: ${what}`);
const browser = await chromium.launch({
	executablePath: '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
});
const pages = [['overview', '#/', '.run'], ['experiments', '#/experiments', 'tbody tr'], ['run', `#/experiments/${run}`, '.chart canvas'], ['clients', `#/experiments/${run}?tab=clients`, 'tbody tr'], ['setup', `#/experiments/${run}?tab=configuration`, '.pairs'], ['files', `#/experiments/${run}?tab=files`, '.empty, tbody tr'], ['log', `#/experiments/${run}?tab=log`, '.log, .empty'],
	['compare', `#/compare?ids=exp_001.${run}`, '.chart canvas'], ['alerts', '#/alerts', '.empty, tbody tr'], ['create', '#/experiments?create=new', 'dialog[open] input']];

/** Log in by the form, as a person does. */
async function login(page) {
	await page.goto(`${url}/`);
	const byToken = page.getByRole('button', { name: /token/i }).or(page.getByRole('tab', { name: /token/i })).or(page.getByRole('radio', { name: /token/i }));
	await page.locator('form').first().waitFor();
	if (await byToken.count()) await byToken.first().click();
	await page.locator('form input').last().fill(token);
	await page.locator('form button[type=submit]').click();
	await page.getByRole('heading', { name: 'Overview' }).waitFor();
}

async function look(view, options) {
	const context = await browser.newContext(options);
	const page = await context.newPage();
	page.on('pageerror', (e) => complain(view, e.message));
	page.on('console', (m) => m.type() === 'error' && !/401/.test(m.text()) && complain(view, m.text()));
	await login(page);
	for (const [name, hash, there] of pages) {
		await page.goto('about:blank');
		await page.goto(`${url}/${hash}`);
		await page.locator(there).first().waitFor();
		await page.screenshot({ path: `${shots}/${name}-${view}.png`, fullPage: name === 'run' });
		const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
		if (beyond > 0) complain(`${view} ${name}`, `${beyond} px wider than the window`);
		await page.addScriptTag({ path: axe }).catch(() => page.evaluate(require('node:fs').readFileSync(axe, 'utf8')));
		const { violations } = await page.evaluate(() => window.axe.run());
		for (const v of violations) complain(`${view} ${name}`, `${v.id}: ${v.nodes[0].html.slice(0, 200)}`);
	}
	await context.close();
}

/** Create in the dialog, start, watch rounds arrive without a reload, pause, resume, abort. */
async function steer() {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
	const page = await context.newPage();
	page.on('pageerror', (e) => complain('steer', e.message));
	await login(page);
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
	await context.close();
}

try {
	await look('light', { viewport: { width: 1280, height: 900 }, bypassCSP: true });
	await look('dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark', bypassCSP: true });
	await look('narrow', { viewport: { width: 360, height: 740 }, bypassCSP: true });
	await steer();
} catch (e) {
	complain('test', e.message);
}
await browser.close();
