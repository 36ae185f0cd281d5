// SPDX-License-Identifier: Apache-2.0
// A server that takes requests and says nothing, and clocks that differ. frame.spec.mjs has the other ways to lose a connection.
import assert from 'node:assert/strict';
import { see, site } from './harness.mjs';

site('lost', {}, ({ test, visit, server }) => {
	test('a server that accepts and says nothing', async () => {
		const page = await visit('#/status', { timers: 0 });

		await see(page, 'Limits');
		page.expectProblem(/ERR_|Failed to load/);
		server.process.kill('SIGSTOP');
		try {
			await page.keyboard.press('r');
			await page.clock.fastForward(9000);
			await page.clock.fastForward(6000);
			await see(page, /No connection to tocsin since/);
			// What was seen stays.
			assert.ok(await page.getByText('Limits').first().isVisible());
			// While nobody answers: behind that the page may find its server by itself.
			await page.getByRole('button', { name: 'Try again' }).first().click();
		} finally {
			server.process.kill('SIGCONT');
		}
		await page.locator('.bar-lost').waitFor({ state: 'detached' });
	});

	test('a clock that is ten minutes ahead is told, and ages are by the server', async () => {
		await server.alert({ alertname: 'Young' });
		const page = await visit('#/alerts', { timers: 10 * 60000 });

		await see(page, 'Young');
		await see(page, /The clock of this device is .* ahead of the server/);
		assert.equal(await page.getByText(/\b(9|10|11) min\b/).locator('visible=true').filter({ hasNotText: /clock/i }).count(), 0);
	});
});
