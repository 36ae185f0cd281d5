// SPDX-License-Identifier: Apache-2.0
// Status and Configuration: what the server says of itself, whatever that is, and no secret of it.
import assert from 'node:assert/strict';
import { accessible, eventually, fits, see, shot, site, until } from './harness.mjs';

const secrets = ['hunter2hunter2', 'T0/B0/secretsecret', '0123456789abcdef0123456789abcdef', 'verysecret'];
const config = `
global: {smtp_smarthost: 'localhost:2525', smtp_from: a@example.org, smtp_auth_username: x, smtp_auth_password: ${secrets[0]},
  slack_api_url: 'https://hooks.example/services/${secrets[1]}'}
route: {receiver: ops, group_by: [alertname], group_wait: 1s}
receivers:
- name: ops
- {name: slack, slack_configs: [{channel: '#x'}]}
- {name: pager, pagerduty_configs: [{routing_key: ${secrets[2]}}], webhook_configs: [{url: 'http://127.0.0.1:9/?token=${secrets[3]}'}]}
- {name: '<img src=x onerror=window.pwn=1>'}
`;
const hostile = '"><img src=x onerror=window.pwn=1>\u00a0';

/* The server's answer with a part of another kind. */
async function answer(page, path, change) {
	await page.route(`**/api/${path}`, async (route) => {
		const response = await route.fetch();
		const data = await response.json();

		await route.fulfill({ response, json: change(data) ?? data });
	});
}

const looks = [['wide', 'light'], ['phone', 'dark']];

