// SPDX-License-Identifier: Apache-2.0
// The page as a whole: it starts below any path, asks nobody else for anything, and keeps to its policy.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, site } from './harness.mjs';

const sources = fileURLToPath(new URL('../../src/ui', import.meta.url));

site('page', {}, ({ test, visit, server }) => {
	test('starts without a word on the console', async () => {
		const page = await visit('', { wait: false });

		await page.waitForFunction(() => document.querySelector('main').textContent !== '');
		assert.ok(page.requests.length > 1);
		assert.ok(page.requests.every((r) => r.url.startsWith(server.url)));
	});

	test('what its modules declare hides nothing that a browser has', async () => {
		// Modules share one scope when they are served: one that calls History would get the page of that name.
		const names = readdirSync(sources).filter((f) => f.endsWith('.js')).flatMap((f) =>
			[...readFileSync(path.join(sources, f), 'utf8').matchAll(/^(?:export )?(?:async )?(?:const|let|class|function) (\w+)/gm)].map((m) => m[1]));
		const page = await visit('', { wait: false });

		assert.ok(names.length > 500);
		assert.deepEqual(await page.evaluate((declared) => {
			const taken = new Set();

			for (let o = window; o; o = Object.getPrototypeOf(o))
				if (Object.prototype.toString.call(o) !== '[object WindowProperties]')
					for (const name of Object.getOwnPropertyNames(o)) taken.add(name);
			return declared.filter((n) => taken.has(n));
		}, names), []);
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
