// SPDX-License-Identifier: Apache-2.0
/** What shows values from the server. All of them are taken for hostile: text is text, and what cannot be seen is named. */
import { clockOffset, serverNow } from './api.js';
import { boot } from './boot.js';
import { Icon } from './icons.js';
import { h, useEffect, useRef, useState } from './render.js';
import { settings } from './settings.js';
import { createStore, useStore } from './store.js';
import { ageText, formatDuration, formatFull, formatWhen } from './time.js';

/** Characters of a value in a row, in a detail, and with 'Show all'. */
const ROW = 400;
const DETAIL = 2000;
const MOST_SHOWN = 200000;
const LABELS = 200;

// Controls, bidirectional overrides, zero-width and other unseen characters, half surrogate pairs, and heaps of marks over one letter.
// A joiner between two pictures is part of one picture.
const UNSEEN = new RegExp('[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u115f\\u1160\\u180e\\u200b\\u200c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]'
	+ '|(?<![\\p{Extended_Pictographic}\\ufe0f\\u{1f3fb}-\\u{1f3ff}])\\u200d|\\u200d(?!\\p{Extended_Pictographic})|\\p{Cs}|\\p{M}{7,}', 'gu');
const PLAIN_TEXT = /^[\x20-\x7e]*$/;

/** Parts of a text: strings, and {code} for what cannot be seen. */
export function seen(text) {
	if (PLAIN_TEXT.test(text)) return [text];
	const out = [];
	let from = 0;
	for (const m of text.matchAll(UNSEEN)) {
		const marks = m[0].length > 2;
		const keep = marks ? m.index + 4 : m.index;
		if (keep > from) out.push(text.slice(from, keep));
		out.push({ code: marks ? `+${m[0].length - 4} marks` : 'U+' + m[0].codePointAt(0).toString(16).toUpperCase().padStart(4, '0') });
		from = m.index + m[0].length;
	}
	if (from < text.length) out.push(text.slice(from));
	return out;
}

const shown = (text, lines) => seen(lines ? text : text.replace(/\r\n|[\r\n]/g, '↵')).map((p, i) => (typeof p === 'string' ? p : h('span', { key: i, class: 'unseen' }, p.code)));

// A cut between the halves of a pair would make two broken characters of one.
const cut = (text, n) => text.slice(0, /[\ud800-\udbff]/.test(text[n - 1]) ? n - 1 : n);

/**
 * A value: text apart from its surroundings in direction, with unseen characters named.
 * @param {{text: *, lines?: boolean, limit?: number, class?: string}} props lines: line breaks are kept, and a long text can be opened;
 *   without it line breaks are '↵' and the row is cut by the style sheet
 */
export function Value({ text, lines = false, limit = lines ? DETAIL : ROW, class: extra }) {
	const [all, showAll] = useState(false);
	const t = text === null || text === undefined ? '' : String(text);
	const name = 'value' + (lines ? ' lines' : '') + (extra ? ' ' + extra : '');
	if (t.trim() === '') return h('bdi', { class: name + ' blank' }, '"', ...shown(t.slice(0, 40), false), '"');
	const bound = all ? MOST_SHOWN : limit;
	const body = h('bdi', { class: name }, ...shown(t.length > bound ? cut(t, bound) : t, lines), t.length > bound ? '…' : null);
	if (!lines || t.length <= limit) return body;
	return [body, all && t.length <= MOST_SHOWN ? null : h('button', { key: 'all', type: 'button', class: 'btn quiet', onclick: () => showAll(true) }, all ? `cut at ${MOST_SHOWN / 1000} KB` : 'Show all')];
}

