// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { formatLink, parseLink, quoteReceiver, resolveReceiver } from '../../../src/ui/link.js';
import { parseAsPage } from '../../../src/ui/matcher.js';
import { HOSTILE, RECEIVERS, VECTORS } from './link.vectors.mjs';

const read = hash => parseLink(hash, { receivers: RECEIVERS });
const texts = list => list.map(m => `${m.name}${m.op}${m.value}`);

for (const { hash, want } of VECTORS)
	test(`reads ${hash}`, () => {
		const view = read(hash);
		for (const [member, value] of Object.entries(want))
			assert.deepEqual(member === 'filter' ? texts(view.filter) : view[member], value, member);
		const again = read(formatLink(view));
		assert.deepEqual(again, stripped(view, again));
	});

/* What was not understood is not written again; how a receiver was written may differ. */
function stripped(view, again) {
	const out = { ...view };
	for (const member of ['unread', 'receiverText', 'bare'])
		if (member in view)
			out[member] = member === 'unread' ? null : again[member];
	return out;
}

test('paths', () => {
	for (const [hash, page, id, tab] of [
		['', 'alerts'], ['#', 'alerts'], ['#/', 'alerts'], ['#alerts', 'alerts'], ['#/alerts/', 'alerts'], ['#!/alerts', 'alerts'], ['#//alerts', 'alerts'],
		['#/alert/d2c6efc389df0927', 'alert', 'd2c6efc389df0927'], ['#/group/9b1e0c44d2aa7310', 'group', '9b1e0c44d2aa7310'],
		['#/silences', 'silences'], ['#/silences/new', 'silence-new'], ['#/silences/new/', 'silence-new'], ['#/silences/x', 'silence', 'x'], ['#/silence/x', 'silence', 'x'],
		['#/silences/x/edit', 'silence-edit', 'x'], ['#/silences/new/edit', 'silence-edit', 'new'], ['#/silences/x/y', 'unknown'],
		['#/history', 'history', undefined, 'events'], ['#/history/notifications', 'history', undefined, 'notifications'], ['#/history/stats', 'history', undefined, 'stats'],
		['#/history/x', 'unknown'], ['#/explain', 'explain'], ['#/receivers', 'receivers'], ['#/receivers/a%2Fb%20c', 'receiver', 'a/b c'], ['#/templates', 'templates'],
		['#/status', 'status'], ['#/config?line=42', 'config'], ['#/settings', 'settings'], ['#/nothing', 'unknown'], ['#/__proto__', 'unknown'], ['#/constructor', 'unknown'],
		['#/alerts/x', 'unknown'], ['#/status/x', 'unknown'], ['#/alert', 'unknown'],
	]) {
		const view = parseLink(hash);
		assert.deepEqual([view.page, view.id, view.tab || undefined], [page, id, tab], hash);
		assert.equal(parseLink(formatLink(view)).page, page);
	}
	assert.equal(parseLink('#/config?line=42').line, 42);
	assert.equal(parseLink('#/config?line=x').line, null);
	assert.equal(parseLink('#/x%20y/z').path, 'x y/z');
});

test('flags are as in Alertmanager', () => {
	const flags = hash => { const v = parseLink(hash); return [v.silenced, v.inhibited, v.muted, v.active, v.acked]; };
	assert.deepEqual(flags('#/alerts'), [false, false, false, true, true]);
	assert.deepEqual(flags('#/alerts?silenced=0&inhibited=&muted=False&active=FALSE&acked=false'), [true, true, false, false, false]);
	assert.deepEqual(flags('#/alerts?silenced=true&silenced=false'), [true, false, false, true, true]);
	assert.equal(parseLink('#/alerts').bare, true);
	assert.equal(parseLink('#/alerts?foo=1').bare, true);
	assert.equal(parseLink('#/alerts?active=true').bare, false);
});

test('grouping', () => {
	const group = hash => { const v = parseLink(hash); return [v.group, v.custom]; };
	assert.deepEqual(group('#/alerts'), [null, false]);
	assert.deepEqual(group('#/alerts?customGrouping'), [null, false]);
	assert.deepEqual(group('#/alerts?customGrouping='), [['alertname'], true]);
	assert.deepEqual(group('#/alerts?group=&customGrouping=true'), [[], true]);
	assert.deepEqual(group('#/alerts?group=a'), [['a'], false]);
	for (const hash of ['#/alerts?silenced=false&inhibited=false&muted=false&active=true&customGrouping=true',
		'#/alerts?silenced=false&inhibited=false&muted=false&active=true&group=&customGrouping=true',
		'#/alerts?silenced=false&inhibited=false&muted=false&active=true&group=a%2Cb&customGrouping=true'])
		assert.equal(formatLink(parseLink(hash)), hash);
});

