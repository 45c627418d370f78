import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';
import { Http, queryString } from '../src/http.js';
import { ApiError, AuthenticationError, ConflictError, DashboardClient, NetworkError, RateLimitError, UnavailableError, ValidationError } from '../src/index.js';

/** A server that gives these answers in turn, the last one for ever: [status, headers, body]. `seen` has the requests. */
async function serving(t, ...answers) {
	const seen = [];
	const server = createServer((request, response) => {
		let body = '';
		request.on('data', (part) => (body += part)).on('end', () => {
			seen.push({ method: request.method, url: request.url, headers: request.headers, body });
			const [status, headers, text] = answers[Math.min(seen.length, answers.length) - 1];
			if (status) response.writeHead(status, headers).end(text);
			else if (status === 0) request.socket.destroy();
		});
	});
	await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
	t.after(() => {
		server.closeAllConnections();
		server.close();
	});
	return { seen, url: `http://127.0.0.1:${server.address().port}/lab/api/v1` };
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const refusal = (code, more = {}) => JSON.stringify({ error: { code, message: 'Not so.', request_id: 'r1', ...more } });

test('the query leaves out what is not given', () => {
	assert.equal(queryString({ a: 1, b: undefined, c: null, d: '', e: ['x', 'y'], f: false, g: 'ä b&c' }), '?a=1&e=x%2Cy&f=false&g=%C3%A4+b%26c');
	assert.equal(queryString({}), '');
});

test('token, prefix, trailing slash and names in the path', async (t) => {
	const { seen, url } = await serving(t, [200, JSON_TYPE, '{"experiment":{}}']);
	const client = new DashboardClient({ baseUrl: `${url}//`, apiKey: 'secret' });
	await client.experiments.get('a/../b?c');
	assert.equal(seen[0].url, '/lab/api/v1/experiments/a%2F..%2Fb%3Fc');
	assert.equal(seen[0].headers.authorization, 'Bearer secret');
});

test('refusals have a type, the code, the details and the id of the request', async (t) => {
	const rows = [[400, ValidationError], [401, AuthenticationError], [409, ConflictError], [422, ApiError]];
	for (const [status, kind] of rows) {
		const { url } = await serving(t, [status, JSON_TYPE, refusal('X', { details: { name: 'Must not be empty' } })]);
		await assert.rejects(new Http(url).request('GET', '/x'), (e) => e instanceof kind && e.status === status && e.code === 'X' && e.details.name === 'Must not be empty' && e.requestId === 'r1');
	}
});

test('an answer of a proxy that is not JSON is an error like any other', async (t) => {
	const { url } = await serving(t, [418, { 'Content-Type': 'text/html' }, '<h1>No</h1>']);
	await assert.rejects(new Http(url).request('GET', '/x'), (e) => e instanceof ApiError && e.status === 418 && e.code === 'UNKNOWN');
	const page = await serving(t, [200, { 'Content-Type': 'text/html' }, '<h1>Log in to the network</h1>']);
	await assert.rejects(new Http(page.url, { retries: 0 }).request('GET', '/x'), NetworkError);
	const odd = await serving(t, [400, JSON_TYPE, '{"error":"flat"}']);
	await assert.rejects(new Http(odd.url).request('GET', '/x'), ValidationError);
});

test('a read waits for as long as Retry-After says and is tried again', async (t) => {
	const { seen, url } = await serving(t, [503, { ...JSON_TYPE, 'Retry-After': '0' }, refusal('SERVICE_UNAVAILABLE')], [429, { ...JSON_TYPE, 'Retry-After': '0' }, refusal('RATE_LIMITED')], [200, JSON_TYPE, '{"a":1}']);
	assert.deepEqual(await new Http(url).request('GET', '/x'), { a: 1 });
	assert.equal(seen.length, 3);
});

test('a long Retry-After is the caller\'s to wait for', async (t) => {
	const { seen, url } = await serving(t, [429, { ...JSON_TYPE, 'Retry-After': '3000' }, refusal('RATE_LIMITED')]);
	await assert.rejects(new Http(url).request('GET', '/x'), (e) => e instanceof RateLimitError && e.retryAfter === 3000);
	assert.equal(seen.length, 1);
});

test('what may not be repeated is not; a create has one key for all its tries', async (t) => {
	const busy = [503, { ...JSON_TYPE, 'Retry-After': '0' }, refusal('SERVICE_UNAVAILABLE')];
	const first = await serving(t, busy);
	await assert.rejects(new DashboardClient({ baseUrl: first.url }).experiments.control('exp_001', 'start'), UnavailableError);
	assert.equal(first.seen.length, 1);
	const second = await serving(t, busy, busy, [201, JSON_TYPE, '{"experiment":{"id":"exp_001"}}']);
	await new DashboardClient({ baseUrl: second.url }).experiments.create({ name: 'a' });
	const keys = second.seen.map((r) => r.headers['idempotency-key']);
	assert.equal(keys.length, 3);
	assert.match(keys[0], /^[0-9a-f]{32}$/);
	assert.equal(new Set(keys).size, 1);
});

test('no answer is a NetworkError, in time', async (t) => {
	const mute = await serving(t, [null]);
	await assert.rejects(new Http(mute.url, { timeoutMs: 50, retries: 0 }).request('GET', '/x'), (e) => e instanceof NetworkError && /in time/.test(e.message));
	const gone = await serving(t, [0]);
	await assert.rejects(new Http(gone.url, { retries: 0 }).request('GET', '/x'), (e) => e instanceof NetworkError && /cannot be reached/.test(e.message));
});

test('a call that is given up throws the reason and is not tried again', async (t) => {
	const { seen, url } = await serving(t, [null]);
	const given = new AbortController();
	const call = new Http(url).request('GET', '/x', { signal: given.signal });
	while (!seen.length) await new Promise((resolve) => setTimeout(resolve, 5));
	given.abort(new Error('left the page'));
	await assert.rejects(call, /left the page/);
	await assert.rejects(new Http(url).request('GET', '/x', { signal: given.signal }), /left the page/);
	assert.equal(seen.length, 1);
});

test('an unhealthy platform is an answer; the tag of the configuration comes with it', async (t) => {
	const ill = await serving(t, [503, JSON_TYPE, '{"status":"unhealthy","services":{}}']);
	assert.equal((await new DashboardClient({ baseUrl: ill.url }).health.get()).status, 'unhealthy');
	const config = await serving(t, [200, { ...JSON_TYPE, ETag: '"7"', 'X-RateLimit-Limit': '1000', 'X-RateLimit-Remaining': '990', 'X-RateLimit-Reset': '1700000000' }, '{"dashboard":{}}']);
	const client = new DashboardClient({ baseUrl: config.url });
	const answer = await client.config.get();
	assert.equal(answer.etag, '"7"');
	assert.deepEqual(Object.keys(answer), ['dashboard']);
	assert.deepEqual(client.rateLimit, { limit: 1000, remaining: 990, resetsAt: 1700000000000 });
	await client.config.update({ dashboard: {} }, { etag: answer.etag, dryRun: true });
	assert.equal(config.seen[1].headers['if-match'], '"7"');
	assert.equal(config.seen[1].url, '/lab/api/v1/config?dry_run=true');
});
