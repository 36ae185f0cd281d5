// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { bodyOf, labelChanges, labelsOf, readText, rowsError, rowsOf, stages, textOf, verdictOf } from '../../../src/ui/question.js';

const NOW = Date.UTC(2026, 10, 29, 12);
const eq = (name, value) => ({ name, op: '=', value });

test('rows, text and addresses are one', () => {
	const rows = [['alertname', 'A'], [' team ', 'x "y"'], ['', '']];
	assert.deepEqual(labelsOf(rows), [eq('alertname', 'A'), eq('team', 'x "y"')]);
	assert.equal(textOf(rows), '{alertname="A", team="x \\"y\\""}');
	assert.deepEqual(readText(textOf(rows)).rows, [['alertname', 'A'], ['team', 'x "y"']]);
	assert.deepEqual(rowsOf([eq('a', 'b'), { name: 'c', op: '=~', value: 'd' }]), [['a', 'b']]);
});

test('text is matchers, labels or an alert as JSON', () => {
	assert.deepEqual(readText('{a="b", c="d"}'), { rows: [['a', 'b'], ['c', 'd']], error: '' });
	assert.deepEqual(readText('{"a":"b","n":3}'), { rows: [['a', 'b']], error: '' });
	assert.deepEqual(readText('[{"labels":{"a":"b"},"annotations":{}}]').rows, [['a', 'b']]);
	assert.match(readText('{a=~"b"}').error, /one value/);
	assert.match(readText('nonsense here').error, /cannot be read/);
	assert.deepEqual(readText('  '), { rows: [], error: '' });
	assert.match(rowsError([['a', '1'], ['a', '2']]), /twice/);
	assert.match(rowsError([['', '2']]), /name/);
	assert.equal(rowsError([['a', ''], ['', '']]), '');
});

test('the body of the question', () => {
	const labels = [eq('__proto__', 'x'), eq('a', 'b')];
	const { body, past } = bodyOf({ labels, alert: '', at: '' }, NOW);
	assert.equal(JSON.stringify(body), '{"labels":{"__proto__":"x","a":"b"}}');
	assert.equal(past, false);
	assert.deepEqual(bodyOf({ labels, alert: 'ff', at: '1h ago' }, NOW), { body: { fingerprint: 'ff', at: '2026-11-29T11:00:00.000Z' }, error: '', past: true });
	assert.equal(bodyOf({ labels: [], alert: '', at: '' }, NOW).body, null);
	assert.match(bodyOf({ labels, alert: '', at: 'sometime' }, NOW).error, /sometime/);
	assert.equal(bodyOf({ labels, alert: '', at: '2099-01-01 00:00' }, NOW).body.at, '2026-11-29T12:00:00.000Z');
});

test('labels as the router has them', () => {
	assert.deepEqual(labelChanges(null, { a: 'b' }), []);
	assert.deepEqual(labelChanges([['a', 'b']], { a: 'b' }), []);
	assert.deepEqual(labelChanges([['a', 'b'], ['e', '']], { a: 'c', n: 'x' }), ['The label a is "c" to the router.', 'The label e has no value, which is the same as not there.', 'n="x" was added by the router.']);
});

test('stages: what decides, and what is not reached behind it', () => {
	const g = { group: 'g', receiver: 'r' };
	const s = stages([{ stage: 'route', ok: true }, { ...g, stage: 'group', ok: true }, { ...g, stage: 'inhibit', ok: false, decides: true }, { ...g, stage: 'mute', ok: true, decides: false },
		{ ...g, stage: 'silence', ok: false, decides: false }, { ...g, stage: 'dedup', ok: false, integrations: [] }, { ...g, stage: 'group', ok: true }, { ...g, stage: 'dedup', ok: false, reason: 'none' }]);
	assert.deepEqual(s.common.map(x => [x.title, x.mark]), [['Routes', 'yes']]);
	assert.deepEqual(s.groups.map(x => x.steps.map(y => `${y.title} ${y.mark}`)), [['Group yes', 'Inhibition no', 'Time intervals yes', 'Silences no', 'Deduplication none'], ['Group yes', 'Deduplication no']]);
	assert.equal(s.groups[0].steps[1].decides, true);
});

test('every verdict has its look', () => {
	for (const v of ['notified', 'suppressed', 'deduplicated', 'over', 'refused', 'no_receiver']) assert.notEqual(verdictOf(v).icon, 'other', v);
	assert.equal(verdictOf('new_one').word, 'new one');
});
