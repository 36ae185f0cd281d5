// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draftOf, entryOf, nameCandidates, negated, opCandidates, pseudoCandidates, valueCandidates, withMatcher, withRecent } from '../../../src/ui/complete.js';

const brief = d => [d.part, d.name, d.op, d.prefix];

test('what is being typed: a name, an operator or a value', () => {
	for (const [text, want] of [
		['', ['name', '', '', '']],
		['tea', ['name', '', '', 'tea']],
		['team ', ['op', 'team', '', '']],
		['team!', ['op', 'team', '!', '!']],
		['team=', ['value', 'team', '=', '']],
		['team=~"d', ['value', 'team', '=~', 'd']],
		['team != "d b"', ['value', 'team', '!=', 'd b']],
		['"host.name"="x', ['value', 'host.name', '=', 'x']],
		['disk full', ['name', '', '', 'disk full']],
		['age>', ['value', 'age', '>', '']],
		['state:ac', ['value', 'state', '=', 'ac']],
	]) assert.deepEqual(brief(draftOf(text)), want, text);
});

test('what is taken: matchers, words, a parameter, or an error', () => {
	for (const [text, want] of [
		['  ', { kind: 'none' }],
		['team="db"', { kind: 'matchers', matchers: [{ name: 'team', op: '=', value: 'db' }] }],
		['team=db', { kind: 'matchers', matchers: [{ name: 'team', op: '=', value: 'db' }] }],
		['{a="1", b=~"2"}', { kind: 'matchers', matchers: [{ name: 'a', op: '=', value: '1' }, { name: 'b', op: '=~', value: '2' }] }],
		['disk full', { kind: 'words', text: 'disk full' }],
		['age>1h', { kind: 'pseudo', name: 'age', op: '>', value: 3600 }],
		['state=acked', { kind: 'pseudo', name: 'state', op: '=', value: 'acked' }],
		['receiver=~o.*', { kind: 'pseudo', name: 'receiver', op: '=~', value: 'o.*' }],
	]) assert.deepEqual(entryOf(text), want, text);
	for (const text of ['age>soon', 'state=mad', 'receiver!=x', 'a=~"("', 'a=~"x)"', '{='])
		assert.equal(entryOf(text).kind, 'error', text);
	assert.equal(entryOf('a=~"[(]\\\\("').kind, 'matchers');
	assert.deepEqual(entryOf('"state"="x"'), { kind: 'matchers', matchers: [{ name: 'state', op: '=', value: 'x' }] }, 'a label of that name, in quotes');
});

test('candidates come with counts, the fitting ones first', () => {
	const items = [{ name: 'steam', alerts: 9 }, { name: 'team', alerts: 4 }, { name: 'host.name', alerts: 1 }, { name: 'we ird', alerts: 1 }];

	assert.deepEqual(nameCandidates('tea', items).map(c => [c.label, c.count]), [['team', 4], ['steam', 9], ['“tea”', undefined]]);
	assert.deepEqual(nameCandidates('we', items)[0].text, '"we ird" ');
	// A name that was chosen leads to the operators, so that a thumb needs no key for them.
	assert.equal(draftOf(nameCandidates('tea', items)[0].text).part, 'op');
	assert.deepEqual(opCandidates(draftOf('team ')).map(c => c.text), ['team=', 'team!=', 'team=~', 'team!~']);
	assert.deepEqual(opCandidates(draftOf('team!')).map(c => c.text), ['team!=', 'team!~']);
	assert.deepEqual(opCandidates(draftOf('age ')).map(c => c.text), ['age>']);
	assert.deepEqual(valueCandidates(draftOf('team='), [{ value: 'd"b', alerts: 2 }]), [{ text: 'team="d\\"b"', label: 'd"b', count: 2, done: true }]);
	assert.deepEqual(pseudoCandidates(draftOf('state=a')).map(c => c.text), ['state=active', 'state=acked', 'state=muted'].slice(0, 2));
});

test('chips turn round, stand once, and the last filters are kept', () => {
	const m = { name: 'a', op: '=~', value: 'b' };

	assert.equal(negated(m).op, '!~');
	assert.deepEqual(negated(negated(m)), m);
	assert.equal(withMatcher([m], { ...m }).length, 1);
	assert.deepEqual(withRecent(['b', 'a'], 'a'), ['a', 'b']);
	assert.equal(withRecent(Array.from({ length: 30 }, (_, i) => String(i)), 'x').length, 20);
});
