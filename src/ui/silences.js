// SPDX-License-Identifier: Apache-2.0
/** Silences: what is kept quiet, by whom, until when, and what it covers. */
import { get } from './api.js';
import { FilterBar } from './filterbar.js';
import { Button, Check, Empty, ErrorBox, Notice, Select, Skeleton, Tabs, Value, announce, formatCount, plural } from './kit.js';
import { useKeys } from './keys.js';
import { later } from './later.js';
import { useLive } from './live.js';
import { formatMatcher } from './matcher.js';
import { Fragment, h, useEffect, useRef, useState } from './render.js';
import { go, href } from './route.js';
import { matchersOf } from './silencedraft.js';
import { bulk, forbidden, TwoStep, useNarrow, useTick } from './silenceparts.js';
import { SilenceCard, SilenceRow } from './silencerow.js';

const LaterSilence = later(() => import('./silence.js'), 'SilenceDetail', '');
const SILENCES_PAGE = 200;
/** What only the page itself can choose is looked for among so many. */
const LOOKED = 1000;
const STATE_TABS = new Map([['active', 'Active'], ['pending', 'Pending'], ['expired', 'Expired']]);
const KIND_CHIPS = [['', 'All'], ['silence', 'Silences'], ['ack', 'Acks'], ['recurring', 'Recurring'], ['file', 'From files']];
const SILENCE_SORTS = [['ends', 'Ends soonest'], ['updated', 'Newest'], ['alerts', 'Covers most'], ['created_by', 'Creator']];
const EXTENSIONS = [['+1h', 3600], ['+4h', 14400], ['+1d', 86400]];

/** What the address asks for, with what it may not say replaced by the default. */
export function wanted(view) {
	const state = STATE_TABS.has(view.state) ? view.state : 'active';
	const kind = KIND_CHIPS.some(([k]) => k === view.kind) ? view.kind : '';
	const sort = SILENCE_SORTS.some(([s]) => s === view.sort) ? view.sort : state === 'expired' ? 'updated' : 'ends';
	const nothing = view.matching === '0' && state !== 'expired';
	return { state, kind, sort, nothing, q: view.q || '', by: view.createdBy || '', filter: view.filter || [], local: kind === 'file' };
}

async function loadList(w, cursor, signal) {
	const { data } = await get('silences', {
		state: w.state, kind: w.kind === 'file' ? 'silence' : w.kind || undefined, created_by: w.by || undefined, q: w.q || undefined, filter: w.filter.map(formatMatcher), matching: w.nothing ? 0 : undefined,
		sort: w.sort, limit: w.local ? LOOKED : SILENCES_PAGE, cursor: w.local ? undefined : cursor,
	}, { signal });
	if (!w.local) return data;
	const items = data.items.filter(s => s.read_only);
	return { ...data, items: items.slice(0, SILENCES_PAGE), total: items.length, next: null, more: data.next !== null };
}

function SilencesHead({ narrow }) {
	return h('div', { class: 'si-head' }, h('h1', { tabindex: -1 }, 'Silences'),
		// On wide screens the header has it.
		narrow ? h(Fragment, null, h('span', { class: 'grow' }), h(Button, { kind: 'primary', icon: 'plus', href: href({ page: 'silence-new' }) }, 'New silence')) : null);
}

function SilenceTools({ view, w, narrow }) {
	const to = patch => href({ ...view, ...patch });
	return h('div', { class: 'si-tools' },
		h('nav', { class: 'si-kinds', 'aria-label': 'Kind' }, ...KIND_CHIPS.map(([kind, label]) => h('a', { key: label, class: 'si-kind', href: to({ kind }), 'aria-current': kind === w.kind ? 'true' : undefined }, label))),
		w.state === 'expired' ? null : h(Check, { key: 'nothing', chip: true, label: 'Matches nothing', checked: w.nothing, onchange: event => go({ ...view, matching: event.target.checked ? '0' : '' }) }),
		h('label', { class: 'si-sort' }, h('span', { class: narrow ? 'vh' : 'dim' }, 'Sort'), h(Select, { options: SILENCE_SORTS, value: w.sort, onchange: event => go({ ...view, sort: event.target.value }, { replace: true }) })));
}

function Bulk({ chosen, all, done, onclear }) {
	const [busy, work] = useState('');
	const why = forbidden();
	const run = async (word, action, seconds) => {
		work(word);
		try {
			await done(action, chosen.map(s => s.id), seconds);
		} finally {
			work('');
		}
	};
	const alerts = chosen.reduce((n, s) => n + (Number(s.alerts) || 0), 0);
	return h('div', { class: 'si-bulk', role: 'region', 'aria-label': 'Selected silences' },
		h('strong', null, `${formatCount(chosen.length)} of ${formatCount(all)} selected`),
		why ? h('span', { class: 'reason' }, why) : h(Fragment, null,
			h(TwoStep, { key: 'expire', verb: chosen.length === 1 ? 'Expire' : `Expire ${chosen.length}`, text: 'Expire', alerts, run: () => run('expire', 'expire') }),
			...EXTENSIONS.map(([label, seconds]) => h(Button, { key: label, busy: busy === label, 'aria-label': `Extend by ${label.slice(1)}`, onclick: () => run(label, 'extend', seconds) }, label))),
		h('span', { class: 'grow' }),
		h(Button, { kind: 'quiet', onclick: onclear }, 'Clear'));
}

