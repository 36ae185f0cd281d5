// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { ageText, bothTimes, compactDuration, formatDay, formatDuration, formatFull, formatTime, formatWhen, isoDay, localMoments, parseDuration, parseWhen, zoneOffsetText } from '../../../src/ui/time.js';

function inZone(zone, fn) {
	const old = process.env.TZ;
	process.env.TZ = zone;
	try {
		return fn();
	} finally {
		if (old === undefined) delete process.env.TZ;
		else process.env.TZ = old;
	}
}

const at = text => Date.parse(text);

test('moments in a sentence are told in the page’s zone', () => inZone('Europe/Istanbul', () => {
	const now = at('2026-12-01T22:30:00Z');
	const say = "silenced by jo until 23:15:09 UTC, again 2026-12-02 06:00:00 UTC; it ended at 2026-12-01T12:00:00.250Z";

	assert.equal(localMoments(say, now), 'silenced by jo until 02:15:09, again 09:00:00; it ended at Tue 15:00:00');
	assert.equal(localMoments(say, now, { utc: true }), say);
	assert.equal(localMoments('at 99:99:99 UTC, 10:00 UTC', now), 'at 99:99:99 UTC, 10:00 UTC');
	assert.equal(localMoments(say, NaN), say);
}));

test('durations as Alertmanager’s page reads them', () => {
	for (const [text, seconds] of [['2h30m', 9000], ['1.5h', 5400], ['1w', 604800], ['1d 2h', 93600], ['90 min', 5400], ['30s', 30], ['0s', 0], ['1h1h', 7200], ['500ms', 0.5], ['2 hours', 7200], ['1D', 86400]])
		assert.equal(parseDuration(text), seconds, text);
	for (const text of ['', '2', 'h', '2x', '-2h', '2h foo', '1e3s', '2h-', '١h', '__proto__', '1constructor'])
		assert.equal(parseDuration(text), null, text);
});

test('durations are written in their largest units', () => {
	assert.deepEqual([0, 59, 60, 3600, 7500, 90061, 604800 * 3, 86400 + 5].map(s => formatDuration(s)), ['0 s', '59 s', '1 min', '1 h', '2 h 5 min', '1 d 1 h', '3 w', '1 d']);
	assert.equal(formatDuration(90061, 4), '1 d 1 h 1 min 1 s');
	assert.equal(formatDuration(90061, 1), '1 d');
	assert.deepEqual([0, 9000, 90061, 604800].map(compactDuration), ['0s', '2h30m', '1d1h1m1s', '1w']);
	for (const s of [1, 59, 3599, 86399, 987654]) assert.equal(parseDuration(compactDuration(s)), s);
});

test('ages round down, and are exact where it matters', () => {
	const now = at('2026-11-29T12:00:00Z');
	const ago = s => ageText(now - s * 1000, now);
	assert.deepEqual([0.9, 59.9, 60, 3599, 3600, 13200, 35999, 36000, 86399, 86400, 86400 * 6.9].map(ago), ['0 s', '59 s', '1 min', '59 min', '1 h', '3 h 40 min', '9 h 59 min', '10 h', '23 h', '1 d', '6 d']);
});

test('the offset is that of the moment, with half and quarter hours', () => {
	inZone('Europe/Berlin', () => {
		assert.equal(zoneOffsetText(at('2026-01-15T12:00:00Z')), 'UTC+1');
		assert.equal(zoneOffsetText(at('2026-07-15T12:00:00Z')), 'UTC+2');
	});
	inZone('Asia/Kathmandu', () => {
		assert.equal(zoneOffsetText(at('2026-07-15T12:00:00Z')), 'UTC+5:45');
		assert.equal(formatTime(at('2026-07-15T12:00:00Z')), '17:45');
		assert.equal(formatFull(at('2026-07-15T20:30:05Z')), 'Thu 16 Jul 2026 02:15:05 UTC+5:45');
	});
	inZone('America/St_Johns', () => assert.equal(zoneOffsetText(at('2026-01-15T12:00:00Z')), 'UTC-3:30'));
	inZone('Europe/Istanbul', () => assert.equal(zoneOffsetText(at('2026-01-15T12:00:00Z')), 'UTC+3'));
	assert.equal(zoneOffsetText(at('2026-01-15T12:00:00Z'), { utc: true }), 'UTC');
});

test('times and days', () => {
	const ms = at('2026-12-01T13:05:09Z');
	assert.equal(formatTime(ms, { utc: true }), '13:05');
	assert.equal(formatTime(ms, { utc: true, seconds: true }), '13:05:09');
	assert.equal(formatTime(ms, { utc: true, hour12: true }), '1:05 pm');
	assert.equal(formatTime(at('2026-12-01T00:05:09Z'), { utc: true, hour12: true }), '12:05 am');
	assert.equal(formatDay(ms, { utc: true }), 'Tue 1 Dec');
	assert.equal(formatDay(ms, { utc: true, year: true }), 'Tue 1 Dec 2026');
	assert.equal(isoDay(ms, { utc: true }), '2026-12-01');
	assert.deepEqual([formatTime(NaN), formatDay(NaN), formatFull(NaN), formatWhen(NaN, ms)], ['–', '–', '–', '–']);
});