test('receivers', () => {
	assert.equal(quoteReceiver('ops team-1 [x] a+b'), 'ops\\ team\\-1\\ \\[x\\]\\ a\\+b');
	for (const name of ['ops team', 'a.b', 'a\\b', 'x|y', '^$', 'ğ ü', '#1', '(a)', '__proto__', 'plain', '1', '*', 'a\tb', '\\d', 'ends\\'])
		for (const names of [[name, 'other'], null])
			assert.deepEqual(parseLink(formatLink({ page: 'alerts', receiver: { name } }), { receivers: names }).receiver, { name }, name);
	assert.deepEqual(resolveReceiver('o.*', ['o']), { regex: 'o.*' });
	assert.deepEqual(resolveReceiver('gone', ['o']), { regex: 'gone' });
	assert.deepEqual(resolveReceiver('gone', null), { name: 'gone' });
	assert.deepEqual(resolveReceiver('\\d+', null), { regex: '\\d+' });
	assert.deepEqual(resolveReceiver('o\\', null), { regex: 'o\\' });
	assert.equal(resolveReceiver('', ['o']), null);
	assert.deepEqual(parseLink(formatLink({ page: 'alerts', receiver: { regex: 'a b|c+' } }), { receivers: ['q'] }).receiver, { regex: 'a b|c+' });
});

test('what is written is Alertmanager\'s, in its order, and ours behind', () => {
	const hash = formatLink({ page: 'alerts', q: 'disk full', open: 'd2', silenced: true, filter: [{ name: 'a', op: '=', value: 'b c' }], receiver: { name: 'ops team' }, view: 'table', acked: false, ageMin: 3600, sort: 'newest' });
	assert.equal(hash, '#/alerts?silenced=true&inhibited=false&muted=false&active=true&filter=%7Ba%3D%22b%20c%22%7D&receiver=ops%5C%20team&acked=false&sort=newest&view=table&q=disk%20full&age_min=3600&open=d2');
	assert.equal(formatLink({ page: 'alerts' }), '#/alerts');
	assert.equal(formatLink({ ...parseLink('#/alerts?filter=%7Ba%3D%22b%22%7D'), filter: [] }), '#/alerts?silenced=false&inhibited=false&muted=false&active=true');
	assert.equal(formatLink({ page: 'silence-new', filter: [{ name: 'a', op: '=', value: 'b' }], comment: 'x y' }), '#/silences/new?filter=%7Ba%3D%22b%22%7D&comment=x%20y');
	assert.equal(formatLink({ page: 'history', tab: 'notifications', range: { last: '24h', from: '', to: '' }, outcome: 'failed' }), '#/history/notifications?outcome=failed&last=24h');
	assert.equal(formatLink({ page: 'receiver', id: 'a/b?c#d' }), '#/receivers/a%2Fb%3Fc%23d');
});

test('every value survives, and Alertmanager\'s strict grammar reads it', () => {
	for (const value of HOSTILE)
		for (const op of ['=', '!=', '=~', '!~']) {
			const filter = [{ name: 'a', op, value }, { name: 'host.name', op: '=', value: 'x' }];
			const hash = formatLink({ page: 'alerts', filter });
			assert.deepEqual(parseLink(hash).filter, filter);
			assert.equal(parseLink(hash).unread, null);
			/* as its page takes it: the one segment with one =, decoded */
			const segment = hash.split('?')[1].split('&').filter(s => s.startsWith('filter='));
			assert.equal(segment.length, 1);
			assert.equal(segment[0].split('=').length, 2);
			assert.deepEqual(parseAsPage(decodeURIComponent(segment[0].split('=')[1])), filter);
			for (const page of ['silences', 'silence-new', 'history', 'explain'])
				assert.equal(parseLink(formatLink({ page, filter, labels: filter, q: value, comment: value })).page, page);
			assert.equal(parseLink(formatLink({ page: 'silence-new', comment: value })).comment, value);
			if (value !== '')
				assert.equal(parseLink(formatLink({ page: 'receiver', id: value })).id, value);
		}
	assert.equal(parseLink(formatLink({ page: 'silence-new', comment: 'a\ud800b' })).comment, 'a\ufffdb');
});

test('explain takes labels, and says what are none', () => {
	const view = parseLink('#/explain?labels=' + encodeURIComponent('{a="b", c=~"d"}') + '&at=2026-11-28T02:00:00Z');
	assert.deepEqual(texts(view.labels), ['a=b']);
	assert.equal(view.unread, '{c=~"d"}');
	assert.equal(view.at, '2026-11-28T02:00:00Z');
});

test('nothing throws, whatever is written there', () => {
	let seed = 7;
	const next = n => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
	const pieces = ['#', '/', '?', '&', '=', '%', '%2', '%22', '%7B', '%7D', '{', '}', '"', '\\', '+', '%20', ',', '~', '!', 'a', 'filter=', 'receiver=', 'alerts', 'silences', '%ff', '%c3', '%bc', '&quot;', '&amp;', '\ud800', '__proto__', 'line='];
	for (let i = 0; i < 20000; i++) {
		let hash = '#/alerts?filter=';
		for (let n = next(12); n >= 0; n--)
			hash += pieces[next(pieces.length)];
		const view = parseLink(hash);
		const again = parseLink(formatLink(view));
		assert.deepEqual(again.filter, view.filter, hash);
		assert.equal(again.page, view.page);
	}
});

test('a link of any length takes its time only once', () => {
	const start = process.cpuUsage().user;
	for (const tail of ['&x'.repeat(120000), '%22,'.repeat(60000), '{a="x&'.repeat(40000), '&filter={a="b&'.repeat(15000), '%'.repeat(250000), '%ff'.repeat(80000)])
		parseLink('#/alerts?filter={' + tail);
	assert.ok(process.cpuUsage().user - start < 5e6);
});
