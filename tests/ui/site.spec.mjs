// SPDX-License-Identifier: Apache-2.0
// A site with users and defaults of its own: who one is, who may only look, and what the configuration says of silences.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { eventually, see, site, until } from './harness.mjs';

const config = `
route: {receiver: ops, group_by: [alertname], group_wait: 0s}
receivers: [{name: ops}]
ui:
  title: prod-eu
  silence:
    durations: [1h, 4h]
    max_duration: 1d
    templates: [{name: deploy, matchers: ['team = web'], duration: 30m, comment: deploying}]
  links: [{regex: '(OPS-[0-9]+)', url: 'https://tickets.example/$1'}]
`;
// bcrypt of "secret"
const hash = '$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW';
const as = (name) => ({ context: { httpCredentials: { username: name, password: 'secret' } } });

site('site', { config, flags: ['--web.config.file=web.yml'] }, ({ test, visit, server }) => {
	writeFileSync(path.join(server.dir, 'web.yml'), `basic_auth_users:\n  ann: ${hash}\n`);
	server.headers = { Authorization: `Basic ${Buffer.from('ann:secret').toString('base64')}` };
	const silence = async (id) => (await server.get('/api/v2/silences')).find((s) => s.id === id);

	test('who is signed in makes silences in no other name; what the site has ready is offered, and what is too long is refused', async () => {
		const page = await visit('#/silences/new', as('ann'));
		const creator = page.getByLabel('Creator');

		await see(page, 'You are signed in as ann.');
		assert.deepEqual([await creator.inputValue(), await creator.getAttribute('readonly')], ['ann', '']);
		assert.deepEqual(await page.locator('.si-presets button').allInnerTexts(), ['1h', '4h']);
		await page.getByRole('button', { name: 'Templates' }).click();
		await page.getByRole('menuitem', { name: 'deploy' }).click();
		await until(page, () => document.querySelector('[aria-label="Value of matcher 1"]').value === 'web');
		assert.deepEqual([await page.getByLabel('Duration or end').inputValue(), await page.getByLabel('Comment', { exact: true }).inputValue()], ['30m', 'deploying']);

		await page.getByLabel('Duration or end').fill('2d');
		await page.getByRole('button', { name: 'Create' }).click();
		await until(page, () => document.activeElement.id === 'si-f-endsAt' && document.activeElement.getAttribute('aria-invalid') === 'true');
		assert.equal((await server.get('/api/v2/silences')).length, 0);
		await page.getByLabel('Duration or end').fill('1d');
		await page.getByLabel('Comment', { exact: true }).fill('deploying, OPS-7');
		await page.getByRole('button', { name: 'Create' }).click();
		await see(page, 'The silence is made.');
		const id = await eventually(() => /silences\/([0-9a-f-]{36})/.exec(page.url())?.[1], 'its page');

		assert.equal((await silence(id)).createdBy, 'ann');
		assert.equal(await page.getByRole('link', { name: 'OPS-7' }).getAttribute('href'), 'https://tickets.example/OPS-7');
		await until(page, () => document.title.endsWith('tocsin prod-eu') && document.querySelector('.me').textContent === 'ann');
	});

	test('who acknowledges need not say who that is', async () => {
		await server.alert({ alertname: 'Mine' });
		const page = await visit('#/alerts', as('ann'));

		await see(page, 'Mine');
		await page.getByRole('button', { name: 'Acknowledge the group' }).click();
		await see(page, 'As ann.');
		assert.equal(await page.getByLabel('Your name').count(), 0);
		await page.getByRole('dialog').getByRole('button', { name: 'Ack', exact: true }).click();
		await page.getByRole('button', { name: /acked by ann/ }).first().waitFor();
	});
});
