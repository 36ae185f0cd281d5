// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertRows, fullLabels, groupRows, heldBack, inOrder, matchersFor, offsetsOf, paramsOf, rowAt, windowOf } from '../../../src/ui/rows.js';

const alert = (fp, labels = {}) => ({ fp, labels, state: 'active' });
const group = (id, alerts, active = alerts.length) => ({ id, labels: { alertname: id }, shared: { labels: { team: 'db' }, annotations: {} }, counts: { active, acked: 0 }, alerts });
const all = { isOpen: () => true };

test('a group is a head, its alerts, and a row for the rest', () => {
	const rows = groupRows([group('A', [alert('1'), alert('2')], 12), group('B', [alert('3')])], all);

	assert.deepEqual(rows.map(r => r.key), ['gA', 'aA1', 'aA2', 'mA', 'gB', 'aB3']);
	assert.equal(rows[3].left, 10);
});

test('a collapsed group is its head alone; what was unfolded is shown in place of the first', () => {
	assert.deepEqual(groupRows([group('A', [alert('1')], 3)], { isOpen: () => false }).map(r => r.key), ['gA']);
	const more = new Map([['A', { items: [alert('1'), alert('2'), alert('3')], busy: false }]]);
	assert.deepEqual(groupRows([group('A', [alert('1')], 3)], { ...all, more }).map(r => r.key), ['gA', 'aA1', 'aA2', 'aA3']);
});

test('rows are found by their height', () => {
	const offsets = offsetsOf(groupRows([group('A', [alert('1'), alert('2')], 3)], all), { head: 4, row: 2, more: 1 });

	assert.deepEqual([...offsets], [0, 4, 6, 8, 9]);
	for (const [y, row] of [[-5, 0], [0, 0], [3.9, 0], [4, 1], [6, 2], [8.5, 3], [99, 3]])
		assert.equal(rowAt(offsets, y), row, `at ${y}`);
});

test('a short list is whole in the page, a long one only where it is looked at', () => {
	const many = n => offsetsOf(alertRows(Array.from({ length: n }, (_, i) => alert(String(i)))), { row: 2 });

	assert.deepEqual(windowOf(many(200), 0, 20), [0, 200]);
	assert.deepEqual(windowOf(many(100000), 1000, 1020), [490, 521]);
	assert.deepEqual(windowOf(many(201), 0, 20), [0, 21]);
	assert.deepEqual(windowOf(many(0), 0, 20), [0, 0]);
});

test('under a reader no row moves: what came is counted, what went is marked, what changed is changed', () => {
	const old = [group('A', [alert('1'), alert('2')]), group('B', [alert('3')])];
	const fresh = [group('N', [alert('9'), alert('8')]), group('A', [alert('7'), { ...alert('2'), state: 'acked' }])];
	const { items, added } = heldBack(old, fresh);

	assert.deepEqual(groupRows(items, all).map(r => r.key).slice(0, 5), ['gA', 'aA1', 'aA2', 'gB', 'aB3'].slice(0, 3).concat('mA', 'gB'));
	assert.equal(items[0].alerts[0].gone, true);
	assert.equal(items[0].alerts[1].state, 'acked');
	assert.equal(items[1].gone, true);
	assert.equal(added, 3);
	assert.deepEqual(heldBack([alert('1')], [alert('2'), alert('1')]), { items: [alert('1')], added: 1 });
});

test('labels stand with the instance first and then by name', () => {
	assert.deepEqual(inOrder({ z: '1', instance: 'db', a: '2', alertname: 'X' }).map(([n]) => n), ['alertname', 'instance', 'a', 'z']);
	const hostile = JSON.parse('{"__proto__":"x","constructor":"y"}');
	assert.deepEqual(inOrder(hostile), [['__proto__', 'x'], ['constructor', 'y']]);
	assert.deepEqual([...fullLabels({ labels: hostile }, group('A', []))], [['alertname', 'A'], ['team', 'db'], ['__proto__', 'x'], ['constructor', 'y']]);
});

test('a selection becomes matchers for what all have', () => {
	const sets = [new Map([['alertname', 'A'], ['instance', 'db-1.x'], ['only', '1']]), new Map([['alertname', 'A'], ['instance', 'db-2']])];

	assert.deepEqual(matchersFor(sets), [{ name: 'alertname', op: '=', value: 'A' }, { name: 'instance', op: '=~', value: 'db-1\\.x|db-2' }]);
	assert.deepEqual(matchersFor([]), []);
});

test('a view asks for what it shows', () => {
	const write = { formatMatcher: m => m.name + m.op + m.value, quoteReceiver: n => `Q(${n})` };

	assert.deepEqual(JSON.parse(JSON.stringify(paramsOf({ active: true, silenced: false, inhibited: false, muted: false, acked: true, q: 'x', ageMin: 60, receiver: { name: 'ops' },
		filter: [{ name: 'a', op: '=', value: 'b' }] }, write))),
	{ filter: ['a=b'], receiver: 'Q(ops)', q: 'x', age_min: 60, silenced: 'false', inhibited: 'false', muted: 'false' });
	assert.equal(paramsOf({ receiver: { regex: 'o.*' } }, write).receiver, 'o.*');
});
