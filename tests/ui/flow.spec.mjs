// SPDX-License-Identifier: Apache-2.0
// The way of a person at 3 a.m., whole: find, acknowledge, silence, explain, undo; by keys alone at a desk, by thumb on a phone. And the first
// try of somebody who knows Alertmanager's page only.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import path from 'node:path';
import { after } from 'node:test';
import { fits, see, shot, site, until } from './harness.mjs';

/* Who is told, and takes it. */
const sink = createServer((request, answer) => request.resume().on('end', () => answer.end()));

sink.listen(0, '127.0.0.1');
await once(sink, 'listening');
after(() => sink.close());

const config = `
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  routes: [{matchers: [team="db"], receiver: pager-db}]
receivers:
- {name: ops}
- {name: pager-db, webhook_configs: [{url: 'http://127.0.0.1:${sink.address().port}/'}]}
`;
const later = new Date(Date.now() + 864e5).toISOString();
const alert = (labels, summary) => ({ labels, annotations: { summary }, startsAt: new Date(Date.now() - 6e5).toISOString(), endsAt: later });
const disk = (n) => alert({ alertname: 'DiskFull', team: 'db', severity: 'critical', instance: `db-${n}` }, `${90 + n} % full`);

/* The steps as pictures for people, when there is a place for them. */
function watcher(name) {
	let n = 0;

	return async (page) => {
		n++;
		if (process.env.UI_SHOTS)
			await shot(page, path.join('flow', `${name}-${String(n).padStart(2, '0')}`));
	};
}

/* The focus is on something that one can see, and never on nothing. */
async function focused(page) {
	const where = await page.evaluate(() => {
		const el = document.activeElement;

		return el === document.body || el.getBoundingClientRect().height === 0 ? el.outerHTML.slice(0, 120) : '';
	});

	assert.equal(where, '', 'the focus is seen');
}

const option = (page, name) => page.locator('.fb-list').getByRole('option', { name });

/* Tab until what has the focus fits; how many it took. */
async function tabTo(page, name, most = 40) {
	for (let i = 1; i <= most; i++) {
		await page.keyboard.press('Tab');
		if (await page.evaluate((text) => new RegExp(text).test(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent), name.source))
			return i;
	}
	throw new Error(`no Tab leads to ${name}`);
}

/* The next row of the list, by its key. */
async function next(page, kind, text) {
	await page.keyboard.press('j');
	await until(page, ([k, t]) => document.activeElement.matches(`.vlist-row[data-kind=${k}]`) && document.activeElement.textContent.includes(t), [kind, text]);
}

