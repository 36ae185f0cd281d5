// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { formatForLink, formatMatcher, formatMatchers, fromApi, fromLabels, needsQuotes, parseAsPage, parseAsServer, parseMatchers, toApi }
	from '../../../src/ui/matcher.js';
import { HOSTILE } from './link.vectors.mjs';

const m = (name, op, value) => ({ name, op, value });
const show = list => list === null ? null : list.map(x => `${x.name} ${x.op} ${x.value}`);

test('what the page of Alertmanager reads', () => {
	for (const [text, want] of [
		['{}', []],
		['{ }', []],
		['{a="b"}', ['a = b']],
		['{ a="b" , c=~"d"}', ['a = b', 'c =~ d']],
		['{a!="b",c!~"d"}', ['a != b', 'c !~ d']],
		['{a="\\"\\\\\\n\\t\\u0041\\/"}', ['a = "\\\n\tA/']],
		['{host.name="x"}', ['host.name = x']],
		['{a="b",}', null],
		['{a="b"', null],
		['a="b"', null],
		['{a = "b"}', null],
		['{a=b}', null],
		['{a="\\d"}', null],
		['{"a"="b"}', null],
		['{a="b" c="d"}', null],
		['{a="b"} x', null],
		['{,}', null],
		['', null],
		['}', null],
	])
		assert.deepEqual(show(parseAsPage(text)), want, text);
});

test('what the server of Alertmanager reads', () => {
	for (const [text, want] of [
		['', []],
		['{', []],
		['a=b', ['a = b']],
		['a = b c , d=e', ['a = b c', 'd = e']],
		['a="b",', ['a = b']],
		['a=~"a\\.b"', ['a =~ a\\.b']],
		['a="C:\\temp"', ['a = C:\\temp']],
		['a="a\\u0041"', ['a = a\\u0041']],
		['"host name"="\\u0041\\x42\\103"', ['host name = ABC']],
		['"a"="\\xff"', null],
		['"a"="\\ud800"', null],
		['"a"="\\q"', null],
		['"a"="x', null],
		['foo=', ['foo = ']],
		['a=b,,c=d', null],
		['a="b"c"', null],
		['a', null],
		['=b', null],
		['{a=b} x', ['a = b} x']],
		['"a"=b}', null],
		['{"a"=b', null],
		['a!b', null],
	])
		assert.deepEqual(show(parseAsServer(text)), want, text);
});

test('what nobody else reads', () => {
	for (const [text, want, unread = null] of [
		['{a="A",, ,b="B",}}', ['a = A', 'b = B']],
		['{"a b" = "c", d=""e""}', ['a b = c', 'd = "e"']],
		['{d=""e"", n="1"}', ['d = "e"', 'n = 1']],
		['{host.name=~a|b,,}', ['host.name =~ a|b']],
		['{a="\\q\\"x\\\\",,}', ['a = \\q"x\\']],
		['map[a:b]', [], 'map[a:b]'],
		['{a="A", map[a:b], c="d"}', ['a = A', 'c = d'], 'map[a:b]'],
		['{a="A", map[a:b]}', ['a = A'], 'map[a:b]}'],
		['{a="open', [], '{a="open'.slice(1)],
		['{foo, bar}', [], 'foo, bar}'],
		['{""="x",,}', [], '""="x"'],
		['!', [], '!'],
	]) {
		const got = parseMatchers(text);
		assert.deepEqual([show(got.matchers), got.unread, got.strict], [want, unread, false], text);
	}
	assert.deepEqual(parseMatchers(' \n '), { matchers: [], strict: true, unread: null });
});

test('what is written is read again, here, by the page and by the server of Alertmanager', () => {
	for (const value of HOSTILE)
		for (const op of ['=', '!=', '=~', '!~'])
			for (const name of ['a', 'a:b', 'host.name', 'a b', '"', '__proto__', 'é', 'x{y}', "it's", '\u202e', '1', '`']) {
				const list = [m(name, op, value), m('z', '=', 'z')];
				const own = parseMatchers(formatMatchers(list));
				assert.deepEqual(own, { matchers: list, strict: true, unread: null }, formatMatchers(list));
				assert.deepEqual(parseAsServer(formatMatcher(list[0])), [list[0]], formatMatcher(list[0]));
				assert.deepEqual(parseMatchers(formatForLink(list)), { matchers: list, strict: true, unread: null });
				if (!needsQuotes(name))
					assert.deepEqual(parseAsPage(formatForLink(list)), list);
			}
	assert.equal(formatMatchers([m('a', '=', 'b'), m('c', '=~', 'd')]), '{a="b", c=~"d"}');
	assert.equal(formatMatchers([]), '');
});

test('matchers of the API', () => {
	for (const op of ['=', '!=', '=~', '!~'])
		assert.deepEqual(fromApi(toApi(m('a', op, 'b'))), m('a', op, 'b'));
	assert.deepEqual(fromApi({ name: 'a', value: 'b', isRegex: false }), m('a', '=', 'b'));
	assert.deepEqual(fromLabels(new Map([['__proto__', 'x']])), [m('__proto__', '=', 'x')]);
});

test('a text of any length takes its time only once', () => {
	const start = process.cpuUsage().user;
	for (const text of ['a="x,'.repeat(40000), '"a,'.repeat(60000), 'a=' + ' '.repeat(200000) + 'x" "', '{'.repeat(200000), 'a="' + '" '.repeat(100000) + 'x', ','.repeat(200000) + '!'])
		parseMatchers(text);
	assert.ok(process.cpuUsage().user - start < 3e6);
});
