// SPDX-License-Identifier: Apache-2.0
// The default mail, as a client that knows HTML shows it: on a telephone and on a screen, light and dark, of one alert and of many.
import assert from 'node:assert/strict';
import { accessible, fits, see, site } from './harness.mjs';

const severities = ['critical', 'warning', 'info', 'page'];
const alerts = (n) => Array.from({ length: n }, (_, i) => ({
	status: n > 1 && i % 5 === 4 ? 'resolved' : 'firing',
	labels: { alertname: 'Lag', service: `s${i % 3}`, severity: severities[i % 4], resource: i % 2 ? 'disk' : 'net', instance: `host-${i}-${'x'.repeat(120)}` },
	annotations: { summary: `<b onclick=pwn()>host-${i}</b> lags`, description: `first line of ${i}\nsecond & last`, runbook_url: 'https://wiki.example/lag', bad_url: 'javascript:pwn()',
		panel_url: `http://grafana.example/graph?expr=${'lag%3E'.repeat(30)}${i}` },
}));

site('mail', { config: 'route: {receiver: r}\nreceivers: [{name: r}]' }, ({ test, visit, server }) => {
	let shown = '';

	async function showMail(page, n, language) {
		const { output, error } = await server.post('/api/ext/v1/templates/preview', { template: `email.${language}.html`, type: 'html', alerts: alerts(n) });

		assert.equal(typeof output, 'string', error);
		shown = output;
		await page.goto(`${server.url}/mail-${n}-${language}`);
	}

	for (const [size, scheme] of [['phone', 'dark'], ['wide', 'light']])
		test(`it fits and can be read: ${size}, ${scheme}`, async () => {
			const page = await visit('#/settings', { size, scheme, own: true });
			const asked = [];

			// What the page that was there asks for is its own.
			await page.goto('about:blank');
			await page.route('**/mail-*', (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body: shown }));
			page.on('request', (r) => asked.push(r.url()));
			for (const [n, language, word] of [[1, 'default', 'CRITICAL'], [12, 'tr', 'KRİTİK'], [90, 'ko', '심각']]) {
				await showMail(page, n, language);
				await see(page, word);
				await see(page, '<b onclick=pwn()>host-0</b> lags');
				await fits(page);
				assert.equal(await page.locator('a[href^="javascript"], script, img, [onclick]').count(), 0);
				assert.ok(shown.length < 90 * 1024, `${shown.length} characters of ${n} alerts`);
				if (n < 90)
					await accessible(page);
			}
			assert.deepEqual(asked.filter((u) => !/\/mail-/.test(u)), []);
		});

	test('line breaks are kept, and what is resolved is apart', async () => {
		const page = await visit('#/settings', { own: true });

		await page.route('**/mail-*', (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body: shown }));
		await showMail(page, 12, 'default');
		assert.match(await page.locator('body').innerText(), /first line of 0\nsecond & last/);
		assert.deepEqual(await page.locator('h2').allInnerTexts(), ['Firing (10)', 'Resolved (2)']);
	});
});
