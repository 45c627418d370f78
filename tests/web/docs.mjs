// The page under /docs/ in a real browser: node docs.mjs, with URL (of the dashboard), VIEWS (such as light,dark,narrow) and MODULES (node_modules) in the environment.
// Writes screenshots to SHOTS. Prints what is wrong, one line each; nothing when all is well.
import { createRequire } from 'node:module';

const { chromium } = createRequire(`${process.env.MODULES}/`)('playwright-core');
const { URL: url, VIEWS: views, SHOTS: shots } = process.env;

const complain = (where, what) => console.log(`${where}: ${what}`);
const browser = await chromium.launch({
	executablePath: '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
});

async function open(view, options) {
	const page = await (await browser.newContext(options)).newPage();
	page.on('pageerror', (e) => complain(view, e.message));
	page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complain(view, m.text()));
	page.on('request', (r) => /^(data|blob):/.test(r.url()) || r.url().startsWith(`${url}/`) || complain(view, `asks for ${r.url()}`));
	return page;
}

/** Every operation of the document has its section, and each is in words and colours. */
async function read(view, options) {
	const page = await open(view, options);
	await page.goto(`${url}/docs/`);
	const { paths } = await (await page.request.get(`${url}/api/v1/openapi.json`)).json();
	await page.locator('[id$="/operation/listExperiments"]').first().waitFor();
	for (const item of Object.values(paths)) {
		for (const { operationId, summary } of Object.values(item).filter((op) => op.operationId)) {
			const section = page.locator(`[id$="/operation/${operationId}"]`).first();
			const text = await section.textContent({ timeout: 15000 }).catch(() => '');
			if (!text.includes(summary)) complain(view, `${operationId} is not there`);
		}
	}
	await page.screenshot({ path: `${shots}/docs-${view}.png` });
	await page.goto(`${url}/docs/#tag/Experiments/operation/createExperiment`);
	await page.locator('[id$="/operation/createExperiment"]').first().scrollIntoViewIfNeeded();
	await page.screenshot({ path: `${shots}/docs-operation-${view}.png` });
	const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
	if (beyond > 0) complain(view, `${beyond} px wider than the window`);
	return page;
}

try {
	const wide = { width: 1440, height: 900 };
	const all = { light: { viewport: wide }, dark: { viewport: wide, colorScheme: 'dark' }, narrow: { viewport: { width: 360, height: 740 } } };
	for (const view of views.split(',')) {
		const page = await read(view, all[view]);
		if (view !== 'light') continue;
		await page.getByPlaceholder('Search').fill('acknowledge');
		await page.locator('[role=search] li', { hasText: 'Say that somebody looks after it' }).first().waitFor();
	}
	// The dashboard itself loads nothing of it.
	const first = await (await browser.newContext()).newPage();
	first.on('request', (r) => /redoc|\/docs\//.test(r.url()) && complain('first view', `asks for ${r.url()}`));
	await first.goto(`${url}/`);
	await first.locator('form').first().waitFor();
} catch (e) {
	complain('test', e.message);
}
await browser.close();
