// SPDX-License-Identifier: Apache-2.0
/** History: what happened, what was sent, and (stats.js) what it comes to. */
import { address, get, serverNow } from './api.js';
import { useZone } from './chart.js';
import { EventBars, EventDetail, EventList, More, NotificationTable, useRows } from './historylist.js';
import { historyQuery, kindChoices, kindWord, mergeNewer, olderRange, outcomeChoices, rangeText, readRange } from './events.js';
import { FilterBar } from './filterbar.js';
import { useKeys } from './keys.js';
import { Button, Empty, ErrorBox, Notice, Select, Skeleton, Tabs, announce, formatCount } from './kit.js';
import { held, useLive } from './live.js';
import { RangeField } from './rangefield.js';
import { Fragment, h, useEffect, useLayout, useRef, useState } from './render.js';
import { go, href } from './route.js';
import { Stats } from './stats.js';
import { formatWhen } from './time.js';

const EVENTS_PAGE = 100;
/** Questions in a row that a wide range may take before the person is asked. */
const IN_A_ROW = 6;

/** Asks until there is something to show, the end, or enough was asked. */
async function askOn(query, cursor, signal) {
	let items = [];
	let page = null;
	let next = cursor;
	for (let i = 0; i < IN_A_ROW; i++) {
		page = (await get('history', { ...query, limit: EVENTS_PAGE, cursor: next || undefined }, { signal })).data;
		items = items.concat(page.items);
		next = page.next;
		if (!next || items.length >= EVENTS_PAGE / 2) break;
	}
	return { items, next, oldest: page.oldest, lag: page.lag_seconds, missing: page.missing };
}

/** The newer ones of a list that is known; null when there are too many to be sure that none is left out. */
async function askNewer(list, query, signal) {
	const from = list.items.length ? new Date(Date.parse(list.items[0].at) - 5000).toISOString() : query.from;
	const page = (await get('history', { ...query, from: from > query.from ? from : query.from, limit: EVENTS_PAGE }, { signal })).data;
	if (page.next) return null;
	return { ...list, items: mergeNewer(list.items, page.items), oldest: page.oldest, lag: page.lag_seconds, missing: page.missing };
}

/** A list of history that follows what happens, and goes back as far as it is asked to. */
function useHistory(view, range) {
	const key = JSON.stringify(historyQuery(view, { from: 0, to: range.to })) + range.last + (range.last ? '' : range.from);
	const known = useRef({ key: '', list: null });
	const [older, setOlder] = useState({ busy: false, error: null });
	const [, again] = useState(0);
	const answer = useLive('history', async ({ signal }) => {
		const query = historyQuery(view, range);
		let list = null;
		if (known.current.key === key && known.current.list && range.to === null) list = await askNewer(known.current.list, query, signal);
		if (!list) list = await askOn(query, null, signal);
		known.current = { key, list };
		return list;
	}, [key]);
	useEffect(() => setOlder({ busy: false, error: null }), [key]);
	const more = async () => {
		const { list } = known.current;
		setOlder({ busy: true, error: null });
		try {
			const page = await askOn(historyQuery(view, range), list.next);
			if (known.current.key !== key) return;
			known.current.list = { ...known.current.list, items: known.current.list.items.concat(page.items), next: page.next };
			setOlder({ busy: false, error: null });
			again(n => n + 1);
			announce(page.items.length ? `${page.items.length} older events` : 'Nothing found yet');
		} catch (error) {
			setOlder({ busy: false, error });
		}
	};
	const restart = () => {
		known.current = { key: '', list: null };
		answer.reload();
	};
	return { ...answer, list: known.current.key === key ? known.current.list : null, older, more, restart };
}

/** The list that is shown: rows do not move under a person who has scrolled or holds something; what is new waits. */
function useStill(list, key) {
	const top = useRef(null);
	const atTop = useRef(true);
	const shown = useRef({ key: '', first: null });
	const [, again] = useState(0);
	useEffect(() => {
		const observer = new IntersectionObserver(entries => {
			atTop.current = entries[entries.length - 1].isIntersecting;
		});
		observer.observe(top.current);
		return () => observer.disconnect();
	}, []);
	if (!list) return { top, items: [], waiting: 0, show: () => {} };
	const now = shown.current;
	const at = now.key === key && now.first ? list.items.findIndex(i => i.id === now.first) : 0;
	const still = at > 0 && (!atTop.current || held.get().count > 0);
	if (!still) shown.current = { key, first: list.items.length ? list.items[0].id : null };
	return {
		top, waiting: still ? at : 0, items: still ? list.items.slice(at) : list.items,
		show: () => {
			shown.current = { key: '', first: null };
			again(n => n + 1);
			scrollTo({ top: 0 });
		},
	};
}

