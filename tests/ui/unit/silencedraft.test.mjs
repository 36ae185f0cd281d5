// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatLink, parseLink } from '../../../src/ui/link.js';
import * as d from '../../../src/ui/silencedraft.js';

process.env.TZ = 'Europe/Berlin';
const now = Date.parse('2026-11-28T11:00:00Z'); // Saturday, 12:00 in Berlin
const base = d.emptyDraft({ creator: 'jo', zone: 'Europe/Berlin' });
const bare = list => list.map(({ id, ...rest }) => rest);
const read = link => d.draftFromView(parseLink(link), base, now);
const link = draft => formatLink(d.viewFromDraft(draft, { page: 'silence-new' }, base, now));

describe('address and draft', () => {
	test('a link of Alertmanager: matchers, comment, two hours', () => {
		const draft = read('#/silences/new?filter=%7Bteam%3D%22a%22%7D&comment=hello%20world');

		assert.deepEqual(bare(draft.matchers), [{ name: 'team', op: '=', value: 'a' }]);
		assert.equal(draft.comment, 'hello world');
		assert.equal(draft.createdBy, 'jo');
		assert.equal(draft.endText, '2h');
		assert.equal(link(draft), '#/silences/new?filter=%7Bteam%3D%22a%22%7D&comment=hello%20world');
	});

	test('creator, duration, end', () => {
		assert.equal(read('#/silences/new?createdBy=max&duration=30m').createdBy, 'max');
		assert.equal(read('#/silences/new?createdBy=max&duration=30m').endText, '30m');
		const alert = read('#/silences/new?ends=alert');
		assert.deepEqual([alert.ends, alert.most], ['alert', '1d']);
		const end = read('#/silences/new?ends=2026-11-28T18:00:30Z');
		assert.deepEqual([end.endText, end.endExact], ['2026-11-28 19:00', Date.parse('2026-11-28T18:00:30Z')]);
		assert.equal(read('#/silences/new?ends=until+18:00').endText, 'until 18:00');
	});

	test('each draft is in its address', () => {
		const draft = { ...base, matchers: [d.matcherRow({ name: 'a', op: '!~', value: 'x&"\\' }), d.matcherRow({ name: 'host.name', op: '=', value: '' })], comment: 'a+b %',
			createdBy: 'max', startText: 'tomorrow 9:00', endText: '2h30m', annotations: [d.row({ name: 'ticket', value: 'OPS-1 "x"' })], notify: true };
		const back = read(link(draft));

		assert.deepEqual(bare(back.matchers), bare(draft.matchers));
		assert.deepEqual(bare(back.annotations), bare(draft.annotations));
		assert.deepEqual([back.comment, back.createdBy, back.endText, back.notify], ['a+b %', 'max', '2h30m', true]);
		assert.equal(back.startExact, Date.parse('2026-11-29T08:00:00Z'));
		assert.equal(link(back), link(draft));
		const recurring = { ...base, matchers: draft.matchers, ends: 'recurring', zone: 'Asia/Kathmandu', untilText: '2027-01-01',
			windows: [d.windowRow({ days: ['mon', 'fri'], from: '22:00', to: '06:00' }), d.windowRow({ days: ['sun'], from: '10:00', to: '11:00' })] };
		const again = read(link(recurring));
		assert.deepEqual(bare(again.windows), bare(recurring.windows));
		assert.deepEqual([again.ends, again.zone, again.untilExact], ['recurring', 'Asia/Kathmandu', Date.parse('2026-12-31T23:00:00Z')]);
	});

	test('what cannot be read stays what was typed', () => {
		assert.equal(read(link({ ...base, endText: 'until whenever' })).endText, 'until whenever');
	});
});

