// SPDX-License-Identifier: Apache-2.0
// A connection that is lost, in each way that it can be, and what the pages do then: they say so, and keep what they have. Four are open at
// once, as tabs of one person: each has a request that waits, and a browser has six at once for a server. frame.spec.mjs has what the bar says.
import assert from 'node:assert/strict';
import { see, site, until } from './harness.mjs';

const config = `
route: {receiver: pager, group_by: [alertname], group_wait: 0s}
receivers: [{name: pager}]
`;
const later = new Date(Date.now() + 864e5).toISOString();
const all = [['#/alerts', 'DiskFull'], ['#/alerts?view=table', 'DiskFull'], ['#/silences', 'disk ordered'], ['#/history', 'DiskFull'], ['#/explain', 'all alerts'], ['#/receivers', 'pager'], ['#/status', 'Who posts alerts'],
	['#/silences/new?filter=%7Balertname%3D%22DiskFull%22%7D&comment=half%20written', 'Covers 1 alert now']];

site('lostpages', { config }, ({ test, visit, server }) => {
	for (const views of [all.slice(0, 4), all.slice(4)]) test(`the connection is lost: ${views.map(([hash]) => hash.replace(/\?.*/, '')).join(' ')} say so, keep what they have, and go on`, async () => {
		await server.alert({ labels: { alertname: 'DiskFull', instance: 'db-1' }, endsAt: later });
		await server.silence({ alertname: 'Other' }, { comment: 'disk ordered' });
		const first = await visit(views[0][0], { own: true });
		const context = first.context();
		const tabs = [first];

		for (const [hash] of views.slice(1)) {
			tabs.push(await context.newPage());
			await tabs.at(-1).goto(`${server.url}/${hash}`, { waitUntil: 'domcontentloaded' });
		}
		const each = (run) => Promise.all(tabs.map((page, i) => run(page, i)));
		/* What stood there stands there, in the page that was loaded first. */
		const kept = () => each(async (page, i) => {
			assert.ok(await page.locator('main').getByText(views[i][1]).locator('visible=true').count() > 0, `${views[i][0]} has lost ${views[i][1]}`);
			assert.equal(await page.evaluate(() => window.same), true, views[i][0]);
		});
		const lost = async (words) => {
			await each((page) => see(page, words));
			await kept();
		};
		const back = async () => {
			await each((page) => until(page, () => !document.querySelector('.bar-lost')));
			await kept();
		};
		const again = () => each((page) => page.keyboard.press('r'));
		const answers = async (how) => {
			await context.unroute('**/api/ext/v1/**');
			if (how)
				await context.route('**/api/ext/v1/**', (route) => route.fulfill(how).catch(() => {}));
			await again();
		};

		first.expectProblem(/ERR_|Failed to load/);
		await each((page, i) => see(page, views[i][1], page.locator('main')));
		await each((page) => page.evaluate(() => {
			window.same = true;
			document.activeElement?.blur();
		}));
		// The process is gone, and another takes its place, whose files are others: that is said, and nobody's page is loaded anew.
		const icon = '**/assets/**/icon-calm.svg';

		await context.route(icon, (route) => route.fulfill({ status: 404, body: '404 page not found\n' }));
		await server.kill();
		await lost(/No connection to tocsin since/);
		await server.start();
		await again();
		await each((page) => see(page, 'tocsin was updated.'));
		await context.unroute(icon);
		await back();
		// The network is away.
		await context.setOffline(true);
		await lost(/No connection to tocsin since/);
		await context.setOffline(false);
		await back();
		// What looks like an answer is none.
		await answers({ status: 200, contentType: 'text/html', body: '<h1>Sign in</h1>' });
		await lost('The answer was a page, not data: you may have to sign in again.');
		await answers(null);
		await back();
		await answers({ status: 200, contentType: 'application/json', body: '{"items":[{"fp":"1' });
		await lost(/No connection to tocsin since/);
		await answers(null);
		await back();
		for (const form of tabs.filter((_, i) => views[i][0].startsWith('#/silences/new')))
			assert.equal(await form.getByLabel('Comment', { exact: true }).inputValue(), 'half written');
	});
});
