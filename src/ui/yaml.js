// SPDX-License-Identifier: Apache-2.0
// The configuration's text for the eye: lines of YAML cut into pieces that are shown differently. It is no reader of YAML: what
// it takes wrong is shown in another colour, and nothing else comes of it.

const NUMBER = /^[-+]?(?:\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?|(?:\d+(?:ms|[smhdwy]))+)$/;
const YAML_WORD = /^(?:true|false|null|~|yes|no|on|off)$/i;
const YAML_KEY = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#"'[\]{},&*!|>%@`-][^#]*?|-[^\s#][^#]*?):(?=\s|$)/;
const BLOCK = /(?:^|[\s:])[|>][-+0-9]*\s*(?:#.*)?$/;
/* Longer lines are not cut into pieces. */
const LONGEST_PIECE = 2000;

const indentOf = line => line.length - line.trimStart().length;

/**
 * Cuts a text into lines, and finds those that belong to a block of text (behind `|` or `>`), as these hold no YAML.
 * @param {string} text
 * @returns {{lines: string[], block: Uint8Array, sections: {name: string, line: number}[]}} `sections`: the keys of the outermost level with their lines, from 1
 */
export function readYaml(text) {
	const lines = text.split('\n');
	if (lines.length > 1 && lines[lines.length - 1] === '')
		lines.pop();
	const block = new Uint8Array(lines.length);
	const sections = [];
	let inside = -1;
	for (let i = 0; i < lines.length; i++) {
		const line = lines[i];
		const blank = line.trim() === '';
		if (inside >= 0 && (blank || indentOf(line) > inside)) {
			block[i] = 1;
			continue;
		}
		inside = !blank && BLOCK.test(line) ? indentOf(line) : -1;
		const key = /^[A-Za-z_][\w-]*(?=:)/.exec(line);
		if (key !== null)
			sections.push({ name: key[0], line: i + 1 });
	}
	return { lines, block, sections };
}

/* Where a comment begins: a # at the start or behind white space, outside of quotes; else the length. */
function commentAt(text) {
	let quote = '';
	for (let i = 0; i < text.length; i++) {
		const c = text[i];
		if (quote !== '') {
			if (c === '\\' && quote === '"')
				i++;
			else if (c === quote)
				quote = '';
		} else if (c === '#' && (i === 0 || /\s/.test(text[i - 1])))
			return i;
		else if ((c === '"' || c === "'") && (i === 0 || /[\s[{,:]/.test(text[i - 1])))
			quote = c;
	}
	return text.length;
}

function kindOfValue(value) {
	const first = value[0];
	if (value === '<secret>')
		return 'secret';
	if (first === '"' || first === "'")
		return 'string';
	if (NUMBER.test(value))
		return 'number';
	if (YAML_WORD.test(value))
		return 'word';
	return /^[&*!|>[{]/.test(value) ? 'mark' : 'text';
}

/**
 * One line in pieces, which together are the line.
 * @param {string} line
 * @param {boolean} inBlock it belongs to a block of text
 * @returns {{kind: 'space'|'dash'|'key'|'colon'|'string'|'number'|'word'|'secret'|'mark'|'text'|'comment', text: string}[]}
 */
export function tokensOf(line, inBlock) {
	if (inBlock || line.length > LONGEST_PIECE)
		return [{ kind: 'text', text: line }];
	const out = [];
	const end = commentAt(line);
	let rest = line.slice(0, end);
	const take = (kind, n) => {
		if (n > 0)
			out.push({ kind, text: rest.slice(0, n) });
		rest = rest.slice(n);
	};
	take('space', indentOf(rest));
	for (let m; (m = /^-(?:\s+|$)/.exec(rest)) !== null;)
		take('dash', m[0].length);
	const key = YAML_KEY.exec(rest);
	if (key !== null) {
		take('key', key[0].length - 1);
		take('colon', rest.length - rest.slice(1).trimStart().length);
	}
	const value = rest.trimEnd();
	if (value !== '')
		take(kindOfValue(value), value.length);
	take('space', rest.length);
	if (end < line.length)
		out.push({ kind: 'comment', text: line.slice(end) });
	return out;
}

/**
 * The lines that hold a text, in whatever case.
 * @param {string[]} lines
 * @param {string} needle
 * @param {number} [most] no more than these
 * @returns {number[]} their numbers, from 1
 */
export function findLines(lines, needle, most = 10000) {
	const wanted = needle.toLowerCase();
	const out = [];
	for (let i = 0; wanted !== '' && i < lines.length && out.length < most; i++)
		if (lines[i].toLowerCase().includes(wanted))
			out.push(i + 1);
	return out;
}

/**
 * Pieces of a line with what was searched in pieces of its own, marked.
 * @param {{kind: string, text: string}[]} tokens
 * @param {string} needle
 * @returns {{kind: string, text: string, found: boolean}[]}
 */
export function markFound(tokens, needle) {
	const wanted = needle.toLowerCase();
	if (wanted === '')
		return tokens.map(t => ({ ...t, found: false }));
	const line = tokens.map(t => t.text).join('').toLowerCase();
	const hits = [];
	for (let at = line.indexOf(wanted); at >= 0 && hits.length < 200; at = line.indexOf(wanted, at + wanted.length))
		hits.push([at, at + wanted.length]);
	const out = [];
	let at = 0, hit = 0;
	for (const { kind, text } of tokens)
		for (let done = 0; done < text.length;) {
			while (hit < hits.length && hits[hit][1] <= at + done)
				hit++;
			const [from, to] = hits[hit] ?? [Infinity, Infinity];
			const found = from <= at + done;
			const stop = Math.min(text.length, (found ? to : from) - at);
			out.push({ kind, text: text.slice(done, stop), found });
			done = stop;
			if (done === text.length)
				at += text.length;
		}
	return out;
}
