// SPDX-License-Identifier: Apache-2.0
// What becomes of answers of every kind, and the server's clock.
import assert from 'node:assert/strict';
import test from 'node:test';
import { address, ApiError, clockOffset, get, onOutcome, send, serverNow } from '../../../src/ui/api.js';

function answers(body, { status = 200, headers = {}, type = 'application/json' } = {}) {
	globalThis.fetch = async (url, init) => {
		answers.last = { url, ...init };
		if (init.signal.aborted) throw new DOMException('aborted', 'AbortError');
		return new Response(status === 304 || status === 204 ? null : body, { status, headers: { 'Content-Type': type, ...headers } });
	};
}

const kind = async promise => {
	try {
		await promise;
		return null;
	} catch (error) {
		assert.ok(error instanceof ApiError, String(error));
		return error;
	}
};

test('addresses are relative, and their parameters encoded', () => {
	assert.equal(address('groups', { filter: ['a="b&c"', 'd=~"e+"'], q: undefined, age_min: null, active: false, limit: 0, '__proto__x': 1 }), 'api/ext/v1/groups?filter=a%3D%22b%26c%22&filter=d%3D~%22e%2B%22&active=false&limit=0&__proto__x=1');
	assert.equal(address('v2:silence/x%2Fy'), 'api/v2/silence/x%2Fy');
});

test('data, its tag, and what has not changed', async () => {
	answers('{"items":[]}', { headers: { ETag: '"1"' } });
	const a = await get('groups', { limit: 1 });
	assert.deepEqual([a.data, a.etag, a.notModified], [{ items: [] }, '"1"', false]);
	answers(null, { status: 304, headers: { ETag: '"1"' } });
	const b = await get('groups', null, { etag: '"1"' });
	assert.deepEqual([b.data, b.notModified, answers.last.headers['If-None-Match']], [undefined, true, '"1"']);
});

test('errors say what the server said, and where', async () => {
	answers('{"error":{"code":"bad_matcher","message":"no operator","field":"filter","index":1}}', { status: 400 });
	const bad = await kind(get('groups'));
	assert.deepEqual([bad.kind, bad.status, bad.code, bad.message, bad.field, bad.index], ['server', 400, 'bad_matcher', 'no operator', 'filter', 1]);
	answers('{"error":{"code":"already_acked","message":"by max","owner":"max","id":"x"}}', { status: 409 });
	assert.equal((await kind(send('POST', 'ack', {}))).detail.owner, 'max');
	answers('"silence 1 not found"', { status: 404 });
	assert.equal((await kind(get('v2:silence/1'))).message, 'silence 1 not found');
	answers('plain words\n', { status: 400, type: 'text/plain' });
	assert.equal((await kind(get('groups'))).message, 'plain words');
	answers('{"error":null}', { status: 500 });
	assert.match((await kind(get('groups'))).message, /^500/);
});

test('each way to have no answer is told from the others', async () => {
	const told = [];
	const off = onOutcome(error => told.push(error && error.kind));
	const cases = [
		[{ status: 401, type: 'text/plain' }, 'no', 'auth'], [{ status: 401, type: 'text/html' }, '<p>', 'auth'],
		[{ type: 'text/html; charset=utf-8' }, '<h1>Sign in', 'html'], [{ status: 403, type: 'text/html' }, '<h1>', 'html'],
		[{ status: 502, type: 'text/html' }, '<h1>Bad gateway', 'network'], [{ status: 504, type: 'text/plain' }, 'timeout', 'network'],
		[{ status: 503, headers: { 'Retry-After': '7' } }, '{"error":{"code":"busy","message":"wait"}}', 'busy'],
		[{ status: 503, type: 'text/plain' }, 'Limit of concurrent GET requests reached (8), try again later.\n', 'busy'],
		[{ status: 503 }, '{"error":{"code":"no_history","message":"x"}}', 'server'],
		[{ status: 410 }, '{"error":{"code":"cursor_expired","message":"x"}}', 'expired'],
		[{}, '{"items":[{"a":', 'network'],
	];
	for (const [how, body, want] of cases) {
		answers(body, how);
		assert.equal((await kind(get('groups'))).kind, want, `${JSON.stringify(how)} ${body}`);
	}
	answers('', { status: 503, headers: { 'Retry-After': '7' } });
	assert.equal((await kind(get('groups'))).retryAfter, 7);
	globalThis.fetch = async () => ({ type: 'opaqueredirect', status: 0, ok: false, headers: new Headers(), text: async () => '' });
	assert.equal((await kind(get('groups'))).kind, 'html');
	globalThis.fetch = async () => { throw new TypeError('Failed to fetch'); };
	assert.equal((await kind(get('groups'))).kind, 'network');
	answers('{}');
	const control = new AbortController();
	control.abort();
	told.length = 0;
	assert.equal((await kind(get('groups', null, { signal: control.signal }))).kind, 'aborted');
	assert.deepEqual(told, []);
	await get('groups');
	answers('{"error":{"message":"x"}}', { status: 400 });
	await kind(get('groups'));
	assert.deepEqual(told, [null, null]); // a refusal is an answer
	off();
});

