// SPDX-License-Identifier: Apache-2.0
// Every page with values that want to be more than text. What must not happen is looked for by the harness itself.
import assert from 'node:assert/strict';
import { fits, site } from './harness.mjs';
import { fill, hostileConfig } from './hostile.mjs';

site('hostile', { config: hostileConfig }, ({ test, visit, server }) => {
	let ids = [];
	let alerts = [];
	let groups = [];

	async function looked(page, hash) {
		await page.goto(`${server.url}/${hash}`);
		await page.locator('h1').first().waitFor({ state: 'attached' });
		// All that was asked for is there and drawn.
		await page.waitForFunction(() => document.querySelector('main [aria-busy=true], main .skeleton') === null);
		await page.waitForFunction(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(() => done(true))); }));
		await fits(page);
		assert.ok(page.url().startsWith(`${server.url}/#/`), 'the page stayed where it was');
		// Nothing that came from others is an element or an address of more than the web.
		const wrong = await page.evaluate(() => [...document.querySelectorAll('img, iframe, object, embed, main script, [onerror], [onload]')]
			.map((e) => e.outerHTML.slice(0, 200))
			.concat([...document.querySelectorAll('a[href]')].filter((a) => !/^https?:$/.test(a.protocol)).map((a) => a.outerHTML.slice(0, 200)))
			.concat([...document.querySelectorAll('a[href]')].filter((a) => a.origin !== location.origin && !/noopener/.test(a.rel)).map((a) => `no noopener: ${a.outerHTML.slice(0, 200)}`)));

		assert.deepEqual(wrong, [], hash);
	}

	const views = () => ['#/alerts', '#/alerts?view=table', `#/alerts?open=${alerts[0].fp}`, ...alerts.slice(0, 3).map((a) => `#/alert/${a.fp}`),
		`#/group/${groups[0].id}`, '#/silences', '#/silences?state=expired', `#/silences/${ids[1]}`, `#/silences/${ids[2]}/edit`,
		'#/silences/new?filter=%7Ba%3D%22%3Cimg%20src%3Dx%20onerror%3Dwindow.pwn%3D1%3E%22%7D&comment=%3Cscript%3Ewindow.pwn=1%3C/script%3E',
		'#/history', '#/history/notifications', '#/history/stats', '#/explain', `#/explain?alert=${alerts[1].fp}`,
		'#/receivers', `#/receivers/${encodeURIComponent('<img src=x onerror=window.pwn=1>')}`, '#/templates', '#/status', '#/config', '#/settings',
		'#/<img src=x onerror=window.pwn=1>', '#/alerts?filter=%7B<script>window.pwn=1</script>'];

	for (const [size, scheme] of [['wide', 'light'], ['phone', 'dark']]) {
		test(`no page does anything but show them, ${size}`, async () => {
			if (ids.length === 0) {
				ids = await fill(server);
				alerts = (await server.get('/api/ext/v1/alerts?limit=200')).items;
				groups = (await server.get('/api/ext/v1/groups?limit=200')).items;
			}
			const page = await visit('#/alerts', { size, scheme });

			// A group or an alert that has gone meanwhile is told as such.
			page.expectProblem(/status of 404/);
			for (const hash of views())
				await looked(page, hash);
		});
	}
});
