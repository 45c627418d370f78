// What a page does while nobody reloads it: it loses the connection and regains it, is hidden, is looked at in other colours.
// RUN goes on for long, a round in some 300 ms. The test can end and start flopynet-stream.
import { ask, enter, expect, run, url, VIEWS } from './browser.mjs';

const { RUN: id } = process.env;
// A connection that cannot be made is told on the console by the browser itself.
const allowed = /401|WebSocket/;
const completed = (page) => page.locator('[role=progressbar]').first().getAttribute('aria-valuenow').then(Number);
const atLeast = (page, n) => page.waitForFunction((m) => Number(document.querySelector('[role=progressbar]').getAttribute('aria-valuenow')) >= m, n);

async function lost() {
	const page = await enter('lost', VIEWS.light, allowed);
	await page.goto(`${url}/#/experiments/${id}`);
	await page.locator('.chart canvas').first().waitFor();
	await page.getByRole('button', { name: 'Show the numbers' }).click();
	await page.locator('.side .live-open').waitFor();
	await page.evaluate(() => { window.sameDocument = true; });
	await ask('stop stream');
	await page.getByText('The live connection is lost').waitFor();
	await page.locator('.frame-stale').waitFor();
	await page.locator('.side .live-lost').waitFor();
	expect('lost', 'the title does not say it', (await page.title()).startsWith('(no connection)'));
	expect('lost', 'the icon does not say it', (await page.locator('#icon').getAttribute('href')).includes('away'));
	const before = await completed(page);
	await atLeast(page, before + 5); // it reads by itself meanwhile
	await ask('start stream');
	await page.locator('.side').getByRole('button', { name: 'Retry' }).click({ timeout: 2000 }).catch(() => {}); // it may be back by itself
	await page.locator('.side .live-open').waitFor();
	await page.getByText('The live connection is lost').waitFor({ state: 'detached' });
	expect('lost', 'what is fresh is marked stale', await page.locator('.frame-stale').count() === 0);
	await atLeast(page, await ask('rounds')); // all that happened meanwhile
	await atLeast(page, await completed(page) + 3); // and on it goes
	const rounds = await page.locator('table[class=table] tbody th').allInnerTexts();
	expect('lost', `rounds missed or doubled: ${rounds.join(' ')}`, rounds.length > 5 && rounds.every((text, i) => Number(text) === i + 1));
	expect('lost', 'the document was loaded anew', await page.evaluate(() => window.sameDocument === true));
	await page.context().close();
}

/** A server that is gone altogether, and comes back. */
async function gone() {
	const page = await enter('gone', VIEWS.light, /401|WebSocket|ERR_|50\d/);
	await page.goto(`${url}/#/experiments/${id}`);
	await page.locator('.chart canvas').first().waitFor();
	await page.locator('.side .live-open').waitFor();
	const before = await completed(page);
	await ask('stop server');
	await page.locator('.frame-stale').waitFor();
	await page.locator('.stale-banner', { hasText: 'The server cannot be reached.' }).waitFor();
	expect('gone', 'what was there is gone', await page.locator('.chart canvas').count() > 0 && await completed(page) >= before);
	await ask('start server');
	await page.locator('.side .live-open').waitFor();
	await atLeast(page, await ask('rounds'));
	await page.context().close();
}

/** A hidden tab asks for nothing, and is up to date when it is looked at again. */
async function hidden() {
	const page = await enter('hidden');
	await page.goto(`${url}/#/experiments/${id}?tab=timeline`);
	await page.locator('.timeline li').first().waitFor();
	const asked = [];
	page.on('request', (r) => asked.push(r.url()));
	await page.waitForRequest(/timeline/, { timeout: 30_000 }); // what is in view reads on
	const show = (there) => page.evaluate((no) => {
		Object.defineProperty(document, 'hidden', { value: no, configurable: true });
		document.dispatchEvent(new Event('visibilitychange'));
	}, !there);
	await show(false);
	await page.waitForTimeout(500); // what was under way
	asked.length = 0;
	const from = await ask('rounds');
	while (await ask('rounds') < from + 40) await page.waitForTimeout(500);
	const unasked = asked.filter((address) => !/alerts\?open=true|icons\//.test(address)); // an alert shows in the title and the icon
	expect('hidden', `a hidden tab asked for ${unasked.join(' ')}`, unasked.length === 0);
	const [read] = await Promise.all([page.waitForRequest(/timeline/), show(true)]);
	expect('hidden', 'it does not read when it is looked at', Boolean(read));
	await atLeast(page, from + 40);
	await page.context().close();
}

/** Charts are drawn anew in other colours; what moves does not where that is asked for. */
async function colours() {
	const page = await enter('colours', { ...VIEWS.light, reducedMotion: 'reduce' });
	await page.goto(`${url}/#/experiments/${id}`);
	await page.locator('.chart canvas').first().waitFor();
	const axis = () => page.evaluate(() => { // the colour of the labels, at the left of the first chart
		const canvas = document.querySelector('.chart canvas');
		const { data } = canvas.getContext('2d').getImageData(0, 0, 50, canvas.height);
		let sum = 0, n = 0;
		for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) { sum += data[i]; n++; }
		return n ? sum / n : -1;
	});
	const light = await axis();
	await page.getByRole('button', { name: /^Colours: As the system/ }).first().click(); // light
	await page.getByRole('button', { name: /^Colours: Light/ }).first().click(); // dark
	await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
	await page.waitForTimeout(300);
	const dark = await axis();
	expect('colours', `labels of the charts were ${light} and are ${dark}`, light >= 0 && dark - light > 40);
	await page.reload();
	expect('colours', 'the choice is forgotten', await page.evaluate(() => document.documentElement.dataset.theme) === 'dark');
	await page.locator('.chart canvas').first().waitFor();
	await page.getByRole('button', { name: 'Edit' }).click();
	const moving = await page.evaluate(() => document.getAnimations().filter((a) => a.effect.getComputedTiming().duration > 1).length);
	expect('colours', `${moving} things move`, moving === 0);
	await page.context().close();
}

await run(lost, gone, hidden, colours);