/** The page History: {view}. */
export function HistoryPage({ view }) {
	const tab = view.tab || 'events';
	const keep = { filter: view.filter, receiver: view.receiver, range: view.range, group: view.group, alert: view.alert, page: 'history' };
	const tabs = [
		{ id: 'events', label: 'Events', href: href({ ...keep, tab: 'events' }) },
		{ id: 'notifications', label: 'Notifications', href: href({ ...keep, tab: 'notifications' }) },
		{ id: 'stats', label: 'Stats', href: href({ page: 'history', tab: 'stats', range: { last: view.range && view.range.last } }) },
	];
	return h('div', { class: 'hi' + (view.open ? ' has-open' : '') },
		h('div', { class: 'hi-top' }, h('h1', { tabindex: -1 }, 'History'), h(Tabs, { items: tabs, active: tab, label: 'Parts of history' }), tab === 'stats' ? null : h(Export, { view })),
		tab === 'stats' ? h(Stats, { view }) : h(Past, { view }));
}

/** All that the view asks for as a file, not only what was loaded. */
function Export({ view }) {
	const zone = useZone();
	const query = historyQuery(view, readRange(view.range, serverNow(), zone));
	const file = (format, word) => h(Button, { kind: 'quiet', href: address('history', { ...query, format }), download: `history.${format}`, 'aria-label': `All of it as ${word}` }, word);
	return h('span', { class: 'hi-export' }, file('csv', 'CSV'), file('json', 'JSON'));
}

function useReceivers() {
	const { data } = useLive('config', ({ signal }) => get('v2:receivers', null, { signal }), []);
	return Array.isArray(data) ? data.map(r => String(r.name)) : [];
}

function Past({ view }) {
	const zone = useZone();
	const now = serverNow();
	const range = readRange(view.range, now, zone);
	const notifications = view.tab === 'notifications';
	const past = useHistory(view, range);
	const { list } = past;
	const viewKey = href({ ...view, open: '' });
	const still = useStill(list, viewKey);
	const rows = useRows();
	const to = patch => go({ ...view, open: '', ...patch });
	const opened = view.open && list ? list.items.find(i => i.id === view.open) : null;
	const scroll = useRef(0);
	useLayout(() => {
		// On a phone the event takes the place of the list.
		if (view.open) return () => requestAnimationFrame(() => scrollTo({ top: scroll.current }));
		const keep = () => (scroll.current = window.scrollY);
		addEventListener('scroll', keep, { passive: true });
		return () => removeEventListener('scroll', keep);
	}, [Boolean(view.open)]);
	const close = () => {
		const row = rows.get(view.open);
		to({});
		if (row) requestAnimationFrame(() => row.isConnected && row.focus());
	};
	const step = by => {
		const all = still.items.map(i => rows.get(i.id)).filter(Boolean);
		const at = all.indexOf(document.activeElement);
		const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
		if (next) next.focus();
	};
	useKeys({ j: () => step(1), k: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1), Escape: () => (view.open ? close() : false) });
	const List = notifications ? NotificationTable : EventList;
	return h(Fragment, null,
		h(HistoryQuestion, { view, range, to, notifications }),
		list && list.lag >= 5 ? h(Notice, { kind: 'warning' }, `History is ${formatCount(Math.round(list.lag))} s behind: the disk is slow.`) : null,
		list && list.missing > 0 ? h(Notice, { kind: 'warning' }, `${formatCount(list.missing)} events could not be kept: the disk was behind.`) : null,
		range.bad ? h(Notice, { kind: 'warning' }, 'Part of this range could not be read: ', h('code', null, range.bad), `. Showing ${rangeText(range, t => formatWhen(t, now, zone)).toLowerCase()}.`) : null,
		past.error ? h(HistoryFailed, { error: past.error, restart: past.restart }) : null,
		h('div', { ref: still.top, class: 'hi-sentinel', 'aria-hidden': 'true' }),
		still.waiting ? h('div', { class: 'hi-pill' }, h(Button, { kind: 'primary', icon: 'up', onclick: still.show }, `${formatCount(still.waiting)} new`)) : null,
		!list ? (past.error ? null : h(Skeleton, { rows: 8 }))
			: h('div', { class: 'hi-body' + (past.stale || past.error ? ' stale' : '') },
				h('div', { class: 'hi-main' },
					list.items.length ? h(EventBars, { items: still.items, range, now, done: !list.next, notifications,
						onpick: r => to({ range: { from: new Date(r.from).toISOString(), to: new Date(r.to).toISOString() } }) }) : null,
					list.items.length ? h(List, { items: still.items, view, now, rows }) : list.next ? null : h(NoEvents, { view, range, now, to }),
					h(End, { view, list, range, now, past, zone, to }))),
				// The detail stands last, and beside the list where there is room.
		view.open ? h('aside', { class: 'hi-side' }, opened ? h(EventDetail, { event: opened, onclose: close, link: permalink(view, opened) })
			: list ? h(Notice, { kind: 'info', actions: h(Button, { onclick: close }, 'Close') }, 'This event is not among those shown: it may lie outside of the range.') : null) : null);
}