test('a moment is told as near as it has to be', () => {
	const now = at('2026-12-01T13:00:00Z');
	const when = text => formatWhen(at(text), now, { utc: true });
	assert.deepEqual(['2026-12-01T23:59:00Z', '2026-12-02T00:01:00Z', '2026-11-26T10:00:00Z', '2026-12-24T10:00:00Z', '2027-01-02T10:00:00Z'].map(when),
		['23:59', 'Wed 00:01', 'Thu 10:00', 'Thu 24 Dec 10:00', 'Sat 2 Jan 2027 10:00']);
});

test('both times, and both offsets when the clocks change in between', () => {
	inZone('Europe/Istanbul', () => {
		const now = at('2026-12-01T08:55:00Z');
		assert.equal(bothTimes(at('2026-12-01T11:00:00Z'), now), '14:00 (11:00 UTC)');
		assert.equal(bothTimes(at('2026-12-01T22:30:00Z'), now), 'Wed 01:30 (Tue 22:30 UTC)');
	});
	inZone('Europe/Berlin', () => {
		const now = at('2026-10-24T20:00:00Z');
		assert.equal(bothTimes(at('2026-10-25T08:00:00Z'), now), 'Sun 09:00 UTC+1, now UTC+2 (08:00 UTC)');
	});
	inZone('UTC', () => assert.equal(bothTimes(at('2026-12-01T11:00:00Z'), at('2026-12-01T08:00:00Z')), '11:00 UTC'));
});

test('what a person writes for a moment', () => {
	inZone('Europe/Istanbul', () => {
		const now = at('2026-12-01T11:00:00Z'); // a Tuesday, 14:00 here
		const reads = (text, options) => {
			const ms = parseWhen(text, now, options);
			return ms === null ? null : new Date(ms).toISOString().replace('.000', '');
		};
		for (const [text, want] of [
			['2h30m', '2026-12-01T13:30:00Z'], ['in 2h', '2026-12-01T13:00:00Z'], ['now', '2026-12-01T11:00:00Z'],
			['until 18:00', '2026-12-01T15:00:00Z'], ['18:00', '2026-12-01T15:00:00Z'], ['09:00', '2026-12-02T06:00:00Z'], ['14:00', '2026-12-02T11:00:00Z'],
			['18:00 utc', '2026-12-01T18:00:00Z'], ['6pm', '2026-12-01T15:00:00Z'], ['12am', '2026-12-01T21:00:00Z'], ['24:00', '2026-12-01T21:00:00Z'],
			['until monday 9:00', '2026-12-07T06:00:00Z'], ['tuesday 15:00', '2026-12-01T12:00:00Z'], ['tue 9:00', '2026-12-08T06:00:00Z'], ['friday', '2026-12-03T21:00:00Z'],
			['tomorrow 9:00', '2026-12-02T06:00:00Z'], ['tomorrow at 9am', '2026-12-02T06:00:00Z'], ['today 16:30', '2026-12-01T13:30:00Z'],
			['2026-12-05 10:00', '2026-12-05T07:00:00Z'], ['2026-12-05', '2026-12-04T21:00:00Z'], ['2026-12-05T10:00:00Z', '2026-12-05T10:00:00Z'], ['2026-12-05T10:00:00+05:45', '2026-12-05T04:15:00Z'],
			['2026-12-05 10:00 UTC', '2026-12-05T10:00:00Z'],
		]) assert.equal(reads(text), want, text);
		assert.equal(reads('2026-12-05T10:00:00.250Z'), '2026-12-05T10:00:00.250Z');
		assert.equal(reads('18:00', { utc: true }), '2026-12-01T18:00:00Z');
		for (const text of ['', '9', 'noon', '25:00', '18:60', '13pm', '0am', '2026-13-01', '2026-02-30', '2026-12-05 10', 'someday 9:00', 'until', '24:30', 'su', 'pm'])
			assert.equal(reads(text), null, text);
	});
});

test('days have 23 or 25 hours where the clocks change', () => {
	inZone('Europe/Berlin', () => {
		const spring = at('2026-03-28T12:00:00Z'); // Saturday, 13:00
		assert.equal(parseWhen('tomorrow 13:00', spring) - spring, 23 * 3600000);
		assert.equal(parseWhen('tomorrow 02:30', spring), at('2026-03-29T01:30:00Z')); // 02:30 is not there: 03:30
		const autumn = at('2026-10-24T11:00:00Z'); // Saturday, 13:00
		assert.equal(parseWhen('sunday 13:00', autumn) - autumn, 25 * 3600000);
		assert.equal(parseWhen('24h', autumn) - autumn, 24 * 3600000);
	});
	inZone('Asia/Kathmandu', () => {
		const now = at('2026-12-01T20:00:00Z'); // Wednesday here already, 01:45
		assert.equal(parseWhen('tomorrow 9:00', now), at('2026-12-03T03:15:00Z'));
		assert.equal(parseWhen('tomorrow 9:00', now, { utc: true }), at('2026-12-02T09:00:00Z'));
	});
});