/** The address a text is, when a link may lead there: absolute, http or https, without control characters; else null. */
export function safeHref(text) {
	const t = String(text ?? '');
	if (!/^https?:\/\//i.test(t) || /[\u0000-\u0020\u007f-\u009f]/.test(t) || t.length > 8000) return null;
	try {
		const url = new URL(t);
		return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : null;
	} catch {
		return null;
	}
}

/** A link that leads away from here, or its text when it may not be one. Without children its text is the address. */
export function Ext({ href, children, class: extra }) {
	const safe = safeHref(href);
	const inside = children === undefined || (Array.isArray(children) && !children.length) ? null : children;
	if (!safe) return inside ? h('span', { class: extra }, inside) : h(Value, { text: href });
	return h('a', { href: safe, target: '_blank', rel: 'noopener noreferrer', class: 'ext' + (extra ? ' ' + extra : ''), title: inside ? safe : undefined },
		inside || h(Value, { text: String(href), limit: DETAIL }), h(Icon, { name: 'external', size: 0.75 }), h('span', { class: 'vh' }, ' (new tab)'));
}

let rules = null;

function siteRules() {
	if (rules) return rules;
	rules = [];
	for (const rule of Array.isArray(boot.ui.links) ? boot.ui.links.slice(0, 20) : []) {
		try {
			rules.push({ regex: new RegExp(rule.regex, 'g'), url: String(rule.url) });
		} catch {
			// What this browser cannot read is no link here.
		}
	}
	return rules;
}

const LINK = /(?<![^\s([{"'<])https?:\/\/[^\s<>]+/gi;
const MOST_LINKS = 20;

/** Splits a text into strings and {href, text}: words that begin with http:// or https://, and what the site's rules find. */
export function linksIn(text, extra = []) {
	let left = MOST_LINKS;
	const pieces = [];
	const find = (part, regex, make) => {
		let from = 0;
		for (const m of part.matchAll(regex)) {
			if (!left || !m[0] || m.index < from) continue;
			const made = make(m);
			if (!made) continue;
			left--;
			if (m.index > from) pieces.push(part.slice(from, m.index));
			pieces.push(made);
			from = m.index + made.text.length;
		}
		if (from < part.length) pieces.push(part.slice(from));
	};
	find(text, LINK, m => {
		const word = m[0].replace(/[.,;:!?)\]}'"]+$/, '');
		const href = safeHref(word);
		return href && { href, text: word };
	});
	for (const rule of extra) {
		const before = pieces.splice(0);
		for (const piece of before) {
			if (typeof piece !== 'string') pieces.push(piece);
			else find(piece, rule.regex, m => {
				const href = safeHref(rule.url.replace(/\$(\d)/g, (_, n) => encodeURIComponent(m[n] ?? '')));
				return href && { href, text: m[0] };
			});
		}
	}
	return pieces;
}

/** Text with its links; nothing else is marked up. Line breaks are kept unless `row`. */
export function RichText({ text, row = false, limit = row ? ROW : DETAIL }) {
	const [all, showAll] = useState(false);
	const t = String(text ?? '');
	if (t.trim() === '') return h(Value, { text: t });
	const bound = all ? MOST_SHOWN : limit;
	const parts = linksIn(t.length > bound ? cut(t, bound) : t, siteRules());
	return [
		h('bdi', { key: 'text', class: 'value' + (row ? '' : ' lines') }, ...parts.map((p, i) => (typeof p === 'string' ? h('span', { key: i }, ...shown(p, !row))
			: h(Ext, { key: i, href: p.href }, h('span', null, ...shown(p.text, false))))), t.length > bound ? '…' : null),
		t.length > bound && !row ? h('button', { key: 'all', type: 'button', class: 'btn quiet', onclick: () => showAll(true) }, 'Show all') : null,
	];
}

/** Labels as chips, `name="value"`: an object or a list of [name, value]; `onpick(name, value, event)` makes buttons of them. */
export function Labels({ labels, onpick, class: extra }) {
	const list = Array.isArray(labels) ? labels : Object.entries(labels || {}).sort(([a], [b]) => (a < b ? -1 : 1));
	return h('span', { class: 'labels' + (extra ? ' ' + extra : '') },
		...list.slice(0, LABELS).map(([name, value]) => {
			const inner = [h(Value, { key: 'n', text: name, class: 'label-name' }), '=', h(Value, { key: 'v', text: value })];
			return onpick ? h('button', { key: name, type: 'button', class: 'label', onclick: event => onpick(name, value, event) }, ...inner)
				: h('span', { key: name, class: 'label' }, ...inner);
		}),
		list.length > LABELS ? h('span', { class: 'meta' }, `and ${list.length - LABELS} more`) : null);
}

/* ---- times ---- */

/** {now}: the server's clock, moved on once a second; what shows ages looks at it. */
const clock = createStore({ now: serverNow() });
let watchers = 0;
let ticking = 0;

function useClock(select) {
	useEffect(() => {
		if (watchers++ === 0) ticking = setInterval(() => document.hidden || clock.set({ now: serverNow() }), 1000);
		return () => {
			if (--watchers === 0) clearInterval(ticking);
		};
	}, []);
	return useStore(clock, () => select(serverNow()));
}

function timeText(ms, mode, now, options) {
	if (mode === 'at') return formatWhen(ms, now, options);
	// Under a minute each second counts, later ten seconds are as good.
	const s = Math.abs(now - ms) / 1000;
	const coarse = s < 60 ? now : now - (now % 10000);
	if (mode === 'left') return formatDuration(Math.max(0, ms - coarse) / 1000, s < 36000 && s >= 60 ? 2 : 1);
	return ageText(ms, Math.max(coarse, ms));
}

/**
 * A moment: `at` (RFC 3339 or ms) as `mode` 'age' ('4 min'), 'left' (until then) or 'at' ('14:05', nearer or farther as it has to be). It ticks.
 * `before`: words before it; `past`: what stands in place of both once the moment is over.
 */
export function Time({ at, mode = 'age', before = '', past, class: extra }) {
	const ms = typeof at === 'number' ? at : Date.parse(at);
	const utc = useStore(settings, s => Boolean(s.utc));
	const hour12 = useStore(settings, s => s.hours24 === false);
	const text = useClock(now => (!Number.isFinite(ms) ? '–' : past !== undefined && ms <= now ? past : before + timeText(ms, mode, now, { utc, hour12 })));
	if (!Number.isFinite(ms)) return h('span', { class: extra }, '–');
	return h('time', { datetime: new Date(ms).toISOString(), title: `${formatFull(ms, { hour12 })}\n${formatFull(ms, { utc: true })}`, class: 'time' + (extra ? ' ' + extra : '') }, text);
}

/** Seconds by which the server's clock and this one differ, when it is more than a minute; else 0. */
export const clockSkew = () => (Math.abs(clockOffset()) > 60000 ? Math.round(clockOffset() / 1000) : 0);

/* ---- copying ---- */

/** Puts a text into the clipboard. Over plain http there is no clipboard: then a text field is selected and copied. */
export async function copyText(text) {
	if (navigator.clipboard && window.isSecureContext) {
		try {
			await navigator.clipboard.writeText(text);
			return true;
		} catch {
			// Refused: the other way may do.
		}
	}
	const had = document.activeElement;
	const host = document.querySelector('dialog:modal') || document.body;
	const area = document.createElement('textarea');
	area.value = text;
	area.className = 'vh';
	area.setAttribute('aria-hidden', 'true');
	host.append(area);
	area.select();
	let done = false;
	try {
		done = document.execCommand('copy');
	} catch {
		done = false;
	}
	area.remove();
	if (had && had !== document.body) had.focus({ preventScroll: true });
	return done;
}

/** A button that copies `text` (or what it gives as a function) and says so. `icon`: only a picture. */
export function Copy({ text, label = 'Copy', icon = false, class: extra }) {
	const [said, say] = useState('');
	const timer = useRef(0);
	useEffect(() => () => clearTimeout(timer.current), []);
	const copy = async () => {
		const done = await copyText(typeof text === 'function' ? text() : String(text));
		say(done ? 'Copied' : 'Could not copy');
		clearTimeout(timer.current);
		timer.current = setTimeout(say, 2000, '');
	};
	return h('button', { type: 'button', class: 'btn quiet' + (icon ? ' icon-btn' : '') + (extra ? ' ' + extra : ''), 'aria-label': icon ? said || label : undefined, title: icon ? label : undefined, onclick: copy },
		h(Icon, { name: said === 'Copied' ? 'check' : 'copy' }), icon ? null : said || label);
}
