// SPDX-License-Identifier: Apache-2.0
// A day of changes in seconds: the page's clock is driven, and what it is told is made here from one answer of the server.

/** Before the page's own scripts: each question for changes is answered at once, and each list has another alert in it. */
function everChanging() {
	const ask = window.fetch;
	let moved = 0;
	let kept = null;
	const answer = data => new Response(JSON.stringify(data), { headers: { 'Content-Type': 'application/json' } });

	window.updates = 0;
	window.fetch = async (url, init) => {
		if (String(url).includes('/changes?')) {
			const overview = await (await ask('api/ext/v1/overview')).json();

			overview.revision.alerts += ++moved;
			return answer({ changed: ['alerts'], overview });
		}
		if (!String(url).includes('/groups?')) return ask(url, init);
		kept = kept ?? await (await ask(url, init)).text();
		const data = JSON.parse(kept);
		const n = ++window.updates;

		for (const group of data.items.slice(0, 10))
			group.alerts[0] = { ...group.alerts[0], fp: `${group.id.slice(0, 8)}${String(n).padStart(8, '0')}`, summary: `update ${n}` };
		return answer(data);
	};
}

/** Opens Alerts in a page whose clock this drives; visit is that of the harness, or one like it. */
export const openChanging = visit => visit('#/alerts', { script: everChanging, timers: 0 });

/** Lets `n` more updates arrive and be drawn. */
export async function update(page, n) {
	const want = n + await page.evaluate(() => window.updates);

	while (await page.evaluate(() => window.updates) < want)
		await page.clock.fastForward(2100);
}

/** What the page holds after its rubbish is collected: {heap (bytes), nodes, listeners}. */
export async function holds(page) {
	const session = await page.context().newCDPSession(page);

	for (let i = 0; i < 3; i++)
		await session.send('HeapProfiler.collectGarbage');
	const { usedSize: heap } = await session.send('Runtime.getHeapUsage');
	const { nodes, jsEventListeners: listeners } = await session.send('Memory.getDOMCounters');

	await session.detach();
	return { heap, nodes, listeners };
}