/** An address that shows the event with nothing but its second around it. */
function permalink(view, e) {
	const at = Math.floor(Date.parse(e.at) / 1000) * 1000;
	const link = href({ page: 'history', tab: view.tab, open: e.id, range: { from: new Date(at).toISOString(), to: new Date(at + 1000).toISOString() } });
	return new URL(link, location.href).href;
}

function HistoryFailed({ error, restart }) {
	if (error.code === 'no_history' && error.status === 501) return h(Empty, { title: 'No history is kept.' }, h('p', null, 'The server was started with ', h('code', null, '--no-history.enabled'), '.'));
	return h(ErrorBox, { error, onretry: restart });
}

function NoEvents({ view, range, now, to }) {
	const filtered = view.filter.length || view.kind || view.outcome || view.receiver || view.group || view.alert || view.integration || view.actor;
	return h(Empty, { title: 'Nothing in this range.' },
		h('div', { class: 'row-flex hi-center' },
			range.last === '24h' ? null : h(Button, { href: href({ ...view, open: '', range: { last: '24h' } }) }, 'Last 24 h'),
			h(Button, { href: href({ ...view, open: '', range: olderRange(range, now) }) }, 'Older'),
			filtered ? h(Button, { onclick: () => to({ filter: [], kind: '', outcome: '', receiver: null, group: '', alert: '', integration: '', actor: '' }) }, 'Clear the filter') : null));
}

/** What stands below the list: how it goes on, or why it does not. */
function End({ view, list, range, now, past, zone, to }) {
	if (past.older.error) {
		const { error } = past.older;
		return h(ErrorBox, { error, title: error.kind === 'expired' ? 'The server was started anew' : undefined, onretry: error.kind === 'expired' || error.code === 'bad_cursor' ? past.restart : past.more });
	}
	if (list.next) {
		const few = list.items.length < EVENTS_PAGE / 2;
		return h(Fragment, null, few ? h('p', { class: 'hi-end' }, `This is a lot to look through: ${list.items.length ? `${list.items.length} found so far` : 'nothing found so far'}, and not all of the range was looked at.`) : null,
			h(More, { busy: past.older.busy, onclick: past.more }, few ? 'Go on' : 'Show older'));
	}
	const oldest = Date.parse(list.oldest);
	if (Number.isFinite(oldest) && oldest > range.from + 60000)
		return h('p', { class: 'hi-end' }, 'History begins on ', h('time', { datetime: String(list.oldest) }, formatWhen(oldest, now, zone)), '. What was before was removed, or never kept.');
	if (!list.items.length) return null;
	return h('p', { class: 'hi-end' }, 'That is all of this range. ', h('a', { href: href({ ...view, open: '', range: olderRange(range, now) }) }, 'Older'));
}

/* ---- the question ---- */

/** The filter, and what else narrows the list. */
function HistoryQuestion({ view, range, to, notifications }) {
	const names = useReceivers();
	const receiver = view.receiver ? (view.receiver.name !== undefined ? view.receiver.name : `=~ ${view.receiver.regex}`) : '';
	const choices = [['', 'All receivers'], ...new Set([...names, ...(view.receiver && view.receiver.name !== undefined ? [view.receiver.name] : [])])].map(n => (Array.isArray(n) ? n : [n, n]));
	if (view.receiver && view.receiver.regex !== undefined) choices.push([receiver, receiver]);
	const kinds = kindChoices.some(([v]) => v === (view.kind || '')) ? kindChoices : [...kindChoices, [view.kind, view.kind.split(',').map(kindWord).join(', ')]];
	const pinned = [['alert', 'alert'], ['group', 'group'], ['integration', 'integration'], ['actor', 'by']].filter(([m]) => view[m]);
	return h('div', { class: 'hi-question' },
		h(FilterBar, { filter: view.filter, onchange: filter => to({ filter }), unread: view.unread, placeholder: 'Matchers of the alerts, like team="db"',
			extra: pinned.map(([member, word]) => ({ key: member, label: `${word} ${view[member]}`, onremove: () => to({ [member]: '' }) })) }),
		h('div', { class: 'hi-fields' },
			notifications ? null : h(Select, { 'aria-label': 'Kind of event', class: 'hi-kind', options: kinds, value: view.kind || '', onchange: e => to({ kind: e.target.value }) }),
			h(Select, { 'aria-label': 'Outcome', options: outcomeChoices, value: view.outcome || '', onchange: e => to({ outcome: e.target.value }) }),
			h(Select, { 'aria-label': 'Receiver', class: 'hi-receiver', options: choices, value: receiver, onchange: e => to({ receiver: !e.target.value ? null : e.target.value === receiver ? view.receiver : { name: e.target.value } }) }),
			h(RangeField, { view, range, to })));
}