test('a server that says nothing is given up', async () => {
	globalThis.fetch = (url, { signal }) => new Promise((_, no) => signal.addEventListener('abort', () => no(new DOMException('aborted', 'AbortError'))));
	const error = await kind(get('groups', null, { patience: 10 }));
	assert.deepEqual([error.kind, error.message], ['network', 'tocsin did not answer within 0.01 s.']);
});

test('changes say that they are JSON', async () => {
	answers('{"id":"x"}');
	assert.deepEqual(await send('POST', 'ack', { group: 'g' }), { id: 'x' });
	assert.deepEqual([answers.last.method, answers.last.headers['Content-Type'], answers.last.body], ['POST', 'application/json', '{"group":"g"}']);
	answers('', { status: 200 });
	assert.equal(await send('DELETE', 'v2:silence/1'), null);
	assert.equal(answers.last.body, undefined);
});

test('the server’s clock is known to the half of a second, whatever this one says', async t => {
	t.mock.timers.enable({ apis: ['Date'], now: 1_000_000_000_000 });
	const ahead = 600_300;
	const ask = async step => {
		t.mock.timers.tick(step);
		answers('{}', { headers: { Date: new Date(Date.now() + ahead).toUTCString() } });
		await get('overview');
	};
	for (const step of [0, 130, 260, 390, 550, 710]) await ask(step);
	assert.ok(Math.abs(clockOffset() - ahead) <= 500, String(clockOffset()));
	assert.ok(Math.abs(serverNow() - Date.now() - ahead) <= 500);
	t.mock.timers.setTime(Date.now() + 3_600_000); // somebody sets this clock
	answers('{}', { headers: { Date: new Date(Date.now() - 3_600_000 + ahead).toUTCString() } });
	await get('overview');
	assert.ok(Math.abs(clockOffset() - (ahead - 3_600_000)) <= 1000, String(clockOffset()));
});

test('three questions at once; a patient one waits for those that are not', async () => {
	const asked = [];
	globalThis.fetch = url => new Promise(resolve => {
		asked.push({ path: url.replace('api/ext/v1/', ''), answer: () => resolve(new Response('{}', { headers: { 'Content-Type': 'application/json' } })) });
	});
	const paths = () => asked.map(a => a.path);
	const settle = () => new Promise(resolve => setImmediate(resolve));
	const stop = new AbortController();
	const all = [get('a'), get('labels', null, { patient: true }), get('b'), get('c'), get('d')];
	const given = kind(get('given-up', null, { signal: stop.signal }));
	await settle();
	assert.deepEqual(paths(), ['a', 'b', 'c']);
	stop.abort();
	assert.equal((await given).kind, 'aborted');
	for (const n of [0, 1, 2]) {
		asked[n].answer();
		await settle();
		assert.deepEqual(paths(), ['a', 'b', 'c', 'd'], 'the patient one goes before none of them');
	}
	asked[3].answer();
	await settle();
	assert.deepEqual(paths(), ['a', 'b', 'c', 'd', 'labels']);
	asked[4].answer();
	await Promise.all(all);
});
