// SPDX-License-Identifier: Apache-2.0
// Matchers as text. Links, bots and people write them in many ways: what Alertmanager reads is read as it does, by its page
// or else by its server, and what it refuses is read as well as can be, with what is left over named.

/**
 * @typedef {{name: string, op: '='|'!='|'=~'|'!~', value: string}} Matcher
 * @typedef {{matchers: Matcher[], strict: boolean, unread: string|null}} Reading
 */

const RESERVED = /[\s\u0085{}!=~,\\"'`]/;
const BARE = /^[^\s\u0085{}!=~,\\"'`]+/;
const OPERATOR = /^(?:=~|!~|!=|=)/;
const CLASSIC = /^([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t\n\f\r]*(=~|!=|!~|=)/;
/* U+FEFF is white space for JavaScript alone. */
const BLANK = /^(?!\uFEFF)[\s\u0085]/;

function skipBlanks(text, at) {
	while (at < text.length && BLANK.test(text[at]))
		at++;
	return at;
}

/** A value so that a regular expression matches it alone. */
export const quoteRegex = text => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');

/* Without ASCII's white space at both ends, in linear time. */
function trimAscii(text) {
	let start = 0, end = text.length;
	while (start < end && ' \t\n\f\r'.includes(text[start]))
		start++;
	while (end > start && ' \t\n\f\r'.includes(text[end - 1]))
		end--;
	return text.slice(start, end);
}

/* Where the quoted text that begins at `at` ends, behind its quote; -1 when it does not. */
function quotedEnd(text, at) {
	for (let i = at + 1; i < text.length; i++)
		if (text[i] === '\\')
			i++;
		else if (text[i] === '"')
			return i + 1;
	return -1;
}

function readJson(text) {
	try {
		const value = JSON.parse(text);
		return typeof value === 'string' ? value : null;
	} catch {
		return null;
	}
}

/* The grammar of Alertmanager's page: braces, values in double quotes with JSON's escapes. Null when it refuses. */
function parsePage(text) {
	const found = [];
	const end = text.length - 1;
	if (end < 1 || text[0] !== '{' || text[end] !== '}')
		return null;
	let at = skipBlanks(text, 1);
	while (at < end || found.length > 0) {
		const name = itemName(text, at, false);
		const op = name && OPERATOR.exec(text.slice(name.end, name.end + 2));
		if (!op)
			return null;
		const start = name.end + op[0].length;
		const stop = text[start] === '"' ? quotedEnd(text, start) : -1;
		const value = stop < 0 ? null : readJson(text.slice(start, stop));
		if (value === null)
			return null;
		found.push({ name: name.name, op: op[0], value });
		at = skipBlanks(text, stop);
		if (at === end)
			return found;
		if (text[at] !== ',')
			return null;
		at = skipBlanks(text, at + 1);
	}
	return found;
}

/* A label's name at `at`, bare or in quotes: {name, end}, or null. */
function itemName(text, at, quoted = true) {
	if (quoted && text[at] === '"') {
		const end = quotedEnd(text, at);
		return end < 0 ? null : { name: unescapeLoosely(text.slice(at + 1, end - 1)), end };
	}
	let end = at;
	while (end < text.length && !RESERVED.test(text[end]))
		end++;
	return end === at ? null : { name: text.slice(at, end), end };
}

const GO_ESCAPES = new Map([['a', 7], ['b', 8], ['f', 12], ['n', 10], ['r', 13], ['t', 9], ['v', 11], ['\\', 92], ['"', 34]]);

/* A quoted text of Go; null when it is none, or no UTF-8. */
function unquoteGo(raw) {
	const inner = raw.slice(1, -1);
	if (inner.includes('\n'))
		return null;
	if (!inner.includes('\\'))
		return inner;
	const bytes = [];
	const re = /\\(?:([abfnrtv\\"])|([0-3][0-7]{2})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|[^\\]+/gy;
	let last = 0;
	for (let m; last < inner.length && (m = re.exec(inner)) !== null; last = re.lastIndex) {
		if (m[1] !== undefined)
			bytes.push(GO_ESCAPES.get(m[1]));
		else if (m[2] !== undefined || m[3] !== undefined)
			bytes.push(m[2] !== undefined ? parseInt(m[2], 8) : parseInt(m[3], 16));
		else if (m[4] !== undefined || m[5] !== undefined) {
			const code = parseInt(m[4] ?? m[5], 16);
			if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
				return null;
			for (const b of new TextEncoder().encode(String.fromCodePoint(code)))
				bytes.push(b);
		} else
			for (const b of new TextEncoder().encode(m[0]))
				bytes.push(b);
	}
	if (last < inner.length)
		return null;
	try {
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
	} catch {
		return null;
	}
}

/* The words of the UTF-8 grammar: [kind, text]; null when something is none. */
function wordsOf(text) {
	const words = [];
	for (let at = skipBlanks(text, 0); at < text.length; at = skipBlanks(text, at)) {
		const op = OPERATOR.exec(text.slice(at, at + 2));
		if (op !== null) {
			words.push({ kind: 'op', text: op[0] });
			at += op[0].length;
		} else if (text[at] === '"') {
			const end = quotedEnd(text, at);
			const value = end < 0 ? null : unquoteGo(text.slice(at, end));
			if (value === null)
				return null;
			words.push({ kind: 'word', text: value });
			at = end;
		} else if (text[at] === '{' || text[at] === '}' || text[at] === ',')
			words.push({ kind: text[at], text: text[at++] });
		else {
			const bare = itemName(text, at, false);
			if (bare === null)
				return null;
			words.push({ kind: 'word', text: bare.name });
			at = bare.end;
		}
	}
	return words;
}

/* The UTF-8 grammar of the server. Null when it refuses. */
function parseUtf8(text) {
	const words = wordsOf(text);
	if (words === null)
		return null;
	const kind = i => words[i]?.kind;
	const open = kind(0) === '{';
	if (open !== (kind(words.length - 1) === '}'))
		return null;
	const end = words.length - (open ? 1 : 0);
	const found = [];
	for (let i = open ? 1 : 0; i < end; i += 4) {
		if (kind(i) !== 'word' || kind(i + 1) !== 'op' || kind(i + 2) !== 'word' || (i + 3 < end && kind(i + 3) !== ','))
			return null;
		if (words[i].text === '')
			return null;
		found.push({ name: words[i].text, op: words[i + 1].text, value: words[i + 2].text });
	}
	return found;
}

/* A value of the classic grammar without its quotes and escapes; null: a quote where none may be. */
function unescapeClassic(raw) {
	const quoted = raw[0] === '"';
	const inner = quoted ? raw.slice(1) : raw;
	let out = '';
	for (let i = 0; i < inner.length; i++) {
		const next = inner[i + 1];
		if (inner[i] === '"')
			return quoted && i === inner.length - 1 ? out : null;
		if (inner[i] === '\\' && (next === 'n' || next === '"' || next === '\\')) {
			out += next === 'n' ? '\n' : next;
			i++;
		} else
			out += inner[i];
	}
	return quoted ? null : out;
}

/* The elements of a list of the classic grammar: cut at commas outside of quotes. */
function classicElements(text) {
	const out = [];
	let quoted = false, escaped = false, start = 0;
	for (let i = 0; i < text.length; i++) {
		const c = text[i];
		if (c === ',' && !quoted) {
			out.push(text.slice(start, i));
			start = i + 1;
		} else if (c === '"' && !escaped)
			quoted = !quoted;
		escaped = c === '\\' && !escaped;
	}
	const last = text.slice(start).trim();
	if (last !== '')
		out.push(last);
	return out;
}

/* The classic grammar of the server. Null when it refuses. */
function parseClassic(text) {
	const found = [];
	let inner = text.startsWith('{') ? text.slice(1) : text;
	if (inner.endsWith('}'))
		inner = inner.slice(0, -1);
	for (const element of classicElements(inner)) {
		const trimmed = trimAscii(element);
		const m = CLASSIC.exec(trimmed);
		const value = m === null ? null : unescapeClassic(trimAscii(trimmed.slice(m[0].length)));
		if (value === null)
			return null;
		found.push({ name: m[1], op: m[2], value });
	}
	return found;
}

/* JSON's escapes; a backslash that begins none stays. */
function unescapeLoosely(raw) {
	return raw.replace(/\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])/g, m => JSON.parse(`"${m}"`));
}

/* The end of a quoted value whose inner quotes nobody escaped: a quote that `,`, `}` or the end follows. -1: there is none. */
function looseEnd(text, at) {
	for (let i = at + 1; i < text.length; i++) {
		if (text[i] === '\\') {
			i++;
			continue;
		}
		if (text[i] !== '"' || text[i + 1] === '"')
			continue;
		const next = skipBlanks(text, i + 1);
		if (next >= text.length || text[next] === ',' || text[next] === '}')
			return i;
	}
	return -1;
}

/*
 * One item of a badly written list: {matcher, end}, or null when it is none. `scan.open` is set once a quote was found open
 * to the end, as then all later ones are: else many of them would be looked through again and again.
 */
function looseItem(text, at, scan) {
	const name = itemName(text, at);
	if (name === null || name.name === '')
		return null;
	const opAt = skipBlanks(text, name.end);
	const op = OPERATOR.exec(text.slice(opAt, opAt + 2));
	if (op === null)
		return null;
	const start = skipBlanks(text, opAt + op[0].length);
	if (text[start] === '"') {
		const end = scan.open ? -1 : looseEnd(text, start);
		scan.open = end < 0;
		return scan.open ? null
			: { matcher: { name: name.name, op: op[0], value: unescapeLoosely(text.slice(start + 1, end)) }, end: end + 1 };
	}
	let end = start;
	while (end < text.length && text[end] !== ',' && text[end] !== '}')
		end++;
	return { matcher: { name: name.name, op: op[0], value: text.slice(start, end).trim() }, end };
}

/* What no grammar reads: each item for itself. */
function parseLoosely(text) {
	const matchers = [], unread = [], scan = { open: false };
	let at = skipBlanks(text, 0);
	if (text[at] === '{')
		at++;
	for (;;) {
		at = skipBlanks(text, at);
		if (at >= text.length)
			break;
		if (text[at] === ',' || text[at] === '}') {
			at++;
			continue;
		}
		const item = looseItem(text, at, scan);
		if (item !== null) {
			matchers.push(item.matcher);
			at = item.end;
			continue;
		}
		const comma = text.indexOf(',', at);
		const end = comma < 0 ? text.length : comma;
		const piece = text.slice(at, end).trim();
		if (piece.replace(/\}$/, '').trim() !== '')
			unread.push(piece);
		at = end;
	}
	return { matchers, strict: false, unread: unread.length === 0 ? null : unread.join(', ') };
}

function same(a, b) {
	return a.length === b.length && a.every((m, i) => sameMatcher(m, b[i]));
}

/**
 * Whether two matchers say the same.
 * @param {Matcher} a
 * @param {Matcher} b
 * @returns {boolean}
 */
export function sameMatcher(a, b) {
	return a.name === b.name && a.op === b.op && a.value === b.value;
}

/**
 * Reads matchers as Alertmanager's server does: by both grammars, where the classic one wins if they differ.
 * @param {string} text
 * @returns {Matcher[]|null} null: it would refuse
 */
export function parseAsServer(text) {
	const classic = parseClassic(text), utf8 = parseUtf8(text);
	if (classic === null || utf8 === null)
		return classic ?? utf8;
	return same(classic, utf8) ? utf8 : classic;
}

/**
 * Reads matchers by the grammar of Alertmanager's page, which links made for it have to follow.
 * @param {string} text
 * @returns {Matcher[]|null} null: it would refuse
 */
export function parseAsPage(text) {
	return parsePage(text.trim());
}

/**
 * Reads matchers, with braces or without.
 * @param {string} text any text; never throws
 * @returns {Reading} `strict`: Alertmanager reads it too; `unread`: what could not be read, the rest was
 */
export function parseMatchers(text) {
	const trimmed = String(text).trim();
	const matchers = parsePage(trimmed) ?? parseAsServer(trimmed);
	if (matchers !== null)
		return { matchers, strict: true, unread: null };
	return parseLoosely(trimmed);
}

/**
 * Whether a name has to stand in quotes.
 * @param {string} name
 * @returns {boolean}
 */
export function needsQuotes(name) {
	return name === '' || !BARE.test(name) || RESERVED.test(name);
}

/**
 * A matcher as the API, the command line and the configuration read it, in both grammars: `a=~"b"`.
 * @param {Matcher} m
 * @returns {string}
 */
export function formatMatcher(m) {
	if (needsQuotes(m.name))
		return JSON.stringify(m.name) + m.op + JSON.stringify(m.value);
	return `${m.name}${m.op}"${m.value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

/**
 * Matchers as one text to show, copy and paste: `{a="b", c=~"d"}`; nothing for none.
 * @param {Matcher[]} list
 * @returns {string}
 */
export function formatMatchers(list) {
	return list.length === 0 ? '' : `{${list.map(formatMatcher).join(', ')}}`;
}

/**
 * The same for a link: values with JSON's escapes, which is what Alertmanager's page reads there.
 * @param {Matcher[]} list
 * @returns {string}
 */
export function formatForLink(list) {
	if (list.length === 0)
		return '';
	const one = m => (needsQuotes(m.name) ? JSON.stringify(m.name) : m.name) + m.op + JSON.stringify(m.value);
	return `{${list.map(one).join(', ')}}`;
}

/**
 * A matcher as API v2 has it.
 * @param {Matcher} m
 * @returns {{name: string, value: string, isRegex: boolean, isEqual: boolean}}
 */
export function toApi(m) {
	return { name: m.name, value: m.value, isRegex: m.op === '=~' || m.op === '!~', isEqual: m.op === '=' || m.op === '=~' };
}

/**
 * A matcher of API v2; without `isEqual` it is an equal one, as in API v2.
 * @param {{name: string, value: string, isRegex?: boolean, isEqual?: boolean}} m
 * @returns {Matcher}
 */
export function fromApi(m) {
	const equal = m.isEqual !== false;
	return { name: String(m.name), value: String(m.value), op: m.isRegex ? (equal ? '=~' : '!~') : (equal ? '=' : '!=') };
}

/**
 * The matchers that choose alerts with exactly these labels.
 * @param {Iterable<[string, string]>} labels pairs, such as the entries of a Map or of an object
 * @returns {Matcher[]}
 */
export function fromLabels(labels) {
	return Array.from(labels, ([name, value]) => ({ name, op: '=', value }));
}
