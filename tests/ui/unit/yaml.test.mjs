// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { findLines, markFound, readYaml, tokensOf } from '../../../src/ui/yaml.js';

const show = (line, inBlock = false) => tokensOf(line, inBlock).filter(t => t.kind !== 'space' && t.kind !== 'colon').map(t => `${t.kind} ${t.text.trim()}`);

test('pieces of a line', () => {
	for (const [line, want] of [
		['', []],
		['global:', ['key global']],
		['  resolve_timeout: 5m', ['key resolve_timeout', 'number 5m']],
		['  - team="db"', ['dash -', 'text team="db"']],
		['- name: ops', ['dash -', 'key name', 'text ops']],
		['    url: <secret>', ['key url', 'secret <secret>']],
		["    Subject: '{{ template \"x\" . }}' # why", ['key Subject', "string '{{ template \"x\" . }}'", 'comment # why']],
		['    to: "a#b"', ['key to', 'string "a#b"']],
		['    to: a#b', ['key to', 'text a#b']],
		['# all', ['comment # all']],
		['  continue: false', ['key continue', 'word false']],
		['  text: |-', ['key text', 'mark |-']],
		['  "a b": 7', ['key "a b"', 'number 7']],
		['  http://x/y', ['text http://x/y']],
		['  - - a: b', ['dash -', 'dash -', 'key a', 'text b']],
		['-', ['dash -']],
		["  it's: fine", ["key it's", 'text fine']],
	])
		assert.deepEqual(show(line), want, line);
	assert.deepEqual(show('  a: b', true), ['text a: b']);
});

test('pieces together are the line, whatever it is', () => {
	let seed = 3;
	const next = n => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
	for (let i = 0; i < 20000; i++) {
		let line = '';
		for (let n = next(14); n >= 0; n--)
			line += ['"', "'", '#', ' ', ':', '- ', '{', '}', '|', 'a', '\\', '<secret>', '\u202e', '5m'][next(14)];
		assert.equal(tokensOf(line, false).map(t => t.text).join(''), line);
		const marked = markFound(tokensOf(line, false), 'a"');
		assert.equal(marked.map(t => t.text).join(''), line);
		assert.ok(marked.every(t => t.text !== ''));
	}
	assert.equal(tokensOf('x'.repeat(100000), false).length, 1);
});

test('blocks of text hold no YAML', () => {
	const { lines, block, sections } = readYaml('route:\n  text: |\n    a: b\n\n     # no comment\n  next: 1\nreceivers:\n- x: >-\n    y: z\n- z\n');
	assert.equal(lines.length, 10);
	assert.deepEqual([...block], [0, 0, 1, 1, 1, 0, 0, 0, 1, 0]);
	assert.deepEqual(sections, [{ name: 'route', line: 1 }, { name: 'receivers', line: 7 }]);
	assert.deepEqual(readYaml('').lines, ['']);
});

test('searching', () => {
	assert.deepEqual(findLines(['Aa', 'b', 'xAAx'], 'aa'), [1, 3]);
	assert.deepEqual(findLines(['a'], ''), []);
	assert.deepEqual(findLines(['a', 'a', 'a'], 'a', 2), [1, 2]);
	assert.deepEqual(markFound(tokensOf('  team: teams', false), 'TEAM').filter(t => t.found).map(t => t.text), ['team', 'team']);
	assert.deepEqual(markFound([{ kind: 'key', text: 'ab' }, { kind: 'text', text: 'cd' }], 'bc').map(t => [t.text, t.found]), [['a', false], ['b', true], ['c', true], ['d', false]]);
});

test('a megabyte takes its time only once', () => {
	const text = '    - source_labels: "x' + '\\'.repeat(40) + '" # y\n';
	const start = process.cpuUsage().user;
	const { lines, block } = readYaml(text.repeat(16000));
	for (let i = 0; i < 2000; i++)
		tokensOf(lines[i], block[i] === 1);
	tokensOf('a: ' + '"'.repeat(1e6), false);
	tokensOf('"' + '\\x'.repeat(900), false);
	assert.ok(process.cpuUsage().user - start < 2e6);
});
