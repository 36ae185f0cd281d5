// SPDX-License-Identifier: Apache-2.0
// The page Alerts: what is listed, the filter, the keys, one alert, acknowledging, and how the page follows what happens.
import assert from 'node:assert/strict';
import { accessible, fits, see, site, until } from './harness.mjs';

const config = `
route:
  receiver: ops
  group_by: [alertname, cluster]
  group_wait: 0s
  group_interval: 1s
  routes: [{matchers: [team="db"], receiver: pager-db}]
inhibit_rules:
- {source_matchers: [alertname="NodeDown"], target_matchers: [severity="info"], equal: [instance]}
receivers: [{name: ops}, {name: pager-db}]
`;
const later = new Date(Date.now() + 36e5).toISOString();
// Each begins a second after the one before it: lists are sorted by whole seconds.
let begun = Date.now() - 6e5;
const alert = (labels, summary, more = {}) => ({ labels, annotations: summary ? { summary, ...more } : more, startsAt: new Date(begun += 1000).toISOString(), endsAt: later });
const disk = n => alert({ alertname: 'DiskFull', cluster: 'eu', team: 'db', severity: 'critical', instance: `db-${n}` }, `${90 + n} % full`, { runbook_url: 'https://runbooks.example/disk' });
const lag = topic => alert({ alertname: 'Lag', cluster: 'eu', team: 'data', severity: 'warning', topic }, `${topic} is behind`);

/** Rows as text: what stands in each, in order. */
const rowsOf = page => page.locator('.vlist-row').evaluateAll(rows => rows.map(r => `${r.dataset.kind} ${r.querySelector('.al-name, .al-link, .al-more').textContent}`.replace(/\s+/g, ' ').trim()));
const listed = (page, n) => until(page, want => document.querySelectorAll('.vlist-row[data-kind=row]').length === want, n);
/** A completion of the filter. */
const option = (page, name) => page.locator('.fb-list').getByRole('option', { name });
const field = page => page.getByRole('combobox', { name: 'Filter', exact: true });

