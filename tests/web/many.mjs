// Several hundred services: what is shown stays within reason, and the rest is found.
import { enter, expect, run, shots, url } from './browser.mjs';

async function many() {
	const page = await enter('many');
	const asked = [];
	page.on('request', (r) => asked.push(r.url()));
	await page.getByText(/^and \d+ more services/).waitFor();
	expect('many', 'each service has a card', await page.locator('.service-card').count() < 40);
	await page.goto(`${url}/#/metrics`);
	await page.locator('.metric-chart canvas').first().waitFor();
	await page.getByRole('button', { name: /^Services/ }).click();
	await page.getByText(/more: search for them/).waitFor();
	await page.getByRole('searchbox', { name: 'Search: Services' }).fill('svc_299');
	await page.getByRole('checkbox').first().waitFor();
	expect('many', 'the search finds others', await page.getByRole('checkbox').count() === 1);
	await page.screenshot({ path: `${shots}/many-services.png` });
	await page.keyboard.press('Escape');
	await page.goto(`${url}/#/configuration`);
	await page.getByRole('searchbox', { name: 'Search services' }).fill('svc_299');
	await page.locator('summary', { hasText: 'Svc 299' }).waitFor();
	expect('many', 'the search finds others', await page.locator('.service > summary').count() === 1);
	await page.goto(`${url}/#/configuration?tab=history`);
	await page.getByRole('button', { name: /^Show \d+ more changes/ }).first().click();
	await page.getByText('svc_299: address').waitFor();
	const reads = asked.filter((u) => /metrics\/history|health\/svc/.test(u)).length;
	expect('many', `${reads} readings of the past`, reads < 80);
	await page.context().close();
}

await run(many);