site('status', { config }, ({ test, visit, server }) => {
	test('the server, its store, its history and who posts', async () => {
		await fetch(`${server.url}/api/v2/alerts`, { method: 'POST', headers: { 'Content-Type': 'application/json', 'User-Agent': '<b>Prom</b>' }, body: '[{"labels":{"alertname":"A"}}]' });
		for (const [size, scheme] of looks) {
			const page = await visit('#/status', { size, scheme });

			await page.locator('.st-calm, .st-problems').first().waitFor();
			await see(page, '<b>Prom</b>');
			for (const name of ['Server', 'Configuration', 'Store', 'History', 'Cluster', 'Limits', 'Who posts alerts'])
				await page.getByRole('heading', { name, exact: true }).waitFor();
			await accessible(page);
			await fits(page);
			await shot(page, `status-${size}-${scheme}`);
		}
	});

	test('all that can be wrong is told, and nothing of it runs', async () => {
		const page = await visit('#/settings');
		const bad = `${hostile} no space left`;

		await answer(page, 'ext/v1/status', (s) => ({ ...s,
			store: { healthy: false, has_room: false, error: bad, bytes: 81264640, backlog: 3, last_write: s.now },
			history: { healthy: false, events: 1e7, bytes: 1.9e9, oldest: s.started, lag_seconds: 40, error: bad },
			reload: { ok: false, at: s.now, in_force_since: s.started, hash: hostile, error: bad },
			heartbeats: [{ name: hostile, ok: false, missing_since: s.started }, { name: 'prom', ok: true }],
			limits: { get_rejected: 3, alerts: { used: 5, limit: 10, hit: 1 }, [hostile]: hostile },
			cluster: { split: true }, senders: [{ from: hostile, agent: hostile.repeat(50), last: s.now, alerts: 1, per_minute: 2 }] }));
		await answer(page, 'v2/status', (s) => ({ ...s, cluster: { name: hostile, status: 'settling', peers: [{ name: hostile, address: hostile }] } }));
		await page.evaluate(() => { location.hash = '#/status'; });
		await see(page, 'The one before it is in force.');
		await see(page, '1 missing');
		await see(page, 'The cluster is split');
		await see(page, '3 changes');
		await see(page, '40 s: the disk is slow');
		await see(page, '5, of 10, hit 1 time');
		assert.equal(await page.getByText('no space left').count(), 3);
		await accessible(page);
		await fits(page);
	});

	test('answers of a shape that nobody expected', async () => {
		for (const odd of [{}, { senders: 7, store: [], history: null, features: null, build: null, limits: 'x', heartbeats: {}, reload: null, cluster: 3 }]) {
			const page = await visit('#/settings');

			await answer(page, 'ext/v1/status', () => odd);
			await page.route('**/api/v2/status', (route) => route.fulfill({ status: 500, json: 'broken' }));
			page.expectProblem(/status of 500/);
			await page.evaluate(() => { location.hash = '#/status'; });
			await page.getByRole('heading', { name: 'Server', exact: true }).waitFor();
		}
	});

	test('an error is told, and a second try may do', async () => {
		const page = await visit('#/settings');
		let broken = true;

		page.expectProblem(/status of 500/);
		await page.route('**/api/ext/v1/status', (route) => (broken ? route.fulfill({ status: 500, json: { error: { code: 'x', message: 'the store is closed' } } }) : route.fallback()));
		await page.evaluate(() => { location.hash = '#/status'; });
		await see(page, 'the store is closed');
		broken = false;
		await page.getByRole('button', { name: 'Try again' }).click();
		await page.getByRole('heading', { name: 'Store', exact: true }).waitFor();
	});

	test('the configuration has numbers, a search and addresses, and no secret', async () => {
		for (const [size, scheme] of looks) {
			const page = await visit('#/config?line=5', { size, scheme });

			await page.locator('.cf-current').waitFor();
			assert.equal((await page.locator('.cf-current .cf-no').textContent()).trim(), '5');
			await page.getByRole('searchbox').fill('secret>');
			await until(page, () => /of|lines?/.test(document.querySelector('.cf-count')?.textContent ?? '') && document.querySelector('.cf-found') !== null);
			const first = await page.locator('.cf-current .cf-no').textContent();

			await page.getByRole('searchbox').press('Enter');
			await until(page, (was) => document.querySelector('.cf-current .cf-no').textContent !== was, first);
			assert.match(await page.evaluate(() => location.hash), /^#\/config\?line=\d+&q=secret%3E$/);
			await see(page, '<img src=x onerror=window.pwn=1>');
			const all = await page.evaluate(() => document.documentElement.outerHTML);

			for (const secret of secrets)
				assert.ok(!all.includes(secret), secret);
			await accessible(page);
			await fits(page);
			await shot(page, `config-${size}-${scheme}`);
		}
	});

	test('keys search, go to a line and leave', async () => {
		const page = await visit('#/config');

		await page.getByRole('searchbox').focus();
		await page.keyboard.type(':7');
		await page.keyboard.press('Enter');
		await until(page, () => document.querySelector('.cf-current .cf-no')?.textContent === '7');
		assert.equal(await page.evaluate(() => location.hash), '#/config?line=7');
		await page.getByRole('searchbox').fill('nothing has this');
		await see(page, 'Not found');
	});

	test('a megabyte is there, but not all of it in the page', async () => {
		const page = await visit('#/settings');
		const text = Array.from({ length: 30000 }, (_, i) => `- name: "receiver ${i}" # ${'x'.repeat(10)}`).join('\n');

		await page.route('**/api/v2/status', (route) => route.fulfill({ json: { config: { original: `receivers:\n${text}\n` }, cluster: {}, versionInfo: {} } }));
		await page.evaluate(() => { location.hash = '#/config?line=20000'; });
		await see(page, 'receiver 19998');
		assert.ok(await page.locator('.cf-line').count() <= 2000);
		assert.ok(await page.evaluate(() => document.querySelectorAll('*').length) < 6000);
		await page.evaluate(() => { document.querySelector('.cf-box').scrollTop = 1e9; });
		await see(page, 'receiver 29999');
		const box = await page.locator('.cf-box').boundingBox();
		const last = await page.getByText('receiver 29999').boundingBox();

		assert.ok(last.y < box.y + box.height, 'the last line is in the box');
		await page.getByRole('searchbox').fill('receiver 123"');
		await eventually(async () => (await page.locator('.cf-current').textContent()).includes('receiver 123"'));
		await page.locator('.cf-current').waitFor({ state: 'visible' });
	});
});
