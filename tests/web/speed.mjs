// How heavy and how quick the page is: weight of each first view, first paint, and how long the browser is busy at a stretch
// with 2,000 experiments and a run of 200 clients that change all the time. Bounds are wide, for machines that do other things too; what was measured is kept in SHOTS/speed.txt.
import { writeFileSync } from 'node:fs';
import { complain, enter, expect, run, shots, url } from './browser.mjs';

const { RUN: id } = process.env;
const notes = [];
const WEIGHT_MAX = 150_000; // bytes on the wire, with heads
const PAINT_MAX_MS = 1000;
const TASK_MAX_MS = 2000; // what makes a page feel dead; on an idle machine it is a tenth of that

/** Bytes of all answers until the page is quiet, compressed as every browser and server can. */
async function weigh(page, hash, there) {
	const cdp = await page.context().newCDPSession(page);
	await cdp.send('Network.enable');
	await cdp.send('Network.setCacheDisabled', { cacheDisabled: true });
	await cdp.send('Network.setExtraHTTPHeaders', { headers: { 'Accept-Encoding': 'gzip' } });
	let bytes = 0;
	cdp.on('Network.loadingFinished', (e) => { bytes += e.encodedDataLength; });
	await page.goto('about:blank');
	await page.goto(`${url}/${hash}`);
	await page.locator(there).first().waitFor();
	await page.waitForTimeout(1000);
	const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
	await cdp.detach();
	return { bytes, paint };
}

async function weight() {
	const page = await enter('weight');
	const views = [['#/', '.run'], ['#/experiments', 'tbody tr'], ['#/experiments/exp_001', '.chart canvas'], ['#/compare?ids=exp_001.exp_002', '.chart canvas'], ['#/metrics', 'h1'], ['#/alerts', '.empty, .line'], ['#/alerts/rules', 'tbody tr'], ['#/configuration', 'h1']];
	for (const [hash, there] of views) {
		let { bytes, paint } = await weigh(page, hash, there);
		for (let again = 0; again < 2 && paint > PAINT_MAX_MS; again++) ({ bytes, paint } = await weigh(page, hash, there)); // others may have been at work
		notes.push(`${hash}: ${(bytes / 1000).toFixed(1)} KB, first paint ${paint.toFixed(0)} ms`);
		expect('weight', `${hash} weighs ${bytes} bytes`, bytes <= WEIGHT_MAX);
		expect('weight', `${hash} is painted after ${paint} ms`, paint <= PAINT_MAX_MS);
	}
	await page.context().close();
}

/** The longest time that the browser did not answer while something was done; once more where it was too long, since others may have been at work. */
async function stretches(page, what, act) {
	let tasks;
	let longest;
	for (let tries = 0; tries < 3; tries++) {
		await page.evaluate(() => {
			window.tasks = [];
			window.watcher?.disconnect();
			window.watcher = new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((e) => e.duration)));
			window.watcher.observe({ type: 'longtask' });
		});
		await act();
		await page.waitForTimeout(300);
		tasks = await page.evaluate(() => window.tasks);
		longest = Math.max(0, ...tasks);
		if (longest <= TASK_MAX_MS) break;
	}
	notes.push(`${what}: ${tasks.length} tasks over 50 ms, the longest ${longest.toFixed(0)} ms`);
	expect('smooth', `${what}: the browser was busy for ${longest} ms at a stretch`, longest <= TASK_MAX_MS);
}

async function smooth() {
	const page = await enter('smooth');
	await page.goto(`${url}/#/experiments?limit=100`);
	await page.locator('tbody tr').nth(99).waitFor();
	await page.getByText(/1 to 100 of 2,\d{3}/).waitFor();
	await stretches(page, '100 of 2,000 experiments: sort, search, page', async () => {
		await page.goto(`${url}/#/experiments?limit=100`);
		await page.getByText(/1 to 100 of 2,\d{3}/).waitFor();
		await page.getByRole('button', { name: 'Accuracy' }).click();
		await page.locator('th[aria-sort=descending]', { hasText: 'Accuracy' }).waitFor();
		await page.getByRole('button', { name: 'Next' }).click();
		await page.getByText(/101 to 200 of/).waitFor();
		await page.getByLabel('Search by name').pressSequentially('run 19', { delay: 60 });
		await page.waitForFunction(() => location.hash.includes('19'));
		await page.mouse.wheel(0, 3000);
		await page.waitForTimeout(1000);
	});
	await page.goto(`${url}/#/experiments/${id}?tab=clients`);
	await page.locator('tbody tr').nth(199).waitFor();
	await stretches(page, '200 clients that change all the time, sorted and scrolled', async () => {
		await page.getByRole('button', { name: 'Accuracy' }).click();
		for (let i = 0; i < 8; i++) {
			await page.mouse.wheel(0, 800);
			await page.waitForTimeout(1000);
		}
	});
	const shift = await page.evaluate(() => new Promise((resolve) => {
		let sum = 0;
		new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) sum += e.value; }).observe({ type: 'layout-shift' });
		setTimeout(() => resolve(sum), 3000);
	}));
	notes.push(`layout shift while data streams, 3 s: ${shift.toFixed(4)}`);
	await page.goto(`${url}/#/experiments/${id}`);
	await page.locator('.chart canvas').first().waitFor();
	await stretches(page, 'its charts while rounds arrive', () => page.waitForTimeout(5000));
	const jumps = await page.evaluate(() => new Promise((resolve) => {
		let sum = 0;
		new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) sum += e.value; }).observe({ type: 'layout-shift' });
		setTimeout(() => resolve(sum), 5000);
	}));
	notes.push(`layout shift of its charts, 5 s: ${jumps.toFixed(4)}`);
	expect('smooth', `the charts jump by ${jumps}`, jumps < 0.02);
	await page.context().close();
}

await run(weight, smooth, async function keep() {
	if (notes.length === 0) complain('speed', 'nothing was measured');
	writeFileSync(`${shots}/speed.txt`, `${notes.join('\n')}\n`);
});
