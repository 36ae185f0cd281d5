// SPDX-License-Identifier: Apache-2.0
// For everybody: each page and each dialog under axe-core, light and dark, at a desk and on a phone; in forced colours, without motion, 320 px
// wide and with text of twice the size. A page is loaded once for all of it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after } from 'node:test';
import { accessible, eventually, fits, see, site, until } from './harness.mjs';

/* Refuses what it is told. */
const sink = createServer((request, answer) => request.resume().on('end', () => answer.writeHead(403).end('invalid_auth')));

sink.listen(0, '127.0.0.1');
await once(sink, 'listening');
after(() => sink.close());

const config = `
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 0s
  routes: [{matchers: [team="db"], receiver: pager-db}]
inhibit_rules:
- {name: node, source_matchers: [alertname="NodeDown"], target_matchers: [severity="info"], equal: [instance]}
receivers:
- {name: ops}
- {name: pager-db, webhook_configs: [{url: 'http://127.0.0.1:${sink.address().port}/'}]}
`;
const endsAt = new Date(Date.now() + 864e5).toISOString();
const alert = (labels, annotations) => ({ labels, annotations, endsAt, startsAt: new Date(Date.now() - 6e5).toISOString() });

async function fill(server) {
	await server.alert(...[1, 2, 3, 4, 5, 6, 7].map((n) => alert({ alertname: 'DiskFull', team: 'db', severity: 'critical', instance: `db-${n}` }, { summary: `${90 + n} % full`, runbook_url: 'https://runbooks.example/disk' })),
		alert({ alertname: 'Lag', team: 'web', severity: 'warning', topic: 'orders' }, { description: 'behind' }), alert({ alertname: 'Mails', severity: 'info' }, {}),
		alert({ alertname: 'NodeDown', instance: 'n-1', severity: 'warning' }, {}), alert({ alertname: 'Clock', instance: 'n-1', severity: 'info' }, {}));
	const silence = await server.silence({ alertname: 'Mails' }, { by: 'jo', comment: 'moved, see https://tickets.example/OPS-1', seconds: 1800 });

	await server.silence({ matchers: [{ name: 'team', value: 'a|b', isRegex: true, isEqual: true }] }, { starts: 3600 });
	await server.post('/api/ext/v1/ack', { matchers: [{ name: 'topic', value: 'orders', isRegex: false, isEqual: true }], owner: 'max', comment: 'looking' });
	await eventually(async () => (await server.get('/api/ext/v1/history?kind=notification')).items.length > 0, 'a notification');
	const find = async (name) => (await server.get(`/api/ext/v1/alerts?filter=${encodeURIComponent(`alertname="${name}"`)}`)).items[0];
	const [disk, lag] = [await find('DiskFull'), await find('Lag')];

	return { silence, disk: disk.fp, lag: lag.fp, group: disk.group_ids[0] };
}

/** Addresses, and the words by which one sees that they are there. */
const views = (ids) => [
	['#/alerts?silenced=true&inhibited=true', 'DiskFull'], ['#/alerts?view=table&silenced=true', 'DiskFull'], ['#/alerts?filter=%7Ba%3D%22none%22%7D', 'No alert matches.'],
	[`#/alerts?open=${ids.disk}`, 'DiskFull'], [`#/alert/${ids.disk}`, 'Fingerprint'], [`#/alert/${ids.lag}`, 'Fingerprint'], [`#/group/${ids.group}`, 'Oldest'],
	['#/silences', 'OPS-1'], ['#/silences?state=pending', 'begins in'], [`#/silences/${ids.silence}`, 'Covers 1 alert now'], [`#/silences/${ids.silence}/edit`, 'Save'],
	['#/silences/new?filter=%7Balertname%3D~%22.%2B%22%7D', 'To go on, type the word'], ['#/history', 'silence made'], ['#/history/notifications', 'pager-db'], ['#/history/stats', 'By receiver'],
	[`#/explain?alert=${ids.lag}`, 'this decides'], ['#/explain', 'Give labels or choose an alert.'], ['#/receivers', 'pager-db'], ['#/receivers/pager-db', 'Integrations'],
	['#/templates?text=%7B%7B%20.Receiver%20%7D%7D', 'ops'], ['#/status', 'Who posts alerts'], ['#/config', 'group_by'], ['#/settings', 'Look'], ['#/nowhere', 'There is no such page.'],
];

/** All schemes on what is shown; what only the colours decide is looked at for colours alone. */
async function inAllColours(page) {
	await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' });
	await accessible(page);
	await page.emulateMedia({ colorScheme: 'dark' });
	await accessible(page, undefined, ['color-contrast']);
}

site('access', { config }, ({ test, visit, server }) => {
	let ids = null;

	for (const size of ['wide', 'phone']) {
		test(`every page, ${size}`, async () => {
			ids ??= await fill(server);
			const page = await visit('#/settings', { size });
			const found = [];

			await see(page, 'Look');
			for (const [hash, words] of views(ids)) {
				try {
					await page.evaluate((h) => { location.hash = h; }, hash);
					await page.locator('main').getByText(words).locator('visible=true').first().waitFor();
					await until(page, () => document.querySelector('main [aria-busy=true], main .skeleton') === null);
					await inAllColours(page);
					if (size === 'wide') {
						await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
						await accessible(page, undefined, ['button-name', 'link-name', 'label', 'nested-interactive']);
						assert.equal(await page.evaluate(() => document.getAnimations().filter((a) => a.playState === 'running').length), 0, 'nothing moves');
					} else {
						await page.setViewportSize({ width: 320, height: 640 });
						await fits(page);
						await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
						await fits(page);
						await page.evaluate(() => document.documentElement.style.removeProperty('font-size'));
						await page.setViewportSize({ width: 390, height: 844 });
					}
				} catch (e) {
					found.push(`${hash}: ${e.message}`);
				}
			}
			assert.deepEqual(found, []);
		});

		test(`every dialog, ${size}`, async () => {
			ids ??= await fill(server);
			const page = await visit(`#/alert/${ids.disk}`, { size });
			const dialog = page.getByRole('dialog');
			const look = async () => {
				await dialog.waitFor();
				await inAllColours(page);
				await fits(page);
				await page.keyboard.press('Escape');
				await dialog.waitFor({ state: 'detached' });
			};

			await page.getByRole('button', { name: 'Ack', exact: true }).click();
			await dialog.getByRole('button', { name: /^Ends with the alert/ }).click();
			await look();
			await page.keyboard.press('?');
			await look();
			await page.evaluate((fp) => { location.hash = `#/alert/${fp}`; }, ids.lag);
			await page.getByRole('button', { name: /acked by max/ }).first().click();
			await look();
			await page.evaluate(() => { location.hash = '#/receivers/pager-db?test=true'; });
			await page.getByRole('button', { name: 'Send a test…' }).click();
			await look();
			await page.evaluate(() => { location.hash = '#/settings'; });
			await page.getByRole('button', { name: 'Begin anew…' }).click();
			await look();
		});
	}
});
