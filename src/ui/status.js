// SPDX-License-Identifier: Apache-2.0
// Is the router itself well: what it is, since when, what it stores, who posts to it, what it was told to do.

import { get, listOf, objectOf, serverNow } from './api.js';
import { boot } from './boot.js';
import { Icon } from './icons.js';
import { Button, Copy, ErrorBox, Fact, Facts, formatCount, Notice, Skeleton, Time, Value } from './kit.js';
import { live, useLive } from './live.js';
import { h } from './render.js';
import { href } from './route.js';
import { useStore } from './store.js';
import { formatDuration } from './time.js';
import { clockSkew } from './value.js';

/** Bytes as people say them: '77.5 MiB'. */
export function formatBytes(n) {
	if (!Number.isFinite(n))
		return '–';
	const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
	let unit = 0;
	let value = n;
	for (; value >= 1024 && unit < units.length - 1; unit++)
		value /= 1024;
	return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/* `ok`: true, false, or null where there is nothing to be well or not. */
function Card({ title, ok = null, word, wide = false, children, actions }) {
	return h('section', { class: 'card st-card' + (wide ? ' st-wide' : ''), 'aria-label': title },
		h('div', { class: 'st-card-head' }, h('h2', null, title),
			ok === null ? (word ? h('span', { class: 'meta' }, word) : null)
				: h('span', { class: ok ? 'st-ok' : 'st-bad' }, h(Icon, { name: ok ? 'check' : 'alert' }), word ?? (ok ? 'well' : 'not well')),
			actions ? h('span', { class: 'st-actions' }, actions) : null),
		children);
}

/* Words in a row, with commas. */
const words = list => list.slice(0, 50).map((w, i) => [i > 0 ? ', ' : '', h(Value, { key: i, text: w })]);

/* A moment, and how long ago that is. */
const When = ({ at }) => [h(Time, { key: 'at', at, mode: 'at' }), ' (', h(Time, { key: 'age', at }), ' ago)'];

/* A link of the server's own to a page of ours. */
const ownLink = link => (typeof link === 'string' && link.startsWith('#/') ? link : null);

/* The header has the first one, cut; here they are all, in full. */
function ProblemList() {
	const overview = useStore(live, s => s.overview);
	const problems = listOf(overview?.problems).slice(0, 50);
	if (overview && problems.length === 0)
		return h('p', { class: 'st-calm' }, h(Icon, { name: 'check' }), 'There is no problem that tocsin knows of.');
	return h(Card, { title: 'Problems', ok: false, word: String(problems.length) }, h('ul', { class: 'st-problems prose' }, ...problems.map((p, i) => h('li', { key: i },
		h(Icon, { name: 'alert' }), h('div', { class: 'grow' }, h(Value, { text: p?.text, lines: true })),
		ownLink(p?.link) && p.link !== '#/status' ? h('a', { class: 'st-link', href: p.link, 'aria-label': `Look at it: ${String(p.text).slice(0, 80)}` }, 'Look at it') : null))));
}

function Uptime({ started }) {
	const ms = Date.parse(started);
	if (!Number.isFinite(ms))
		return null;
	/* Told again with each answer; it does not have to tick. */
	return formatDuration(Math.max(0, serverNow() - ms) / 1000);
}

function Server({ status, v2 }) {
	const build = objectOf(status.build) ?? {};
	const info = objectOf(v2?.versionInfo) ?? {};
	const started = status.started ?? v2?.uptime;
	const flags = listOf(status.flags ?? status.enabled);
	return h(Card, { title: 'Server' }, h(Facts, null,
		h(Fact, { name: 'Started' }, started ? h(Time, { at: started, mode: 'at' }) : null),
		h(Fact, { name: 'Uptime' }, started ? h(Uptime, { started }) : null),
		h(Fact, { name: 'Version' }, build.own_version || boot.version ? h(Value, { text: build.own_version || boot.version }) : null),
		h(Fact, { name: 'Build' }, h(Value, { text: build.branch ?? info.branch }), ', ', h(Value, { text: build.revision ?? info.revision }), info.buildDate ? [', ', h(Value, { text: info.buildDate })] : null),
		h(Fact, { name: 'Speaks as' }, build.version ?? info.version ? ['Alertmanager ', h(Value, { text: build.version ?? info.version })] : null),
		h(Fact, { name: 'Instance' }, status.instance ? h(Value, { text: status.instance }) : null),
		h(Fact, { name: 'Address' }, boot.external_url ? h(Value, { text: boot.external_url }) : null),
		h(Fact, { name: 'Clock' }, clockSkew() !== 0 ? `${formatDuration(Math.abs(clockSkew()))} ${clockSkew() > 0 ? 'ahead of' : 'behind'} this browser's` : null),
		h(Fact, { name: 'Flags on' }, status.flags || status.enabled ? (flags.length ? words(flags) : 'none') : null),
		h(Fact, { name: 'Can do' }, listOf(status.features).length ? words(status.features) : null)));
}

function Config({ reload }) {
	const r = objectOf(reload);
	return h(Card, { title: 'Configuration', ok: r ? r.ok !== false : null, word: r ? (r.ok !== false ? 'loaded' : 'the last reload was refused') : '', actions: h('a', { class: 'st-link', href: href({ page: 'config' }) }, 'Show the text') },
		r && r.ok === false ? h(Notice, { kind: 'error' }, h('strong', null, 'The one before it is in force.'), r.error ? h('div', null, h(Value, { text: r.error, lines: true, limit: 4000 }), ' ', h(Copy, { text: String(r.error), label: 'Copy the error' })) : null) : null,
		h(Facts, null,
			h(Fact, { name: 'Last reload' }, r?.at ? [h(When, { at: r.at }), r.ok === false ? ', refused' : null] : null),
			h(Fact, { name: 'In force since' }, r?.in_force_since && r.ok === false ? h(When, { at: r.in_force_since }) : null),
			h(Fact, { name: 'Hash' }, r?.hash ? h(Value, { text: r.hash }) : null)));
}

function Store({ store }) {
	const s = objectOf(store);
	if (!s)
		return null;
	return h(Card, { title: 'Store', ok: s.healthy !== false && s.has_room !== false, word: s.healthy === false ? 'failing' : s.has_room === false ? 'the disk is full' : 'well' },
		s.error ? h(Notice, { kind: 'error' }, h(Value, { text: s.error, lines: true })) : null,
		h(Facts, null,
			h(Fact, { name: 'Size' }, Number.isFinite(s.bytes) ? formatBytes(s.bytes) : null),
			h(Fact, { name: 'Last write' }, s.last_write ? [h(Time, { at: s.last_write }), ' ago'] : null),
			h(Fact, { name: 'Waiting for the disk' }, Number.isFinite(s.backlog) ? `${formatCount(s.backlog)} ${s.backlog === 1 ? 'change' : 'changes'}` : null),
			h(Fact, { name: 'Room on the disk' }, s.has_room === undefined ? null : s.has_room ? 'enough' : 'too little')));
}

function HistoryCard({ history }) {
	if (history === undefined)
		return null;
	const s = objectOf(history);
	if (!s)
		return h(Card, { title: 'History', word: 'switched off' }, h('p', { class: 'meta' }, 'What happens is not kept (--no-history.enabled).'));
	return h(Card, { title: 'History', ok: s.healthy !== false, word: s.healthy === false ? 'failing' : s.lag_seconds > 5 ? 'behind' : 'well', actions: h('a', { class: 'st-link', href: href({ page: 'history' }) }, 'Show events') },
		s.error ? h(Notice, { kind: 'error' }, h(Value, { text: s.error, lines: true })) : null,
		h(Facts, null,
			h(Fact, { name: 'Events' }, Number.isFinite(s.events) ? formatCount(s.events) : null),
			h(Fact, { name: 'Size' }, Number.isFinite(s.bytes) ? formatBytes(s.bytes) : null),
			h(Fact, { name: 'Oldest' }, s.oldest ? h(When, { at: s.oldest }) : null),
			h(Fact, { name: 'Behind' }, Number.isFinite(s.lag_seconds) ? (s.lag_seconds > 0 ? `${formatDuration(s.lag_seconds)}: the disk is slow` : 'not at all') : null)));
}

function Cluster({ cluster }) {
	const s = objectOf(cluster);
	if (!s)
		return null;
	const peers = listOf(s.peers);
	if (s.status === 'disabled')
		return h(Card, { title: 'Cluster', word: 'alone' }, h('p', { class: 'meta' }, 'This server works alone. It has no peers.'));
	const differing = Number.isFinite(s.differing) ? s.differing : 0;
	return h(Card, { title: 'Cluster', ok: s.status === 'ready' && !s.split && differing === 0, word: h(Value, { text: s.split ? 'split' : s.status }) },
		s.split ? h(Notice, { kind: 'error' }, 'The cluster is split: peers do not see each other, and messages may be sent twice.') : null,
		differing > 0 ? h(Notice, { kind: 'warning' }, `Members with another configuration than this one: ${formatCount(differing)}.`) : null,
		h(Facts, null, h(Fact, { name: 'Name' }, s.name ? h(Value, { text: s.name }) : null), h(Fact, { name: 'Peers' }, formatCount(peers.length))),
		peers.length === 0 ? null : h('div', { class: 'table-box', tabindex: 0, role: 'region', 'aria-label': 'List of peers' }, h('table', { class: 'table' },
			h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Peer'), h('th', { scope: 'col' }, 'Address'))),
			h('tbody', null, ...peers.slice(0, 100).map((p, i) => h('tr', { key: i }, h('td', null, h(Value, { text: p?.name })), h('td', null, h(Value, { text: p?.address }))))))));
}

function Senders({ senders }) {
	if (senders === undefined)
		return null;
	const rows = listOf(senders).slice(0, 100);
	return h(Card, { title: 'Who posts alerts', wide: true, word: rows.length ? formatCount(rows.length) : '' },
		rows.length === 0 ? h('p', { class: 'meta' }, 'Nobody has posted an alert since the start. As long as nothing fires that is normal: a heartbeat tells the two apart.')
			: h('div', { class: 'table-box', tabindex: 0, role: 'region', 'aria-label': 'Senders' }, h('table', { class: 'table' },
				h('thead', null, h('tr', null, ...['Address', 'Program'].map(t => h('th', { key: t, scope: 'col' }, t)), h('th', { scope: 'col' }, 'Last'), ...['Alerts', 'Last minute'].map(t => h('th', { key: t, scope: 'col', class: 'num' }, t)))),
				h('tbody', null, ...rows.map((s, i) => h('tr', { key: i },
					h('td', null, h(Value, { text: s?.from })), h('td', { class: 'st-agent' }, h(Value, { text: s?.agent, limit: 120 })),
					h('td', null, s?.last ? [h(Time, { at: s.last }), ' ago'] : '–'), h('td', { class: 'num' }, formatCount(s?.alerts)), h('td', { class: 'num' }, formatCount(s?.per_minute))))))));
}

const LIMITS = new Map([
	['connections', 'Connections'],
	['gets', 'GET requests now'],
	['get_rejected', 'GET requests refused'],
	['waiting', 'Clients that wait for changes'],
]);

/* What the server counts of its bounds: numbers, or {used, limit, hit}. */
function limitText(v) {
	const o = objectOf(v);
	if (!o)
		return Number.isFinite(v) ? formatCount(v) : h(Value, { text: v });
	const parts = [];
	if (Number.isFinite(o.used))
		parts.push(formatCount(o.used));
	if (Number.isFinite(o.limit))
		parts.push(o.limit === 0 ? 'no limit' : `of ${formatCount(o.limit)}`);
	if (Number.isFinite(o.hit))
		parts.push(`hit ${formatCount(o.hit)} ${o.hit === 1 ? 'time' : 'times'}`);
	return parts.length ? parts.join(', ') : '–';
}

function Limits({ limits }) {
	const s = objectOf(limits);
	const rows = s ? Object.entries(s).slice(0, 60) : [];
	if (rows.length === 0)
		return null;
	return h(Card, { title: 'Limits' }, h(Facts, null, ...rows.map(([name, v]) => h(Fact, { key: name, name: LIMITS.get(name) ?? name.replaceAll('_', ' ').slice(0, 60) }, limitText(v)))));
}

function Heartbeats({ heartbeats }) {
	const rows = listOf(heartbeats).slice(0, 100);
	if (rows.length === 0)
		return null;
	const missing = rows.filter(r => r?.ok === false).length;
	return h(Card, { title: 'Heartbeats', ok: missing === 0, word: missing === 0 ? 'all there' : `${missing} missing` }, h('ul', { class: 'st-list' },
		...rows.map((r, i) => h('li', { key: i, class: r?.ok === false ? 'st-bad' : 'st-ok' }, h(Icon, { name: r?.ok === false ? 'alert' : 'check' }), h(Value, { text: r?.name }),
			r?.ok === false ? h('span', null, 'missing', r.missing_since ? [' for ', h(Time, { at: r.missing_since, mode: 'age' })] : null) : h('span', { class: 'meta' }, 'there')))));
}

/* Our status and API v2's, which alone has the cluster. One of them may fail. */
async function loadStatus({ signal }) {
	const [own, v2] = await Promise.allSettled([get('status', null, { signal }), get('v2:status', null, { signal })]);
	if (own.status === 'rejected')
		throw own.reason;
	return { status: own.value.data, v2: v2.status === 'fulfilled' ? v2.value.data : null };
}

/** The page `#/status`. */
export function Status() {
	const { data, error, stale, reload } = useLive(['config', 'silences', 'alerts'], loadStatus, []);
	const status = objectOf(data?.status);
	return h('div', { class: 'st-page' + (stale ? ' stale' : '') },
		h('div', { class: 'st-head' }, h('h1', { tabindex: -1 }, 'Status'), h('span', { class: 'st-space' }), h(Button, { icon: 'refresh', kind: 'quiet', onclick: reload }, 'Refresh')),
		error ? h(ErrorBox, { error, onretry: reload }) : null,
		h(ProblemList, null),
		!status ? (error ? null : h(Skeleton, { rows: 8 })) : h('div', { class: 'st-grid' },
			h('div', { class: 'st-column' },
				h(Server, { status, v2: data.v2 }),
				h(Cluster, { cluster: { ...objectOf(data.v2?.cluster), ...objectOf(status.cluster) } }),
				h(Heartbeats, { heartbeats: status.heartbeats })),
			h('div', { class: 'st-column' },
				h(Config, { reload: status.reload }),
				h(Store, { store: status.store }),
				h(HistoryCard, { history: status.history }),
				h(Limits, { limits: status.limits })),
			h(Senders, { senders: status.senders })));
}
