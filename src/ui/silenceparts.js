// SPDX-License-Identifier: Apache-2.0
/** What the list, the page and the form of silences have in common. */
import { get, send, serverNow } from './api.js';
import { boot, can } from './boot.js';
import { Icon } from './icons.js';
import { Time, Value, announce, formatCount } from './kit.js';
import { useHold } from './live.js';
import { formatMatcher } from './matcher.js';
import { Fragment, h, useEffect, useRef, useState } from './render.js';
import { href } from './route.js';
import { settings } from './settings.js';
import { commandOf, draftFromSilence, matchersOf, recreateView } from './silencedraft.js';
import { nextWindow, windowText } from './silencetimes.js';
import { createStore, useStore } from './store.js';
import { bothTimes, formatDuration, formatFull } from './time.js';
import { copyText } from './value.js';

/** Milliseconds for which a button that ends a silence waits for the second click. */
const ARMED = 5000;
/** Seconds before its end from which a silence is said to end soon. */
export const SOON = 3600;

/** Why nothing can be changed here, or ''. */
export const forbidden = () => (can('silence') ? '' : 'You may look, but not change silences.');

/** The silence's state: 'active', 'pending' or 'expired'. */
export const stateOf = s => (s.status && typeof s.status.state === 'string' ? s.status.state : '');
export const isRecurring = s => Boolean(s.schedule);
/** What a silence is shown as: 'ack', 'recurring', 'file' or 'silence'. */
export const kindOf = s => (s.read_only ? 'file' : s.kind === 'ack' || s.kind === 'recurring' ? s.kind : 'silence');
/** Its comment, without the mark that acknowledgements bear for API v2. */
export const commentOf = s => (s.kind === 'ack' ? String(s.comment || '').replace(/^ACK!\s*/, '') : String(s.comment || ''));

/** Whether the window is a phone's; rendered anew when that changes. */
export function useNarrow(query = '(max-width: 719.9px)') {
	const [narrow, set] = useState(() => matchMedia(query).matches);
	useEffect(() => {
		const list = matchMedia(query);
		const look = () => set(list.matches);
		look();
		list.addEventListener('change', look);
		return () => list.removeEventListener('change', look);
	}, [query]);
	return narrow;
}

/** Renders again every `ms`, for what depends on the clock without a Time of its own. */
export function useTick(ms) {
	const [, set] = useState(0);
	useEffect(() => {
		const timer = setInterval(() => document.hidden || set(n => n + 1), ms);
		return () => clearInterval(timer);
	}, [ms]);
}

/** A matcher as a chip: `a="b"`, with what differs in kind. */
export function MatcherChips({ matchers }) {
	return h('span', { class: 'labels si-matchers' }, ...matchers.slice(0, 50).map((m, i) => h('span', { key: i, class: 'label' },
		h(Value, { text: m.name, class: 'label-name' }), h('span', { class: 'si-op' }, m.op), h(Value, { text: m.value }))),
	matchers.length > 50 ? h('span', { class: 'meta' }, `and ${matchers.length - 50} more`) : null);
}

const KIND_MARKS = new Map([['ack', ['ack', 'ack']], ['recurring', ['repeat', 'recurring']], ['file', ['lock', 'from file']]]);

/** What kind of silence it is, with a picture; nothing for a plain one. */
export function KindMark({ silence }) {
	const kind = KIND_MARKS.get(kindOf(silence));
	return kind ? h('span', { class: 'state si-kind-mark' + (kindOf(silence) === 'ack' ? ' state-acked' : '') }, h(Icon, { name: kind[0] }), kind[1]) : null;
}

/** When it comes again: 'Mon, Fri 22:00–06:00, Europe/Istanbul'. */
export function scheduleText(schedule) {
	return `${schedule.windows.map(windowText).join('; ')}, ${schedule.location}`;
}