site('alerts', { config }, ({ test, visit, server }) => {
	test('nothing fires: said calmly, and when something was last heard', async () => {
		const page = await visit('#/alerts');

		await see(page, 'Nothing is firing.');
		await accessible(page);
		await server.alert(...Array.from({ length: 8 }, (_, i) => disk(i + 1)), lag('orders'), lag('clicks'),
			alert({ alertname: 'NodeDown', instance: 'web-1', severity: 'warning' }), alert({ alertname: 'Clock', instance: 'web-1', severity: 'info' }));
		await server.silence({ alertname: 'Lag', topic: 'clicks' });
		// It follows, without being asked.
		await see(page, 'DiskFull');
	});

	test('groups are as the API has them: heads, five alerts, the rest on demand; what all share stands once', async () => {
		const page = await visit('#/alerts');
		const groups = await server.get('/api/v2/alerts/groups?silenced=false&inhibited=false');

		await until(page, () => document.querySelector('.al-more'));
		const rows = await rowsOf(page);
		assert.deepEqual(rows.filter(r => r.startsWith('head')).map(r => r.slice(5)).sort(), groups.map(g => g.labels.alertname).sort());
		assert.equal(rows[0], 'head DiskFull');
		assert.match(rows[6], /more … 3 more/);
		assert.doesNotMatch(rows[1], /team|db=|DiskFull/, 'what the group shares is not said again');
		await page.getByRole('button', { name: '… 3 more' }).click();
		await listed(page, 10);
		await accessible(page);
	});

	test('chips of states, with counts, are in the address', async () => {
		const page = await visit('#/alerts');
		const box = page.getByRole('checkbox', { name: /silenced/ });

		await see(page, 'DiskFull');
		await until(page, () => /silenced\s*1/.test(document.querySelector('.al-states').textContent));
		await box.check();
		await until(page, () => location.hash.includes('silenced=true'));
		await until(page, () => document.querySelector('.al-row a.state-silenced'));
		await page.goBack();
		await until(page, () => !document.querySelector('.al-row a.state-silenced'));
		assert.equal(await box.isChecked(), false);
	});

	test('the filter completes with counts, by keys and by mouse; chips are edited, turned round and removed', async () => {
		const page = await visit('#/alerts');

		// Counts are those of the moment: what was posted has come to its states.
		await until(page, async () => (await (await fetch('api/ext/v1/labels/severity/values?silenced=false&inhibited=false&muted=false')).json()).items[0].alerts === 8);
		await page.keyboard.press('/');
		await page.keyboard.type('sev');
		await option(page, /^severity/).waitFor();
		await page.keyboard.press('Tab');
		await page.keyboard.type('=');
		await option(page, /^critical\s*8$/).waitFor();
		await page.keyboard.press('ArrowDown');
		await page.keyboard.press('Enter');
		await until(page, () => location.hash.includes(encodeURIComponent('{severity="critical"}')));
		await until(page, () => document.querySelectorAll('.al-head').length === 1);

		await field(page).click();
		await option(page, /^instance/).click();
		await field(page).press('=');
		await option(page, /^db-1/).click();
		await listed(page, 1);

		await field(page).press('Backspace');
		assert.equal(await field(page).inputValue(), 'instance="db-1"');
		await field(page).fill('instance=~"db-[12]"');
		await field(page).press('Enter');
		await listed(page, 2);
		await page.getByRole('button', { name: 'Remove instance=~"db-[12]"' }).click();
		await page.getByRole('button', { name: 'More for severity="critical"' }).click();
		await page.getByRole('menuitem', { name: 'Turn into !=' }).click();
		await until(page, () => document.querySelector('.vlist-row') && !document.querySelector('.al-critical'));
		assert.ok(page.url().includes(encodeURIComponent('severity!="critical"')));
	});

	test('pasted braces, words, ages and receivers; what cannot be read leaves the list as it is', async () => {
		const page = await visit('#/alerts');

		await see(page, 'DiskFull');
		await field(page).fill('{team="db", instance=~"db-[1-3]"}');
		await field(page).press('Enter');
		await listed(page, 3);
		await field(page).fill('instance=~"("');
		await field(page).press('Enter');
		await see(page, 'misses a closing )');
		assert.equal(await field(page).getAttribute('aria-invalid'), 'true');
		assert.equal((await rowsOf(page)).length, 4);
		await accessible(page);
		await field(page).fill('92 %');
		await field(page).press('Enter');
		await listed(page, 1);
		await field(page).fill('receiver=~ops');
		await field(page).press('Enter');
		await see(page, 'No alert matches.');
		await page.getByRole('button', { name: 'Clear' }).last().click();
		await see(page, 'Lag');
		await field(page).fill('age>1d');
		await field(page).press('Enter');
		await until(page, () => location.hash.includes('age_min=86400'));
		await see(page, 'No alert matches.');
	});

	test('what does not fire any more is told from history', async () => {
		const gone = { alertname: 'Gone', instance: 'db-9', severity: 'info' };

		await server.alert(gone);
		await server.resolve(gone);
		const page = await visit('#/alerts?filter=%7Balertname%3D%22Gone%22%7D');
		await see(page, 'Not firing now.');
		await see(page, 'Gone on db-9');
	});

	test('sorting, grouping and the table are in the address; all that match is the filter, not a list', async () => {
		const page = await visit('#/alerts?filter=%7Bteam%3D%22db%22%7D');

		await see(page, 'DiskFull');
		await page.getByLabel('Sort').selectOption('name');
		await until(page, () => location.hash.includes('sort=name'));
		await page.getByRole('button', { name: 'Table', exact: true }).click();
		await listed(page, 8);
		await accessible(page);
		await page.getByRole('button', { name: 'Age' }).click();
		await until(page, () => location.hash.includes('sort=newest'));
		await page.locator('.vlist-row input').first().check();
		await page.getByRole('button', { name: 'Select all 8 that match' }).click();
		await see(page, 'All 8 that match');
		await page.getByRole('button', { name: 'Silence 8' }).click();
		await until(page, want => location.hash === want, `#/silences/new?filter=${encodeURIComponent('{team="db"}')}`);
	});

	test('one alert beside the list: its labels, links, what was told; its address works alone', async () => {
		const page = await visit('#/alerts');

		await page.getByRole('link', { name: 'db-1', exact: true }).click();
		await see(page, 'Fingerprint');
		await until(page, () => location.hash.includes('open='));
		assert.equal(await page.getByRole('link', { name: /^Runbook/ }).getAttribute('href'), 'https://runbooks.example/disk');
		await accessible(page);
		await page.keyboard.press('Escape');
		await until(page, () => !location.hash.includes('open='));
	});

	test('the address of an alert works alone, on a phone, and when there is none', async () => {
		const { items: [{ fp }] } = await server.get(`/api/ext/v1/alerts?filter=${encodeURIComponent('instance="db-1"')}`);
		const alone = await visit(`#/alert/${fp}`, { size: 'phone' });
		await see(alone, '91 % full');
		await fits(alone);
		await accessible(alone);
		const none = await visit('#/alert/0000000000000000');
		none.expectProblem(/404/);
		await see(none, 'There is no such alert.');
	});

	test('a group has a page', async () => {
		const { items } = (await server.get('/api/ext/v1/groups?alerts=0&sort=count'));
		const page = await visit(`#/group/${items[0].id}`);

		await see(page, 'pager-db');
		await listed(page, 8);
		await see(page, '8 active');
		await accessible(page);
		const gone = await visit('#/group/0000000000000000');
		gone.expectProblem(/404/);
		await see(gone, 'There is no such group now.');
	});

	test('with keys alone: find, acknowledge; seen by another; taken over, and given up', async () => {
		const mine = await visit('#/alerts');
		const other = await visit('#/alerts', { storage: { 'tocsin.v1': JSON.stringify({ creator: 'max' }) } });

		await see(mine, 'Lag');
		await mine.keyboard.press('/');
		await mine.keyboard.type('topic="orders"');
		await mine.keyboard.press('Enter');
		await listed(mine, 1);
		await mine.keyboard.press('Escape');
		await mine.keyboard.press('Escape');
		await mine.keyboard.press('j');
		await until(mine, () => document.activeElement.closest('.vlist-row[data-kind=head]'));
		await mine.keyboard.press('j');
		await until(mine, () => document.activeElement.closest('.vlist-row[data-kind=row]'));
		await mine.keyboard.press('a');
		await mine.getByRole('dialog', { name: 'Acknowledge' }).waitFor();
		await accessible(mine);
		await mine.keyboard.type('on it');
		await mine.keyboard.press('Tab');
		await mine.keyboard.type('jo');
		await mine.keyboard.press('Enter');
		await mine.getByRole('button', { name: /acked by jo/ }).first().waitFor();
		assert.notEqual(await mine.evaluate(() => document.activeElement.tagName), 'BODY');
		const silences = await server.get('/api/v2/silences');
		assert.ok(silences.some(s => s.comment === 'ACK! on it' && s.createdBy === 'jo'));

		await other.getByRole('button', { name: /acked by jo/ }).first().waitFor();
		await other.locator('.vlist-row', { hasText: 'orders is behind' }).getByRole('checkbox').check();
		await other.getByRole('button', { name: 'Ack 1' }).click();
		other.expectProblem(/409/);
		await other.getByRole('dialog').getByRole('button', { name: 'Ack', exact: true }).click();
		await see(other, 'has it already');
		await accessible(other);
		await other.getByRole('button', { name: 'Take over from jo' }).click();
		await other.getByRole('button', { name: /acked by max/ }).first().waitFor();
		await other.getByRole('button', { name: /acked by max/ }).first().click();
		await other.getByRole('button', { name: 'Un-ack' }).click();
		await until(other, () => document.querySelector('.al-head') && !document.querySelector('.owner-mark'));
	});

	test('follows within two seconds; under a menu or a reader who has scrolled nothing moves', async () => {
		const page = await visit('#/alerts?sort=newest');

		await see(page, 'DiskFull');
		await page.getByRole('button', { name: 'More for the group' }).first().click();
		const before = await rowsOf(page);
		await server.alert(alert({ alertname: 'Fresh', cluster: 'x', severity: 'critical', instance: 'n-1' }));
		await page.getByRole('button', { name: '1 new' }).waitFor();
		assert.deepEqual(await rowsOf(page), before);
		await page.keyboard.press('Escape');
		await until(page, () => document.querySelector('.al-name').textContent === 'Fresh');
		await server.resolve({ alertname: 'Fresh', cluster: 'x', severity: 'critical', instance: 'n-1' });
		await until(page, () => ![...document.querySelectorAll('.al-name')].some(e => e.textContent === 'Fresh'));

		await server.alert(...Array.from({ length: 40 }, (_, i) => alert({ alertname: `Many${i}`, cluster: 'x', severity: 'info' })));
		await until(page, () => document.querySelectorAll('.al-head').length > 30);
		await page.locator('.vlist').evaluate(el => { el.scrollTop = 700; });
		const seen = () => page.evaluate(() => {
			const box = document.querySelector('.vlist').getBoundingClientRect();
			return [...document.querySelectorAll('.vlist-row')].filter(r => r.getBoundingClientRect().top >= box.top && r.getBoundingClientRect().bottom <= box.bottom).map(r => `${r.textContent.slice(0, 20)} ${Math.round(r.getBoundingClientRect().top)}`);
		});
		const stood = await seen();
		await server.alert(...Array.from({ length: 3 }, (_, i) => alert({ alertname: 'Later', severity: 'critical', instance: `l-${i}` })));
		const pill = page.getByRole('button', { name: '3 new' });
		await pill.waitFor();
		assert.deepEqual((await seen()).map(t => t.replace(/.*\s/, '')), stood.map(t => t.replace(/.*\s/, '')));
		await pill.click();
		await until(page, () => document.querySelector('.al-name').textContent === 'Later' && document.querySelector('.vlist').scrollTop === 0);
	});

	test('on a phone: one column, nothing sticks out, the filter takes the screen', async () => {
		const page = await visit('#/alerts', { size: 'phone', scheme: 'dark' });

		await see(page, 'DiskFull');
		await fits(page);
		await accessible(page);
		await field(page).tap();
		await option(page, /^alertname/).waitFor();
		await fits(page);
		await page.getByRole('button', { name: 'Done' }).tap();
		await page.getByRole('link', { name: /db-1$/ }).first().tap();
		await until(page, () => location.hash.startsWith('#/alert/'));
		await page.getByRole('link', { name: 'Silence', exact: true }).waitFor();
	});

	test('hostile values are text: in heads, rows, the table, the detail, completion and chips', async () => {
		const evil = ['<img src=x onerror=window.pwn=1>', '"><script>window.pwn=1</script>', 'javascript:window.pwn=1', '//evil.example', '\u202eabc', '\n\n\n', '', '%', '&quot;', 'x'.repeat(20000), 'a' + '\u0301'.repeat(500), '{{constructor.constructor("window.pwn=1")()}}'];

		await server.alert(...evil.filter(Boolean).map((v, i) => ({ labels: { alertname: v, evil: v, cluster: `e${i}`, constructor: v, ['__proto__x']: v, hasOwnProperty: 'x' }, annotations: { summary: v, description: v, runbook_url: v }, generatorURL: 'https://user@evil.example/', endsAt: later })));
		const page = await visit(`#/alerts?filter=${encodeURIComponent('{hasOwnProperty="x"}')}`);
		await until(page, () => document.querySelectorAll('.al-head').length === 11);
		await fits(page);
		assert.deepEqual(await page.evaluate(() => [...new Set([...document.querySelectorAll('.vlist-row[data-kind=row]')].map(r => Math.round(r.getBoundingClientRect().height)))]), [36]);
		await field(page).fill('evil=');
		await option(page, /./).first().waitFor();
		await option(page, /./).first().click();
		await listed(page, 1);
		await page.locator('.al-link').first().click();
		await see(page, 'Fingerprint');
		await fits(page);
		const table = await visit(`#/alerts?view=table&filter=${encodeURIComponent('{hasOwnProperty="x"}')}`, { size: 'phone' });
		await listed(table, 11);
		await fits(table);
	});
});
