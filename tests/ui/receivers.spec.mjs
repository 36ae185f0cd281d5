// SPDX-License-Identifier: Apache-2.0
// Receivers, their test and the preview of templates: each state, and names and answers of the worst kind.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after } from 'node:test';
import { accessible, eventually, fits, see, shot, site, until } from './harness.mjs';

const evil = '<img src=x onerror=window.pwn=1>"\\/%2F#?\u202e';
const secret = 'verysecrettoken';
const got = [];

/* What is behind the receivers: takes what goes to /ok, refuses the rest in bad words. */
const hook = createServer((request, answer) => {
	let body = '';

	request.on('data', (bytes) => { body += bytes; });
	request.on('end', () => {
		got.push({ url: request.url, body });
		answer.writeHead(request.url.startsWith('/ok') ? 200 : 403);
		answer.end(request.url.startsWith('/ok') ? 'taken' : `<script>window.pwn=1</script> invalid_auth ${'x'.repeat(20000)}`);
	});
});

hook.listen(0, '127.0.0.1');
await once(hook, 'listening');
after(() => hook.close());

const at = `http://127.0.0.1:${hook.address().port}`;
const config = `
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1m
  routes:
  - {receiver: two, matchers: ['team="two"']}
  - {receiver: ${JSON.stringify(evil)}, matchers: ['team="evil"']}
receivers:
- {name: ops, webhook_configs: [{url: '${at}/ok?token=${secret}'}]}
- {name: two, webhook_configs: [{url: '${at}/ok'}, {url: '${at}/bad?token=${secret}'}]}
- {name: ${JSON.stringify(evil)}, webhook_configs: [{url: '${at}/bad'}]}
- {name: unused, webhook_configs: [{url: '${at}/ok'}]}
- {name: silent}
`;

const dialog = (page) => page.getByRole('dialog');

async function sendTest(page) {
	await page.getByRole('button', { name: 'Send a test…' }).click();
	await see(dialog(page), 'marked TEST to');
	await dialog(page).getByRole('button', { name: 'Send it' }).click();
}

