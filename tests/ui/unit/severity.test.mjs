// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { levelOf, severityMatcher } from '../../../src/ui/severity.js';

test('whatever the word, it is one of four', () => {
	assert.deepEqual(['critical', 'PAGE', 'warn', 'p5', 'none', 'purple', '', '__proto__', undefined].map(levelOf), ['critical', 'critical', 'warning', 'info', 'info', 'other', 'other', 'other', 'other']);
});

test('one word is equal, several are an expression of these words alone', () => {
	assert.deepEqual(severityMatcher('severity', ['page']), { name: 'severity', op: '=', value: 'page' });
	const { op, value } = severityMatcher('severity', ['crit', 'p1.(x)']);
	assert.equal(op, '=~');
	assert.ok(new RegExp(`^(?:${value})$`).test('p1.(x)'));
	assert.ok(!new RegExp(`^(?:${value})$`).test('p1x(x)'));
});
