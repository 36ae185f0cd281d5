// SPDX-License-Identifier: Apache-2.0
// Addresses. Everything behind the # of the page is read and written here: links of Alertmanager's page and of all that makes
// links for it, well-formed or not, and our own. What is written, Alertmanager's page reads too.

import { formatForLink, parseMatchers } from './matcher.js';

/* Longer ones are nobody's link. */
const LONGEST_URL = 256 * 1024;
/* A value that a raw & has cut is put together again from this many pieces at most. */
const MOST_PIECES = 64;

const ENTITIES = [[/&quot;|&#34;/g, '%22'], [/&#39;|&apos;/g, '%27'], [/&lt;/g, '%3C'], [/&gt;/g, '%3E'], [/&amp;/g, '&']];

/*
 * The parameters of each page in the order in which they are written: [name, member of the view, kind, default].
 * Kinds: text; flag; list (by commas); word (one of the default's array, the first of which is the default);
 * number (whole, from 1); filter, receiver: see below.
 */
const ALERT_PARAMS = [
	['silenced', 'silenced', 'flag', false],
	['inhibited', 'inhibited', 'flag', false],
	['muted', 'muted', 'flag', false],
	['active', 'active', 'flag', true],
	['filter', 'filter', 'filter'],
	['receiver', 'receiver', 'receiver'],
	['group', 'group', 'list'],
	['customGrouping', 'custom', 'presence'],
	['acked', 'acked', 'flag', true],
	['sort', 'sort', 'word', ['severity', 'newest', 'oldest', 'count', 'name']],
	['view', 'view', 'word', ['groups', 'table']],
	['q', 'q', 'text'],
	['age_min', 'ageMin', 'number'],
	['owner', 'owner', 'text'],
	['open', 'open', 'text'],
];
const FORM = [
	['filter', 'filter', 'filter'],
	['comment', 'comment', 'text'],
	['createdBy', 'createdBy', 'text'],
	['starts', 'starts', 'text'],
	['duration', 'duration', 'text'],
	['ends', 'ends', 'text'],
	['annotations', 'annotations', 'text'],
	['notify', 'notify', 'flag', false],
	['weekdays', 'weekdays', 'text'],
	['fromTime', 'fromTime', 'text'],
	['toTime', 'toTime', 'text'],
	['zone', 'zone', 'text'],
	['until', 'until', 'text'],
	['group', 'group', 'text'],
	['alert', 'alert', 'text'],
	['recreate', 'recreate', 'text'],
];
const RANGE = [['last', 'last', 'text'], ['from', 'from', 'text'], ['to', 'to', 'text']];
const PARAMS = new Map([
	['alerts', ALERT_PARAMS],
	['alert', [['tab', 'tab', 'text']]],
	['group', [['open', 'open', 'text']]],
	['silences', [
		['filter', 'filter', 'filter'],
		['state', 'state', 'text'],
		['kind', 'kind', 'text'],
		['createdBy', 'createdBy', 'text'],
		['q', 'q', 'text'],
		['matching', 'matching', 'text'],
		['sort', 'sort', 'text'],
		['open', 'open', 'text'],
	]],
	['silence', []],
	['silence-new', FORM],
	['silence-edit', FORM],
	['history', [
		['filter', 'filter', 'filter'],
		['receiver', 'receiver', 'receiver'],
		['q', 'q', 'text'],
		['kind', 'kind', 'text'],
		['outcome', 'outcome', 'text'],
		['integration', 'integration', 'text'],
		['actor', 'actor', 'text'],
		['group', 'group', 'text'],
		['alert', 'alert', 'text'],
		...RANGE,
		['open', 'open', 'text'],
	]],
	['explain', [['labels', 'labels', 'labels'], ['alert', 'alert', 'text'], ['at', 'at', 'text'], ['q', 'q', 'text'], ['open', 'open', 'text']]],
	['receivers', [['q', 'q', 'text']]],
	['receiver', [['test', 'test', 'flag', false]]],
	['templates', [['template', 'template', 'text'], ['text', 'text', 'text'], ['receiver', 'receiver', 'receiver'], ['group', 'group', 'text'], ['type', 'type', 'word', ['text', 'html']]]],
	['status', []],
	['config', [['line', 'line', 'number'], ['q', 'q', 'text']]],
	['settings', []],
	['unknown', []],
]);
/* Names that end a value that a raw & has cut, on whatever page. */
const ALERTMANAGERS = new Set(['filter', 'receiver', 'silenced', 'inhibited', 'muted', 'active', 'group', 'customGrouping', 'comment']);
const HISTORY_TABS = new Set(['notifications', 'stats']);

/* A text without lone surrogates, which encodeURIComponent refuses. */
function wellFormed(text) {
	return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}

function encode(text) {
	return encodeURIComponent(wellFormed(String(text)));
}

/* How many bytes the UTF-8 sequence has that this byte begins; 0: none. */
function sequenceLength(byte) {
	if (byte < 0x80)
		return 1;
	if (byte >= 0xc2 && byte < 0xe0)
		return 2;
	if (byte >= 0xe0 && byte < 0xf0)
		return 3;
	return byte >= 0xf0 && byte < 0xf5 ? 4 : 0;
}

/* Decodes a run of %XX; what is no UTF-8 stays as it is written. */
function decodeRun(run) {
	const bytes = run.length / 3;
	let out = '';
	for (let i = 0; i < bytes;) {
		const n = sequenceLength(parseInt(run.slice(3 * i + 1, 3 * i + 3), 16));
		const raw = run.slice(3 * i, 3 * (i + Math.max(n, 1)));
		let text = raw.slice(0, 3);
		let taken = 1;
		if (n > 0 && i + n <= bytes)
			try {
				text = decodeURIComponent(raw);
				taken = n;
			} catch {
				/* the first byte stays, the next may begin something */
			}
		out += text;
		i += taken;
	}
	return out;
}

function decode(text) {
	return text.replace(/(?:%[0-9a-fA-F]{2})+/g, decodeRun);
}

function paramNameOf(segment) {
	const at = segment.indexOf('=');
	return at < 0 ? null : decode(segment.slice(0, at));
}

/* Whether a filter is complete: anything but an open brace or an open quote. */
function isClosed(text) {
	const trimmed = text.trim();
	if (trimmed.startsWith('{') && !trimmed.endsWith('}'))
		return false;
	return parseMatchers(trimmed).unread === null || !/[{"]/.test(trimmed);
}

/*
 * The query as pairs. A raw & inside a filter has cut it into segments: these are put back as long as that completes it,
 * up to the next parameter that the page knows.
 */
function splitQuery(query, known, decodeValue) {
	const segments = query.split('&');
	const pairs = [];
	for (let i = 0; i < segments.length; i++) {
		const at = segments[i].indexOf('=');
		const name = paramNameOf(segments[i]);
		if (name === null || !known.has(name))
			continue;
		let value = segments[i].slice(at + 1);
		if (name === 'filter' && !isClosed(decodeValue(value))) {
			const end = Math.min(segments.length, i + MOST_PIECES);
			for (let j = i + 1, longer = value; j < end && !known.has(paramNameOf(segments[j])); j++) {
				longer += '&' + segments[j];
				if (isClosed(decodeValue(longer))) {
					value = longer;
					i = j;
					break;
				}
			}
		}
		pairs.push([name, decodeValue(value)]);
	}
	return pairs;
}

const META = /[-[\]{}()*+?.,\\^$|#\s]/g;

/**
 * A receiver's name as the regular expression that is only it, written as Alertmanager's page does.
 * @param {string} name
 * @returns {string}
 */
export function quoteReceiver(name) {
	return name.replace(META, '\\$&');
}

/* The one text that a regular expression without any operator stands for; null when it has one. */
function literalOf(regex) {
	if (/[[\]{}()*+?.^$|]/.test(regex.replace(/\\[^A-Za-z0-9]/g, '')))
		return null;
	const literal = regex.replace(/\\([^A-Za-z0-9])/g, '$1');
	return /\\[A-Za-z0-9]/.test(regex.replace(/\\\\/g, '')) || /\\$/.test(regex.replace(/\\\\/g, '')) ? null : literal;
}

/**
 * What `receiver=` of a link means.
 * @param {string} text the decoded value
 * @param {Iterable<string>|null} [names] receivers of the configuration, when they are known
 * @returns {{name: string}|{regex: string}|null} null: none is asked for
 */
export function resolveReceiver(text, names = null) {
	if (text === '')
		return null;
	const literal = literalOf(text);
	if (names === null)
		return literal === null ? { regex: text } : { name: literal };
	const known = new Set(names);
	for (const candidate of [text, literal, text.replaceAll(' ', '+'), literal?.replaceAll(' ', '+')])
		if (candidate !== null && candidate !== undefined && known.has(candidate))
			return { name: candidate };
	return { regex: text };
}

function splitList(text) {
	return text.split(',').map(s => s.trim()).filter(s => s !== '');
}

function readNumber(text) {
	return /^[0-9]{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : null;
}

/* One parameter into the view. `values`: all that were given, none when absent. */
function readParam(view, [name, member, kind, standard], values, receivers) {
	const text = values[0];
	switch (kind) {
	case 'flag':
		view[member] = text === undefined ? standard : text.toLowerCase() !== 'false';
		break;
	case 'presence':
		view[member] = text !== undefined;
		break;
	case 'list':
		view[member] = text === undefined ? null : splitList(text);
		break;
	case 'word':
		view[member] = standard.includes(text) ? text : standard[0];
		break;
	case 'number':
		view[member] = text === undefined ? null : readNumber(text);
		break;
	case 'receiver':
		view.receiverText = text ?? '';
		view.receiver = resolveReceiver(text ?? '', receivers);
		break;
	case 'filter':
	case 'labels': {
		const readings = values.map(parseMatchers);
		const unread = readings.map(r => r.unread).filter(u => u !== null);
		view[member] = readings.flatMap(r => r.matchers);
		view.unread = unread.length === 0 ? null : unread.join(', ');
		break;
	}
	default:
		view[member] = text ?? '';
	}
}

function silencesPage(segments) {
	const id = segments[1];
	if (id === undefined)
		return { page: 'silences' };
	if (id === 'new' && segments.length === 2)
		return { page: 'silence-new' };
	if (segments.length === 2)
		return { page: 'silence', id };
	return segments.length === 3 && segments[2] === 'edit' ? { page: 'silence-edit', id } : null;
}

function withId(page, segments) {
	return segments.length === 2 ? { page, id: segments[1] } : null;
}

function alone(page, segments) {
	return segments.length === 1 ? { page } : null;
}

/* Page, id and tab by the segments of the path; null for none of ours. */
function pageOf(segments) {
	switch (segments[0]) {
	case undefined:
		return { page: 'alerts' };
	case 'silences':
	case 'silence':
		return silencesPage(segments);
	case 'alert':
	case 'group':
		return withId(segments[0], segments);
	case 'receivers':
		return alone('receivers', segments) ?? withId('receiver', segments);
	case 'history':
		if (segments.length === 1)
			return { page: 'history', tab: 'events' };
		return segments.length === 2 && HISTORY_TABS.has(segments[1]) ? { page: 'history', tab: segments[1] } : null;
	case 'alerts':
	case 'explain':
	case 'templates':
	case 'status':
	case 'config':
	case 'settings':
		return alone(segments[0], segments);
	default:
		return null;
	}
}

/**
 * Reads the fragment of an address. Never throws.
 *
 * The view has `page`, `id` and `tab` where the page has them, and a member for each parameter of the page, with its
 * default when absent: see PARAMS. `filter` is a list of matchers and `unread` the part of it that could not be read, or
 * null; `receiver` is {name}, {regex} or null, and `receiverText` what was written, to be given to resolveReceiver again
 * once the names are known; `group` is null or a list, `custom` whether alerts are grouped by it; `bare` is true when no
 * parameter was given at all, which is where a site's own default filter applies; `range` is {last, from, to}; `labels`
 * of explain are matchers with `=`. Of page 'unknown', `path` is what was asked for.
 * @param {string} hash location.hash, raw
 * @param {{receivers?: Iterable<string>|null}} [known] names of the receivers, when they are known
 * @returns {Object}
 */
export function parseLink(hash, { receivers = null } = {}) {
	let raw = String(hash).slice(0, LONGEST_URL);
	for (const [from, to] of ENTITIES)
		raw = raw.replace(from, to);
	raw = raw.replace(/^#?!?\/*/, '');
	const cut = raw.indexOf('?');
	const path = cut < 0 ? raw : raw.slice(0, cut);
	const query = cut < 0 ? '' : raw.slice(cut + 1);
	const segments = path.split('/').filter(s => s !== '').map(decode);
	const view = pageOf(segments) ?? { page: 'unknown', path: decode(path) };
	const params = PARAMS.get(view.page);
	const known = new Set(ALERTMANAGERS);
	for (const [name] of params)
		known.add(name);
	const plus = /%20/.test(query);
	const pairs = query === '' ? [] : splitQuery(query, known, text => decode(plus ? text : text.replaceAll('+', ' ')));
	for (const param of params)
		readParam(view, param, pairs.filter(([name]) => name === param[0]).map(([, value]) => value), receivers);
	finishView(view, pairs.length === 0);
	return view;
}

/* What depends on more than one parameter. */
function finishView(view, bare) {
	if (view.page === 'alerts' || view.page === 'silences') {
		view.bare = bare;
		if (view.custom && view.group === null)
			view.group = ['alertname'];
	}
	if (view.page === 'history') {
		view.range = { last: view.last, from: view.from, to: view.to };
		delete view.last;
		delete view.from;
		delete view.to;
	}
	if (view.page === 'explain') {
		const others = view.labels.filter(m => m.op !== '=');
		if (others.length > 0)
			view.unread = [view.unread, formatForLink(others)].filter(s => s !== null).join(', ');
		view.labels = view.labels.filter(m => m.op === '=');
	}
}

/* The value of a parameter as text, or null where it is left out. */
function writeParam(view, [, member, kind, standard]) {
	const value = view[member];
	switch (kind) {
	case 'flag':
		return value === undefined || value === standard ? null : String(value);
	case 'presence':
		return value ? 'true' : null;
	case 'list':
		return writeGroup(view);
	case 'word':
		return value === undefined || value === standard[0] ? null : value;
	case 'number':
		return value ? String(value) : null;
	case 'receiver':
		if (!value)
			return null;
		return value.name !== undefined ? quoteReceiver(value.name) : value.regex;
	case 'filter':
	case 'labels':
		return value && value.length > 0 ? formatForLink(value) : null;
	default:
		return value === undefined || value === null || value === '' ? null : String(value);
	}
}

/* As Alertmanager's page: the standard grouping is left out, none at all is an empty value. */
function writeGroup({ group, custom }) {
	if (!group || (custom && group.length === 1 && group[0] === 'alertname'))
		return null;
	return group.join(',');
}

/* Alertmanager's page writes all four as soon as it writes anything. */
function writeFlags(view) {
	return ALERT_PARAMS.slice(0, 4).map(([name, member, , standard]) => `${name}=${view[member] ?? standard}`);
}

function pathOf({ page, id, tab, path }) {
	switch (page) {
	case 'silence':
		return `silences/${encode(id)}`;
	case 'silence-edit':
		return `silences/${encode(id)}/edit`;
	case 'silence-new':
		return 'silences/new';
	case 'receiver':
		return `receivers/${encode(id)}`;
	case 'alert':
	case 'group':
		return `${page}/${encode(id)}`;
	case 'history':
		return HISTORY_TABS.has(tab) ? `history/${tab}` : 'history';
	case 'unknown':
		return (path ?? '').split('/').map(encode).join('/');
	default:
		return page;
	}
}

/**
 * Writes an address in its canonical form: Alertmanager's parameters in its order and encoding, ours behind them.
 * @param {Object} view as parseLink gives it; members that are left out have their defaults
 * @returns {string} '#/…'
 */
export function formatLink(view) {
	const params = PARAMS.get(view.page) ?? [];
	const flat = view.range ? { ...view, ...view.range } : view;
	const isAlerts = view.page === 'alerts';
	const parts = [];
	for (const param of isAlerts ? params.slice(4) : params) {
		const text = writeParam(flat, param);
		if (text !== null)
			parts.push(`${param[0]}=${encode(text)}`);
	}
	if (isAlerts) {
		const flags = ALERT_PARAMS.slice(0, 4);
		const plain = flags.every(([, member, , standard]) => (view[member] ?? standard) === standard);
		const said = flags.some(([, member]) => view[member] !== undefined) && !view.bare;
		if (parts.length > 0 || !plain || said)
			parts.unshift(...writeFlags(view));
	}
	return `#/${pathOf(view)}${parts.length > 0 ? '?' + parts.join('&') : ''}`;
}
