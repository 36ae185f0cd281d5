// SPDX-License-Identifier: Apache-2.0
// Words that must not be in the sources of the page: ways to make HTML of text, to run it, or to ask somebody else.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../src/ui');
const read = (name) => readFileSync(path.join(folder, name), 'utf8');
const files = readdirSync(folder);
const code = (text) => text.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/(^|\s)\/\/.*$/gm, '$1');

const forbidden = [/\.(inner|outer)HTML\b/, /insertAdjacentHTML/, /document\.write/, /\beval\s*\(/, /new Function\b/, /createContextualFragment/, /DOMParser/,
	/setAttribute\(\s*['"](style|on\w+)/, /dangerouslySetInnerHTML/, /srcdoc\s*[:=](?!=)/, /\bimport\s*\((?!'\.\/[a-z]+\.js'\))/, /set(Timeout|Interval)\(\s*['"`]/, /EventSource|WebSocket/,
	/serviceWorker/, /sendBeacon/];

test('scripts make no HTML of text and run none', () => {
	for (const name of files.filter((f) => f.endsWith('.js')))
		for (const pattern of forbidden)
			assert.doesNotMatch(code(read(name)), pattern, name);
});

test('only the renderer makes elements, and what copies a text where there is no clipboard', () => {
	const makers = files.filter((f) => f.endsWith('.js') && /\bcreateElement(NS)?\b/.test(code(read(f))));

	assert.deepEqual(makers.filter((f) => !['element.js', 'render.js', 'value.js'].includes(f)), []);
});

test('nothing is named that lies elsewhere', () => {
	for (const name of files.filter((f) => /\.(js|css|html|webmanifest)$/.test(f))) {
		const text = code(read(name)).replaceAll('http://www.w3.org/2000/svg', '');

		assert.doesNotMatch(text, /https?:\/\/\w/, name);
		assert.doesNotMatch(text, /(?:href|src|url)\s*[=(]\s*["']?\//, `${name}: an address from the root`);
		if (name.endsWith('.js'))
			assert.doesNotMatch(text, /fetch\(\s*[`'"]\//, `${name}: a request from the root`);
	}
});

test('the document has no script, style or handler of its own', () => {
	const text = read('index.html');

	assert.doesNotMatch(text, /\sstyle=|<style|\son\w+=/);
	assert.deepEqual([...text.matchAll(/<script([^>]*)>/g)].map((m) => m[1].includes('src=') || m[1].includes('application/json')), [true, true]);
});

test('files stay small enough to be read', () => {
	for (const name of files.filter((f) => /\.(js|css)$/.test(f)))
		assert.ok(read(name).split('\n').length <= 600, name);
});

test('only pages, and what stands beside a list, are fetched later', () => {
	const importers = files.filter((f) => f.endsWith('.js') && /\bimport\s*\(/.test(code(read(f))));

	assert.deepEqual(importers, ['alerts.js', 'main.js', 'silences.js']);
});

test('no text runs over lines: the page is served without indentation', () => {
	for (const name of files.filter((f) => f.endsWith('.js')))
		for (const line of code(read(name)).split('\n'))
			assert.equal((line.replace(/\\.|'[^'`]*'|"[^"`]*"|\/(?:\\.|\[[^\]]*\]|[^/\n\\])+\//g, '').match(/`/g) ?? []).length % 2, 0, `${name}: ${line}`);
});