describe('times', () => {
	const times = (endText, more) => d.readTimes({ ...base, endText, ...more }, now);

	test('durations are counted from the start', () => {
		assert.deepEqual(times('1.5h'), { starts: null, ends: now + 5400000, seconds: 5400, relative: true, errors: [] });
		const t = times('for 30m', { startText: '18:00' });
		assert.equal(t.starts, Date.parse('2026-11-28T17:00:00Z'));
		assert.equal(t.ends, t.starts + 1800000);
	});

	test('moments are those of the clock on the wall, over a clock change too', () => {
		assert.equal(times('until 18:00').ends, Date.parse('2026-11-28T17:00:00Z'));
		assert.equal(times('until monday 9:00').ends, Date.parse('2026-11-30T08:00:00Z'));
		const t = d.readTimes({ ...base, endText: 'until 9:00' }, Date.parse('2027-03-27T20:00:00Z'));
		assert.equal(t.ends, Date.parse('2027-03-28T07:00:00Z'));
		assert.equal(t.seconds, 11 * 3600);
	});

	test('what is wrong is said', () => {
		assert.match(times('').errors[0].message, /Until when/);
		assert.match(times('soon').errors[0].message, /neither a duration nor a time/);
		assert.match(times('2020-01-01').errors[0].message, /past/);
		assert.match(times('until 13:00', { startText: '2026-12-01', endExact: Date.parse('2026-11-30T00:00:00Z') }).errors[0].message, /before the start/);
		assert.equal(times('1h', { startText: 'someday' }).errors[0].field, 'startsAt');
		assert.equal(times('0s').errors.length, 1);
	});
});

describe('request', () => {
	const good = { ...base, matchers: [d.matcherRow({ name: 'a', op: '=~', value: 'b' }), d.matcherRow()], comment: ' why ' };

	test('by the server’s clock', () => {
		const { body, errors } = d.requestOf(good, { now });

		assert.deepEqual(errors, []);
		assert.deepEqual(body, { matchers: [{ name: 'a', value: 'b', isRegex: true, isEqual: true }], comment: 'why', createdBy: 'jo', duration: 7200 });
	});

	test('a known author is not sent; an end that the alert makes, a schedule', () => {
		const alert = d.requestOf({ ...good, ends: 'alert', most: '2d', notify: true }, { now, author: 'jo' }).body;

		assert.deepEqual([alert.createdBy, alert.ends_with, alert.duration, alert.notify_resolved], [undefined, 'alert', 172800, true]);
		const { body, errors } = d.requestOf({ ...good, ends: 'recurring', windows: [d.windowRow({ days: ['sat'], from: '22:00', to: '06:00' })], untilText: '2026-12-31 00:00' }, { now });
		assert.deepEqual(errors, []);
		assert.deepEqual(body.schedule, { location: 'Europe/Berlin', windows: [{ weekdays: ['sat'], from: '22:00', to: '06:00' }], until: '2026-12-30T23:00:00Z' });
		assert.deepEqual([body.duration, body.endsAt], [undefined, undefined]);
	});

	test('everything that is missing is named at once', () => {
		const { errors } = d.requestOf({ ...base, createdBy: ' ', matchers: [d.matcherRow(), d.matcherRow({ name: '', op: '=', value: 'x' })], endText: 'x', annotations: [d.row({ name: '', value: 'v' })] }, { now });

		assert.deepEqual(errors.map(e => [e.field, e.index]), [['matchers', 1], ['createdBy', undefined], ['comment', undefined], ['annotations', 0], ['endsAt', undefined]]);
		assert.deepEqual(d.requestOf({ ...good, comment: '' }, { now, comment: false }).errors, []);
		assert.deepEqual(d.requestOf({ ...good, ends: 'recurring', zone: '', untilText: '2020-01-01', windows: [d.windowRow({ days: [], from: '', to: '' })] }, { now }).errors.map(e => e.field),
			['windows', 'location', 'until']);
	});

	test('a change says all, so that what was taken out is gone', () => {
		const { body } = d.requestOf(good, { now, id: 'x' });

		assert.deepEqual([body.id, body.annotations, body.ends_with, body.notify_resolved], ['x', {}, null, false]);
	});

	test('refusals go to their fields', () => {
		assert.deepEqual(d.placeError({ field: 'matchers', index: 1, message: 'bad' }, { ...base, matchers: [d.matcherRow({ name: 'a', op: '=', value: '' }), d.matcherRow(), d.matcherRow({ name: 'b', op: '=', value: '' })] }),
			{ field: 'matchers', message: 'bad', index: 2 });
		assert.deepEqual(d.placeError({ code: 'invalid', message: 'invalid silence: matcher set 0: at least one matcher must not match the empty string' }, base),
			{ field: 'matchers', message: 'at least one matcher must not match the empty string' });
		assert.equal(d.placeError({ field: 'duration', message: 'x' }, base).field, 'endsAt');
		assert.deepEqual(d.placeError({ field: 'windows', index: 0, message: 'x' }, base), { field: 'windows', message: 'x', index: 0 });
		assert.equal(d.placeError({ code: 'limit', message: 'too many silences with matchers' }, base).field, '');
		assert.equal(d.placeError({ field: '__proto__', message: 'x' }, base).field, '');
	});
});

