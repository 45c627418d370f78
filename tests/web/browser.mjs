// What every test in a real browser needs. A test is a script for node, run by tests/e2e/harness/page.py with URL, TOKEN, SHOTS and MODULES (node_modules) in the environment.
// It prints what is wrong, one line each, and nothing when all is well; it may ask the Python side to do something (see ask).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(`${process.env.MODULES}/`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core'), 'utf8');

export const { URL: url, TOKEN: token, SHOTS: shots } = process.env;
export const complain = (where, what) => console.log(`${where}: ${String(what).replaceAll('\n', ' ')}`);
/** For what must be so. */
export const expect = (where, what, so) => so || complain(where, what);

export const VIEWS = {
	light: { viewport: { width: 1280, height: 900 } },
	dark: { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
	narrow: { viewport: { width: 360, height: 740 }, hasTouch: true },
	huge: { viewport: { width: 3840, height: 2160 } },
};

let browser;
async function start() {
	browser ??= await chromium.launch({
		executablePath: '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
	});
	return browser;
}

/** A page of its own; whatever it says on the console is wrong, but for what `allowed` lets through. */
export async function open(where, options = VIEWS.light, allowed = /401/) {
	const context = await (await start()).newContext(options);
	const page = await context.newPage();
	page.setDefaultTimeout(45_000);
	page.on('pageerror', (e) => complain(where, e.message));
	page.on('console', (m) => m.type() === 'error' && !allowed.test(m.text()) && complain(where, m.text()));
	return page;
}

/** Log in by the form, as a person does. */
export async function login(page, by = token) {
	await page.goto(`${url}/`);
	await page.getByRole('button', { name: 'Token' }).click();
	await page.getByLabel('Token', { exact: true }).fill(by);
	await page.getByRole('button', { name: 'Log in' }).click();
	await page.getByRole('heading', { name: 'Overview' }).waitFor();
}

export async function enter(where, options, allowed, by) {
	const page = await open(where, options, allowed);
	await login(page, by);
	return page;
}

/** No rule of accessibility broken, nothing wider than the window. */
export async function check(page, where) {
	const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
	if (beyond > 0) complain(where, `${beyond} px wider than the window`);
	await page.evaluate(axe); // bypassCSP is not needed: this is no script element
	const { violations } = await page.evaluate(() => window.axe.run());
	for (const v of violations) complain(where, `${v.id}: ${v.nodes[0].html.slice(0, 200)}`);
}

/** [name, hash, selector of what is there once it is drawn, whole: picture more than the window] */
export async function look(view, pages) {
	const page = await open(view, VIEWS[view]);
	await page.goto(`${url}/`);
	await page.getByRole('button', { name: 'Log in' }).waitFor();
	await page.screenshot({ path: `${shots}/login-${view}.png`, animations: 'disabled' });
	if (view !== 'huge') await check(page, `${view} login`);
	await login(page);
	for (const [name, hash, there, whole] of pages) {
		await page.goto('about:blank');
		await page.goto(`${url}/${hash}`);
		await page.locator(there).first().waitFor();
		await page.screenshot({ path: `${shots}/${name}-${view}.png`, fullPage: Boolean(whole), animations: 'disabled' });
		if (view !== 'huge') await check(page, `${view} ${name}`);
	}
	await page.context().close();
}

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
/** Have the Python side do one of the actions that the test gave to run_page. */
export async function ask(action, argument = null) {
	console.log(`ask ${JSON.stringify([action, argument])}`);
	return JSON.parse((await answers.next()).value);
}

/** Run the steps (STEP in the environment: the one of that name), whatever happens to one of them, and end. */
export async function run(...steps) {
	for (const step of steps.filter(({ name }) => !process.env.STEP || process.env.STEP === name)) {
		try {
			await step();
		} catch (e) {
			complain(step.name || 'test', e.message);
			for (const context of browser?.contexts() ?? []) {
				for (const page of context.pages()) await page.screenshot({ path: `${shots}/failed-${step.name || 'test'}.png` }).catch(() => {});
				await context.close();
			}
		}
	}
	await browser?.close();
	process.exit(0);
}
