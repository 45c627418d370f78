// dashboard.refresh_interval is how often the page asks for what is not pushed to it, counted where nothing is. May ask to "set" it.
import { ask, enter, expect, run, url } from './browser.mjs';

const SECONDS = 8;

async function pace() {
	await ask('set', 1000);
	const page = await enter('pace', undefined, /401|WebSocket/);
	let asked = 0;
	page.on('request', (request) => { if (request.url().includes('/metrics/live')) asked += 1; });
	async function count() {
		await page.goto('about:blank');
		const first = page.waitForResponse(/\/metrics\/live/);
		await page.goto(`${url}/#/metrics`);
		await first;
		await page.waitForResponse(/\/config$/, { timeout: 5000 }).catch(() => {}); // it may have been there before
		asked = 0;
		await page.waitForTimeout(SECONDS * 1000);
		return asked;
	}
	const quick = await count();
	expect('every second', `${quick} readings in ${SECONDS} s`, quick >= SECONDS / 2 && quick <= SECONDS + 2);
	await ask('set', 60_000);
	const slow = await count();
	expect('every minute', `${slow} readings in ${SECONDS} s`, slow <= 1);
	await ask('set', 1000);
	// An open page hears of it, at the latest when it reads the configuration again.
	asked = 0;
	const end = Date.now() + 75_000;
	while (asked < 3 && Date.now() < end) await page.waitForTimeout(500);
	expect('an open page', `${asked} readings`, asked >= 3);
}

await run(pace);
