// SPDX-License-Identifier: Apache-2.0
/** The page Alerts: what burns, and who knows. */
import { AckDialog, ackReason } from './ackdialog.js';
import { useStateCounts, useAlertList } from './alertlist.js';
import { AlertRow, GroupHead, MoreRow } from './alertrows.js';
import { NoAlerts } from './alertempty.js';
import { TableHead, TableRow, widths } from './alerttable.js';
import { boot } from './boot.js';
import { Facets } from './facets.js';
import { FilterBar } from './filterbar.js';
import { Icon } from './icons.js';
import { Button, Check, ErrorBox, Notice, Select, Skeleton, announce, formatCount } from './kit.js';
import { LabelMenu } from './labelmenu.js';
import { later } from './later.js';
import { live } from './live.js';
import { quoteReceiver } from './link.js';
import { formatMatcher, formatMatchers, parseMatchers, toApi } from './matcher.js';
import { Fragment, h, useEffect, useMemo, useRef, useState } from './render.js';
import { go, href } from './route.js';
import { STATES, alertRows, groupRows, isNarrowed, paramsOf, shows, sizeOf } from './rows.js';
import { SelectionBar, whyNotAll } from './selection.js';
import { settings } from './settings.js';
import { useStore } from './store.js';
import { VList, useWide } from './vlist.js';
import { listKeys, useActions } from './alertact.js';
import { useKeys } from './keys.js';

const LaterAlert = later(() => import('./alert.js'), 'AlertDetail', '');
const SEVERITY = (boot.ui.severity && boot.ui.severity.label) || 'severity';
const ALERT_SORTS = [['severity', 'severity'], ['newest', 'newest'], ['oldest', 'oldest'], ['count', 'count'], ['name', 'name']];
/** A view that leaves nothing out but states. */
const NO_FILTER = { filter: [], q: '', receiver: null, ageMin: null, owner: '' };
const HEIGHTS = { wide: { head: 2.75, row: 2.25, more: 2 }, dense: { head: 2.25, row: 1.75, more: 1.75 }, phone: { head: 5.25, row: 4, more: 2.75 } };
/** Names of labels that grouping offers. */
const MOST_NAMES = 15;

function StateChips({ view, counts, change }) {
	return h('div', { class: 'al-states', role: 'group', 'aria-label': 'State' },
		...STATES.map(s => h(Check, { key: s, chip: true, label: s, checked: shows(view, s), count: counts ? counts[s] || 0 : undefined, onchange: e => change({ [s]: e.target.checked }) })));
}

function AlertTools({ view, change, names, table }) {
	const now = view.custom ? (view.group || []).join(',') : '*';
	const groups = [['*', 'as routed'], ...names.slice(0, MOST_NAMES).map(n => [n, n]), ['', 'not grouped']];
	if (!groups.some(([v]) => v === now)) groups.splice(1, 0, [now, now]);
	const group = value => change(value === '*' ? { group: null, custom: false } : { group: value ? value.split(',') : [], custom: true });
	return h('div', { class: 'al-tools' },
		table ? null : h('label', { class: 'al-tool' }, 'Group ', h(Select, { value: now, options: groups, onchange: e => group(e.target.value) })),
		h('label', { class: 'al-tool' }, 'Sort ', h(Select, { value: view.sort, options: table ? ALERT_SORTS.filter(([s]) => s !== 'count') : ALERT_SORTS, onchange: e => change({ sort: e.target.value }) })),
		h('span', { class: 'al-views', role: 'group', 'aria-label': 'View' },
			...[['groups', 'group', 'Groups'], ['table', 'table', 'Table']].map(([id, icon, label]) => h('button', { key: id, type: 'button', class: 'btn quiet icon-btn', title: label, 'aria-label': label, 'aria-pressed': view.view === id,
				onclick: () => change({ view: id, sort: id === 'table' && view.sort === 'count' ? 'severity' : view.sort }) }, h(Icon, { name: icon })))));
}

const receiverLabel = r => (r.name !== undefined ? `receiver = ${r.name}` : `receiver =~ ${r.regex}`);
const ownerLabel = o => `owner = ${o}`;
const ageLabel = s => `age > ${s % 86400 === 0 ? s / 86400 + ' d' : s % 3600 === 0 ? s / 3600 + ' h' : s % 60 === 0 ? s / 60 + ' min' : s + ' s'}`;

