// SPDX-License-Identifier: Apache-2.0
// How fast Alerts is with many alerts: node tests/ui/bench.mjs [ALERTS [GROUPS]]. Run by hand, with TOCSIN a release build on a machine that
// does nothing else; it prints numbers and judges nothing. Medians of five, in ms. Where others are at work on the machine, look at `cpu`:
// what the page's main thread took of it, which the load (printed, too) hardly moves.
import { loadavg } from 'node:os';
import { launch, Server } from './harness.mjs';

const alerts = Number(process.argv[2] ?? 10000);
const groups = Number(process.argv[3] ?? 200);
const median = list => [...list].sort((a, b) => a - b)[list.length >> 1];
const server = await new Server({ config: `
route: {receiver: ops, group_by: [alertname], group_wait: 1h, group_interval: 1h}
receivers: [{name: ops}]
` }).start();
const later = new Date(Date.now() + 36e5).toISOString();
const post = 2000;

for (let i = 0; i < alerts; i += post)
	await server.post('/api/v2/alerts', Array.from({ length: Math.min(post, alerts - i) }, (_, k) => {
		const n = i + k;
		return { labels: { alertname: `Alert${n % groups}`, severity: ['critical', 'warning', 'info'][n % 3], team: `team-${n % 17}`, instance: `host-${n}:9100`, cluster: `c${n % 5}` },
			annotations: { summary: `value ${n} is over its bound`, runbook_url: `https://runbooks.example/${n % groups}` }, endsAt: later };
	}));

const browser = await launch(['--js-flags=--expose-gc', '--enable-precise-memory-info']);
const out = { alerts, groups, load: [loadavg()[0]], first: [], chip: [], jump: [], cpu: { first: [], chip: [], jump: [] } };

/** How long the page's main thread has been at work since it was asked last, in ms of CPU. */
async function meter(page) {
	const session = await page.context().newCDPSession(page);
	let before = 0;

	await session.send('Performance.enable', { timeDomain: 'threadTicks' });
	return async () => {
		const { metrics } = await session.send('Performance.getMetrics');
		const now = metrics.find(m => m.name === 'TaskDuration').value * 1000;
		const took = now - before;

		before = now;
		return took;
	};
}


for (let turn = 0; turn < 5; turn++) {
	const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
	await page.addInitScript(() => {
		new MutationObserver((_, me) => {
			if (document.querySelector('.vlist-row')) {
				me.disconnect();
				requestAnimationFrame(() => { window.firstRows = performance.now(); });
			}
		}).observe(document, { childList: true, subtree: true });
	});
	const cpu = await meter(page);

	await page.goto(`${server.url}/#/alerts`, { waitUntil: 'commit' });
	await page.waitForFunction(() => window.firstRows);
	out.cpu.first.push(await cpu());
	out.first.push(Math.round(await page.evaluate(() => window.firstRows)));
	await page.locator('.al-facet-value').first().waitFor();
	await cpu();
	out.chip.push(Math.round(await page.evaluate(() => new Promise(done => {
		const began = performance.now();
		const before = document.querySelector('.vlist-row').textContent;
		new MutationObserver((_, me) => {
			const row = document.querySelector('.vlist-row');
			if (!row || row.textContent === before) return;
			me.disconnect();
			requestAnimationFrame(() => done(performance.now() - began));
		}).observe(document.querySelector('.al-list'), { childList: true, subtree: true, characterData: true });
		[...document.querySelectorAll('.al-facet-value')].find(b => b.textContent.startsWith('info')).click();
	}))));
	out.cpu.chip.push(await cpu());
	if (turn === 4) {
		await page.goto(`${server.url}/#/alerts?view=table`);
		await page.locator('.alt-row').first().waitFor();
		await cpu();
		out.jump = await page.evaluate(async () => {
			const box = document.querySelector('.vlist');
			const frames = [];
			let seed = 7;
			for (let i = 0; i < 100; i++) {
				seed = (seed * 16807) % 2147483647;
				box.scrollTop = (seed / 2147483647) * box.scrollHeight;
				const began = performance.now();
				await new Promise(requestAnimationFrame);
				await new Promise(requestAnimationFrame);
				frames.push(performance.now() - began);
			}
			return frames;
		});
		out.cpu.jump = [(await cpu()) / 100];
		out.rows = await page.evaluate(() => Number(document.querySelector('.vlist-row').getAttribute('aria-setsize')));
		out.elements = await page.evaluate(() => document.querySelectorAll('*').length);
		await page.evaluate(() => window.gc && window.gc());
		out.heapMB = await page.evaluate(() => Math.round(performance.memory.usedJSHeapSize / 1e6));
	}
	await page.close();
}
await browser.close();
await server.stop();
out.load.push(loadavg()[0]);
for (const [name, list] of Object.entries(out.cpu)) out.cpu[name] = Math.round(median(list));
console.log(JSON.stringify({ ...out, first: median(out.first), chip: median(out.chip), jumpMedian: Math.round(median(out.jump)), jumpWorst: Math.round(Math.max(...out.jump)), jump: undefined }, null, '\t'));
