// SPDX-License-Identifier: Apache-2.0
// Sound and desktop notifications: off until they are wanted, for what fires and nobody has taken, once in five minutes a group.
import assert from 'node:assert/strict';
import { eventually, site, until } from './harness.mjs';

// Stands for the browser's own, and writes down what is asked of it.
const devices = () => {
	window.calls = { notes: [], tones: 0 };
	window.Notification = class {
		static permission = 'granted';

		constructor(head, { body, tag }) {
			window.calls.notes.push({ head, body, tag });
		}
	};
	const node = { connect: to => to, gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, frequency: {}, start() {}, stop() {} };
	window.AudioContext = class {
		state = 'running';

		currentTime = 0;

		createOscillator() {
			window.calls.tones++;
			return node;
		}

		createGain() { return node; }
	};
};
const fire = (name, severity, more) => ({ alertname: name, severity, ...more });

site('attention', {}, ({ test, visit, server }) => {
	test('nothing unless it is switched on', async () => {
		const page = await visit('#/settings', { script: devices });
		await server.alert(fire('Quiet', 'critical'));
		await until(page, () => /^\(1\)/.test(document.title));
		assert.deepEqual(await page.evaluate(() => window.calls), { notes: [], tones: 0 });
		assert.deepEqual(page.requests.filter(r => /v1\/groups/.test(r.url)), []);
	});

	test('of several tabs one calls', async () => {
		const page = await visit('#/settings', { script: devices, storage: { 'tocsin.v1': '{"sound":true,"notify":true,"criticalOnly":false}' } });
		const other = await page.context().newPage();
		const calls = () => Promise.all([page, other].map(p => p.evaluate(() => window.calls)));

		await other.goto(page.url());
		for (const p of [page, other]) await p.locator('h1').first().waitFor();
		await server.alert(fire('Twice', 'warning'));
		await eventually(async () => (await calls()).some(c => c.tones > 0));
		// Both have heard of the next, and the first is settled.
		await server.alert(fire('Again', 'warning'));
		await eventually(async () => (await calls()).reduce((n, c) => n + c.notes.length, 0) >= 2);
		assert.deepEqual((await calls()).flatMap(c => c.notes.map(n => n.head)).sort(), ['Again (warning)', 'Twice (warning)']);
		assert.equal((await calls()).reduce((n, c) => n + c.tones, 0), 4);
		await server.resolve({ alertname: 'Twice', severity: 'warning' }, { alertname: 'Again', severity: 'warning' });
		await until(page, () => /^\(1\)/.test(document.title));
	});

	test('critical ones only, once a group, and not what is silenced or taken', async () => {
		const page = await visit('#/settings', { script: devices, storage: { 'tocsin.v1': '{"sound":true,"notify":true,"criticalOnly":true}' } });
		const calls = () => page.evaluate(() => window.calls);
		await until(page, () => /^\(1\)/.test(document.title));
		await server.alert(fire('Disk', 'critical', { instance: '1' }), fire('Lag', 'warning'));
		const first = await eventually(async () => {
			const c = await calls();
			return c.notes.length ? c : null;
		});
		assert.equal(first.notes.length, 1);
		assert.match(first.notes[0].head, /^Disk \(critical\)$/);
		assert.match(first.notes[0].body, /1 firing, ops\. tocsin/);
		assert.equal(first.tones, 2);
		await server.alert(fire('Disk', 'critical', { instance: '2' }));
		await until(page, () => /^\(4\)/.test(document.title));
		await server.silence({ alertname: 'Held' });
		await server.alert(fire('Held', 'critical'));
		await server.alert(fire('Cpu', 'critical'));
		await eventually(async () => (await calls()).notes.length === 2);
		const { notes } = await calls();
		assert.deepEqual(notes.map(n => n.head), ['Disk (critical)', 'Cpu (critical)']);
		assert.equal((await calls()).tones, 4);
	});
});
