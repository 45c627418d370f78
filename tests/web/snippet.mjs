// A script run in a page of a logged-in user: node snippet.mjs NODE_MODULES URL SCRIPT, with TOKEN in the environment. The script's out() prints a line.
import { createRequire } from 'node:module';

const [modules, url, script] = process.argv.slice(2);
const { chromium } = createRequire(`${modules}/`)('playwright-core');
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'] });
const page = await browser.newPage();
page.on('pageerror', (error) => console.log(error.message));
await page.exposeFunction('print', (line) => console.log(line));
await page.goto(url);
const status = await page.evaluate(async (token) =>
	(await fetch('api/v1/auth/login', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token }) })).status, process.env.TOKEN);
if (status !== 200) console.log(`logging in was answered with ${status}`);
await page.evaluate(`const token = null, out = (...a) => print(a.map((x) => JSON.stringify(x)).join(' '));${script}`);
process.on('SIGTERM', () => browser.close());