/** What came of a change of several: how many went well, and each that did not with the server's reason. */
function BulkOutcome({ outcome, byId, onclose }) {
	const failed = outcome.results.filter(r => !r.ok);
	const good = outcome.results.length - failed.length;
	const words = outcome.action === 'expire' ? 'expired' : 'extended';
	return h(Notice, { kind: failed.length ? 'error' : 'ok', role: 'status', actions: h(Button, { kind: 'quiet', onclick: onclose }, 'Close') },
		h('strong', null, good ? `${plural(good, 'silence')} ${words}.` : `No silence was ${words}.`, failed.length ? ` ${plural(failed.length, 'silence')} not:` : ''),
		failed.length ? h('ul', { class: 'si-failed' }, ...failed.slice(0, 50).map(r => h('li', { key: r.id },
			h('a', { href: href({ page: 'silence', id: r.id }) }, h(Value, { text: byId.has(r.id) ? matchersOf(byId.get(r.id)).map(formatMatcher).join(' ') : r.id, limit: 120 })), ': ', String((r.error && r.error.message) || 'refused')))) : null);
}

function NoSilences({ view, w }) {
	const plain = !w.kind && !w.nothing && !w.q && !w.by && !w.filter.length;
	const clear = h(Button, { key: 'c', href: href({ page: 'silences', state: view.state }) }, 'Clear the filter');
	const fresh = h(Button, { key: 'n', icon: 'plus', href: href({ page: 'silence-new', filter: w.filter }) }, w.filter.length ? 'New silence with this filter' : 'New silence');
	const none = w.state === 'active' ? 'No silences.' : w.state === 'pending' ? 'No silence is about to begin.' : 'No expired silences. They are forgotten after a while.';
	return h(Empty, { icon: 'silence', title: plain ? none : 'No silence matches.' }, h('div', { class: 'row-flex' }, plain ? null : clear, fresh));
}

function Rows({ items, selected, open, armed, errors, on, narrow, all, onall }) {
	const props = s => ({ key: s.id, silence: s, selected: selected.has(s.id), opened: open === s.id, armed: armed === s.id, error: errors.get(s.id), on });
	if (narrow) return h('ul', { class: 'si-cards' }, ...items.map(s => h(SilenceCard, props(s))));
	return h('div', { class: 'table-box' }, h('table', { class: 'table si-table' },
		h('thead', null, h('tr', null,
			h('th', { class: 'si-c-check' }, h(Check, { label: h('span', { class: 'vh' }, 'Select all'), checked: all, onchange: onall })),
			...['Time left', 'Matchers', 'Creator', 'Comment', 'Covers'].map(t => h('th', { key: t, scope: 'col' }, t)), h('th', { scope: 'col' }, h('span', { class: 'vh' }, 'Actions')))),
		h('tbody', null, ...items.map(s => h(SilenceRow, props(s))))));
}

