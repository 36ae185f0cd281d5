// SPDX-License-Identifier: Apache-2.0
// Pictures of each page, wide and on a phone, light and dark, for people to look at: node tests/ui/shots.mjs [NAME…]
// They are left in build/dev/ui/pages (UI_SHOTS); a name is one of `views` below. With --readme those of README are made anew,
// contrib/screenshots, and the mail that tells of a group. It is always the same minute in them, so that a picture changes only when the page does.
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { eventually, launch, openPage, Server, shot } from './harness.mjs';
import { smaller } from './png.mjs';

/* Takes what it is told. */
const sink = createServer((request, answer) => request.resume().on('end', () => answer.end()));

sink.listen(0, '127.0.0.1');
await once(sink, 'listening');
const url = `http://127.0.0.1:${sink.address().port}/`;
const config = `
route:
  receiver: pager-db
  group_by: [alertname, cluster]
  group_wait: 1s
  routes:
  - {receiver: slack-data, matchers: ['team="data"']}
receivers:
- {name: pager-db, webhook_configs: [{url: '${url}'}]}
- {name: slack-data, webhook_configs: [{url: '${url}'}]}
inhibit_rules:
- {name: cluster down, source_matchers: [alertname = ClusterDown], target_matchers: [severity = warning], equal: [cluster]}
ui: {title: prod-eu, annotations: {first: [summary, description], buttons: [runbook_url]}}
`;

/* The minute of the pictures, and what is added to the server's times. Those are cut to whole minutes after the start. */
const NIGHT = Date.parse('2026-11-28T03:14:00Z');
const started = Date.now();
const TIMES = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const iso = (ms) => new Date(ms).toISOString();
const shifted = (t) => iso(NIGHT + Math.floor((Date.parse(t) - started) / 60000) * 60000);
// Sentences have times of the day.
const toPage = (text) => text.replace(TIMES, shifted).replace(/(?<=\s)\d\d:\d\d:\d\d(?= UTC)/g, (t) => shifted(`${iso(started).slice(0, 11)}${t}Z`).slice(11, 19));
const toServer = (url) => decodeURIComponent(url).replace(TIMES, (t) => iso(Date.parse(t) - NIGHT + started));

/* Between page and server: the page lives in that minute. */
async function inThatMinute(route) {
	const response = await route.fetch({ url: encodeURI(toServer(route.request().url())) }).catch(() => null);

	if (response === null)
		return route.abort().catch(() => {});
	const type = response.headers()['content-type'] ?? 'text/plain';
	const body = /json|html/.test(type) ? toPage(await response.text()) : await response.body();

	return route.fulfill({ status: response.status(), headers: { 'content-type': type, date: new Date(NIGHT).toUTCString() }, body }).catch(() => {});
}

const alert = (labels, summary, minutes, more = {}) => ({ labels, startsAt: iso(started - minutes * 60000), endsAt: iso(started + 3600000),
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
	await eventually(async () => (await server.get('/api/ext/v1/history?kind=notification&outcome=sent')).items.length >= 4, 'four notifications');
	const { items } = await server.get('/api/ext/v1/alerts?limit=100');
	const { items: groups } = await server.get('/api/ext/v1/groups');

	return { silence, alert: items[0].fp, group: groups[0].id };
}

const size = ['wide', 'phone'];
const scheme = ['light', 'dark'];
const readme = process.argv.includes('--readme');
const chosen = [['alerts', 'wide', 'light'], ['explain', 'wide', 'dark'], ['silence-new', 'phone', 'light'], ['alerts', 'phone', 'dark']];
const server = await new Server({ config }).start();
const browser = await launch();

async function picture(page, name, address) {
	await page.goto(`${server.url}/${address}`);
	await page.locator('h1').first().waitFor({ state: 'attached' });
	await page.waitForLoadState('load');
	await page.waitForFunction(() => document.querySelector('main .skeleton, main [aria-busy=true]') === null && document.querySelector('main').textContent.length > 100
		&& (!/open=/.test(location.hash) || document.documentElement.clientWidth < 1000 || document.querySelector('.facts') !== null));
	// Two frames: what was asked for is drawn.
	await page.evaluate(() => {
		document.activeElement?.blur();
		return new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); });
	});
	return shot(page, `pages/${name}`);
}

/* For README. */
function keep(name, file) {
	const kept = new URL(`../../contrib/screenshots/${name}.png`, import.meta.url);

	mkdirSync(new URL('.', kept), { recursive: true });
	writeFileSync(kept, smaller(readFileSync(file)));
}

/* The default mail of the largest group, at that minute. */
async function mail() {
	const { items: [{ id: group }] } = await server.get('/api/ext/v1/groups?filter=alertname%3DDiskFull');
	const { output } = await server.post('/api/ext/v1/templates/preview', { template: 'email.default.html', type: 'html', group });
	const page = await browser.newPage({ viewport: { width: 640, height: 620 } });

	await page.setContent(toPage(output).replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, (t) => shifted(`${t.replace(' ', 'T')}:00Z`).slice(0, 16).replace('T', ' ')));
	keep('mail', await shot(page, 'pages/mail'));
	await page.close();
}

try {
	const ids = await fill(server);
	const views = new Map([['alerts', '#/alerts'], ['alerts-open', `#/alerts?open=${ids.alert}`], ['alerts-table', '#/alerts?view=table'], ['alerts-empty', '#/alerts?filter=%7Ba%3D%22none%22%7D'],
		['alert', `#/alert/${ids.alert}`], ['group', `#/group/${ids.group}`], ['silences', '#/silences'], ['silences-open', `#/silences?open=${ids.silence}`], ['silence', `#/silences/${ids.silence}`],
		['silence-new', '#/silences/new?filter=%7Balertname%3D%22DiskFull%22%7D'], ['history', '#/history'], ['history-notifications', '#/history/notifications'],
		['history-stats', '#/history/stats'], ['explain', `#/explain?alert=${ids.alert}`], ['receivers', '#/receivers'], ['receiver', '#/receivers/pager-db'], ['templates', '#/templates'],
		['status', '#/status'], ['config', '#/config'], ['settings', '#/settings']]);
	const names = process.argv.slice(2).filter((a) => !a.startsWith('-'));
	const wanted = readme ? chosen : size.flatMap((one) => scheme.flatMap((look) => (names.length ? names : [...views.keys()]).map((name) => [name, one, look])));
	let page = null;
	let as = '';

	for (const [name, one, look] of wanted) {
		if (as !== `${one} ${look}`) {
			await page?.context().close();
			page = await openPage(browser, server.url, '#/settings', { size: one, scheme: look, clock: NIGHT, wait: false });
			await page.route('**/*', inThatMinute);
			await page.reload();
			as = `${one} ${look}`;
		}
		const file = await picture(page, `${name}-${one}-${look}`, views.get(name));

		if (readme)
			keep(`${name}-${one}-${look}`, file);
		console.log(file);
	}
	if (readme)
		await mail();
} finally {
	await browser.close();
	await server.stop();
	sink.close();
}
