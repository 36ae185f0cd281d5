// SPDX-License-Identifier: Apache-2.0
// What narrows a list beside matchers, what is kept with a saved filter, what is chosen with a finger, and a silence beside its list.
import assert from 'node:assert/strict';
import { accessible, fits, see, site, until } from './harness.mjs';

const config = `
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 0s
  routes: [{matchers: [team="db"], receiver: pager-db}]
receivers: [{name: ops}, {name: pager-db}]
`;
const endsAt = new Date(Date.now() + 864e5).toISOString();
const fire = (alertname, team, n) => ({ labels: { alertname, team, severity: 'critical', instance: `${team}-${n}`, zone: `z${n}` }, endsAt });
const count = (page, n) => until(page, (want) => document.querySelectorAll('.vlist-row[data-kind=row]').length === want, n);
const field = (page) => page.getByRole('combobox', { name: 'Filter', exact: true });

/* A finger that rests on something until it is chosen, as the browser itself gets it from a screen. */
const press = async (page, locator) => {
	const session = await page.context().newCDPSession(page);
	const { x, y } = await locator.boundingBox();
	const touch = (type, touchPoints) => session.send('Input.dispatchTouchEvent', { type, touchPoints });

	await touch('touchStart', [{ x: x + 9, y: y + 9 }]);
	await page.locator('.al-bar').waitFor();
	await touch('touchEnd', []);
	await session.detach();
};

site('choose', { config }, ({ test, visit, server }) => {
	test('by owner and by receiver; both are in the address and are given up again', async () => {
		await server.alert(fire('Disk', 'db', 1), fire('Disk', 'db', 2), fire('Queue', 'web', 1));
		await server.post('/api/ext/v1/ack', { matchers: [{ name: 'instance', value: 'db-1', isRegex: false, isEqual: true }], owner: 'jo' });
		const page = await visit('#/alerts');

		await count(page, 3);
		await field(page).fill('owner=');
		await page.locator('.fb-list').getByRole('option', { name: 'jo' }).click();
		await count(page, 1);
		assert.match(page.url(), /owner=jo/);
		await page.getByRole('button', { name: 'Remove owner = jo' }).click();
		await count(page, 3);
		await field(page).fill('owner!=jo');
		await field(page).press('Enter');
		await see(page, 'owner= wants the name');

		const facet = page.locator('.al-facet', { has: page.getByRole('heading', { name: 'receiver' }) });
		await facet.getByRole('button', { name: /^pager-db\s*2$/ }).click();
		await count(page, 2);
		assert.match(page.url(), /receiver=pager%5C-db/);
		await facet.getByRole('button', { name: /^pager-db/, pressed: true }).click();
		await count(page, 3);
	});

	test('a saved filter has columns of its own', async () => {
		await server.alert(fire('Disk', 'db', 1), fire('Queue', 'web', 1));
		const page = await visit('#/alerts?view=table&filter=%7Bteam%3D%22db%22%7D');
		const add = async (name) => {
			await page.getByRole('button', { name: 'Add a column' }).click();
			await page.getByRole('menuitem', { name, exact: true }).click();
			await page.getByRole('button', { name: `Remove the column ${name}` }).waitFor();
		};

		await page.getByRole('button', { name: 'Save', exact: true }).click();
		await add('zone');
		await page.evaluate(() => { location.hash = '#/alerts?view=table'; });
		await see(page, 'Queue');
		await page.getByRole('button', { name: 'Remove the column zone' }).waitFor({ state: 'detached' });
		await add('team');
		await page.reload();
		await field(page).click();
		await page.locator('.fb-list').getByRole('option', { name: /saved/ }).click();
		await page.getByRole('button', { name: 'Remove the column zone' }).waitFor();
		assert.equal(await page.getByRole('button', { name: 'Remove the column team' }).count(), 0);
	});

	test('on a phone a long press selects, and then a touch does', async () => {
		await server.alert(fire('Disk', 'db', 1), fire('Disk', 'db', 2), fire('Disk', 'db', 3));
		const page = await visit('#/alerts?filter=%7Balertname%3D%22Disk%22%7D', { size: 'phone' });

		await count(page, 3);
		await press(page, page.locator('.al-link').first());
		await see(page, '1 selected');
		assert.match(page.url(), /#\/alerts/);
		await page.getByRole('link', { name: /^db-3/ }).tap();
		await see(page, '2 selected');
		await accessible(page);
		await fits(page);
		await page.getByRole('link', { name: /^db-3/ }).tap();
		await page.getByRole('button', { name: 'Clear' }).last().tap();
		await page.locator('.al-bar').waitFor({ state: 'detached' });
		await page.getByRole('link', { name: /^db-3/ }).tap();
		await until(page, () => location.hash.startsWith('#/alert/'));
	});

	test('a silence beside its list, by keys', async () => {
		const [a, b] = [await server.silence({ team: 'db' }, { comment: 'first', seconds: 3000 }), await server.silence({ team: 'web' }, { comment: 'second', seconds: 6000 })];
		const page = await visit('#/silences');
		const panel = page.getByRole('complementary', { name: 'Silence' });
		const at = (id) => until(page, (want) => document.activeElement.closest('[data-id]')?.dataset.id === want, id);

		await see(page, 'first');
		await page.keyboard.press('j');
		await at(a);
		await page.keyboard.press('j');
		await at(b);
		await page.keyboard.press('Enter');
		await see(page, 'second', panel);
		await see(page, /^Covers/, panel);
		assert.ok(page.url().endsWith(`open=${b}`));
		await accessible(page);
		await fits(page);
		await page.keyboard.press('k');
		await at(a);
		await page.keyboard.press('x');
		await see(page, /^1 of \d selected$/);
		await page.keyboard.press('Escape');
		await panel.waitFor({ state: 'detached' });
		await page.keyboard.press('/');
		await page.keyboard.type('second');
		await page.keyboard.press('Enter');
		await page.locator(`[data-id="${a}"]`).waitFor({ state: 'detached' });
	});
});