/** The page `#/silences`. */
export function Silences({ view }) {
	const w = wanted(view);
	const narrow = useNarrow();
	const roomy = !useNarrow('(max-width: 1159.9px)');
	const filterField = useRef(null);
	const question = JSON.stringify([w.state, w.kind, w.sort, w.nothing, w.q, w.by, w.filter]);
	const [place, setPlace] = useState({ question, cursors: [] });
	const cursors = place.question === question ? place.cursors : [];
	const cursor = cursors[cursors.length - 1];
	const [selected, select] = useState(() => new Set());
	const [armed, arm] = useState(null);
	const [errors, fail] = useState(() => new Map());
	const [outcome, tell] = useState(null);
	const last = useRef(null);
	useTick(10000);
	const { data, error, loading, stale, reload } = useLive(['silences', 'alerts'], ({ signal }) => loadList(w, cursor, signal), [question, cursor]);
	useEffect(() => select(new Set()), [question]);
	useEffect(() => {
		if (error && error.kind === 'expired' && cursors.length) setPlace({ question, cursors: [] });
	}, [error]);

	const items = data ? data.items : [];
	const open = roomy ? view.open : '';
	const close = () => go({ ...view, open: '' }, { replace: true });
	const links = () => [...document.querySelectorAll('.si-open')];
	const here = () => document.activeElement.closest('[data-id]');
	const move = by => {
		const all = links();
		const next = all[Math.max(0, Math.min(all.length - 1, (here() ? all.indexOf(here().querySelector('.si-open')) : by > 0 ? -1 : 1) + by))];
		if (!next) return false;
		next.focus();
		return true;
	};
	useKeys({
		'/': () => filterField.current && filterField.current.focus(),
		j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
		x: () => (here() ? here().querySelector('input[type=checkbox]').click() : false),
		Escape: () => (open ? close() : false),
	});
	const chosen = items.filter(s => selected.has(s.id));
	const on = {
		byHref: by => href({ ...view, createdBy: w.by === by ? '' : by }),
		arm,
		// Beside the list when there is room; with a key held the browser opens it as any link.
		open(id, event) {
			if (!roomy || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
			event.preventDefault();
			go({ ...view, open: open === id ? '' : id }, { replace: Boolean(open) });
		},
		select(id, event) {
			const add = event.target.checked;
			const [a, b] = [last.current, id].map(x => items.findIndex(s => s.id === x));
			const range = event.shiftKey && a >= 0 ? items.slice(Math.min(a, b), Math.max(a, b) + 1).map(s => s.id) : [id];
			last.current = id;
			select(old => {
				const next = new Set(old);
				for (const one of range) next[add ? 'add' : 'delete'](one);
				return next;
			});
		},
		expired(s) {
			announce('The silence was expired.');
			fail(old => new Map([...old].filter(([id]) => id !== s.id)));
			reload();
		},
		failed: (s, e) => fail(old => new Map(old).set(s.id, e)),
		async extend(ids, seconds) {
			await change('extend', ids, seconds);
		},
	};
	async function change(action, ids, seconds) {
		try {
			const { results } = await bulk(action, ids, seconds);
			tell({ action, results });
			announce(results.every(r => r.ok) ? `Done for ${plural(results.length, 'silence')}.` : 'Some could not be changed.');
			const left = new Set(results.filter(r => !r.ok).map(r => r.id));
			select(old => new Set([...old].filter(id => left.has(id))));
			reload();
		} catch (e) {
			if (!e.kind) throw e;
			tell({ action, results: ids.map(id => ({ id, ok: false, error: e })) });
		}
	}
	const counts = data ? data.counts : null;
	const to = patch => href({ ...view, ...patch });
	const extra = w.by ? [{ key: 'by', label: `by ${w.by}`, onremove: () => go({ ...view, createdBy: '' }) }] : [];
	return h(Fragment, null,
		h(SilencesHead, { narrow }),
		h(Tabs, { label: 'State', active: w.state, items: [...STATE_TABS].map(([id, label]) => ({ id, label, count: counts ? counts[id] : null, href: to({ state: id === 'active' ? '' : id, sort: '' }) })) }),
		h('div', { class: 'si-filter' },
			h(FilterBar, { label: 'Filter silences', filter: w.filter, onchange: filter => go({ ...view, filter }), q: w.q, onq: q => go({ ...view, q }), extra, unread: view.unread, complete: 'silences', api: filterField,
				placeholder: 'matcher of the silence, or words of its comment …' }),
			w.filter.length && items.length ? h('a', { class: 'btn', href: href({ page: 'silence-new', filter: w.filter }) }, 'New silence with this filter') : null),
		h(SilenceTools, { view, w, narrow }),
		outcome ? h(BulkOutcome, { outcome, byId: new Map(items.map(s => [s.id, s])), onclose: () => tell(null) }) : null,
		error && error.kind !== 'network' ? h(ErrorBox, { error, onretry: reload }) : null,
		!data ? (loading ? h(Skeleton, { rows: 8 }) : null) : h('div', { class: 'si-both' + (open ? ' si-with-detail' : '') }, h('div', { class: 'si-list' + (stale && error ? ' stale' : '') },
			items.length ? h(Rows, { items, selected, open, armed, errors, on, narrow, all: chosen.length === items.length, onall: event => select(new Set(event.target.checked ? items.map(s => s.id) : [])) }) : h(NoSilences, { view, w }),
			data.more ? h('p', { class: 'meta' }, `Of the first ${formatCount(LOOKED)}; narrow the filter for the others.`) : null,
			cursors.length || data.next ? h('nav', { class: 'si-pages', 'aria-label': 'Pages of silences' },
				h('span', { class: 'dim' }, `${formatCount(cursors.length * SILENCES_PAGE + 1)}–${formatCount(cursors.length * SILENCES_PAGE + items.length)} of ${formatCount(data.total)}`),
				h(Button, { reason: '', 'aria-disabled': !cursors.length || undefined, onclick: () => cursors.length && setPlace({ question, cursors: cursors.slice(0, -1) }) }, 'Previous'),
				h(Button, { 'aria-disabled': !data.next || undefined, onclick: () => data.next && setPlace({ question, cursors: [...cursors, data.next] }) }, 'Next')) : null),
			open ? h('aside', { class: 'si-detail', 'aria-label': 'Silence' }, h(LaterSilence, { key: open, id: open, onclose: close })) : null),
		chosen.length ? h(Bulk, { chosen, all: items.length, done: change, onclear: () => select(new Set()) }) : null);
}

