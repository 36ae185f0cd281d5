// SPDX-License-Identifier: Apache-2.0
// Settings of the browser: taken over from Alertmanager's page, kept where the browser keeps anything, and harmless whatever is there.
import assert from 'node:assert/strict';
import { accessible, fits, see, shot, site, until } from './harness.mjs';

const KEY = 'tocsin.v1';
const stored = (page) => page.evaluate((key) => JSON.parse(localStorage.getItem(key)), KEY);
const choose = (page, name) => page.getByRole('radio', { name, exact: true }).check();

site('settings', {}, ({ test, visit }) => {
	test('what Alertmanager remembered is taken over, and its creator goes on being written', async () => {
		const page = await visit('#/settings', { storage: { defaultCreator: 'jo', firstDayOfWeek: '"Saturday"', groupExpandAll: 'false' } });

		assert.equal(await page.getByLabel('Name').inputValue(), 'jo');
		assert.ok(await page.getByRole('radio', { name: 'Saturday' }).isChecked());
		assert.ok(await page.getByRole('radio', { name: 'Collapsed', exact: true }).isChecked());
		await page.getByLabel('Name').fill('max');
		await page.getByLabel('Name').press('Enter');
		await until(page, () => localStorage.getItem('defaultCreator') === 'max');
		assert.equal((await stored(page)).creator, 'max');
		assert.equal((await stored(page)).firstDay, 'saturday');
		await page.reload();
		await page.getByLabel('Name').waitFor();
		assert.equal(await page.getByLabel('Name').inputValue(), 'max');
		assert.equal(await page.evaluate(() => localStorage.getItem('groupExpandAll')), 'false');
	});

	test('a choice counts at once and is kept', async () => {
		const page = await visit('#/settings');

		await choose(page, 'Dark');
		await until(page, () => document.documentElement.dataset.theme === 'dark');
		await choose(page, 'UTC');
		await choose(page, 'Dense');
		await page.reload();
		await until(page, () => document.documentElement.dataset.theme === 'dark' && document.documentElement.dataset.density === 'dense');
		await page.getByRole('radio', { name: 'UTC' }).waitFor();
		assert.ok(await page.getByRole('radio', { name: 'UTC' }).isChecked());
		assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(18, 20, 19)');
	});

	test('a storage that refuses leaves a page that works, and says so', async () => {
		const page = await visit('#/settings', { script: () => {
			Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });
		} });

		await see(page, 'This browser keeps no settings');
		await choose(page, 'Dark');
		await until(page, () => document.documentElement.dataset.theme === 'dark');
	});

	test('a storage full of garbage is as an empty one', async () => {
		const own = '{"theme":{"a":1},"utc":"x","filters":7,"templates":[null],"creator":"<img src=x onerror=window.pwn=1>","__proto__":{"density":"dense"}}';
		const page = await visit('#/settings', { storage: { [KEY]: own, firstDayOfWeek: '{', groupExpandAll: 'x' } });

		assert.ok(await page.getByRole('radio', { name: 'As the device' }).isChecked());
		assert.ok(await page.getByRole('radio', { name: 'Normal' }).isChecked());
		await page.evaluate((key) => localStorage.setItem(key, '{'), KEY);
		await page.reload();
		await page.getByRole('radio', { name: 'Monday' }).waitFor();
		assert.ok(await page.getByRole('radio', { name: 'Monday' }).isChecked());
	});

	test('a default filter is checked before it is kept', async () => {
		const page = await visit('#/settings');

		await page.getByLabel('What Alerts begins with').selectOption('own');
		await page.getByLabel('My filter').fill('map[a:b]');
		await page.getByLabel('My filter').press('Enter');
		await see(page, 'This could not be read: map[a:b]');
		assert.equal((await stored(page)).defaultFilter, '');
		await page.getByLabel('My filter').fill('team = db');
		await page.getByLabel('My filter').press('Enter');
		await until(page, (key) => JSON.parse(localStorage.getItem(key)).defaultFilter === '{team="db"}', KEY);
	});

	test('taken along to another browser, and forgotten', async () => {
		const page = await visit('#/settings');
		const field = page.getByLabel('Settings to take over');

		await field.fill('{"tocsin.v1":{"theme":"pink"}}');
		await page.getByRole('button', { name: 'Take over' }).click();
		await see(page, 'The setting theme cannot be "pink".');
		await field.fill('{"tocsin.v1":{"theme":"dark","comments":["deploy"]}}');
		await page.getByRole('button', { name: 'Take over' }).click();
		await see(page, 'Taken over.');
		assert.deepEqual((await stored(page)).comments, ['deploy']);
		await page.getByRole('button', { name: 'Begin anew…' }).click();
		await accessible(page);
		await page.getByRole('button', { name: 'Forget all settings' }).click();
		await until(page, () => document.documentElement.dataset.theme === undefined);
	});

	test('looks, in both sizes', async () => {
		for (const [size, scheme] of [['wide', 'light'], ['phone', 'dark']]) {
			const page = await visit('#/settings', { size, scheme });

			await accessible(page);
			await fits(page);
			await shot(page, `settings-${size}-${scheme}`);
		}
	});
});
