// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Feed } from '../../../src/ui/feed.js';

/** A server with numbers in a sorted list; a cursor is the number behind which a page begins. */
function serverOf(list) {
	const asked = [];
	const ask = async (path, { cursor, limit }, { etag }) => {
		const rest = list.filter(n => cursor === undefined || n > Number(cursor));
		const items = rest.slice(0, limit).map(fp => ({ fp }));
		const tag = JSON.stringify([cursor, items, rest.length > limit]);
		const same = tag === etag;

		asked.push([cursor, same]);
		return same ? { notModified: true } : { etag: tag, data: { items, next: rest.length > limit ? String(items[items.length - 1].fp) : null, total: list.length } };
	};
	return { asked, ask, list };
}
const fps = s => s.items.map(i => i.fp);
const tens = Array.from({ length: 30 }, (_, i) => (i + 1) * 10);

test('pages follow one another up to the bound', async () => {
	const s = serverOf([...tens]);
	const feed = new Feed('alerts', {}, { limit: 10, most: 20 }, s.ask);

	assert.equal(fps(await feed.refresh()).length, 10);
	assert.equal(fps(await feed.more()).length, 20);
	assert.equal(feed.last.full, true);
	assert.equal(await feed.more(), null);
});

test('what has not changed is the same object, and only what is seen is asked for', async () => {
	const s = serverOf([...tens]);
	const feed = new Feed('alerts', {}, { limit: 5, most: 100 }, s.ask);

	await feed.refresh();
	for (let i = 0; i < 5; i++) await feed.more();
	const before = feed.last;
	s.asked.length = 0;
	feed.seen = [22, 26];
	assert.equal(await feed.refresh(), before);
	assert.deepEqual(s.asked.map(([cursor]) => cursor), [undefined, '150', '200', '250']);
});

test('one that came moves the pages behind it, and none is lost or shown twice', async () => {
	const s = serverOf([...tens]);
	const feed = new Feed('alerts', {}, { limit: 5, most: 100 }, s.ask);

	await feed.refresh();
	for (let i = 0; i < 3; i++) await feed.more();
	s.list.splice(0, 0, 1, 2);
	feed.seen = [0, 4];
	const after = fps(await feed.refresh());
	assert.deepEqual(after.slice(0, 10), [1, 2, 10, 20, 30, 40, 50, 60, 70, 80]);
	assert.equal(new Set(after).size, after.length);
	feed.seen = [10, 14];
	assert.deepEqual(fps(await feed.refresh()).slice(0, 17), s.list.slice(0, 17));
});

test('a list that became short ends', async () => {
	const s = serverOf([...tens]);
	const feed = new Feed('alerts', {}, { limit: 5, most: 100 }, s.ask);

	await feed.refresh();
	await feed.more();
	await feed.more();
	s.list.splice(3);
	assert.deepEqual(fps(await feed.refresh()), [10, 20, 30]);
	assert.equal(feed.last.next, null);
	s.list.splice(0);
	assert.deepEqual(fps(await feed.refresh()), []);
});
