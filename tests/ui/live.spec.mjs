// SPDX-License-Identifier: Apache-2.0
// Lists that follow: what is asked again, when, and what is seen meanwhile.
import assert from 'node:assert/strict';
import { eventually, site, until } from './harness.mjs';

site('live', {}, ({ test, visit, server }) => {
	test('a list follows its revision, and keeps what it has when it fails', async () => {
		const page = await visit('#/settings');
		const asked = [];
		let answer = { body: '{"n":1}', headers: { ETag: '"one"' } };
		page.expectProblem(/Failed to load resource/);
		await page.route('**/api/ext/v1/probe*', async route => {
			asked.push({ url: route.request().url(), etag: route.request().headers()['if-none-match'] });
			const { wait, ...how } = answer;
			if (wait) await wait;
			await route.fulfill({ contentType: 'application/json', ...how }).catch(() => {});
		});
		await page.evaluate(async () => {
			const { get, h, mount, useLive, useState } = await import(document.querySelector('script[type=module]').src);
			const box = document.createElement('section');
			document.querySelector('main').append(box);
			const loads = window.loads = [];
			const Probe = () => {
				const [q, set] = useState('a');
				const { data, error, loading, stale, reload } = useLive('alerts', s => {
					loads.push(performance.now());
					return get('probe', { q }, s);
				}, [q]);
				Object.assign(window, { reload, setQ: set });
				return h('output', { id: 'probe' }, JSON.stringify({ n: data ? data.n : null, error: error ? error.kind : null, loading, stale }));
			};
			mount(h(Probe, null), box);
			window.gone = () => mount(null, box);
		});
		const is = want => until(page, text => document.getElementById('probe').textContent === text, JSON.stringify({ n: 1, error: null, loading: false, stale: false, ...want }));
		await is({});
		assert.equal(asked.length, 1);
		assert.equal(asked[0].etag, undefined);

		// Something changed, but not here.
		answer = { status: 304, headers: { ETag: '"one"' } };
		await server.alert({ alertname: 'A' });
		await eventually(() => asked.length === 2);
		assert.equal(asked[1].etag, '"one"');
		const [first, second] = await page.evaluate(() => window.loads);
		assert.ok(second - first >= 1990, `${second - first} ms`);
		await is({});

		answer = { status: 500, body: '{"error":{"code":"x","message":"no"}}' };
		await page.evaluate(() => window.reload());
		await is({ error: 'server', stale: true });
		answer = { body: '{"n":2}', headers: { ETag: '"two"' } };
		await page.evaluate(() => window.reload());
		await is({ n: 2 });

		// An older answer that comes late counts for nothing, and what is there stays until the new one comes.
		let release;
		answer = { body: '{"n":3}', wait: new Promise(done => { release = done; }) };
		await page.evaluate(() => window.setQ('b'));
		await is({ n: 2, loading: true, stale: true });
		await eventually(() => asked.at(-1).url.endsWith('q=b'));
		assert.equal(asked.at(-1).etag, undefined);
		answer = { body: '{"n":4}' };
		await page.evaluate(() => window.setQ('c'));
		await is({ n: 4 });
		release();

		// While it is held nothing is asked, not even what was due soon; afterwards what was missed is.
		await server.alert({ alertname: 'B' });
		await until(page, () => /\(2\)/.test(document.title));
		await page.keyboard.press('p');
		const begun = () => page.evaluate(() => window.loads.length);
		const before = await begun();
		answer = { body: '{"n":5}' };
		for (const n of [3, 4]) {
			await server.alert({ alertname: `B${n}` });
			await until(page, (of) => document.title.includes(`(${of})`), n);
		}
		assert.equal(await begun(), before);
		await is({ n: 4 });
		await page.keyboard.press('p');
		await is({ n: 5 });

		await page.evaluate(() => window.gone());
		const last = asked.length;
		await server.alert({ alertname: 'C' });
		await until(page, () => /\(5\)/.test(document.title));
		assert.equal(asked.length, last);
	});

	test('of eight tabs one waits, and another when it is gone', async () => {
		const first = await visit('#/settings', { own: true });
		const pages = [first];
		const waiting = new Map();
		const tell = n => Promise.all(pages.map(page => until(page, want => document.title.includes(`(${want})`), n)));
		const context = first.context();
		const count = async () => (await server.get('/api/ext/v1/status')).limits.waiting;

		context.on('request', r => /\/changes\?/.test(r.url()) && waiting.set(r, r.frame().page()));
		for (const end of ['requestfinished', 'requestfailed']) context.on(end, r => waiting.delete(r));
		for (let i = 0; i < 7; i++) pages.push(await context.newPage());
		for (const page of pages.slice(1)) await page.goto(first.url(), { waitUntil: 'domcontentloaded' });
		const { total } = await server.get('/api/ext/v1/alerts?limit=1');
		await server.alert({ alertname: 'D' });
		await tell(total + 1);
		await eventually(async () => (await count()) === 1);
		// A browser has six connections to a server.
		for (const page of pages) assert.equal(await page.evaluate(async () => (await fetch('-/healthy')).status), 200);

		// The first tab is the oldest, so it waits; it is closed, and then one is killed that cannot say so.
		await pages.shift().close();
		await server.alert({ alertname: 'E' });
		await tell(total + 2);
		const next = await eventually(() => [...waiting.values()].find(page => !page.isClosed()));
		const session = await context.newCDPSession(next);

		next.expectProblem?.(/crashed/);
		session.send('Page.crash').catch(() => {});
		pages.splice(pages.indexOf(next), 1);
		await server.alert({ alertname: 'F' });
		await tell(total + 3);
		await eventually(async () => (await count()) === 1);
	});

	test('a tab without others, where no channel can be opened, waits for itself', async () => {
		const page = await visit('#/settings', { script: () => { window.BroadcastChannel = class { constructor() { throw new DOMException('no', 'SecurityError'); } }; } });
		const { total } = await server.get('/api/ext/v1/alerts?limit=1');

		await server.alert({ alertname: 'G' });
		await until(page, n => document.title.includes(`(${n})`), total + 1);
	});
});
