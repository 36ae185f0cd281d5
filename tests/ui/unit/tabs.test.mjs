// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TabGroup as Tabs } from '../../../src/ui/tabs.js';

/** Tabs on a channel and a clock that this drives; a tab that is deaf gets its mail when it hears again. */
class World {
	constructor() {
		Object.assign(this, { now: 0, timers: [], tabs: [], mail: [] });
	}

	open(name) {
		const tab = { name, deaf: false, led: 0, followed: 0, news: [], post: [] };
		const channel = { onmessage: null, postMessage: data => this.mail.push({ to: this.tabs.filter(t => t !== tab), data: structuredClone(data) }) };
		const on = { onlead: () => tab.led++, onfollow: () => tab.followed++, onnews: n => tab.news.push(n), welcome: () => `welcome from ${name}` };

		tab.channel = channel;
		tab.is = new Tabs(channel, on, { name, later: (fn, ms) => this.timers.push({ fn, at: this.now + ms, tab }) && this.timers.at(-1), never: t => { this.timers = this.timers.filter(o => o !== t); } });
		this.tabs.push(tab);
		tab.is.join();
		this.deliver();
		return tab;
	}

	deliver() {
		while (this.mail.length) {
			const { to, data } = this.mail.shift();

			for (const t of to) {
				if (t.deaf) t.post.push(data);
				else if (t.channel.onmessage) t.channel.onmessage({ data });
			}
		}
	}

	hearAgain(tab) {
		tab.deaf = false;
		for (const data of tab.post.splice(0))
			tab.channel.onmessage({ data });
		this.deliver();
	}

	pass(ms) {
		for (const end = this.now + ms; ;) {
			const next = this.timers.filter(t => t.at <= end && !t.tab.deaf).sort((a, b) => a.at - b.at)[0];

			if (!next) {
				this.now = end;
				return;
			}
			this.now = Math.max(this.now, next.at);
			this.timers = this.timers.filter(t => t !== next);
			next.fn();
			this.deliver();
		}
	}

	leaders() {
		return this.tabs.filter(t => t.is.leads && !t.deaf).map(t => t.name);
	}
}

test('one of eight leads, and tells the others', () => {
	const w = new World();
	const tabs = ['1', '2', '3', '4', '5', '6', '7', '8'].map(n => w.open(n));

	w.pass(1000);
	assert.deepEqual(w.leaders(), ['1']);
	tabs[0].is.tell('moved');
	w.deliver();
	assert.ok(tabs.slice(1).every(t => t.news.at(-1) === 'moved'));
	w.pass(3600000);
	assert.deepEqual(w.leaders(), ['1']);
	assert.deepEqual(tabs.map(t => t.led), [1, 0, 0, 0, 0, 0, 0, 0]);
	// Who comes late hears what is known.
	assert.deepEqual([w.open('9').news, tabs[1].news.length], [['welcome from 1'], 2]);
});

test('a tab that leaves is followed at once, one that is dead or asleep within seconds', () => {
	const w = new World();
	const [a, b, c] = ['1', '2', '3'].map(n => w.open(n));

	w.pass(1000);
	a.is.leave();
	w.deliver();
	w.pass(500);
	const [next] = w.leaders();
	assert.equal(w.leaders().length, 1);
	(next === '2' ? b : c).deaf = true;
	w.pass(6000);
	assert.deepEqual(w.leaders(), [next === '2' ? '3' : '2']);
	// Back in the front, it may lead again.
	a.is.join();
	w.deliver();
	w.pass(1000);
	assert.equal(w.leaders().length, 1);
});

test('of two that lead the younger steps back', () => {
	const w = new World();
	const [a, b] = ['1', '2'].map(n => w.open(n));

	w.pass(1000);
	a.deaf = true;
	w.pass(10000);
	assert.deepEqual(w.leaders(), ['2']);
	w.hearAgain(a);
	w.pass(10000);
	assert.deepEqual(w.leaders(), ['1']);
	assert.equal(b.followed, 1);
});

test('without others it leads at once, and rubbish on the channel is nothing', () => {
	const alone = [];
	const tab = new Tabs(null, { onlead: () => alone.push('lead') });

	tab.join();
	tab.tell('x');
	assert.deepEqual([alone, tab.leads], [['lead'], true]);
	const w = new World();
	const one = w.open('1');

	w.pass(1000);
	for (const data of [null, 7, 'x', {}, { kind: 'lead' }, { kind: 'news', from: 3 }, { kind: '__proto__', from: 'a' }])
		one.channel.onmessage({ data });
	assert.deepEqual([one.is.leads, one.news], [true, []]);
});