/** What the filter's pseudo-matchers set. */
function pseudo(view, change) {
	return (name, op, value) => {
		if (name === 'age') change({ ageMin: value });
		else if (name === 'owner') change({ owner: value });
		else if (name === 'state') change(Object.fromEntries(STATES.map(s => [s, s === value])));
		else change({ receiver: op === '=' ? { name: value } : { regex: value } });
	};
}

/** The filter that an address without any means: the person's, else the site's. */
function defaultFilter() {
	const text = settings.get().defaultFilter ?? boot.ui.default_filter ?? '';
	return text ? parseMatchers(String(text)).matchers : [];
}

function useDefaultFilter(view) {
	useEffect(() => {
		if (!view.bare) return;
		const filter = defaultFilter();
		if (filter.length) go({ ...view, filter, bare: false }, { replace: true });
	}, [view]);
}

/** The address by which a view is saved. */
const savedLink = view => href({ ...view, open: '', bare: false });

function FilterActions({ view, change }) {
	const saved = useStore(settings, s => s.filters);
	const link = savedLink(view);
	const has = saved.some(f => f.link === link);
	const name = (view.filter.length ? formatMatchers(view.filter) : [view.q, view.receiver && receiverLabel(view.receiver), view.owner && ownerLabel(view.owner)].filter(Boolean).join(' ')).slice(0, 80);
	const save = () => settings.set({ filters: has ? saved.filter(f => f.link !== link) : [{ name, link, columns: settings.get().columns }, ...saved].slice(0, 50) });
	return h(Fragment, null,
		h(Button, { kind: 'quiet', class: 'fb-act', 'aria-pressed': has, onclick: save }, has ? 'Saved' : 'Save'),
		view.filter.length ? h(Button, { kind: 'quiet', class: 'fb-act', icon: 'silence', href: href({ page: 'silence-new', filter: view.filter }) }, 'Silence these') : null,
		h(Button, { kind: 'quiet', class: 'fb-act', onclick: () => change(NO_FILTER) }, 'Clear'));
}

/** Unread parts of a link, said once above the list. */
const Unread = ({ text }) => h(Notice, { kind: 'warning', role: 'status' }, 'Part of this link could not be read: ', h('code', null, String(text).slice(0, 300)), '. Showing all alerts that match the rest.');

