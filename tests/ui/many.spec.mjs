// SPDX-License-Identifier: Apache-2.0
// What grows: many updates, many silences, a long time on a line.
import assert from 'node:assert/strict';
import { eventually, see, site, until } from './harness.mjs';
import { holds, openChanging, update } from './updates.mjs';

site('many', {}, ({ test, visit, server }) => {
	test('updates leave nothing behind in the page', async () => {
		const endsAt = new Date(Date.now() + 36e5).toISOString();

		await server.alert(...Array.from({ length: 24 }, (_, i) => ({ labels: { alertname: `A${i % 12}`, instance: `h${i}`, severity: ['critical', 'warning', 'info'][i % 3] },
			annotations: { summary: 'first' }, endsAt })));
		const page = await openChanging(visit);

		await update(page, 30);
		const before = await holds(page);

		await update(page, 50);
		await see(page, /^update (8|9)[0-9]$/);
		// What is being drawn is there twice for a moment.
		await eventually(async () => {
			const after = await holds(page);

			return after.nodes <= before.nodes * 1.05 && after.listeners <= before.listeners * 1.05 && after.heap <= before.heap * 1.1;
		}, `no more than before: ${JSON.stringify(before)}`);
	});

	test('more silences than a page holds', async () => {
		for (let i = 0; i < 205; i += 41)
			await Promise.all(Array.from({ length: 41 }, (_, k) => server.silence({ host: `h${i + k}` }, { seconds: 3600 + i + k })));
		const page = await visit('#/silences');
		const rows = (n) => until(page, (want) => document.querySelectorAll('.si-open').length === want, n);

		await see(page, '1–200 of 205');
		await rows(200);
		const first = await page.locator('.si-open').first().textContent();

		await page.getByRole('button', { name: 'Next' }).click();
		await see(page, '201–205 of 205');
		await rows(5);
		assert.equal(await page.getByRole('button', { name: 'Next' }).getAttribute('aria-disabled'), 'true');
		await page.getByRole('button', { name: 'Previous' }).click();
		await see(page, '1–200 of 205');
		await rows(200);
		assert.equal(await page.locator('.si-open').first().textContent(), first);
	});

	test('a time line has a lane for each state, and what was told', async () => {
		const page = await visit('#/settings');
		const svg = page.getByRole('img', { name: /^Time line: / });

		await page.evaluate(async () => {
			const main = document.querySelector('script[type=module]').src;
			const { h, mount } = await import(main);
			const { Lane } = await import(main.replace('main.js', 'pages.js'));
			const box = document.createElement('section');
			const at = (hours) => new Date(Date.UTC(2026, 0, 1, hours)).toISOString();

			document.querySelector('main').replaceChildren(box);
			mount(h(Lane, { from: at(0), to: at(10), timeline: [{ from: at(2), to: at(4), state: 'firing' }, { from: at(4), to: at(5), state: 'silenced' }, { from: at(5), to: null, state: 'firing' }],
				notifications: [{ at: at(3), outcome: 'sent', receiver: 'ops' }, { at: at(6), outcome: 'failed', receiver: 'ops', error: '<b>refused</b>' }] }), box);
		});
		await svg.waitFor();
		assert.match(await svg.getAttribute('aria-label'), /^Time line: firing 7 h; silenced 1 h; 1 sent, 1 failed$/);
		// Where the spans lie, in tenths of the plot: whole hours.
		assert.deepEqual(await svg.evaluate((s) => {
			const width = s.viewBox.baseVal.width;

			return [...s.querySelectorAll('rect:not(.ch-ground)')].filter((r) => r.closest('pattern') === null)
				.map((r) => [r.getAttribute('class'), ...['x', 'width'].map((a) => Math.round((Number(r.getAttribute(a)) / width) * 10))]);
		}), [['ch-firing', 2, 2], ['ch-firing', 5, 5], ['ch-silenced', 4, 1]]);
		assert.equal(await svg.locator('.ch-tick').count(), 2);
		assert.equal(await svg.locator('.ch-tick.bad').count(), 1);
		await page.getByText('As a table').click();
		await see(page, 'ops: <b>refused</b>');
		assert.equal(await page.locator('.ch-table tbody tr').count(), 5);
	});
});
