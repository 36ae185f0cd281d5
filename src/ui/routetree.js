// SPDX-License-Identifier: Apache-2.0
/** The route tree: who gets what. With an explanation the way of the alert is lit, and each refused route shows the matcher that refused it. */
import { get } from './api.js';
import { Icon } from './icons.js';
import { Button, ErrorBox, Input, Skeleton, Value, formatCount } from './kit.js';
import { useLive } from './live.js';
import { formatMatcher, fromApi } from './matcher.js';
import { h, useEffect, useId, useLayout, useMemo, useRef, useState } from './render.js';
import { href } from './route.js';
import { MORE, openAtFirst, routeTree, searchRoutes, verdicts, visibleRows } from './routes.js';
import { compactDuration } from './time.js';

/** All routes, page by page. */
async function loadRoutes(signal) {
	const items = [];
	let cursor;
	do {
		const { data } = await get('routes', { limit: 1000, cursor }, { signal });
		items.push(...data.items);
		cursor = data.next;
	} while (cursor);
	return items;
}

const matcherText = m => formatMatcher(fromApi(m));
const span = s => (s > 0 && s < 1 ? `${Math.round(s * 1000)}ms` : compactDuration(s));
const wordsOfRoute = r => [r.receiver, ...r.matchers.map(matcherText), ...r.mute, ...r.active].join(' ').toLowerCase();

/**
 * The tree, which loads itself.
 * @param {{looked?: Array|null}} props looked: `tree` of an explanation's step `route`
 */
export function RouteTree({ looked = null }) {
	const { data, error, stale, reload } = useLive('config', ({ signal }) => loadRoutes(signal), []);
	if (!data) return error ? h(ErrorBox, { error, onretry: reload }) : h(Skeleton, { rows: 6 });
	return h('div', { class: stale ? 'stale' : '' }, error ? h(ErrorBox, { error, onretry: reload }) : null, h(Tree, { items: data, looked }));
}

function Tree({ items, looked }) {
	const tree = useMemo(() => routeTree(items), [items]);
	const found = useMemo(() => verdicts(looked), [looked]);
	const [open, setOpen] = useState(() => openAtFirst(tree, found));
	const [shown, setShown] = useState(new Map());
	const [text, setText] = useState('');
	const [active, setActive] = useState('0');
	const box = useRef(null);
	const wanted = useRef(false);
	const here = useRef('0'); // where the keys are, before it is drawn
	here.current = active;
	useEffect(() => setOpen(old => (tree.byPath.size > 60 ? new Set([...old, ...openAtFirst(tree, found)]) : openAtFirst(tree, found))), [tree, found]);
	const search = text.trim() ? searchRoutes(tree, text, wordsOfRoute) : null;
	const rows = visibleRows(tree.root, { open, shown, found, keep: search ? search.keep : null });
	const keys = rows.map(keyOf);
	const at = Math.max(0, keys.indexOf(active));
	useLayout(() => {
		if (!wanted.current || !box.current) return;
		wanted.current = false;
		const item = box.current.querySelector('[role=treeitem][tabindex="0"]');
		if (item) item.focus();
	});
	const move = key => {
		wanted.current = true;
		here.current = key;
		setActive(key);
	};
	const toggle = (path, on) => setOpen(old => {
		const next = new Set(old);
		if (on === undefined ? next.has(path) : !on) next.delete(path);
		else next.add(path);
		return next;
	});
	const more = path => setShown(old => new Map(old).set(path, (old.get(path) || MORE) + MORE));
	const onkeydown = event => {
		const i = Math.max(0, keys.indexOf(here.current));
		const row = rows[i];
		if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
		const isOpen = search ? true : open.has(row.node.path);
		const inner = row.more === undefined && row.node.children.length > 0;
		let used = true;
		if (event.key === 'ArrowDown') move(keys[Math.min(rows.length - 1, i + 1)]);
		else if (event.key === 'ArrowUp') move(keys[Math.max(0, i - 1)]);
		else if (event.key === 'Home') move(keys[0]);
		else if (event.key === 'End') move(keys[rows.length - 1]);
		else if (event.key === 'ArrowRight' && inner) isOpen ? move(keys[Math.min(rows.length - 1, i + 1)]) : toggle(row.node.path, true);
		else if (event.key === 'ArrowLeft' && inner && isOpen && !search) toggle(row.node.path, false);
		else if (event.key === 'ArrowLeft') (row.more !== undefined || row.node.parent) && move(row.more !== undefined ? row.node.path : row.node.parent.path);
		else if ((event.key === 'Enter' || event.key === ' ') && event.target.getAttribute('role') === 'treeitem') row.more !== undefined ? more(row.node.path) : inner && toggle(row.node.path);
		else used = false;
		if (!used) return;
		event.preventDefault();
		event.stopPropagation();
	};
	const pick = key => {
		here.current = key;
		setActive(key);
	};
	return h('div', { class: 'ex-tree-box' },
		tree.byPath.size > 12 ? h('div', { class: 'ex-tree-tools' },
			h(Input, { 'aria-label': 'Search the routes', placeholder: `Search ${formatCount(tree.byPath.size)} routes`, type: 'search', value: text, oninput: e => setText(e.target.value) }),
			h('span', { class: 'meta', role: 'status' }, search ? `${search.more ? 'the first ' : ''}${formatCount(search.hits.size)} found` : '')) : null,
		rows.length ? h('div', { ref: box, onkeydown }, h('ul', { role: 'tree', 'aria-label': 'Routes', class: 'ex-tree' }, level(rows, 0, { active: keys[at], open, found, search, toggle, more, pick })[0])) : null,
		search && !search.hits.size ? h('p', { class: 'dim' }, 'No route has this. ', h(Button, { kind: 'quiet', onclick: () => setText('') }, 'Clear')) : null);
}

