// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { MOST_COLUMNS, lanes, niceMax, niceStep, stack, ticksOf, timeTicks } from '../../../src/ui/scale.js';

const T = Date.UTC(2026, 10, 29);
const HOUR = 3600000;
const at = h => new Date(T + h * HOUR).toISOString();

test('scales are round', () => {
	assert.deepEqual([0, 1, 3, 7, 11, 100, 101, 0.3].map(niceMax), [1, 1, 5, 10, 20, 100, 200, 0.5]);
	assert.equal(niceStep(86400, 120), 900);
	assert.equal(niceStep(3600, 120), 30);
	assert.ok(niceStep(3e9, 60) * 60 >= 3e9);
});

test('columns are stacked, and never more than there is room for', () => {
	const c = stack([{ points: [{ at: at(1), n: 2 }, { at: at(1.5), n: 1 }, { at: at(99), n: 5 }] }, { points: [{ at: T + HOUR, n: 4 }, { at: 'never', n: 1 }, { at: at(0), n: NaN }] }], { from: T, to: T + 3 * HOUR, step: 3600 });
	assert.deepEqual(c.columns.map(k => k.values), [[0, 0], [3, 4], [0, 0]]);
	assert.equal(c.max, 7);
	const wide = stack([{ points: [{ at: T + 500 * HOUR, n: 1 }] }], { from: T, to: T + 10000 * HOUR, step: 3600 });
	assert.ok(wide.columns.length <= MOST_COLUMNS);
	assert.equal(wide.columns.reduce((n, k) => n + k.total, 0), 1);
	assert.equal(stack([], { from: T, to: T, step: 60 }).columns.length, 1);
});

test('ticks of time lie on round moments of the clock that is shown', () => {
	assert.deepEqual(timeTicks(T, T + 24 * HOUR, 8).at.slice(0, 3), [T, T + 3 * HOUR, T + 6 * HOUR]);
	assert.deepEqual(timeTicks(T, T + 96 * HOUR, 4, 3 * HOUR), { at: [T + 21 * HOUR, T + 45 * HOUR, T + 69 * HOUR, T + 93 * HOUR], step: 86400 });
	assert.ok(timeTicks(0, T, 5).at.length <= 6);
});

test('lanes are cut to the range, and touching spans are one', () => {
	const l = lanes([{ from: at(-5), to: at(2), state: 'active' }, { from: at(2), to: at(3), state: 'firing' }, { from: at(5), to: null, state: 'acked' }, { from: at(30), to: null, state: 'silenced' }, { from: at(1), to: at(2), state: 'resolved' }], T, T + 10 * HOUR);
	assert.deepEqual(l, [{ state: 'firing', spans: [{ from: T, to: T + 3 * HOUR, open: false }] }, { state: 'acked', spans: [{ from: T + 5 * HOUR, to: T + 10 * HOUR, open: true }] }]);
	assert.deepEqual(lanes(undefined, T, T + HOUR), []);
	assert.deepEqual(lanes([{ from: 'x', to: 'y', state: 'active' }], T, T + HOUR), []);
});

test('notifications that would lie over each other are one tick', () => {
	const n = (h, outcome) => ({ at: at(h), outcome });
	const t = ticksOf([n(5, 'sent'), n(1, 'failed'), n(1.01, 'sent'), n(-1, 'sent'), n(11, 'sent')], { from: T, to: T + 10 * HOUR, width: 100, room: 10 });
	assert.deepEqual(t.map(k => [Math.round(k.x), k.sent, k.failed]), [[10, 1, 1], [50, 1, 0]]);
});
