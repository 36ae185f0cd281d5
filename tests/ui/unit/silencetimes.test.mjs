// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as t from '../../../src/ui/silencetimes.js';

const at = text => Date.parse(text);
const window = (days, from, to) => [{ days: t.readDays(days), from, to }];

test('days', () => {
	assert.deepEqual(t.readDays('fri, Mon'), ['mon', 'fri']);
	assert.equal(t.readDays('').length, 7);
	assert.deepEqual(t.readDays('nonsense'), []);
	assert.equal(t.daysText(t.WEEKDAYS), 'every day');
	assert.equal(t.daysText(['mon', 'tue', 'wed', 'thu', 'fri']), 'Mon–Fri');
	assert.equal(t.daysText(['sun', 'mon']), 'Mon, Sun');
	assert.equal(t.weekFrom('sunday')[0], 'sun');
	assert.equal(t.weekFrom('saturday')[1], 'sun');
});

test('clocks of places', () => {
	assert.equal(t.zoneOffset(at('2026-11-28T12:00:00Z'), 'Asia/Kathmandu'), (5 * 60 + 45) * 60000);
	assert.equal(t.zonedMoment(Date.UTC(2026, 10, 28, 18), 'Asia/Kathmandu'), at('2026-11-28T12:15:00Z'));
	assert.equal(t.zonedMoment(Date.UTC(2027, 2, 28, 9), 'Europe/Berlin'), at('2027-03-28T07:00:00Z'));
	// 02:30 does not exist that day, and 03:30 is what the clocks show when it would be.
	assert.equal(t.zonedMoment(Date.UTC(2027, 2, 28, 2, 30), 'Europe/Berlin'), at('2027-03-28T01:30:00Z'));
	// 02:30 is twice: the first counts.
	assert.equal(t.zonedMoment(Date.UTC(2026, 9, 25, 2, 30), 'Europe/Berlin'), at('2026-10-25T00:30:00Z'));
	assert.equal(t.knownZone('Mars/Olympus'), false);
	assert.equal(t.zoneName('Asia/Katmandu'), 'Asia/Kathmandu');
	assert.ok(t.zoneNames().includes('Asia/Kolkata'));
});

test('the next window', () => {
	const night = window('sat', '22:00', '06:00');
	assert.deepEqual(t.nextWindow(night, 'Europe/Berlin', at('2026-11-28T11:00:00Z')), { starts: at('2026-11-28T21:00:00Z'), ends: at('2026-11-29T05:00:00Z') });
	assert.deepEqual(t.nextWindow(night, 'Europe/Berlin', at('2026-11-29T04:00:00Z')), { starts: at('2026-11-28T21:00:00Z'), ends: at('2026-11-29T05:00:00Z') }, 'one that is open');
	assert.deepEqual(t.nextWindow(night, 'Europe/Berlin', at('2026-11-29T05:00:00Z')), { starts: at('2026-12-05T21:00:00Z'), ends: at('2026-12-06T05:00:00Z') });
	assert.deepEqual(t.nextWindow(night, 'Asia/Kathmandu', at('2026-11-28T11:00:00Z')), { starts: at('2026-11-28T16:15:00Z'), ends: at('2026-11-29T00:15:00Z') });
	assert.equal(t.nextWindow(night, 'Mars', 0), null);
	assert.equal(t.nextWindow([], 'UTC', 0), null);
});

test('a night in which the clocks change is an hour shorter or longer', () => {
	const night = window('', '22:00', '06:00');
	const spring = t.nextWindow(night, 'Europe/Berlin', at('2027-03-27T12:00:00Z'));
	assert.deepEqual(spring, { starts: at('2027-03-27T21:00:00Z'), ends: at('2027-03-28T04:00:00Z') });
	const autumn = t.nextWindow(night, 'Europe/Berlin', at('2026-10-24T12:00:00Z'));
	assert.equal(autumn.ends - autumn.starts, 9 * 3600000);
});
