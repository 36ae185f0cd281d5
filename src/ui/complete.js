// SPDX-License-Identifier: Apache-2.0
// What is typed into a filter field: what it means when it is taken, and what may come next. Pure; the field asks the server.

import { formatMatcher, needsQuotes, parseMatchers } from './matcher.js';
import { STATES } from './rows.js';
import { parseDuration } from './time.js';

/** Operators with what they mean. */
export const OPERATORS = [['=', 'is'], ['!=', 'is not'], ['=~', 'matches the regular expression'], ['!~', 'does not match it']];

/** Names that are no labels: they become parameters of the request. `words` are the values there are. */
export const PSEUDO = new Map([
	['state', { ops: ['='], words: STATES, hint: 'state of the alert' }],
	['receiver', { ops: ['=', '=~'], words: null, hint: 'who is told' }],
	['owner', { ops: ['='], words: null, hint: 'who has acknowledged it' }],
	['age', { ops: ['>'], words: ['5m', '15m', '1h', '6h', '1d'], hint: 'fires for longer than' }],
]);

const DRAFT = /^\s*("(?:[^"\\]|\\.)*"?|[^\s=!~<>:{},"]+)(\s*)(=~|!~|!=|=|>=?|:|!|)(\s*)([\s\S]*)$/;

const unquote = text => {
	if (!text.startsWith('"')) return text;
	const closed = text.length > 1 && text.endsWith('"') ? text : text + '"';
	try {
		return String(JSON.parse(closed));
	} catch {
		return text.replace(/^"|"$/g, '');
	}
};

/**
 * Which part of a matcher is being typed.
 * @param {string} text
 * @param {Iterable<string>} [pseudo] names that are no labels here
 * @returns {{part: 'name'|'op'|'value', name: string, op: string, prefix: string, pseudo: boolean}}
 */
export function draftOf(text, pseudo = PSEUDO.keys()) {
	const m = DRAFT.exec(text);
	if (!m) return { part: 'name', name: '', op: '', prefix: text.trim().replace(/^\{/, ''), pseudo: false };
	const [, rawName, gap, op, , rest] = m;
	const name = unquote(rawName);
	const isPseudo = !rawName.startsWith('"') && [...pseudo].includes(name);
	if (!op && (rest || gap) && !rest.trim()) return { part: 'op', name, op: '', prefix: '', pseudo: isPseudo };
	// Words: no matcher is on its way.
	if (!op) return { part: 'name', name: '', op: '', prefix: text.trim(), pseudo: false };
	if (op === '!') return { part: 'op', name, op, prefix: '!', pseudo: isPseudo };
	return { part: 'value', name, op: op === ':' ? '=' : op, prefix: unquote(rest.trim()), pseudo: isPseudo };
}

function readPseudo({ name, op, prefix }) {
	const value = prefix.trim();
	if (name === 'age') {
		const seconds = op.startsWith('>') ? parseDuration(value) : null;
		if (!seconds) return { kind: 'error', message: `age wants a duration, such as age>1h; not “${op}${value}”.` };
		return { kind: 'pseudo', name, op: '>', value: Math.round(seconds) };
	}
	if (name === 'state') {
		if (op !== '=' || !STATES.includes(value)) return { kind: 'error', message: `state= wants one of ${STATES.join(', ')}; not “${value}”.` };
		return { kind: 'pseudo', name, op, value };
	}
	if (name === 'owner') {
		if (op !== '=' || !value) return { kind: 'error', message: 'owner= wants the name of who has acknowledged.' };
		return { kind: 'pseudo', name, op, value };
	}
	if (!['=', '=~'].includes(op) || !value) return { kind: 'error', message: 'receiver= wants a name, receiver=~ a regular expression.' };
	return { kind: 'pseudo', name, op, value };
}

/**
 * What a text means when it is taken.
 * @param {string} text
 * @param {Iterable<string>} [pseudo]
 * @returns {{kind: 'none'}|{kind: 'matchers', matchers: Object[]}|{kind: 'words', text: string}|{kind: 'pseudo', name, op, value}|{kind: 'error', message: string}}
 */
export function entryOf(text, pseudo = PSEUDO.keys()) {
	const t = text.trim();
	if (!t) return { kind: 'none' };
	const names = [...pseudo];
	const draft = draftOf(t, names);
	if (draft.pseudo && draft.part === 'value') return readPseudo(draft);
	const braces = t.startsWith('{');
	if (!braces && draft.part !== 'value' && !/^\s*("(?:[^"\\]|\\.)*"|[^\s=!~{},"]+)\s*(=|!)/.test(t)) return { kind: 'words', text: t };
	const { matchers, unread } = parseMatchers(t);
	if (unread !== null) return { kind: 'error', message: `This could not be read: ${unread.slice(0, 200)}` };
	const empty = matchers.find(m => m.name === '');
	if (empty) return { kind: 'error', message: 'A matcher needs the name of a label.' };
	const bad = matchers.map(regexError).find(Boolean);
	if (bad) return { kind: 'error', message: bad };
	return matchers.length ? { kind: 'matchers', matchers } : { kind: 'none' };
}

