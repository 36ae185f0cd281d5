// SPDX-License-Identifier: Apache-2.0
// A past to look at: a receiver that answers, one that refuses, and alerts that fire, are held back, told and resolved.
import http from 'node:http';

/** A receiver's other side: /ok answers 200, /no 403. `told` counts by path; `until(path, n)` waits for the nth. */
export async function startSink() {
	const told = new Map();
	const waiting = [];
	const server = http.createServer((request, response) => {
		request.resume();
		request.on('end', () => {
			const path = request.url.split('?')[0];
			told.set(path, (told.get(path) || 0) + 1);
			response.statusCode = path === '/no' ? 403 : 200;
			response.end(path === '/no' ? 'invalid_auth' : 'ok');
			for (const w of waiting.splice(0)) if ((told.get(w.path) || 0) >= w.n) w.done(); else waiting.push(w);
		});
	});
	await new Promise(done => server.listen(0, '127.0.0.1', done));
	return {
		url: `http://127.0.0.1:${server.address().port}`,
		told,
		until: (path, n) => new Promise(done => ((told.get(path) || 0) >= n ? done() : waiting.push({ path, n, done }))),
		stop: () => {
			server.closeAllConnections();
			server.close();
		},
	};
}

/** The configuration that goes with it. */
export const historyConfig = url => `
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 20ms
  group_interval: 300ms
  repeat_interval: 4h
  routes:
    - matchers: ['team="web"']
      receiver: slack-web
      continue: true
    - matchers: ['team=~"db|cache"']
      receiver: pager-db
      group_by: [alertname, cluster]
      routes:
        - matchers: ['severity="critical"', 'cluster="eu"']
          receiver: pager-db
          group_wait: 10ms
        - matchers: ['severity="info"']
          receiver: nobody
    - matchers: ['team="night"']
      receiver: ops
      mute_time_intervals: [always]
receivers:
  - name: ops
    webhook_configs: [{url: "${url}/ok"}]
  - name: slack-web
    slack_configs: [{api_url: "${url}/no", channel: "#web", title: "{{ .CommonLabels.alertname }}", send_resolved: true}]
  - name: pager-db
    webhook_configs: [{url: "${url}/ok"}]
    slack_configs: [{api_url: "${url}/ok", channel: "#db", title: "{{ .CommonLabels.alertname }} {{ .Status }}", text: "{{ .CommonAnnotations.summary }}"}]
  - name: nobody
inhibit_rules:
  - name: host-down
    source_matchers: ['alertname="HostDown"']
    target_matchers: ['severity="warning"']
    equal: [instance]
  - source_matchers: ['alertname="Never"']
    target_matchers: ['alertname="AlsoNever"']
time_intervals:
  - name: always
    time_intervals: [{times: [{start_time: "00:00", end_time: "24:00"}]}]
`;

const seconds = n => new Date(Date.now() + n * 1000).toISOString();

/** Posts alerts: [labels, annotations?] each; `ended`: they are over. */
export async function postAlerts(base, alerts, ended = false) {
	const body = alerts.map(([labels, annotations]) => ({ labels, annotations: annotations || {}, startsAt: seconds(-60), endsAt: seconds(ended ? -1 : 3600) }));
	const r = await fetch(`${base}/api/v2/alerts`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
	if (!r.ok) throw new Error(`alerts: ${r.status} ${await r.text()}`);
}

export async function postSilence(base, labels, comment = 'disk ordered', createdBy = 'jo') {
	const matchers = Object.entries(labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }));
	const r = await fetch(`${base}/api/v2/silences`, { method: 'POST', headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ matchers, comment, createdBy, startsAt: seconds(0), endsAt: seconds(7200) }) });
	if (!r.ok) throw new Error(`silence: ${r.status} ${await r.text()}`);
	return (await r.json()).silenceID;
}

/** Waits until history answers `query` with what `enough(items)` accepts. */
export async function untilHistory(base, query, enough) {
	const end = Date.now() + 60000;
	for (;;) {
		const page = await (await fetch(`${base}/api/ext/v1/history?${query}`)).json();
		if (page.items && enough(page.items)) return page;
		if (Date.now() > end) throw new Error(`history did not come to it: ${query}: ${JSON.stringify(page).slice(0, 2000)}`);
		await new Promise(done => setTimeout(done, 50));
	}
}

export const DISK = { alertname: 'DiskFull', team: 'db', cluster: 'eu', severity: 'critical', instance: 'db-1' };
export const LAG = { alertname: 'Lag', team: 'web', severity: 'warning', instance: 'web-7' };
export const SLOW = { alertname: 'Slow', team: 'db', cluster: 'us', severity: 'warning', instance: 'db-9' };
export const DOWN = { alertname: 'HostDown', team: 'db', cluster: 'us', severity: 'critical', instance: 'db-9' };
export const NIGHT = { alertname: 'Batch', team: 'night', severity: 'info' };

/** Makes the past: one event of nearly every kind. */
export async function makePast(base, sink) {
	await postAlerts(base, [[DISK, { summary: '98 % of /var is full' }], [LAG], [DOWN], [NIGHT]]);
	await postAlerts(base, [[SLOW]]);
	await sink.until('/no', 1);
	await untilHistory(base, 'kind=notification', items => items.some(i => i.outcome === 'failed') && items.filter(i => i.outcome === 'sent').length >= 4);
	await postSilence(base, { alertname: 'DiskFull' });
	await postSilence(base, { alertname: 'NothingHasThisName' }, 'a silence that matches nothing', 'max');
	await fetch(`${base}/api/ext/v1/ack`, { method: 'POST', headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ matchers: [{ name: 'alertname', value: 'HostDown' }], owner: 'max', comment: 'on my way' }) });
	await postAlerts(base, [[{ ...DISK, instance: 'db-2' }, { summary: '99 %' }], [{ ...DOWN, instance: 'db-8' }], [{ ...SLOW, cpu: '3' }]]);
	await untilHistory(base, 'kind=silenced', items => items.length > 0);
	await untilHistory(base, 'kind=acked', items => items.length > 0);
	await untilHistory(base, 'kind=inhibited', items => items.length > 0);
	await postAlerts(base, [[LAG]], true);
	await untilHistory(base, 'kind=resolved', items => items.length > 0);
}
