// SPDX-License-Identifier: Apache-2.0
// The page as a whole: it starts below any path, asks nobody else for anything, and keeps to its policy.
import assert from 'node:assert/strict';
import { eventually, site } from './harness.mjs';

site('page', {}, ({ test, visit, server }) => {
	test('starts without a word on the console', async () => {
		const page = await visit('', { wait: false });

		await page.waitForFunction(() => document.querySelector('main').textContent !== '');
		assert.ok(page.requests.length > 1);
		assert.ok(page.requests.every((r) => r.url.startsWith(server.url)));
	});

	test('what its policy forbids is noticed', async () => {
		const page = await visit('', { wait: false });

		page.expectProblem(/policy: /);
		page.expectProblem(/TrustedHTML|Content Security Policy/);
		assert.equal(await page.evaluate(() => {
			try {
				document.createElement('div').innerHTML = '<b>x</b>';
				return 'taken';
			} catch {
				return 'refused';
			}
		}), 'refused');
		await page.evaluate(() => { document.body.appendChild(document.createElement('style')).textContent = 'b {}'; });
		await eventually(() => page.problems.some((p) => p.startsWith('console: policy: style-src')));
	});
});
