// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { allKinds, byDay, countsText, groupText, historyQuery, kindWord, linksOf, mergeNewer, olderRange, otherLabels, rangeText, readEvent, readPast, readRange, shortError } from '../../../src/ui/events.js';

const NOW = Date.UTC(2026, 10, 29, 12, 0, 0);
const utc = { utc: true };
const iso = ms => new Date(ms).toISOString();

test('every kind of the server has words and a picture', () => {
	assert.equal(allKinds.length, 25);
	for (const kind of allKinds) {
		const r = readEvent({ kind, labels: { alertname: 'X' }, group_key: '{}:{a="b"}', matchers: '{a="b"}', outcome: 'sent' });
		assert.ok(r.word && !r.word.includes('_') && r.icon && r.tone, kind);
	}
	assert.equal(readEvent({ kind: 'of_tomorrow' }).word, 'of tomorrow');
	assert.equal(kindWord('__proto__'), '  proto  ');
});

test('an event reads as a sentence', () => {
	const labels = { team: 'db', alertname: 'DiskFull', instance: 'db-1', a: '1' };
	const fired = readEvent({ kind: 'firing', labels });
	assert.equal(fired.subject, 'DiskFull');
	assert.deepEqual(fired.labels.map(([n]) => n), ['instance', 'a', 'team']);
	assert.equal(readEvent({ kind: 'inhibited', labels, source: { labels: { alertname: 'Down' } }, rule: 'r' }).note, 'by Down, rule r');
	assert.equal(readEvent({ kind: 'silence_created', silence_id: 'x', by: 'jo', comment: 'disk', matchers: '{a="b"}' }).note, 'by jo · disk');
	assert.equal(readEvent({ kind: 'silence_expired', silence_id: 'x', by: null, comment: '', matchers: '{a="b"}' }).note, '');
	assert.equal(readEvent({ kind: 'gap', missing: 12 }).note, '12 could not be kept: the disk was behind');
	const report = { kind: 'delivery', recipient: '+1', state: 'failed', gateway: 'g', receiver: 'ops', error: 'absent', group_key: '{}:{a="b"}' };
	assert.deepEqual({ ...readEvent(report), labels: null }, { icon: 'cross', tone: 'bad', word: 'message failed', subject: '+1', labels: null, note: 'by g · for ops · {a="b"}', error: 'absent' });
	assert.equal(readEvent({ ...report, state: 'delivered', error: null }).tone, 'ok');
	assert.equal(readEvent({ kind: 'reload_refused', error: 'bad', by: 'jo' }).error, 'bad');
	const told = { kind: 'notification', outcome: 'failed', receiver: 'web', integration: 'slack[0]', firing: 2, resolved: 1, reason: 'new_alerts', group_key: '{}/{team="web"}:{alertname="Lag"}',
		error: 'web/slack[0]: notify retry canceled due to unrecoverable error after 1 attempts: channel "#web": 403' };
	assert.deepEqual({ ...readEvent(told), labels: null }, { icon: 'cross', tone: 'bad', word: 'could not tell', subject: 'web', labels: null,
		note: 'slack[0] · 2 firing, 1 resolved · new alerts · {alertname="Lag"}', error: 'channel "#web": 403' });
	assert.equal(shortError({ error: 'notify retry canceled due to unrecoverable error after 1 attempts: ', receiver: 'a', integration: 'b' }), 'notify retry canceled due to unrecoverable error after 1 attempts: ');
	assert.equal(countsText({ firing: 0, resolved: 3 }), '3 resolved');
	assert.equal(countsText({}), '0 firing');
	assert.equal(groupText('{}:{}'), '{}');
	assert.deepEqual(otherLabels({ constructor: 'x', alertname: 'a' }), [['constructor', 'x']]);
});