site('receivers', { config }, ({ test, visit, server }) => {
	test('each with what it last did', async () => {
		await server.alert({ alertname: 'A', team: 'two' }, { labels: { alertname: 'B', team: 'evil' }, annotations: { summary: '<b>x</b>' } });
		await eventually(async () => (await server.get('/api/ext/v1/receivers')).items.filter((r) => r.integrations.some((i) => i.last_error !== null)).length === 2);
		for (const [size, scheme] of [['wide', 'light'], ['phone', 'dark']]) {
			const page = await visit('#/receivers', { size, scheme });

			await see(page, 'invalid_auth');
			await see(page, 'not in use');
			assert.equal(await page.locator('tbody tr').count(), 5);
			assert.ok(!(await page.evaluate(() => document.documentElement.outerHTML)).includes(secret));
			await accessible(page);
			await fits(page);
			await shot(page, `receivers-${size}-${scheme}`);
		}
	});

	test('over 50 there is a search, which has an address', async () => {
		const page = await visit('#/settings');

		await page.route('**/api/ext/v1/receivers?*', (route) => route.fulfill({ json: { next: null, total: 3000,
			items: Array.from({ length: 3000 }, (_, i) => ({ name: `receiver ${i}`, labels: {}, routes: 1, integrations: [] })) } }));
		await page.evaluate(() => { location.hash = '#/receivers'; });
		await see(page, 'receiver 7');
		assert.ok(await page.locator('tbody tr').count() <= 200);
		await page.getByRole('searchbox').fill('receiver 2999');
		await see(page, '1 of 3,000');
		assert.equal(await page.evaluate(() => location.hash), '#/receivers?q=receiver%202999');
		await page.getByRole('searchbox').fill('nobody');
		await see(page, 'No receiver has this name.');
		await page.getByRole('button', { name: 'Clear' }).click();
		await see(page, 'receiver 7');
	});

	test('a test asks first, and then shows each answer', async () => {
		const page = await visit('#/receivers');

		await page.getByRole('link', { name: 'Test two' }).click();
		await page.getByRole('heading', { name: 'Test', exact: true }).waitFor();
		await page.getByRole('button', { name: 'Send a test…' }).click();
		await accessible(page, 'dialog');
		const count = got.length;

		await page.keyboard.press('Escape');
		await dialog(page).waitFor({ state: 'detached' });
		assert.equal(got.length, count);
		assert.ok(await page.getByRole('button', { name: 'Send a test…' }).evaluate((b) => b === document.activeElement));
		await sendTest(page);
		await see(page, 'taken');
		await see(page, 'status 403');
		await see(page, '<script>window.pwn=1</script> invalid_auth');
		assert.ok((await page.locator('.re-answer').last().textContent()).length < 5000);
		assert.match(got.at(-1).body, /tocsin_test/);
		assert.ok(!(await page.evaluate(() => document.documentElement.outerHTML)).includes(secret));
		await accessible(page);
		await shot(page, 'receiver-test');
	});

	test('one integration alone, with a real alert', async () => {
		await server.alert({ alertname: 'A', team: 'two' });
		const page = await visit('#/receivers/two?test=true', { size: 'phone' });

		await page.getByRole('checkbox', { name: 'webhook[1]' }).uncheck();
		await page.getByLabel('Alert', { exact: true }).selectOption({ label: 'A · two' });
		const from = got.length;

		await sendTest(page);
		await see(page, 'taken');
		const tests = got.slice(from).filter((g) => g.body.includes('tocsin_test'));

		assert.deepEqual(tests.map((g) => g.url), ['/ok']);
		assert.match(tests[0].body, /"alertname":"A"/);
		await page.getByRole('checkbox', { name: 'webhook[0]' }).uncheck();
		await see(page, 'Choose an integration.');
		await accessible(page);
		await fits(page);
		await shot(page, 'receiver-phone-light');
	});

	test('what cannot be tested says why; what is too much too', async () => {
		const page = await visit('#/receivers/unused');

		await see(page, 'No route names this receiver, so it is not in use.');
		await page.evaluate(() => { location.hash = '#/receivers/silent'; });
		await see(page, 'It has no integration');
		await page.evaluate(() => { location.hash = '#/receivers/gone'; });
		await see(page, 'There is no receiver of this name.');
		await page.evaluate(() => { location.hash = '#/receivers/ops'; });
		page.expectProblem(/status of 429/);
		await page.route('**/receivers/ops/test', (route) => route.fulfill({ status: 429, headers: { 'Retry-After': '7' }, json: { error: { code: 'too_many_tests', message: 'one test of a receiver at a time' } } }));
		await sendTest(page);
		await see(page, 'one test of a receiver at a time');
	});

	test('the worst name there is', async () => {
		const page = await visit('#/receivers');

		await page.locator('tbody tr').nth(2).getByRole('link').first().click();
		await page.getByRole('heading', { name: 'Integrations' }).waitFor();
		await see(page, '<img src=x onerror=window.pwn=1>"\\/%2F#?');
		await page.reload();
		await page.getByRole('heading', { name: 'Integrations' }).waitFor();
		await sendTest(page);
		await see(page, 'status 403');
		await fits(page);
	});

	test('a template shows what it gives', async () => {
		for (const [size, scheme] of [['wide', 'light'], ['phone', 'dark']]) {
			const page = await visit('#/templates', { size, scheme });

			await page.getByLabel('Template', { exact: true }).fill('{{ range .Alerts }}<img src=x onerror=window.pwn=1>{{ .Labels.alertname }}\n{{ end }}{{ .Receiver }}');
			await see(page, '<img src=x onerror=window.pwn=1>DiskFull');
			assert.match(await page.evaluate(() => location.hash), /^#\/templates\?text=/);
			await accessible(page);
			await fits(page);
			await shot(page, `templates-${size}-${scheme}`);
		}
	});

	test('with alerts that fire, as a receiver, and with a mistake', async () => {
		await server.alert({ alertname: 'A', team: 'two' });
		const group = await eventually(async () => (await server.get('/api/ext/v1/groups')).items.find((g) => g.receiver === 'two'));
		const page = await visit('#/templates?text=' + encodeURIComponent('{{ range .Alerts }}>{{ .Labels.alertname }}\n{{ end }}{{ .Receiver }}'));

		page.expectProblem(/status of 400/);
		await see(page, '>DiskFull');
		await page.getByLabel('As receiver').selectOption({ label: 'two' });
		await until(page, () => document.querySelector('.te-text')?.textContent.endsWith('two'));
		await page.getByLabel('With the alerts of').selectOption(group.id);
		await until(page, () => document.querySelector('.te-text')?.textContent.includes('>A\n'));
		await page.getByLabel('Template', { exact: true }).fill('line one\n{{ .Alerts | nothing }}');
		await see(page, 'The template does not work.');
		await see(page, 'Line 2');
		await accessible(page, 'main');
		await until(page, () => location.hash.includes('nothing'));
		await page.reload();
		await see(page, 'The template does not work.');
	});

	test('one by name, as HTML, and nothing at all', async () => {
		const page = await visit('#/templates?template=slack.default.title');

		page.expectProblem(/status of 400/);
		await see(page, '[FIRING:1]');
		await page.getByLabel('Name of the template').fill('email.default.html');
		await see(page, '<!DOCTYPE html');
		await page.getByRole('button', { name: 'A text' }).click();
		await page.getByLabel('Template', { exact: true }).fill('{{ "" }}');
		await see(page, 'It gives nothing.');
		await page.getByLabel('Template', { exact: true }).fill('x'.repeat(33000));
		await see(page, '32,768 are the most');
	});
});