/** What is plainly wrong with a matcher's regular expression, or ''. The server has the last word: its dialect is another. */
export function regexError(m) {
	if (m.op !== '=~' && m.op !== '!~') return '';
	const plain = m.value.replace(/\\[\s\S]/g, '').replace(/\[\^?\]?[^\]]*\]/g, '');
	let depth = 0;
	for (const c of plain) {
		if (c === '(') depth++;
		if (c === ')' && --depth < 0) break;
	}
	if (depth > 0) return `The regular expression ${m.value.slice(0, 80)} misses a closing ).`;
	if (depth < 0) return `The regular expression ${m.value.slice(0, 80)} has a ) too many.`;
	return '';
}

const nameText = name => (needsQuotes(name) || PSEUDO.has(name) ? JSON.stringify(name) : name);

/** Those with the prefix first, then those that hold it; in whatever case. */
function fitting(list, prefix, text) {
	const p = prefix.toLowerCase();
	const begin = list.filter(i => text(i).toLowerCase().startsWith(p));
	const hold = p ? list.filter(i => !text(i).toLowerCase().startsWith(p) && text(i).toLowerCase().includes(p)) : [];
	return [...begin, ...hold];
}

/**
 * @typedef {{text: string, label: string, hint?: string, count?: number, done: boolean, recent?: boolean}} Candidate
 *   `text` is what stands in the field when it is chosen; `done`: it is whole and becomes a chip
 */

/** Names of labels (and pseudo names) that may be meant: items as GET labels gives them. Behind a name stands a blank, so that the operators come next. */
export function nameCandidates(prefix, items, pseudo = PSEUDO.keys()) {
	const labels = fitting(items, prefix, i => i.name).map(i => ({ text: nameText(i.name) + ' ', label: i.name, count: i.alerts, done: false }));
	const own = fitting([...pseudo], prefix, n => n).map(n => ({ text: n + PSEUDO.get(n).ops[0], label: n + PSEUDO.get(n).ops[0], hint: PSEUDO.get(n).hint, done: false }));
	const words = prefix ? [{ text: prefix, label: `“${prefix}”`, hint: 'in any label or annotation', done: true }] : [];
	// What begins as typed comes before the rest; words are always possible.
	return [...labels.slice(0, 12), ...own, ...words];
}

/** Operators after a name. */
export function opCandidates(draft) {
	const known = draft.pseudo ? OPERATORS.concat([['>', 'longer than']]).filter(([op]) => PSEUDO.get(draft.name).ops.includes(op)) : OPERATORS;
	const name = draft.pseudo ? draft.name : nameText(draft.name);
	return known.filter(([op]) => op.startsWith(draft.prefix)).map(([op, hint]) => ({ text: name + op, label: op, hint, done: false }));
}

/** Values: items as GET labels/NAME/values gives them. */
export function valueCandidates(draft, items) {
	return items.map(i => ({ text: formatMatcher({ name: draft.name, op: draft.op, value: String(i.value) }), label: String(i.value), count: i.alerts, done: true }));
}

/** Values of pseudo names; `known` are those that the server has, where there is no list of words. */
export function pseudoCandidates(draft, known = []) {
	const words = PSEUDO.get(draft.name).words || known;
	return fitting(words, draft.prefix, w => w).slice(0, 20).map(w => ({ text: draft.name + draft.op + w, label: w, done: true }));
}

/** `a="b"` of its opposite. */
export function negated(m) {
	return { ...m, op: { '=': '!=', '!=': '=', '=~': '!~', '!~': '=~' }[m.op] };
}

/** The list with a matcher more, without saying anything twice. */
export function withMatcher(list, m) {
	return list.some(x => x.name === m.name && x.op === m.op && x.value === m.value) ? list : [...list, m];
}

/** The last filters, the newest first, each once, at most 20. */
export const withRecent = (list, text) => [text, ...list.filter(t => t !== text)].slice(0, 20);