site('flow', { config }, ({ test, visit, server }) => {
	const of = async (name) => (await server.get(`/api/ext/v1/alerts?filter=alertname%3D%22${name}%22`)).items;
	const state = async (name, instance) => (await of(name)).find((a) => a.labels.instance === instance);

	test('by keys alone: find, acknowledge, silence, explain, undo', async () => {
		await server.alert(disk(1), disk(2), disk(3), alert({ alertname: 'Lag', team: 'web', severity: 'warning' }, 'behind'));
		const page = await visit('#/alerts');
		const { keyboard: keys } = page;
		const step = watcher('keys');

		await see(page, 'DiskFull');
		await step(page);

		// Find. What is typed right behind the key that leads to the field is in the field.
		await keys.press('/');
		await keys.type('instance=db-1');
		await option(page, /^db-1/).waitFor();
		await step(page);
		await keys.press('ArrowDown');
		await keys.press('Enter');
		await until(page, () => document.querySelectorAll('.vlist-row[data-kind=row]').length === 1);
		await keys.press('Escape');
		await next(page, 'head', 'DiskFull');
		await next(page, 'row', 'db-1');
		await step(page);

		// Acknowledge.
		await keys.press('a');
		await page.getByRole('dialog', { name: 'Acknowledge' }).waitFor();
		await keys.type('looking');
		await keys.press('Tab');
		await keys.type('jo');
		await step(page);
		await keys.press('Enter');
		await page.getByRole('button', { name: /acked by jo/ }).first().waitFor();
		await focused(page);
		assert.equal((await state('DiskFull', 'db-1')).ack.owner, 'jo');
		await step(page);

		// Silence: all is filled in but why, and there the focus goes when it is asked for.
		await keys.press('s');
		await page.getByRole('heading', { name: 'New silence' }).waitFor();
		await see(page, 'Covers 1 alert now');
		await step(page);
		await keys.press('Control+Enter');
		await until(page, () => document.activeElement.id === 'si-f-comment');
		await keys.type('disk ordered');
		await keys.press('Control+Enter');
		await see(page, 'The silence is made.');
		await until(page, () => document.activeElement.matches('h1'));
		assert.equal((await state('DiskFull', 'db-1')).silenced_by.length, 1);
		await step(page);

		// Explain it: what is silenced is shown by a key.
		await keys.press('g');
		await keys.press('a');
		await see(page, 'db-2');
		await keys.press('2');
		await see(page, 'db-1');
		await next(page, 'head', 'DiskFull');
		await next(page, 'row', 'db-1');
		await step(page);
		await keys.press('e');
		await see(page, /^Nobody is told: silenced by jo/);
		await step(page);

		// Undo, from where it is said what keeps it quiet.
		await tabTo(page, /^disk ordered$/);
		await keys.press('Enter');
		await page.getByRole('heading', { name: 'Silence', exact: true }).waitFor();
		await page.getByRole('button', { name: 'Expire' }).waitFor();
		await tabTo(page, /^Expire/);
		await keys.press('Enter');
		await see(page, /Expire now: 1 alert will be told/);
		await step(page);
		await keys.press('Enter');
		await page.getByRole('link', { name: 'Recreate' }).waitFor();
		await focused(page);
		await keys.press('g');
		await keys.press('a');
		await see(page, 'db-1');
		await next(page, 'head', 'DiskFull');
		await next(page, 'row', 'db-1');
		await keys.press('a');
		await page.getByRole('button', { name: 'Un-ack' }).waitFor();
		await step(page);
		await until(page, () => document.activeElement.textContent === 'Un-ack');
		await keys.press('Enter');
		await until(page, () => document.querySelector('.al-head') && !document.querySelector('.owner-mark'));
		await focused(page);
		const { ack, silenced_by: silences } = await state('DiskFull', 'db-1');
		assert.deepEqual([ack, silences], [null, []]);
	});

	test('a stranger, who knows Alertmanager’s page: filter, silence, edit, expire and recreate are where they are looked for', async () => {
		await server.alert(...[1, 2].map((n) => alert({ alertname: 'CertExpires', team: 'web', severity: 'warning', instance: `web-${n}` }, `in ${n} days`)));
		const page = await visit('#/alerts');
		const main = page.locator('main');
		const click = (name, where = main) => where.getByRole('button', { name, exact: true }).or(where.getByRole('link', { name, exact: true })).locator('visible=true').first().click();
		const step = watcher('stranger');

		// Filter: typed as there, Enter.
		await page.getByPlaceholder(/^Filter/).click();
		await page.keyboard.type('alertname="CertExpires"');
		await page.keyboard.press('Enter');
		await until(page, () => document.querySelectorAll('.vlist-row[data-kind=row]').length === 2);
		await step(page);
		// A group is silenced where it stands, an alert when it is looked at, what is filtered beside the filter.
		await page.getByRole('button', { name: 'Silence the group' }).click();
		await page.getByLabel('Value of matcher 1').waitFor();
		await page.goBack();
		await click('Silence these');
		await page.getByLabel('Value of matcher 1').waitFor();
		await page.goBack();
		await page.locator('.vlist').getByText('web-1', { exact: true }).click();
		await see(page, 'Fingerprint');
		await step(page);
		await click('Silence', page.getByRole('complementary', { name: 'Alert' }));
		await see(page, 'Covers 1 alert now');
		await page.getByLabel('Creator').fill('ann');
		await page.getByLabel('Comment', { exact: true }).fill('renewed on Monday');
		await click('Create');
		await see(page, 'The silence is made.');
		await step(page);
		// Edit, expire, recreate: from the list, whose tabs are those of Alertmanager.
		await click(/^Silences/, page.getByRole('navigation', { name: 'Pages' }));
		const row = main.locator('tr', { hasText: 'renewed on Monday' });

		await click('Edit', row);
		await page.getByLabel('Comment', { exact: true }).fill('renewed on Tuesday');
		await click('Save');
		await see(page, 'The silence is changed.');
		await click('Expire');
		await page.getByRole('button', { name: /^Expire now/ }).click();
		await page.getByRole('link', { name: 'Recreate' }).waitFor();
		await click(/^Silences/, page.getByRole('navigation', { name: 'Pages' }));
		await click(/^Expired/);
		await step(page);
		await click('Recreate', main.locator('tr', { hasText: 'renewed on Tuesday' }));
		await click('Create');
		await see(page, 'The silence is made.');
		assert.equal((await state('CertExpires', 'web-1')).silenced_by.length, 1);
		// The configuration is on Status, the alert that is silenced under its box.
		await click('Status', page.getByRole('navigation', { name: 'Pages' }));
		await click('Show the text');
		await see(page, 'group_wait', main);
		await click(/^Alerts/, page.getByRole('navigation', { name: 'Pages' }));
		await page.getByRole('checkbox', { name: /^silenced/ }).check();
		await see(page, 'web-1', main);
		await step(page);
	});

	test('by thumb: find, acknowledge, silence, explain, undo', async () => {
		await server.alert(...[1, 2].map((n) => alert({ alertname: 'MailQueue', team: 'db', severity: 'critical', instance: `mx-${n}` }, `${n},000 mails wait`)));
		const page = await visit('#/alerts', { size: 'phone' });
		const step = watcher('thumb');

		// Find, without a key.
		await see(page, 'MailQueue');
		await step(page);
		await page.getByRole('combobox', { name: 'Filter', exact: true }).tap();
		await option(page, /^instance/).tap();
		await option(page, /^=\s*is$/).waitFor();
		await step(page);
		await option(page, /^=\s*is$/).tap();
		await option(page, /^mx-2/).tap();
		await until(page, () => document.querySelectorAll('.vlist-row[data-kind=row]').length === 1);
		await page.locator('.fb-full').waitFor({ state: 'detached' });
		await step(page);
		await page.getByRole('link', { name: /^mx-2/ }).tap();
		await see(page, '2,000 mails wait');
		await step(page);

		// Acknowledge.
		await page.getByRole('button', { name: 'Ack', exact: true }).tap();
		await page.getByLabel('Your name').tap();
		await page.keyboard.type('kim');
		await step(page);
		await page.getByRole('dialog').getByRole('button', { name: 'Ack', exact: true }).tap();
		await page.getByRole('button', { name: /acked by kim/ }).first().waitFor();
		await step(page);

		// Silence.
		await page.getByRole('link', { name: 'Silence', exact: true }).tap();
		await page.getByRole('heading', { name: 'New silence' }).waitFor();
		await see(page, /covers 1 alert/i);
		await step(page);
		await page.getByRole('button', { name: '30m', exact: true }).tap();
		await page.getByRole('button', { name: 'Create' }).tap();
		await until(page, () => document.activeElement.id === 'si-f-comment');
		await step(page);
		await page.keyboard.type('queue is drained');
		await page.getByRole('button', { name: 'Create' }).tap();
		await see(page, 'The silence is made.');
		await step(page);

		// Explain, from the alert that it covers.
		await page.locator('.si-alerts a').first().tap();
		await see(page, 'Kept quiet by');
		await page.locator('main').getByRole('link', { name: 'Explain', exact: true }).tap();
		await see(page, /^Nobody is told: silenced by kim/);
		await step(page);

		// Undo.
		await page.getByRole('link', { name: 'queue is drained' }).tap();
		await page.getByRole('button', { name: 'Expire' }).tap();
		await page.getByRole('button', { name: 'Expire now: 1 alert will be told' }).tap();
		await page.getByRole('link', { name: 'Recreate' }).waitFor();
		await step(page);
		await page.locator('.si-alerts a').first().tap();
		await page.getByRole('button', { name: /acked by kim/ }).first().tap();
		await step(page);
		await page.getByRole('button', { name: 'Un-ack' }).tap();
		await page.getByRole('button', { name: 'Ack', exact: true }).waitFor();
		await fits(page);
		const { ack, silenced_by: silences } = await state('MailQueue', 'mx-2');
		assert.deepEqual([ack, silences], [null, []]);
	});
});
