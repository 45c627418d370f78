// Metrics of a real Redis, in three PARTs: live and from history, with gaps and wrong clocks; range, zoom, crosshair, keyboard, errors; the looks. May ask to "fill", "stop" and "start" the Redis, to "mute" and "unmute" live messages.
import { readFileSync } from 'node:fs';
import { ask, check, enter, expect, login, look, open, run, shots, url } from './browser.mjs';

const HERE = '#/metrics?services=redis&metrics=memory_usage.response_time_ms.up&range=15m';
const VIEWS = [
	['metrics', '#/metrics?range=15m', '.metric-chart canvas', true],
	['metrics-by-metric', '#/metrics?range=15m&by=metric', '.metric-chart canvas', true],
	['metrics-nothing', '#/metrics?services=-', '.empty'],
];

const row = (page, metric) => page.locator('tr', { has: page.getByRole('cell', { name: metric, exact: true }) });
const cell = async (page, metric, n) => (await row(page, metric).locator('td').nth(n).textContent()).trim();
const samples = async (page, metric = 'Memory') => Number(await cell(page, metric, 5));
const megabytes = async (page) => Number((await cell(page, 'Memory', 4)).replace(' MB', ''));

async function until(what, so) {
	const end = Date.now() + 45_000;
	while (!(await so())) {
		if (Date.now() > end) throw new Error(`in vain: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 150));
	}
}
const moreSamples = async (page, metric) => {
	const before = await samples(page, metric);
	await until('more samples', async () => (await samples(page, metric)) > before);
};

async function at(where, hash = HERE, allowed) {
	const page = await enter(where, undefined, allowed);
	await page.goto(`${url}/${hash}`);
	await page.locator('.metric-chart canvas').first().waitFor();
	await until('samples', async () => (await samples(page)) > 2);
	return page;
}

/** How many dots of a canvas are neither ground nor grid nor text: what the line is made of. */
const inked = (page, n) => page.locator('.metric-chart canvas').nth(n).evaluate((canvas) => {
	const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
	let count = 0;
	for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200 && data[i + 2] - data[i] > 80) count++;
	return count;
});

async function points() {
	const page = await at('points', HERE, /401|WebSocket/);
	await until('the line of the memory', async () => (await inked(page, 0)) > 10);
	await moreSamples(page);
	const before = await megabytes(page);
	await ask('fill');
	await until('40 MB more in the page', async () => (await megabytes(page)) > before + 35);
	expect('points', 'Redis is not shown as healthy', await page.locator('.card-head .badge', { hasText: 'Healthy' }).count() === 1);
	// A chart of what is there moves nothing.
	await page.evaluate(() => {
		window.shift = 0;
		new PerformanceObserver((list) => { for (const e of list.getEntries()) window.shift += e.value; }).observe({ type: 'layout-shift' });
	});
	await moreSamples(page);
	await moreSamples(page);
	const shift = await page.evaluate(() => window.shift);
	expect('points', `the page shifts by ${shift} while values come`, shift < 0.005);
	// Without live messages the page asks.
	await ask('mute');
	await page.locator('.side .live-lost').waitFor();
	await moreSamples(page);
	await ask('unmute');
	await page.locator('.side .live-open').waitFor();
	await moreSamples(page);
	await page.context().close();
}

async function gaps() {
	const page = await at('gaps');
	await ask('stop');
	await page.locator('.card-head .badge', { hasText: 'Unhealthy' }).waitFor();
	await moreSamples(page, 'Reachable');
	const there = await samples(page);
	await moreSamples(page, 'Reachable');
	await moreSamples(page, 'Reachable');
	expect('gaps', 'a service that does not answer has memory', (await samples(page)) === there);
	await ask('start');
	await page.locator('.card-head .badge', { hasText: 'Healthy' }).waitFor();
	await until('samples again', async () => (await samples(page)) > there + 1);
	await page.locator('.state.tone-bad').first().waitFor();
	const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]);
	await download.saveAs(`${shots}/metrics.csv`);
	const [header, ...lines] = readFileSync(`${shots}/metrics.csv`, 'utf8').trim().split('\r\n');
	expect('gaps', `the header is ${header}`, header === 'timestamp,service,metric,value,min,max,samples');
	const of = (metric) => lines.map((l) => l.split(',')).filter((f) => f[2] === metric);
	const apart = of('memory_usage').map((f) => Date.parse(f[0]) / 1000).map((t, i, all) => (i ? t - all[i - 1] : 0));
	expect('gaps', `the longest gap is ${Math.max(...apart)} s`, Math.max(...apart) >= 10);
	expect('gaps', 'no failure in the CSV', of('up').some((f) => Number(f[4]) === 0));
	expect('gaps', 'the CSV is not what is shown', of('memory_usage').length > 1 && lines.every((l) => l.split(',')[1] === 'redis'));
	await page.screenshot({ path: `${shots}/metrics-gap.png` });
	await page.context().close();
}

async function moving() {
	const page = await at('moving');
	const pressed = (name) => page.getByRole('button', { name, exact: true, pressed: true });
	await page.getByRole('button', { name: '6 h', exact: true }).click();
	await pressed('6 h').waitFor();
	expect('moving', 'the range is not in the address', page.url().includes('range=6h'));
	await page.reload();
	await pressed('6 h').waitFor();
	await page.goBack();
	await pressed('15 min').waitFor();
	await until('samples', async () => (await samples(page)) > 2);

	const charts = page.locator('.metric-chart');
	const box = await charts.nth(0).locator('.u-over').boundingBox();
	await page.mouse.move(box.x + box.width - 8, box.y + 20);
	await until('one crosshair over all', async () => {
		const [a, b] = await Promise.all([0, 1].map((n) => charts.nth(n).locator('.chart-x').textContent()));
		return a !== '' && a === b && (await charts.nth(1).locator('.u-cursor-x').isVisible());
	});
	expect('moving', 'no UTC on hover', /UTC/.test(await charts.nth(0).locator('.chart-x').getAttribute('title')));
	// With the keyboard, too.
	await charts.nth(0).locator('.chart-box').focus();
	const before = await charts.nth(0).locator('.chart-x').textContent();
	await page.keyboard.press('ArrowLeft');
	await page.keyboard.press('ArrowLeft');
	await until('the crosshair moves', async () => (await charts.nth(1).locator('.chart-x').textContent()) !== before);
	await until('the value is said', async () => /: Memory /.test(await page.locator('#announcer').textContent()));

	await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width * 0.9, box.y + 40, { steps: 5 });
	await page.mouse.up();
	await page.getByRole('button', { name: /^Back to/ }).waitFor();
	expect('moving', 'what is zoomed to is not in the address', /range=custom&from=.*&to=.*&of=15m/.test(decodeURIComponent(page.url())));
	await page.getByRole('button', { name: /^Back to/ }).click();
	await pressed('15 min').waitFor();

	await page.getByRole('button', { name: 'Custom' }).click();
	await page.locator('dialog').getByLabel('To').fill('2020-01-01T00:00');
	await page.locator('dialog').getByRole('button', { name: 'Show' }).click();
	await page.locator('dialog').getByText('Must be after the beginning').waitFor();
	await check(page, 'a time of one\'s own');
	await page.locator('dialog').getByLabel('From').fill('2019-12-01T00:00');
	await page.locator('dialog').getByRole('button', { name: 'Show' }).click();
	await page.getByText('Nothing was measured in this time').first().waitFor();
	// A time of one's own that is not over yet goes on by itself.
	const local = (minutes) => page.evaluate((m) => new Date(Date.now() + (m - new Date().getTimezoneOffset()) * 60_000).toISOString().slice(0, 16), minutes);
	await page.getByRole('button', { name: /2019/ }).click();
	await page.locator('dialog').getByLabel('From').fill(await local(-10));
	await page.locator('dialog').getByLabel('To').fill(await local(10));
	await page.locator('dialog').getByRole('button', { name: 'Show' }).click();
	await until('samples', async () => (await samples(page)) > 2);
	await moreSamples(page);
	await page.context().close();
}

async function picking() {
	const page = await at('picking');
	await page.getByRole('button', { name: /^Services/ }).focus();
	await page.keyboard.press('Enter');
	await page.getByRole('checkbox', { name: /^This dashboard/ }).focus();
	await page.keyboard.press('Space');
	await page.getByRole('heading', { name: 'This dashboard' }).waitFor();
	await check(page, 'picking');
	await page.keyboard.press('Escape');
	expect('picking', 'Escape does not close the list', await page.getByRole('checkbox').count() === 0);
	expect('picking', 'the focus is lost', await page.getByRole('button', { name: /^Services/ }).evaluate((b) => b === document.activeElement));
	await page.getByRole('button', { name: 'By metric' }).click();
	await page.getByRole('region', { name: 'Charts' }).waitFor();
	await page.reload();
	await page.getByRole('button', { name: 'By metric', pressed: true }).waitFor();
	await until('both lines', async () => (await page.locator('.metric-chart').first().locator('.chart-value').count()) === 2);
	expect('picking', 'a service\'s name is HTML', await page.locator('main img').count() === 0);
	await page.context().close();
}

/** A reader whose clock is ten minutes slow, and one whose is ten minutes fast, see the newest values where they belong. */
async function clocks() {
	for (const minutes of [-10, 10]) {
		const page = await open('clocks');
		await page.addInitScript((shift) => {
			const Real = Date;
			globalThis.Date = class extends Real {
				constructor(...given) { super(...(given.length ? given : [Real.now() + shift])); }
				static now() { return Real.now() + shift; }
			};
		}, minutes * 60_000);
		await login(page);
		await page.goto(`${url}/${HERE}`);
		await page.locator('.metric-chart canvas').first().waitFor();
		await until(`samples with a clock ${minutes} minutes off`, async () => (await samples(page)) > 2);
		await moreSamples(page);
		await until('a line at the right side', async () => page.locator('.metric-chart canvas').first().evaluate((canvas) => {
			const from = Math.floor(canvas.width * 0.8);
			const { data } = canvas.getContext('2d').getImageData(from, 0, canvas.width - from, canvas.height);
			for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200 && data[i + 2] - data[i] > 80) return true;
			return false;
		}));
		await page.context().close();
	}
}

async function failing() {
	const page = await enter('failing', undefined, /401|500/);
	await page.route('**/metrics/history**', (route) => route.fulfill({ status: 500, json: { error: { code: 'INTERNAL_ERROR', message: 'It is a test.' } } }));
	await page.goto(`${url}/${HERE}`);
	await page.getByText(/could not be read: It is a test/).waitFor();
	await page.unroute('**/metrics/history**');
	await page.getByRole('button', { name: 'Try again' }).click();
	await until('samples', async () => (await samples(page)) > 2);
	await until('the failure is gone', async () => (await page.getByText(/could not be read/).count()) === 0);
	await page.context().close();
}

const PARTS = { values: [points, gaps, clocks], use: [moving, picking, failing], look: ['light', 'dark', 'narrow'].map((view) => () => look(view, VIEWS)) };
await run(...PARTS[process.env.PART]);
