// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { createSettings, DEFAULTS, SETTINGS_KEY as KEY, settings } from '../../../src/ui/settings.js';

class Storage {
	constructor(items = {}) { this.map = new Map(Object.entries(items)); }
	getItem(key) { return this.map.has(key) ? this.map.get(key) : null; }
	setItem(key, value) { this.map.set(key, String(value)); }
}

test('defaults, and what is kept', () => {
	const storage = new Storage();
	const s = createSettings(storage);
	assert.deepEqual(s.get(), DEFAULTS);
	assert.equal(s.set({ theme: 'dark', utc: true }), true);
	assert.equal(s.set(now => ({ comments: ['deploy', ...now.comments] })), true);
	const again = createSettings(storage);
	assert.equal(again.get().theme, 'dark');
	assert.deepEqual(again.get().comments, ['deploy']);
	assert.deepEqual([...storage.map.keys()], [KEY]);
});

test('what is no value changes nothing', () => {
	const s = createSettings(new Storage());
	s.set({ theme: 'pink', utc: 'yes', creator: 7, nothing: 1, __proto__: { utc: true }, columns: 'x', defaultFilter: {} });
	assert.deepEqual(s.get(), DEFAULTS);
	s.set({ defaultFilter: '{a="b"}' });
	s.set({ defaultFilter: null });
	assert.equal(s.get().defaultFilter, null);
});

test('subscribers hear of changes, also of another tab', () => {
	const storage = new Storage();
	const one = createSettings(storage), two = createSettings(storage);
	let heard = 0;
	const stop = two.subscribe(() => heard++);
	one.set({ density: 'dense' });
	two.changed('other');
	assert.equal(heard, 0);
	two.changed(KEY);
	assert.equal(heard, 1);
	assert.equal(two.get().density, 'dense');
	stop();
	two.set({ density: 'normal' });
	assert.equal(heard, 1);
});

test('keys of Alertmanager are taken over once', () => {
	const storage = new Storage({ defaultCreator: 'jo', firstDayOfWeek: '"Saturday"', groupExpandAll: 'true' });
	const s = createSettings(storage);
	assert.deepEqual([s.get().creator, s.get().firstDay, s.get().groups], ['jo', 'saturday', 'open']);
	s.set({ creator: 'max' });
	assert.equal(storage.getItem('defaultCreator'), 'max');
	storage.setItem('firstDayOfWeek', '"Sunday"');
	storage.setItem('defaultCreator', 'someone else');
	assert.deepEqual([createSettings(storage).get().creator, createSettings(storage).get().firstDay], ['max', 'saturday']);
	assert.equal(storage.getItem('groupExpandAll'), 'true');
	assert.equal(createSettings(new Storage({ groupExpandAll: 'false' })).get().groups, 'collapsed');
});

test('garbage is dropped, and the rest is not', () => {
	for (const firstDayOfWeek of ['Monday', '"Dienstag"', '7', '{', ''])
		assert.equal(createSettings(new Storage({ firstDayOfWeek, groupExpandAll: '"yes"', defaultCreator: '' })).get().firstDay, 'monday');
	for (const own of ['', '{', 'null', '[]', '7', '"x"', '{"theme":{}}', '{"__proto__":{"utc":true}}', '{"constructor":1}', '\u0000'])
		assert.deepEqual(createSettings(new Storage({ [KEY]: own, defaultCreator: 'jo' })).get(), DEFAULTS, own);
	const s = createSettings(new Storage({ [KEY]: JSON.stringify({ theme: 'dark', utc: 3, comments: ['a', 1, null, 'b'], filters: [{ name: 'x' }, { name: 'y', link: '#/' }, 7], templates: [{ name: 't', matchers: ['a=b', 1] }, {}],
		recentFilters: new Array(100000).fill('x'), creator: 'x'.repeat(1e6) }) }));
	assert.deepEqual([s.get().theme, s.get().utc, s.get().comments, s.get().filters, s.get().creator], ['dark', false, ['a', 'b'], [{ name: 'y', link: '#/' }], '']);
	assert.deepEqual(s.get().templates, [{ name: 't', matchers: ['a=b'], duration: '', comment: '' }]);
	assert.equal(s.get().recentFilters.length, 200);
});

test('a storage that refuses', () => {
	const refuses = { getItem() { throw new Error('SecurityError'); }, setItem() { throw new Error('SecurityError'); } };
	for (const storage of [refuses, null, { getItem: () => null, setItem() { throw new Error('QuotaExceededError'); } }]) {
		const s = createSettings(storage);
		assert.deepEqual(s.get(), DEFAULTS);
		assert.equal(s.set({ theme: 'dark' }), false);
		assert.equal(s.get().theme, 'dark');
		assert.equal(s.kept(), false);
	}
	assert.deepEqual(settings.get(), DEFAULTS);
});

test('export and import', () => {
	const s = createSettings(new Storage());
	s.set({ theme: 'light', templates: [{ name: 'deploy', matchers: ['team = web'], duration: '30m', comment: 'deploying' }] });
	const text = s.exportText();
	const t = createSettings(new Storage());
	assert.equal(t.importText(text), null);
	assert.deepEqual(t.get(), s.get());
	for (const [bad, why] of [['{', /no JSON/], ['{}', /tocsin\.v1 is missing/], ['[]', /missing/], ['{"tocsin.v1":{"theme":"pink"}}', /theme.*"pink"/]]) {
		assert.match(t.importText(bad), why);
		assert.deepEqual(t.get(), s.get());
	}
	assert.equal(t.importText('{"tocsin.v1":{"later":1,"utc":true}}'), null);
	assert.deepEqual([t.get().utc, t.get().theme], [true, 'auto']);
});