/** The page Alerts. */
export function Alerts({ view }) {
	const wide = useWide('(min-width: 60rem)');
	const phone = useWide('(max-width: 719.9px)');
	const roomy = useWide('(min-width: 72.5rem)');
	const density = useStore(settings, s => s.density);
	const folding = useStore(settings, s => s.groups);
	const link = savedLink(view);
	const columns = useStore(settings, s => (s.filters.find(f => f.link === link) || {}).columns || s.columns);
	// Those of a saved filter are its own.
	const setColumns = list => settings.set(s => (s.filters.some(f => f.link === link) ? { filters: s.filters.map(f => (f.link === link ? { ...f, columns: list } : f)) } : { columns: list }));
	const overview = useStore(live, s => s.overview);
	const table = view.view === 'table';
	const heights = phone ? HEIGHTS.phone : density === 'dense' ? HEIGHTS.dense : HEIGHTS.wide;
	const list = useRef(null);
	const box = useRef(null);
	const filterField = useRef(null);
	const [cursor, setCursor] = useState(null);
	const [folded, setFolded] = useState(() => new Map());
	const [selected, setSelected] = useState(() => new Map());
	const [all, setAll] = useState(false);
	const [dialog, setDialog] = useState(null);
	const [labelAt, setLabelAt] = useState(null);
	const [note, setNote] = useState('');
	useDefaultFilter(view);

	const change = patch => go({ ...view, bare: false, ...patch });
	const params = useMemo(() => paramsOf(view, { formatMatcher, quoteReceiver }), [view]);
	const narrowed = isNarrowed(view);
	const counts = useStateCounts(params, narrowed, overview);
	const onnew = (fps, items) => {
		const fresh = new Set(fps);
		const critical = items.flatMap(i => (i.alerts ? i.alerts.map(a => [a, a.severity || i.severity]) : [[i, i.severity]])).filter(([a, s]) => fresh.has(a.fp) && s === 'critical').length;
		const now = live.get().overview;
		announce(`${fps.length} new ${critical ? `(${critical} critical) ` : ''}alert${fps.length === 1 ? '' : 's'}${now ? `, ${now.alerts.active} firing` : ''}`);
	};
	const data = useAlertList({ table, params, sort: view.sort === 'count' && table ? 'severity' : view.sort, groupBy: view.custom ? (view.group || []).join(',') : undefined, list, box, onnew });
	const isOpen = g => (folded.has(g.id) ? folded.get(g.id) : folding === 'collapsed' || (folding === 'phones' && phone) ? false : true);
	const rows = useMemo(() => (!data.items ? [] : data.items.length && data.items[0].fp !== undefined ? alertRows(data.items) : groupRows(data.items, { isOpen, more: data.more })),
		[data.items, data.version, folded, folding, phone]);
	const names = useMemo(() => [...new Set((data.items || []).slice(0, 60).flatMap(i => [...Object.keys(i.labels), ...Object.keys((i.shared && i.shared.labels) || {}), ...(i.alerts && i.alerts[0] ? Object.keys(i.alerts[0].labels) : [])]))].sort(), [data.items]);

	const pick = (name, value, not = false) => {
		const m = { name, op: not ? '!=' : '=', value };
		const key = formatMatcher(m);
		const has = view.filter.some(x => formatMatcher(x) === key);
		change({ filter: has ? view.filter.filter(x => formatMatcher(x) !== key) : [...view.filter, m] });
	};
	const act = useActions({ rows, view, wide, phone, cursor, setCursor, folded, setFolded, selected, setSelected, setAll, setDialog, setLabelAt, setNote, pick, unfold: data.unfold, reason: ackReason() });
	const total = data.snapshot ? (table ? data.snapshot.total : data.snapshot.total_alerts) ?? data.snapshot.total : 0;
	const keys = listKeys({ act, rows, cursor, list, view, change, total, selected, setAll, setSelected, focusFilter: () => filterField.current && filterField.current.focus() });
	useKeys(keys);
	useEffect(() => {
		if (!note) return undefined;
		const timer = setTimeout(setNote, 3000, '');
		return () => clearTimeout(timer);
	}, [note]);

	const opened = wide ? view.open : '';
	const render = useMemo(() => row => {
		const active = row.key === cursor;
		if (row.kind === 'head') return h(GroupHead, { group: row.group, open: row.open, active, act: act.now });
		if (row.kind === 'more') return h(MoreRow, { row, active, act: act.now });
		const props = { alert: row.alert, group: row.group, active, selected: all || selected.has(row.alert.fp), opened: opened === row.alert.fp, fresh: data.fresh(row.alert.fp), act: act.now };
		return table && !phone && !row.group ? h(TableRow, { ...props, columns }) : h(AlertRow, props);
	}, [cursor, selected, all, opened, data.version, table, phone, columns, view]);

	const badFilter = data.error && data.error.kind === 'server' && (data.error.code === 'bad_matcher' || data.error.field === 'filter' || data.error.field === 'receiver') ? data.error.message : '';
	const reason = whyNotAll(view);
	const chosen = all || selected.size > 0;
	const clear = () => {
		setSelected(new Map());
		setAll(false);
	};
	const target = dialog && dialog.target;
	return h('div', { class: 'al-page' + (phone ? ' al-phone' : '') + (chosen ? ' al-selecting' : '') },
		h('h1', { class: 'vh', tabindex: -1 }, 'Alerts'),
		h('div', { class: 'al-top' },
			h(FilterBar, { filter: view.filter, onchange: filter => change({ filter }), q: view.q, onq: q => change({ q }), onpseudo: pseudo(view, change), unread: view.unread, error: badFilter, params, api: filterField,
				placeholder: 'Filter: team="db", or words …', actions: narrowed ? h(FilterActions, { view, change }) : null,
				chipMenu: m => [{ label: 'Group by it', icon: 'group', onselect: () => change({ group: [m.name], custom: true, view: 'groups' }) }],
				extra: [view.receiver && { key: 'receiver', label: receiverLabel(view.receiver), onremove: () => change({ receiver: null }) }, view.ageMin && { key: 'age', label: ageLabel(view.ageMin), onremove: () => change({ ageMin: null }) },
					view.owner && { key: 'owner', label: ownerLabel(view.owner), onremove: () => change({ owner: '' }) }].filter(Boolean) }),
			h('div', { class: 'al-line' }, h(StateChips, { view, counts, change }), h(AlertTools, { view, change, names, table }))),
		view.unread ? h(Unread, { text: view.unread }) : null,
		data.error && !badFilter && data.error.kind !== 'network' && data.error.kind !== 'auth' && data.error.kind !== 'html' ? h(ErrorBox, { error: data.error, title: 'The list could not be loaded', onretry: data.reload }) : null,
		h('div', { class: 'al-cols' + (opened ? ' al-with-detail' : '') },
			roomy ? h(Facets, { params, filter: view.filter, severity: SEVERITY, onpick: pick, receiver: view.receiver, onreceiver: r => change({ receiver: r }) }) : null,
			h('section', { class: 'al-list' + (data.error ? ' stale' : ''), ref: box, 'aria-label': 'Alerts', style: table && !phone ? { '--columns': widths(columns) } : null },
				data.waiting && data.added > 0 ? h('button', { type: 'button', class: 'al-pill', onclick: () => {
					list.current.top();
					data.apply();
				} }, `${formatCount(data.added)} new `, h(Icon, { name: 'up', size: 0.75 })) : null,
				table && !phone && rows.length ? h(TableHead, { columns, onchange: setColumns, names, sort: view.sort, onsort: sort => change({ sort }) }) : null,
				!data.items ? (data.error ? null : h(Skeleton, null))
					: rows.length ? h(VList, { rows, heights, render, label: 'Alerts', whole: phone, onend: data.onend, onview: (from, to) => data.onview(rows[from].at, rows[to].at), active: cursor, onactive: setCursor, api: list })
						: h(NoAlerts, { view, narrowed, counts, overview, onclear: () => change(NO_FILTER), onshow: s => change({ [s]: true }) }),
				data.snapshot && data.snapshot.full ? h('p', { class: 'al-full' }, `Showing ${formatCount(table ? data.items.length : data.items.reduce((n, g) => n + sizeOf(g), 0))} of ${formatCount(total)} — narrow the filter. `,
					h('a', { href: csv(params) }, 'All as CSV')) : null,
				chosen ? h(SelectionBar, { count: selected.size, all, total, reason, ackReason: ackReason(), onall: () => setAll(true), onclear: clear, oncopy: () => act.copySelection(),
					onack: () => setDialog({ target: all ? { matchers: view.filter.map(toApi) } : { fingerprints: [...selected.keys()] }, what: `${formatCount(all ? total : selected.size)} alerts`, selection: true }),
					onsilence: () => act.silenceSelection(all) }) : null,
				note ? h('p', { class: 'al-note-line', role: 'status' }, note) : null),
			opened ? h('aside', { class: 'al-detail', 'aria-label': 'Alert' }, h(LaterAlert, { key: opened, fp: opened, act: act.now, onclose: () => act.close() })) : null),
		labelAt ? h(LabelMenu, { ...labelAt, view, change, pick, onclose: () => setLabelAt(null) }) : null,
		target ? h(AckDialog, { target, what: dialog.what, onclose: done => {
			setDialog(null);
			if (done) {
				if (dialog.selection) clear();
				setNote(`Acknowledged: ${formatCount(done.alerts)} alert${done.alerts === 1 ? '' : 's'}.`);
			}
		} }) : null);
}

/** All that is asked for as a file. */
function csv(params) {
	const query = Object.entries(params).flatMap(([k, v]) => (Array.isArray(v) ? v : [v]).filter(x => x !== undefined).map(x => `${k}=${encodeURIComponent(x)}`));
	return 'api/ext/v1/alerts?' + [...query, 'format=csv'].join('&');
}