/** How much time is left, as text and a thin bar; whoever shows it ticks (useTick). */
export function TimeLeft({ silence }) {
	const now = serverNow();
	const [starts, ends] = [Date.parse(silence.startsAt), Date.parse(silence.endsAt)];
	const state = stateOf(silence);
	if (state === 'expired' || (state === 'active' && ends <= now)) return h('span', { class: 'si-left' }, h('span', { class: 'dim' }, 'ended ', h(Time, { at: ends }), ' ago'));
	if (state === 'pending' && starts > now) {
		return h('span', { class: 'si-left' }, h('span', null, 'begins in ', h(Time, { at: starts, mode: 'left' })), h('span', { class: 'meta' }, h(Time, { at: starts, mode: 'at' }), ' – ', h(Time, { at: ends, mode: 'at' })));
	}
	const left = Math.max(0, Math.min(1, (ends - now) / Math.max(1, ends - starts)));
	const soon = (ends - now) / 1000 < SOON && !isRecurring(silence);
	return h('span', { class: 'si-left' },
		h('span', { class: soon ? 'si-soon' : '' }, soon ? h(Icon, { name: 'clock', size: 0.875 }) : null, h(Time, { at: ends, mode: 'left' }), ' left', soon ? h('span', { class: 'vh' }, ', ends within the hour') : null),
		h('span', { class: 'si-bar', 'aria-hidden': 'true' }, h('span', { style: { width: `${Math.max(2, left * 100).toFixed(1)}%` } })),
		h('span', { class: 'meta' }, silence.ends_with === 'alert' ? 'or when it resolves, ' : '', 'until ', h(Time, { at: ends, mode: 'at' })));
}

/** A moment whole, local and in UTC. */
export function FullTime({ at }) {
	const utc = useStore(settings, s => s.utc);
	const hour12 = useStore(settings, s => !s.hours24);
	const ms = typeof at === 'number' ? at : Date.parse(at);
	if (!Number.isFinite(ms)) return '–';
	const [first, second] = [formatFull(ms, { utc, hour12 }), formatFull(ms, { utc: !utc, hour12 })];
	return h('time', { datetime: new Date(ms).toISOString(), class: 'num' }, first, first === second ? null : h('span', { class: 'dim' }, ` (${second})`));
}

/** The occurrence of a schedule that is open or next, in words. */
export function Next({ windows, zone, now }) {
	const next = nextWindow(windows, zone, now);
	if (!next) return null;
	return h(Fragment, null, next.starts <= now ? 'Now, until ' : `Next: ${bothTimes(next.starts, now)} to `, bothTimes(next.ends, now), ', ', formatDuration((next.ends - next.starts) / 1000));
}

/** The alerts a filter chooses, whatever their state. */
export const coveredHref = matchers => href({ page: 'alerts', silenced: true, inhibited: true, muted: true, active: true, filter: matchers });

/** 'covers 14 alerts' as a link to them. */
export function Covers({ silence, short = false }) {
	const n = Number(silence.alerts) || 0;
	if (stateOf(silence) === 'expired') return h('span', { class: 'dim' }, '–');
	const text = short ? formatCount(n) : plural(n, 'alert');
	if (!n) return h('span', { class: 'dim' }, short ? 'nothing' : 'covers nothing');
	return h('a', { href: coveredHref(matchersOf(silence)), 'aria-label': `covers ${plural(n, 'alert')}` }, short ? text : `covers ${text}`);
}

/* ---- what can be done ---- */

/** Ends a silence. Throws ApiError. */
export const expire = id => send('DELETE', 'v2:silence/' + encodeURIComponent(id));

/** What becomes of many: {results: [{id, ok, error?}]}. */
export const bulk = (action, ids, seconds) => send('POST', 'silences/bulk', action === 'extend' ? { action, ids, seconds } : { action, ids });

/** What a second click would do: 'Expire now: 14 alerts will be told'. */
export function armedText(verb, alerts) {
	return alerts > 0 ? `${verb} now: ${plural(alerts, 'alert')} will be told` : `${verb} now: it covers nothing`;
}

/**
 * A button that asks for a second click in place: its words change for 5 s.
 * @param {{verb: string, alerts: number, run: function(): Promise, armed?: boolean, onarmed?: function(boolean), quiet?: boolean}} props armed: it is to be clicked once more, as
 *   when a menu's entry was the first click
 */
export function TwoStep({ verb, alerts, run, armed: given = false, onarmed, quiet = false, icon, text }) {
	const [own, arm] = useState(false);
	const [busy, work] = useState(false);
	const ref = useRef(null);
	const armed = own || given;
	useHold(armed);
	const set = on => {
		arm(on);
		if (onarmed) onarmed(on);
	};
	useEffect(() => {
		if (!armed) return undefined;
		if (given && ref.current) ref.current.focus();
		const timer = setTimeout(set, ARMED, false);
		return () => clearTimeout(timer);
	}, [armed, given]);
	const click = async event => {
		event.stopPropagation();
		// The second half of a double click is no second thought.
		if (busy || event.detail > 1) return;
		if (!armed) return set(true);
		work(true);
		try {
			await run();
		} finally {
			work(false);
			set(false);
		}
	};
	return h('button', { type: 'button', ref, class: armed ? 'btn danger si-armed' : quiet ? 'btn quiet' : 'btn', 'aria-disabled': busy || undefined, onclick: click,
		onkeydown: event => {
			if (event.key === 'Escape' && armed) {
				event.stopPropagation();
				set(false);
			}
		} }, icon && !armed ? h(Icon, { name: icon }) : null, h('span', { 'aria-live': 'assertive' }, armed ? armedText(verb, alerts) : text || verb), busy ? '…' : null);
}