const keyOf = row => (row.more === undefined ? row.node.path : row.node.path + '+');

/** The rows from `i` on that lie as deep as it, with theirs below: [list items, index behind them]. */
function level(rows, i, state) {
	const items = [];
	const deep = rows[i].node.depth + (rows[i].more === undefined ? 0 : 1);
	while (i < rows.length && depthOf(rows[i]) === deep) {
		const row = rows[i++];
		let below = null;
		if (i < rows.length && depthOf(rows[i]) > deep) [below, i] = level(rows, i, state);
		items.push(row.more === undefined ? h(RouteItem, { key: keyOf(row), row, state, below }) : h(MoreItem, { key: keyOf(row), row, state }));
	}
	return [items, i];
}

const depthOf = row => row.node.depth + (row.more === undefined ? 0 : 1);

function MoreItem({ row, state }) {
	const key = keyOf(row);
	return h('li', { role: 'none' }, h('div', { role: 'treeitem', class: 'ex-item', 'aria-level': depthOf(row) + 1, tabindex: state.active === key ? 0 : -1, onfocus: () => state.pick(key) },
		h('button', { type: 'button', tabindex: -1, class: 'btn quiet', onclick: () => state.more(row.node.path) }, `${formatCount(row.more)} more`)));
}

const TIMES = [['wait', 'wait', 'group_wait'], ['interval', 'interval', 'group_interval'], ['repeat', 'repeat', 'repeat_interval']];

function RouteItem({ row: { node }, state, below }) {
	const id = useId();
	const r = node.route;
	const v = state.found.get(node.path);
	const inner = node.children.length > 0;
	const open = state.search ? inner : state.open.has(node.path);
	const inherited = name => (r.inherited.includes(name) ? ' inherited' : '');
	const mark = v ? (v.state === 'takes' ? ['check', 'takes it'] : v.state === 'passed' ? ['down', 'matches'] : ['cross', 'refused']) : null;
	const group = r.group_by.length ? (r.group_by[0] === '...' ? 'all labels' : r.group_by.join(', ')) : 'nothing';
	return h('li', { role: 'none' },
		h('div', { role: 'treeitem', 'aria-level': node.depth + 1, 'aria-expanded': inner ? open : undefined, 'aria-owns': below ? id : undefined, tabindex: state.active === node.path ? 0 : -1,
			onfocus: event => event.target === event.currentTarget && state.pick(node.path), class: 'ex-item ex-node' + (v ? ' ex-' + v.state : state.found.size ? ' ex-unseen' : '') + (state.search && state.search.hits.has(node.path) ? ' ex-hit' : '') },
			inner ? h('button', { type: 'button', tabindex: -1, class: 'ex-toggle', 'aria-hidden': 'true', onclick: () => !state.search && state.toggle(node.path) }, h(Icon, { name: open ? 'down' : 'right', size: 0.75 })) : h('span', { class: 'ex-toggle' }),
			h('div', { class: 'ex-node-body' },
				h('div', { class: 'ex-node-line' },
					mark ? h('span', { class: 'ex-verdict' }, h(Icon, { name: mark[0], size: 0.875 }), h('span', { class: 'vh' }, mark[1] + ': ')) : null,
					r.matchers.length ? r.matchers.map((m, i) => h(Matcher, { key: i, text: matcherText(m), refused: v && v.state === 'refused' ? v.refusedBy : null})) : h('span', { class: 'dim' }, node.parent ? 'everything' : 'all alerts'),
					h('span', { class: 'ex-to' }, h(Icon, { name: 'arrow', size: 0.75 }), h('a', { href: href({ page: 'receiver', id: r.receiver }), class: inherited('receiver') }, h(Value, { text: r.receiver }))),
					r.continue ? h('span', { class: 'ex-flag' }, 'continue') : null,
					v && v.state === 'refused' && v.refusedBy && !r.matchers.map(matcherText).includes(v.refusedBy) ? h('s', { class: 'ex-no' }, h(Value, { text: v.refusedBy })) : null),
				h('div', { class: 'ex-node-meta meta' },
					h('span', { class: inherited('group_by') }, 'by ', h(Value, { text: group })),
					...TIMES.map(([key, word]) => h('span', { key, class: inherited(key) }, `${word} ${span(r[key])}`)),
					r.mute.length ? h('span', null, 'muted ', h(Value, { text: r.mute.join(', ') })) : null,
					r.active.length ? h('span', null, 'active ', h(Value, { text: r.active.join(', ') })) : null,
					r.groups ? h('a', { href: href({ page: 'alerts', filter: r.matchers.map(fromApi), receiver: { name: r.receiver } }) }, `${formatCount(r.alerts)} ${r.alerts === 1 ? 'alert' : 'alerts'} in ${formatCount(r.groups)} ${r.groups === 1 ? 'group' : 'groups'}`) : null,
					r.line ? h('a', { href: href({ page: 'config', line: r.line }) }, `line ${r.line}`) : null))),
		below ? h('ul', { role: 'group', id }, below) : null);
}

/** A matcher; the one that refused the alert is struck through. */
function Matcher({ text, refused }) {
	return refused === text ? h('s', { class: 'ex-matcher ex-no' }, h(Value, { text }), h('span', { class: 'vh' }, ' does not match')) : h('span', { class: 'ex-matcher' }, h(Value, { text }));
}
