// SPDX-License-Identifier: Apache-2.0
// The contrast of the colours, from the style sheet itself; and that no other sheet has colours of its own.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';

const ui = new URL('../../../src/ui/', import.meta.url);
const sheet = readFileSync(new URL('style.css', ui), 'utf8');

function tokens(block) {
	return Object.fromEntries([...block.matchAll(/--([a-z0-9-]+):\s*(#[0-9a-f]{6});/g)].map(m => [m[1], m[2]]));
}

const between = (from, to) => sheet.slice(sheet.indexOf(from), sheet.indexOf(to, sheet.indexOf(from)));
const light = tokens(between(':root {', '\n}'));
const dark = tokens(between(":root:not([data-theme='light'])", '\n\t}'));
const chosen = tokens(between(":root[data-theme='dark'] {", '\n}'));

function luminance(hex) {
	const [r, g, b] = [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16) / 255).map(c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
	const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
	return (x + 0.05) / (y + 0.05);
}

test('dark is the same whether the system or the setting wants it', () => assert.deepEqual(chosen, dark));

for (const [name, t] of [['light', light], ['dark', dark]]) {
	test(`${name}: every text can be read on every ground`, () => {
		for (const colour of ['text', 'text-2', 'text-3', 'link', 'ok', 'critical', 'warning', 'info', 'other', 'ack'])
			for (const ground of ['bg', 'surface', 'sunken'])
				assert.ok(contrast(t[colour], t[ground]) >= 4.5, `${colour} on ${ground}: ${contrast(t[colour], t[ground]).toFixed(2)}`);
		for (const colour of ['ok', 'critical', 'warning', 'info', 'other', 'ack']) {
			for (const [text, least] of [[colour, 4.5], ['text', 12], ['text-2', 6.5]])
				assert.ok(contrast(t[text], t[`${colour}-bg`]) >= least, `${text} on ${colour}-bg: ${contrast(t[text], t[`${colour}-bg`]).toFixed(2)}`);
		}
		assert.ok(contrast(t['on-critical'], t.critical) >= 7);
		for (const ground of ['bg', 'surface', 'sunken'])
			for (const mark of ['line-strong', 'focus'])
				assert.ok(contrast(t[mark], t[ground]) >= 3, `${mark} on ${ground}: ${contrast(t[mark], t[ground]).toFixed(2)}`);
	});
}

test('colours are tokens everywhere else', () => {
	for (const file of readdirSync(ui).filter(n => n.endsWith('.css'))) {
		const text = file === 'style.css' ? sheet.slice(sheet.indexOf('/* ---- reset')) : readFileSync(new URL(file, ui), 'utf8');
		const found = text.replace(/\/\*[^]*?\*\//g, '').match(/#[0-9a-f]{3,8}\b(?![^{]*\{)|\b(?:rgba?|hsla?|oklch|lab)\(/gi);
		assert.equal(found, null, `${file}: ${found}`);
	}
});
