// SPDX-License-Identifier: Apache-2.0
// The page History: what happened, what was told, and the sums of it, in every state it can be in.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { accessible, eventually, fits, see, shot, site, until } from './harness.mjs';
import { DISK, LAG, historyConfig, makePast, startSink } from './history_data.mjs';

const sink = await startSink();
after(() => sink.stop());

const rows = '.hi-row';
const past = (ms) => new Date(Date.now() - ms).toISOString();
const json = (body, status = 200) => ({ status, contentType: 'application/json', body: JSON.stringify(body) });
const isList = (url) => url.pathname.endsWith('/api/ext/v1/history') && !url.searchParams.has('format') && !url.searchParams.has('fingerprint');
const page100 = (items, more = {}) => ({ items, next: null, oldest: past(3600000), lag_seconds: 0, missing: 0, ...more });
const event = (i, more = {}) => ({ id: String(1000 - i), at: past(60000 + i * 1000), kind: 'firing', fingerprint: 'ff', labels: { alertname: `A${i}` }, ...more });

site('history', { config: historyConfig(sink.url) }, ({ test, visit, server }) => {
	test('events read as sentences under days, can be opened by key, and lead on', async () => {
		await makePast(server.url, sink);
		const page = await visit('#/history');

		await see(page, 'acknowledgement made', page.locator('.hi-word'));
		for (const word of ['fired', 'resolved', 'silenced', 'inhibited', 'acknowledged', 'muted', 'told', 'could not tell', 'silence made', 'tocsin started'])
			await see(page, new RegExp(`^${word}$`), page.locator('.hi-word'));
		assert.match(await page.locator('.hi-day').first().innerText(), /^Today, /);
		await accessible(page, 'main');
		await page.locator('h1').focus();
		await page.keyboard.press('j');
		await page.keyboard.press('j');
		await page.keyboard.press('k');
		assert.equal(await page.evaluate(() => [...document.querySelectorAll('.hi-row')].indexOf(document.activeElement)), 0);
		await page.locator(rows, { hasText: 'inhibited' }).first().focus();
		await page.keyboard.press('Enter');
		await see(page, 'host-down', page.locator('.hi-detail'));
		assert.match(page.url(), /open=\d+/);
		assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H2');
		await see(page, 'What inhibits it', page.locator('.hi-detail'));
		await accessible(page, 'main');
		await page.keyboard.press('Escape');
		await page.locator('.hi-detail').waitFor({ state: 'detached' });
		await until(page, () => document.activeElement.classList.contains('hi-row') && document.activeElement.textContent.includes('inhibited'));
		await shot(page, 'history-wide-light');
	});

	test('the filter, kind, outcome, receiver and range are in the address and in the question', async () => {
		const page = await visit('#/history');

		await page.getByLabel('Kind of event').selectOption('silenced,unsilenced,inhibited,uninhibited,muted,unmuted');
		await page.getByLabel('Range').selectOption('6h');
		await page.getByRole('combobox', { name: 'Filter', exact: true }).fill('alertname="DiskFull"');
		await page.keyboard.press('Enter');
		await until(page, () => { const all = [...document.querySelectorAll('.hi-row')]; return all.length > 0 && all.every((r) => /silenced DiskFull/.test(r.textContent)); });
		assert.match(page.url(), /filter=.*alertname.*&kind=silenced.*&last=6h/);
		const csv = await page.locator('.hi-export a').first().getAttribute('href');
		const file = await (await fetch(`${server.url}/${csv}`)).text();

		assert.equal(file.trim().split('\n').length - 1, await page.locator(rows).count());
		await page.getByLabel('Range').selectOption('custom');
		await page.getByLabel('From').fill('not a time');
		await see(page, /2 h ago/);
		await page.getByLabel('From').fill('2 h ago');
		await page.getByRole('button', { name: 'Show', exact: true }).click();
		await until(page, () => /from=20\d\d-/.test(location.hash));
		await page.goBack();
		await until(page, () => /last=6h/.test(location.hash));
		await page.getByLabel('Receiver').selectOption('slack-web');
		await see(page, 'Nothing in this range.');
		await page.getByRole('button', { name: 'Clear the filter' }).click();
		await see(page, 'tocsin started', page.locator('.hi-word'));
	});

	test('a notification tells of its attempts, its error and its alerts', async () => {
		const page = await visit('#/history/notifications?outcome=failed');

		await see(page, 'unexpected status code 403', page.locator('.hi-told'));
		assert.equal(await page.locator('.hi-told .c-out', { hasText: 'sent' }).count(), 0);
		await page.locator('.c-when a').first().click();
		const detail = page.locator('.hi-detail');

		await see(page, 'after 1 attempts', detail);
		await see(page, 'kind: authError', detail);
		await see(page, /^1; it took/, detail);
		await see(page, 'Lag', detail.locator('.hi-alerts'));
		assert.match(await detail.getByRole('link', { name: 'What would be sent now' }).getAttribute('href'), /^#\/explain\?alert=/);
		const link = await page.evaluate(() => location.hash);

		await accessible(page, 'main');
		const phone = await visit(link, { size: 'phone', scheme: 'dark' });

		await see(phone, 'The text that was sent is not kept.');
		await until(phone, () => document.querySelector('.hi-told').getBoundingClientRect().height === 0);
		await fits(phone);
		await phone.getByRole('button', { name: 'Close' }).tap();
		await phone.locator('.hi-told tr').nth(1).waitFor();
		await fits(phone);
		await accessible(phone, 'main');
		await shot(phone, 'history-notifications-phone-dark');
	});

	test('the list follows, and does not move under a person who has scrolled', async () => {
		await server.alert(...Array.from({ length: 40 }, (_, i) => ({ alertname: 'Many', team: 'night', instance: `i${i}` })));
		await eventually(async () => (await server.get('/api/ext/v1/history?kind=firing&filter=alertname%3D%22Many%22')).items.length === 40, '40 events');
		const page = await visit('#/history?filter=%7Balertname%3D~%22Many|Newer%22%7D&kind=firing');

		await until(page, () => document.querySelectorAll('.hi-row').length === 40);
		await server.alert({ alertname: 'Newer', team: 'night', n: '1' });
		await until(page, () => document.querySelector('.hi-row').textContent.includes('Newer'));
		await page.locator(rows).nth(30).scrollIntoViewIfNeeded();
		await until(page, () => scrollY > 200);
		const before = await page.locator(rows).nth(30).boundingBox();

		await server.alert({ alertname: 'Newer', team: 'night', n: '2' });
		await page.getByRole('button', { name: '1 new' }).waitFor();
		assert.equal((await page.locator(rows).nth(30).boundingBox()).y, before.y);
		await page.getByRole('button', { name: '1 new' }).click();
		await until(page, () => scrollY === 0 && document.querySelector('.hi-row').textContent.includes('n=2'));
	});

	test('older pages come by their cursor, and the end says why it is one', async () => {
		const page = await visit('#/settings');
		const asked = [];

		await page.route(isList, (route) => {
			const q = new URL(route.request().url()).searchParams;

			asked.push(q.get('cursor'));
			if (q.get('cursor') === 'c2')
				return route.fulfill(json({ error: { code: 'cursor_expired', message: 'the router was started anew' } }, 410));
			const second = q.get('cursor') === 'c1';

			return route.fulfill(json(page100(Array.from({ length: 100 }, (_, i) => event(i + (second ? 100 : 0))), { next: second ? 'c2' : 'c1' })));
		});
		page.expectProblem(/410/);
		await page.evaluate(() => { location.hash = '#/history?last=7d'; });
		await until(page, () => document.querySelectorAll('.hi-row').length === 100);
		assert.equal(await page.locator('.ch-bars .ch-unknown').count(), 1);
		await page.getByRole('button', { name: 'Show older' }).click();
		await until(page, () => document.querySelectorAll('.hi-row').length === 200);
		await page.getByRole('button', { name: 'Show older' }).click();
		await see(page, 'The server was started anew');
		await page.getByRole('button', { name: 'Try again' }).click();
		await until(page, () => document.querySelectorAll('.hi-row').length === 100);
		assert.deepEqual(asked.filter((c, i) => i < 3), [null, 'c1', 'c2']);
		await page.unroute(isList);
		await page.route(isList, (route) => route.fulfill(json(page100([event(1)], { lag_seconds: 40, missing: 3 }))));
		await page.evaluate(() => { location.hash = '#/history?last=30d'; });
		await see(page, 'History is 40 s behind: the disk is slow.');
		await see(page, '3 events could not be kept');
		await see(page, /History begins on/);
	});

	test('a question that takes too long goes on when asked', async () => {
		const page = await visit('#/settings');
		let n = 0;

		await page.route(isList, (route) => route.fulfill(json(page100(n++ === 7 ? [event(1)] : [], { next: n < 9 ? `c${n}` : null }))));
		await page.evaluate(() => { location.hash = '#/history?last=30d'; });
		await see(page, /nothing found so far/);
		assert.equal(n, 6);
		await page.getByRole('button', { name: 'Go on' }).click();
		await see(page, 'A1');
		assert.equal(await page.getByRole('button', { name: 'Go on' }).count(), 0);
	});

	test('errors: what was seen stays, and one can try again', async () => {
		const page = await visit('#/history');

		await see(page, 'tocsin started', page.locator('.hi-word'));
		page.expectProblem(/503|501/);
		await page.route(isList, (route) => route.fulfill(json({ error: { code: 'no_history', message: 'the database cannot be opened' } }, 503)));
		await server.alert({ alertname: 'Move', team: 'night' });
		await see(page, 'the database cannot be opened');
		assert.ok(await page.locator('.hi-body.stale').count());
		await page.unroute(isList);
		await page.getByRole('button', { name: 'Try again' }).click();
		await until(page, () => document.querySelector('.hi-row') && !document.querySelector('.stale'));
		await page.route(isList, (route) => route.fulfill(json({ error: { code: 'no_history', message: 'no history is kept' } }, 501)));
		await page.evaluate(() => { location.hash = '#/history?last=1h'; });
		await see(page, 'No history is kept.');
	});

	test('sums: columns, receivers, noise, silences and rules; each leads on', async () => {
		for (const [size, scheme] of [['wide', 'light'], ['phone', 'dark']]) {
			const page = await visit('#/history/stats', { size, scheme });

			await see(page, 'By receiver');
			await see(page, /NothingHasThisName/);
			await see(page, /AlsoNever/);
			assert.match(await page.locator('.ch-bars').first().getAttribute('aria-label'), /^Notifications: \d+ sent, \d+ failed$/);
			await page.getByRole('button', { name: 'As a table' }).first().click();
			await see(page, 'From', page.locator('.ch-table'));
			const links = await page.locator('.hi-sums a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));

			assert.ok(links.length > 3 && links.every((l) => /^#\/(history|silences|config)/.test(l)), String(links));
			await fits(page);
			await accessible(page, 'main');
			await shot(page, `history-stats-${size}-${scheme}`);
			await page.locator('.table a', { hasText: 'slack-web' }).click();
			await until(page, () => /^#\/history\/notifications\?receiver=slack/.test(location.hash));
		}
	});

	test('hostile values are text, on a phone and in the dark as well', async () => {
		const bad = '"><img src=x onerror=window.pwn=1><script>window.pwn=1</script>';
		const long = 'x'.repeat(100000);

		await server.alert({ alertname: bad, team: 'web', __proto__x: 'javascript:window.pwn=1', rtl: '\u202eevil\u0007', constructor: '${window.pwn=1}', hasOwnProperty: '%&quot;', long });
		await server.silence({ alertname: bad }, { by: bad, comment: `=HYPERLINK("javascript:window.pwn=1")\n\n${bad} https://user@evil.example/ ${'é\u0301'.repeat(250)}` });
		await eventually(async () => (await server.get('/api/ext/v1/history?kind=silence_created')).items.some((i) => i.by === bad), 'the silence in history');
		for (const [size, scheme] of [['wide', 'dark'], ['phone', 'light']]) {
			const page = await visit('#/history/notifications', { size, scheme });
			const to = (hash) => page.evaluate((h) => { location.hash = h; }, hash);

			await page.locator('.hi-told .c-to').first().waitFor();
			await fits(page);
			await to('#/history/stats');
			await page.locator('.hi-sums').first().waitFor();
			await fits(page);
			await to('#/history');
			for (const what of ['silence made', 'fired "><img']) {
				await page.locator(rows, { hasText: what }).first().click();
				await page.locator('.hi-detail').waitFor();
				await fits(page);
				assert.equal(await page.locator('.hi-detail a[href^="javascript"]').count(), 0);
				await page.goBack();
				await page.locator('.hi-detail').waitFor({ state: 'detached' });
				await fits(page);
			}
		}
	});

	test('ranges that cannot be read and addresses of events that are gone are told', async () => {
		const page = await visit('#/history?last=soon&open=1234567');

		await see(page, /Part of this range could not be read/);
		await see(page, /not among those shown/);
		await page.getByRole('button', { name: 'Close' }).click();
		await until(page, () => !location.hash.includes('open='));
		assert.ok(DISK.alertname && LAG.alertname);
	});

	test('without a past and without a receiver there is nothing, and that is said', async () => {
		const page = await visit('#/history?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z', { size: 'phone' });

		await see(page, 'Nothing in this range.');
		await page.getByRole('link', { name: 'Older' }).tap();
		await until(page, () => location.hash.includes('2019-12-31'));
		await page.getByRole('link', { name: 'Last 24 h' }).tap();
		await page.locator(rows).first().waitFor();
	});
});