/** 'Expire', and for what has not begun 'Delete', as in Alertmanager's page. */
export const endVerb = s => (stateOf(s) === 'pending' && !isRecurring(s) ? 'Delete' : 'Expire');

/** This page's address, for commands. */
export const serverUrl = () => boot.external_url || location.href.replace(/[?#].*$/, '').replace(/\/$/, '');

async function copy(text, what) {
	announce((await copyText(text)) ? `${what} copied.` : 'Could not copy.');
}

/** The command that would make the silence, from now on for as long as it lasts. */
export function commandFor(silence) {
	const now = serverNow();
	const draft = draftFromSilence(silence, now);
	if (stateOf(silence) === 'expired') {
		draft.endExact = null;
		draft.endText = '2h';
	}
	return commandOf({ ...draft, comment: commentOf(silence) }, { now, url: serverUrl() });
}

/** What happened to what it covers, since it began. */
export const historyHref = s => href({ page: 'history', filter: matchersOf(s), range: { from: String(s.startsAt || '') } });
export const editHref = s => href({ page: 'silence-edit', id: s.id });
export const recreateHref = s => href(recreateView(s, serverNow()));

/**
 * The entries of a silence's menu.
 * @param {object} s
 * @param {{onexpire: function(), onextend: function(number), full?: boolean}} on full: with what stands beside the menu on wide screens
 */
export function menuOf(s, { onexpire, onextend, full = false }) {
	const state = stateOf(s);
	const reason = s.read_only ? 'It is declared in a file, and changed there.' : forbidden();
	const command = commandFor(s);
	const link = serverUrl() + '/' + href({ page: 'silence', id: s.id });
	const ended = state === 'expired';
	const fixed = reason || (isRecurring(s) ? 'It lasts as its schedule says.' : '');
	return [
		full ? { label: 'View', icon: 'silence', href: href({ page: 'silence', id: s.id }) } : null,
		ended || (!full && !reason) ? null : { label: 'Edit', icon: 'edit', href: editHref(s), reason: s.kind === 'ack' && !reason ? 'An acknowledgement is made anew instead.' : reason },
		...(ended ? [] : [['1 h', 3600], ['4 h', 14400], ['1 d', 86400]].map(([text, seconds]) => ({ label: `Extend by ${text}`, icon: 'clock', reason: fixed, onselect: () => onextend(seconds) }))),
		ended ? null : { label: endVerb(s), icon: 'cross', danger: !reason, reason, onselect: onexpire },
		{ label: 'Recreate', icon: 'repeat', href: recreateHref(s) },
		{ label: 'Copy link', icon: 'link', onselect: () => copy(link, 'The link') },
		{ label: 'Copy tocsin silence add …', icon: 'copy', reason: command.reason || '', onselect: () => copy(command.text, 'The command') },
		{ label: 'History', icon: 'history', href: historyHref(s) },
	];
}

/** One silence as the extended list has it, else as API v2 does: {silence}. Throws ApiError. */
export async function loadSilence(id, { signal }) {
	const { data: plain } = await get('v2:silence/' + encodeURIComponent(id), null, { signal });
	const query = { state: ['active', 'pending', 'expired'], filter: matchersOf(plain).map(formatMatcher), created_by: plain.createdBy || undefined, limit: 1000 };
	for (let cursor = undefined; ;) {
		const { data } = await get('silences', { ...query, cursor }, { signal });
		const found = data.items.find(s => s.id === id);
		if (found) return { ...plain, ...found };
		if (!data.next) return plain;
		cursor = data.next;
	}
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Whether a text can be the id of a silence. */
export const isId = text => UUID.test(String(text));


/** {id, what: 'created'|'changed'|'replaced', old}: what the form has just made, so that the silence's page can say so. */
export const made = createStore({ id: null, what: '', old: '' });
