// The live connection against a server that speaks WebSocket for real (the package ws) and says what each test is about.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'node:test';
import { DashboardClient } from '../src/index.js';

const modules = process.env.FLOPYNET_DATA ?? '';
const skip = existsSync(`${modules}/ws`) ? false : 'the package ws could not be had from npm';
const { WebSocket, WebSocketServer } = skip ? {} : createRequire(`${modules}/`)('ws');

/** One connection as the server sees it: what it was told, and how to answer. */
class Seen {
	constructor(socket) {
		this.socket = socket;
		this.told = [];
		socket.on('message', (data) => this.told.push(JSON.parse(data)));
	}

	say(message) {
		this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
	}

	async subscribed(lastId = 0) {
		await until(() => this.told.some((m) => m.action === 'subscribe'));
		this.say({ type: 'subscribed', data: { last_id: lastId } });
		return this.told.find((m) => m.action === 'subscribe');
	}
}

async function until(condition, ms = 20_000) {
	for (const end = Date.now() + ms; !condition(); ) {
		assert.ok(Date.now() < end, `did not come: ${condition}`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

async function serving(t, options) {
	const connections = [];
	const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
	server.on('connection', (socket, request) => connections.push(Object.assign(new Seen(socket), { path: request.url })));
	await new Promise((ready) => server.on('listening', ready));
	const got = [], states = [], resyncs = [];
	const client = new DashboardClient({ baseUrl: `http://127.0.0.1:${server.address().port}/lab/api/v1`, apiKey: 'secret', WebSocket });
	const live = client.live({ random: () => 0, onMessage: (m) => got.push(m.id), onState: (s, info) => states.push([s, info.code]), onResync: (id) => resyncs.push(id), ...options });
	t.after(() => {
		live.close();
		for (const { socket } of connections) socket.terminate();
		server.close();
	});
	await until(() => connections.length === 1);
	return { connections, got, live, resyncs, states };
}

test('authenticates and subscribes, under a prefix', { skip }, async (t) => {
	const { connections: [c], states } = await serving(t, { topics: ['experiments'], experimentIds: ['exp_001'], since: 7, interval: 0 });
	assert.deepEqual(await c.subscribed(7), { action: 'subscribe', topics: ['experiments'], experiment_ids: ['exp_001'], since: 7, interval: 0 });
	assert.deepEqual(c.told[0], { action: 'authenticate', token: 'secret' });
	assert.equal(c.path, '/lab/ws/dashboard');
	await until(() => states.at(-1)[0] === 'open');
});

test('comes back after 1012 with what it has seen, and gives nothing twice', { skip }, async (t) => {
	const { connections, got, states } = await serving(t);
	await connections[0].subscribed(10);
	for (const id of [11, 12]) connections[0].say({ type: 'experiment_update', id, data: {} });
	await until(() => got.length === 2);
	connections[0].socket.close(1012, 'restart');
	await until(() => connections.length === 2);
	assert.equal((await connections[1].subscribed(14)).since, 12);
	for (const id of [12, 13, 14]) connections[1].say({ type: 'experiment_update', id, data: {} });
	await until(() => got.length >= 4);
	assert.deepEqual(got, [11, 12, 13, 14]);
	assert.deepEqual(states.map(([s, code]) => `${s} ${code ?? ''}`.trim()), ['connecting', 'open', 'waiting 1012', 'connecting', 'open']);
});

test('a connection that broke before the first message resumes where it began', { skip }, async (t) => {
	const { connections, live } = await serving(t);
	await connections[0].subscribed(10);
	await until(() => live.state === 'open');
	connections[0].socket.terminate();
	await until(() => connections.length === 2);
	assert.equal((await connections[1].subscribed(10)).since, 10);
});

test('does not come back to a server that refuses the token, until told to', { skip }, async (t) => {
	for (const code of [4401, 4403, 1008]) {
		const { connections, live, states } = await serving(t);
		connections[0].socket.close(code, 'no');
		await until(() => live.state === 'closed');
		assert.deepEqual(states.at(-1), ['closed', code]);
		live.reconnect();
		await until(() => connections.length === 2);
	}
});

test('what it does not know is passed over', { skip }, async (t) => {
	const { connections: [c], got, live } = await serving(t);
	await c.subscribed(0);
	for (const odd of ['hello', '[]', 'null', '{"type":5}', { type: 'new_thing', id: 1, data: {} }, { type: 'experiment_update', id: 2 }, { type: 'experiment_update', id: 3, data: null }, { type: 'alert', data: {} }]) c.say(odd);
	c.say({ type: 'alert', id: 4, data: { change: 'opened' } });
	await until(() => got.includes(4));
	assert.deepEqual(got, [1, 4]);
	assert.equal(live.state, 'open');
});

test('resync moves the cursor and says so', { skip }, async (t) => {
	const { connections: [c], got, live, resyncs } = await serving(t, { since: 3 });
	await c.subscribed(900);
	c.say({ type: 'resync', data: { last_id: 900 } });
	c.say({ type: 'alert', id: 901, data: {} });
	await until(() => got.length === 1);
	assert.deepEqual([got, resyncs, live.lastId], [[901], [900], 901]);
});

test('subscribing anew uses the connection that is there', { skip }, async (t) => {
	const { connections: [c], live } = await serving(t);
	await c.subscribed(0);
	await until(() => live.state === 'open');
	live.subscribe(['alerts']);
	await until(() => c.told.at(-1).topics?.length === 1);
	live.close();
	await until(() => c.socket.readyState === 3);
	assert.equal(live.state, 'closed');
});

test('a runtime without WebSocket is told what is missing', { skip: Boolean(globalThis.WebSocket) }, () => {
	const states = [];
	const live = new DashboardClient({ baseUrl: 'http://127.0.0.1:9/api/v1' }).live({ onState: (state, { reason }) => states.push(`${state}: ${reason}`) });
	assert.equal(live.state, 'closed');
	assert.match(states.join(), /^closed: .*WebSocket/);
});