test('each event leads somewhere', () => {
	assert.deepEqual(linksOf({ kind: 'started' }), []);
	const views = linksOf({ kind: 'inhibited', fingerprint: 'f1', at: iso(NOW), source: { fingerprint: 'f2', labels: {} } }).map(l => l.view.page + (l.view.id || l.view.alert || ''));
	assert.deepEqual(views, ['alertf1', 'explainf1', 'historyf1', 'alertf2']);
	assert.deepEqual(linksOf({ kind: 'notification', group: 'g', receiver: 'r' }).map(l => l.view.page), ['group', 'history', 'receiver']);
	assert.equal(linksOf({ kind: 'ack_created', silence_id: 's' })[0].label, 'The acknowledgement');
	assert.equal(linksOf({ kind: 'silenced', silences: Array(99).fill('s') }).length, 10);
});

test('ranges: the last of something, or two moments', () => {
	assert.deepEqual(readRange({ last: '1h' }, NOW), { from: NOW - 3600000, to: null, last: '1h', bad: '' });
	assert.equal(readRange(undefined, NOW).last, '24h');
	assert.deepEqual(readRange({ last: 'soon' }, NOW), { from: NOW - 86400000, to: null, last: '24h', bad: 'soon' });
	const r = readRange({ from: '2026-11-29T10:00:00Z', to: '2026-11-29T11:00:00Z' }, NOW);
	assert.deepEqual([iso(r.from), iso(r.to), r.last], ['2026-11-29T10:00:00.000Z', '2026-11-29T11:00:00.000Z', null]);
	assert.equal(readRange({ to: '2026-11-29T11:00:00Z' }, NOW).from, Date.UTC(2026, 10, 28, 11));
	assert.equal(readRange({ from: 'nonsense' }, NOW).bad, 'nonsense');
	assert.deepEqual(olderRange(r, NOW), { from: '2026-11-29T09:00:00.000Z', to: '2026-11-29T10:00:00.000Z' });
	assert.equal(rangeText({ last: '6h' }), 'Last 6 h');
	assert.equal(rangeText({ last: '90m' }), 'Last 1 h 30 min');
	assert.equal(rangeText({ from: 1, to: null, last: null }, String), '1 to now');
});

test('a moment of the past as people write it', () => {
	const at = (text, want) => assert.equal(readPast(text, NOW, utc) === null ? null : iso(readPast(text, NOW, utc)), want, text);
	at('2 h ago', '2026-11-29T10:00:00.000Z');
	at('2h', '2026-11-29T10:00:00.000Z');
	at('11:30', '2026-11-29T11:30:00.000Z');
	at('14:00', '2026-11-28T14:00:00.000Z');
	at('yesterday 9:00', '2026-11-28T09:00:00.000Z');
	at('yesterday', '2026-11-28T00:00:00.000Z');
	at('today 8:00', '2026-11-29T08:00:00.000Z');
	at('monday 9:00', '2026-11-23T09:00:00.000Z');
	at('2026-11-01 02:00', '2026-11-01T02:00:00.000Z');
	at('now', iso(NOW));
	at('whenever', null);
	at('', null);
});

test('the question of a view', () => {
	const view = { tab: 'events', filter: [{ name: 'team', op: '=~', value: 'a|b' }], kind: 'firing', receiver: { name: 'ops team' }, outcome: '', alert: 'ff', group: '', actor: 'jo' };
	assert.deepEqual(historyQuery(view, { from: NOW, to: null }), { filter: ['team=~"a|b"'], kind: 'firing', outcome: undefined, receiver: 'ops\\ team', integration: undefined, actor: 'jo', group: undefined,
		fingerprint: 'ff', from: iso(NOW), to: undefined });
	const q = historyQuery({ ...view, tab: 'notifications', receiver: { regex: 'o.*' } }, { from: NOW, to: NOW });
	assert.deepEqual([q.kind, q.receiver, q.to], ['notification', 'o.*', iso(NOW)]);
});

test('days, and what is new', () => {
	const items = ['2026-11-29T00:10:00Z', '2026-11-28T23:50:00Z', '2026-11-28T01:00:00Z'].map((at, i) => ({ id: String(9 - i), at }));
	assert.deepEqual(byDay(items, utc).map(d => [d.day, d.items.length]), [['2026-11-29', 1], ['2026-11-28', 2]]);
	assert.equal(mergeNewer(items, items.slice(0, 2)), items);
	assert.deepEqual(mergeNewer(items, [{ id: '10', at: 'x' }, items[0]]).map(i => i.id), ['10', '9', '8', '7']);
});
