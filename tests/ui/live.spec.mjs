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
			const { $render: { h, mount, useState }, $live: { useLive }, $api: { get } } = await import(document.querySelector('script[type=module]').src);
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

		// While it is held nothing is asked; afterwards what was missed is.
		await page.keyboard.press('p');
		const before = asked.length;
		answer = { body: '{"n":5}' };
		await server.alert({ alertname: 'B' });
		await until(page, () => /\(2\)/.test(document.title));
		assert.equal(asked.length, before);
		await is({ n: 4 });
		await page.keyboard.press('p');
		await is({ n: 5 });

		await page.evaluate(() => window.gone());
		const last = asked.length;
		await server.alert({ alertname: 'C' });
		await until(page, () => /\(3\)/.test(document.title));
		assert.equal(asked.length, last);
	});

	test('six tabs wait at once, and the server still answers others', async () => {
		const first = await visit('#/settings');
		const waits = [];
		const pages = [first];
		for (let i = 0; i < 5; i++) pages.push(await first.context().newPage());
		for (const page of pages.slice(1)) await page.goto(first.url(), { waitUntil: 'domcontentloaded' });
		const { total } = await server.get('/api/ext/v1/alerts?limit=1');
		for (const page of pages) waits.push(until(page, n => document.title.includes(`(${n})`), total + 1));
		await server.alert({ alertname: 'D' });
		await Promise.all(waits);
		assert.equal((await server.ask('GET', '/-/healthy')).status, 200);
		assert.equal(await pages[5].evaluate(async () => (await fetch('-/healthy')).status), 200);
	});
});
