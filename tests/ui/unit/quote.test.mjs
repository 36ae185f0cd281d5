// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { shQuote, silenceCommand, tocsinCommand } from '../../../src/ui/quote.js';

test('a shell reads back what was quoted', () => {
	const words = ['', ' ', "'", "''", '"', '\\', '$(id)', '`id`', '!!', '*', '~', '-x', '--', ';ls', '#', 'a b', 'ğ', '👩‍👩‍👧', '<>', '${x}', '%', 'a=b', '\\\'', "x'y'z"];
	const out = execFileSync('sh', ['-c', `printf '%s\\n' ${words.map(shQuote).join(' ')}`], { encoding: 'utf8' });
	assert.deepEqual(out.split('\n').slice(0, -1), words);
	assert.equal(shQuote('db-1.example:9090/x'), 'db-1.example:9090/x');
});

test('what acts on a terminal is refused, by name', () => {
	for (const [text, code] of [['a\nb', 'U+000A'], ['\u001b[2J', 'U+001B'], ['\u0000', 'U+0000'], ['\u009b', 'U+009B'], ['\u202e', 'U+202E'], ['\ud800', 'U+D800']])
		assert.throws(() => shQuote(text), e => e instanceof RangeError && e.message.includes(code));
	const got = tocsinCommand('silence add', { comment: 'a\u0007' });
	assert.equal(got.text, null);
	assert.match(got.reason, /U\+0007/);
});

test('commands', () => {
	assert.deepEqual(silenceCommand({ matchers: [{ name: 'a', op: '=~', value: "it's|\"x\"" }], comment: 'new disk', createdBy: 'jo', duration: '2h', url: 'http://h:9093' }), {
		text: "tocsin silence add --alertmanager.url=http://h:9093 --author=jo --comment='new disk' --duration=2h 'a=~\"it'\\''s|\\\"x\\\"\"'", reason: null });
	assert.equal(tocsinCommand('x', { a: true, b: false, c: null, d: undefined, e: '' }, ['-y']).text, "tocsin x --a --e='' -- -y");
});