describe('silences', () => {
	const silence = { id: 'i', matchers: [{ name: 'a', value: 'b', isRegex: false, isEqual: false }], createdBy: 'max', comment: 'c', startsAt: '2026-11-28T10:00:00.000Z',
		endsAt: '2026-11-28T13:00:00.123Z', annotations: { t: '1' }, ends_with: null, schedule: null, notify_resolved: true };

	test('an untouched draft changes nothing', () => {
		const { body, errors } = d.requestOf(d.draftFromSilence(silence, now), { now, id: 'i' });

		assert.deepEqual(errors, []);
		assert.deepEqual(body, { id: 'i', matchers: silence.matchers, createdBy: 'max', comment: 'c', annotations: { t: '1' }, endsAt: '2026-11-28T13:00:00.123Z', ends_with: null, notify_resolved: true });
		const pending = d.requestOf(d.draftFromSilence({ ...silence, startsAt: '2026-11-28T12:00:00Z' }, now), { now, id: 'i' }).body;
		assert.equal(pending.startsAt, '2026-11-28T12:00:00Z');
		const schedule = { location: 'Europe/Istanbul', windows: [{ weekdays: ['mon'], from: '20:00', to: '24:00' }], until: null };
		assert.deepEqual(d.requestOf(d.draftFromSilence({ ...silence, schedule }, now), { now, id: 'i' }).body.schedule,
			{ location: 'Europe/Istanbul', windows: [{ weekdays: ['mon'], from: '20:00', to: '00:00' }] });
	});

	test('made again it lasts as long', () => {
		const v = d.recreateView({ ...silence, endsAt: '2026-11-28T10:30:00Z' }, now);

		assert.deepEqual([v.page, v.duration, v.comment, v.notify], ['silence-new', '30m', 'c', true]);
		assert.match(formatLink(v), /^#\/silences\/new\?filter=%7Ba!%3D%22b%22%7D&comment=c&duration=30m/);
		assert.equal(d.recreateView({ ...silence, comment: 'ACK! looking' }, now).comment, 'looking');
	});
});

describe('command', () => {
	const draft = { ...base, matchers: [d.matcherRow({ name: 'a', op: '=', value: "it's" })], comment: 'why' };

	test('quoted for the shell', () => {
		assert.equal(d.commandOf(draft, { now }).text, "tocsin silence add --author=jo --comment=why --duration=2h 'a=\"it'\\''s\"'");
		assert.match(d.commandOf({ ...draft, annotations: [d.row({ name: 't', value: '$x' })], ends: 'alert' }, { now }).text, /--annotation='t=\$x' .*--duration=1d --ends-with-alert/);
		assert.match(d.commandOf({ ...draft, ends: 'recurring', windows: [d.windowRow({ days: ['sat'], from: '22:00', to: '06:00' })] }, { now }).text,
			/--from=22:00 --to=06:00 --weekdays=sat --location=Europe\/Berlin/);
	});

	test('none where it would not be safe or true', () => {
		assert.match(d.commandOf({ ...draft, comment: 'a\u0007' }, { now }).reason, /control character/);
		assert.match(d.commandOf({ ...draft, annotations: [d.row({ name: 't', value: '\u202e' })] }, { now }).reason, /control character/);
		assert.match(d.commandOf({ ...draft, endText: '?' }, { now }).reason, /neither/);
	});
});
