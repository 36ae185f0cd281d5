// SPDX-License-Identifier: Apache-2.0
// Pictures of each page, wide and on a phone, light and dark, for people to look at: node tests/ui/shots.mjs [NAME…]
// They are left in build/dev/ui/pages (UI_SHOTS); a name is one of `views` below.
import { launch, openPage, Server, shot } from './harness.mjs';

const config = `
route:
  receiver: pager-db
  group_by: [alertname, cluster]
  group_wait: 1s
  routes:
  - {receiver: slack-data, matchers: ['team="data"']}
receivers:
- name: pager-db
- name: slack-data
inhibit_rules:
- {name: cluster down, source_matchers: [alertname = ClusterDown], target_matchers: [severity = warning], equal: [cluster]}
ui: {title: prod-eu, annotations: {first: [summary, description], buttons: [runbook_url]}}
`;

const alert = (labels, summary, minutes, more = {}) => ({ labels, startsAt: new Date(Date.now() - minutes * 60000).toISOString(),
	annotations: { summary, ...more }, generatorURL: 'https://prometheus.example/graph?g0.expr=up' });

async function fill(server) {
	const disks = Array.from({ length: 12 }, (_, i) => alert({ alertname: 'DiskFull', cluster: 'eu', instance: `db-${i + 1}`, severity: 'critical', team: 'db' },
		`${99 - i} % of /var are full`, 4 + 3 * i, { runbook_url: 'https://runbooks.example/disk' }));

	await server.alert(...disks,
		alert({ alertname: 'ReplicationLag', cluster: 'eu', instance: 'db-3', severity: 'warning', team: 'db' }, 'replica is 340 s behind', 21),
		alert({ alertname: 'ConsumerLag', topic: 'orders', severity: 'warning', team: 'data' }, '120,000 messages wait', 52),
		alert({ alertname: 'ConsumerLag', topic: 'mails', severity: 'warning', team: 'data' }, '8,000 messages wait', 7),
		alert({ alertname: 'CertificateExpires', host: 'shop.example', severity: 'info', team: 'web' }, 'in 20 days', 3000),
		alert({ alertname: 'ClusterDown', cluster: 'us', severity: 'critical', team: 'infra' }, 'no node answers', 2),
		alert({ alertname: 'NodeDown', cluster: 'us', instance: 'n-1', severity: 'warning', team: 'infra' }, 'n-1 does not answer', 2));
	const silence = await server.silence({ alertname: 'ReplicationLag' }, { by: 'jo', comment: 'replica is rebuilt, OPS-142', seconds: 7200 });

	await server.silence({ team: 'web' }, { by: 'max', comment: 'certificates are being renewed', seconds: 40 * 60 });
	await server.silence({ cluster: 'eu', team: 'data' }, { by: 'kim', comment: 'move to the new broker', starts: 3600 });
	await server.ask('POST', '/api/ext/v1/ack', { matchers: [{ name: 'topic', value: 'orders', isRegex: false, isEqual: true }], owner: 'jo', comment: 'looking at it' });
	const { items } = await server.get('/api/ext/v1/alerts?limit=100');
	const { items: groups } = await server.get('/api/ext/v1/groups');

	return { silence, alert: items[0].fp, group: groups[0].id };
}

const size = ['wide', 'phone'];
const scheme = ['light', 'dark'];
const server = await new Server({ config }).start();
const browser = await launch();

try {
	const ids = await fill(server);
	const views = new Map([['alerts', '#/alerts'], ['alerts-table', '#/alerts?view=table'], ['alerts-empty', '#/alerts?filter=%7Ba%3D%22none%22%7D'],
		['alert', `#/alert/${ids.alert}`], ['group', `#/group/${ids.group}`], ['silences', '#/silences'], ['silence', `#/silences/${ids.silence}`],
		['silence-new', '#/silences/new?filter=%7Balertname%3D%22DiskFull%22%7D'], ['history', '#/history'], ['history-notifications', '#/history?tab=notifications'],
		['history-stats', '#/history?tab=stats'], ['explain', `#/explain?alert=${ids.alert}`], ['receivers', '#/receivers'], ['templates', '#/templates'],
		['status', '#/status'], ['config', '#/config'], ['settings', '#/settings']]);
	const wanted = process.argv.length > 2 ? process.argv.slice(2) : [...views.keys()];

	for (const one of size)
		for (const look of scheme) {
			const page = await openPage(browser, server.url, '#/alerts', { size: one, scheme: look });

			for (const name of wanted) {
				await page.goto(`${server.url}/${views.get(name)}`);
				await page.locator('h1').first().waitFor({ state: 'attached' });
				await page.waitForLoadState('load');
				await page.waitForFunction(() => document.querySelector('main [aria-busy=true], main .skeleton') === null);
				// Two frames: what was asked for is drawn.
				await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
				console.log(await shot(page, `pages/${name}-${one}-${look}`));
			}
			await page.context().close();
		}
} finally {
	await browser.close();
	await server.stop();
}
