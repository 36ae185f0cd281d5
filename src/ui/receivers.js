// SPDX-License-Identifier: Apache-2.0
// Does the pager work: each receiver with what it last did, and a test that sends a real message.

import { get, listOf } from './api.js';
import { Icon } from './icons.js';
import { Button, Empty, ErrorBox, Fact, Facts, formatCount, Input, Notice, RichText, Skeleton, Tabs, Time, Value } from './kit.js';
import { useLive } from './live.js';
import { quoteReceiver } from './link.js';
import { formatMatchers, fromApi } from './matcher.js';
import { ReceiverTest } from './receivertest.js';
import { h, useEffect, useMemo, useRef, useState } from './render.js';
import { go, href } from './route.js';

/* Of more receivers than this there is a field to search; so many are drawn at once. */
const SEARCH_FROM = 50;
const PART = 200;
/* Pages of 1,000 that are asked for; there are no more receivers than that. */
const MOST_PAGES = 20;


/** All items of a list that comes in pages. */
export async function allPages(path, params, signal) {
	const items = [];
	let cursor;
	for (let i = 0; i < MOST_PAGES; i++) {
		const { data } = await get(path, { ...params, limit: 1000, cursor }, { signal });
		items.push(...listOf(data?.items));
		cursor = data?.next;
		if (!cursor)
			break;
	}
	return items;
}

/** The links between the two pages of this part. */
export function ReceiverTabs({ active }) {
	return h(Tabs, { label: 'Receivers and templates', active, items: [{ id: 'receivers', label: 'Receivers', href: href({ page: 'receivers' }) }, { id: 'templates', label: 'Templates', href: href({ page: 'templates' }) }] });
}

/* What all integrations of a receiver did, as one. */
function summaryOf(receiver) {
	const all = listOf(receiver.integrations);
	const newest = key => all.map(key).filter(Boolean).sort().pop() ?? null;
	const lastSuccess = newest(i => i?.last_success);
	const failed = all.filter(i => i?.last_error).sort((a, b) => String(a.last_error.at).localeCompare(String(b.last_error.at))).pop() ?? null;
	const sum = key => all.reduce((n, i) => n + (Number(key(i)) || 0), 0);
	return { all, lastSuccess, failed, sent: sum(i => i?.day?.sent), failures: sum(i => i?.day?.failed), retrying: sum(i => i?.retrying) };
}

/** An integration whose last attempt failed: nothing it sent is newer than its error. */
export const isFailing = i => Boolean(i?.last_error) && !(i.last_success > i.last_error.at);

/* Sent and failed of the last day as a bar, and in words. */
function Day({ sent, failed }) {
	if (sent + failed === 0)
		return h('span', { class: 'meta' }, 'nothing sent');
	const share = sent / (sent + failed);
	return h('span', { class: 're-day' },
		h('span', { class: 're-bar', 'aria-hidden': 'true' }, h('span', { class: 're-bar-ok', style: { width: `${share * 100}%` } })),
		h('span', { class: 'num' }, `${formatCount(sent)} sent`, failed > 0 ? h('span', { class: 're-failed' }, `, ${formatCount(failed)} failed`) : null));
}

/* The text of an error without the names that stand beside it. */
export function errorText(name, { id, last_error: e }) {
	const text = String(e?.text ?? '');
	const prefix = `${name}/${id}: `;
	return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

function LastError({ name, integration, many }) {
	return h('span', { class: isFailing(integration) ? 're-error' : 're-error re-old' },
		h('span', { class: 'meta' }, h(Time, { at: integration.last_error.at }), ' ago', many ? [', ', h(Value, { text: integration.id })] : null),
		h('span', { class: 're-error-text' }, h(Value, { text: errorText(name, integration), limit: 200 })));
}

function Types({ all }) {
	const counts = new Map();
	for (const i of all)
		counts.set(String(i?.type), (counts.get(String(i?.type)) ?? 0) + 1);
	if (counts.size === 0)
		return h('span', { class: 'meta' }, 'none: it tells nobody');
	return h('span', { class: 're-types' }, ...[...counts].map(([type, n]) => h('span', { key: type }, h(Value, { text: type }), n > 1 ? ` ×${n}` : null)));
}

function ReceiverRow({ receiver }) {
	const s = summaryOf(receiver);
	const to = { page: 'receiver', id: receiver.name };
	return h('tr', null,
		h('th', { scope: 'row', class: 're-name' }, h('a', { href: href(to) }, h(Value, { text: receiver.name, limit: 120 }))),
		h('td', { 'data-label': 'Integrations' }, h(Types, { all: s.all })),
		h('td', { 'data-label': 'Routes', class: 'num' }, receiver.routes === 0 ? h('span', { class: 'meta' }, 'not in use') : formatCount(receiver.routes)),
		h('td', { 'data-label': 'Last success' }, s.lastSuccess ? h('span', null, h(Time, { at: s.lastSuccess }), ' ago') : h('span', { class: 'meta' }, 'none yet')),
		h('td', { 'data-label': 'Last error', class: s.failed ? '' : 're-nothing' }, s.failed ? h(LastError, { name: receiver.name, integration: s.failed, many: s.all.length > 1 }) : h('span', { class: 'meta' }, 'none')),
		h('td', { 'data-label': '24 hours' }, h(Day, { sent: s.sent, failed: s.failures })),
		h('td', { 'data-label': 'Retrying', class: s.retrying > 0 ? '' : 're-nothing' }, s.retrying > 0 ? h('span', { class: 're-retrying' }, h(Icon, { name: 'repeat' }), formatCount(s.retrying)) : h('span', { class: 'meta' }, '–')),
		h('td', { class: 're-test' }, h(Button, { href: href({ ...to, test: true }), 'aria-label': `Test ${String(receiver.name).slice(0, 100)}` }, 'Test')));
}

/** The page `#/receivers`. */
export function Receivers({ view }) {
	const { data, error, stale, reload } = useLive(['config', 'alerts'], ({ signal }) => allPages('receivers', {}, signal), []);
	const [text, setText] = useState(view.q);
	const [shown, setShown] = useState(PART);
	const timer = useRef(0);
	useEffect(() => setText(view.q), [view.q]);
	useEffect(() => () => clearTimeout(timer.current), []);
	const items = useMemo(() => {
		const wanted = view.q.trim().toLowerCase();
		return listOf(data).filter(r => wanted === '' || String(r?.name).toLowerCase().includes(wanted) || listOf(r?.integrations).some(i => String(i?.type).includes(wanted)));
	}, [data, view.q]);
	const oninput = event => {
		setText(event.target.value);
		clearTimeout(timer.current);
		timer.current = setTimeout(q => go({ page: 'receivers', q }, { replace: true }), 150, event.target.value);
	};
	return h('div', { class: 're-page' + (stale ? ' stale' : '') },
		h('h1', { tabindex: -1 }, 'Receivers'),
		h(ReceiverTabs, { active: 'receivers' }),
		data?.length > SEARCH_FROM || view.q ? h('div', { class: 're-search', role: 'search' },
			h(Input, { type: 'search', value: text, oninput, placeholder: 'Name or kind', 'aria-label': 'Search receivers' }),
			h('span', { class: 'meta', role: 'status' }, data ? `${formatCount(items.length)} of ${formatCount(data.length)}` : '')) : null,
		error ? h(ErrorBox, { error, onretry: reload }) : null,
		data === undefined ? (error ? null : h(Skeleton, { rows: 6 }))
			: items.length === 0 ? h(Empty, { title: data.length === 0 ? 'There are no receivers.' : 'No receiver has this name.' }, view.q ? h(Button, { onclick: () => go({ page: 'receivers' }, { replace: true }) }, 'Clear') : null)
				: h('table', { class: 'table re-table' },
					h('thead', null, h('tr', null, ...['Receiver', 'Integrations', 'Routes', 'Last success', 'Last error', '24 hours', 'Retrying'].map(t => h('th', { key: t, scope: 'col' }, t)), h('th', { scope: 'col' }, h('span', { class: 'vh' }, 'Test')))),
					h('tbody', null, ...items.slice(0, shown).map(r => h(ReceiverRow, { key: r.name, receiver: r })))),
		items.length > shown ? h(Button, { onclick: () => setShown(n => n + PART) }, `Show more (${formatCount(items.length - shown)})`) : null);
}

function Integration({ name, integration: i }) {
	const failing = isFailing(i);
	return h('li', { class: 're-integration' },
		h('div', { class: 're-integration-head' },
			h('h3', null, h(Value, { text: i.id })),
			failing ? h('span', { class: 're-failed' }, h(Icon, { name: 'alert' }), ' failing') : i.last_success ? h('span', { class: 're-fine' }, h(Icon, { name: 'check' }), ' works') : h('span', { class: 'meta' }, 'nothing sent yet'),
			i.retrying > 0 ? h('span', { class: 're-retrying' }, h(Icon, { name: 'repeat' }), `${formatCount(i.retrying)} being retried`) : null),
		h(Facts, null,
			h(Fact, { name: 'Last success' }, i.last_success ? [h(Time, { at: i.last_success, mode: 'at' }), ' (', h(Time, { at: i.last_success }), ' ago)'] : 'none since the start'),
			h(Fact, { name: '24 hours' }, h(Day, { sent: Number(i.day?.sent) || 0, failed: Number(i.day?.failed) || 0 })),
			i.last_error ? h(Fact, { name: 'Last error' }, h(Time, { at: i.last_error.at, mode: 'at' }), ' (', h(Time, { at: i.last_error.at }), ' ago)',
				i.last_error.attempts > 1 ? `, after ${formatCount(i.last_error.attempts)} attempts` : null, h('div', { class: 're-error-full' }, h(RichText, { text: errorText(name, i), limit: 4096 }))) : null));
}

function Routes({ routes }) {
	if (routes === null)
		return null;
	if (routes.length === 0)
		return h('p', { class: 'dim' }, 'No route names it.');
	return h('ul', { class: 're-routes' }, ...routes.slice(0, 50).map(r => h('li', { key: r.path },
		h('span', { class: 'mono' }, listOf(r.matchers).length ? h(Value, { text: formatMatchers(r.matchers.map(fromApi)) }) : r.path === '0' ? 'what no other route takes' : 'everything of the route above it'),
		h('span', { class: 'meta' }, ` ${formatCount(r.alerts)} ${r.alerts === 1 ? 'alert' : 'alerts'} now${r.file ? `, ${String(r.file).slice(0, 200)}` : ''}${r.line ? `, line ${r.line}` : ''}`))),
	routes.length > 50 ? h('li', { key: 'more', class: 'meta' }, `and ${formatCount(routes.length - 50)} more`) : null);
}

async function loadOne(name, signal) {
	const receivers = await allPages('receivers', {}, signal);
	const receiver = receivers.find(r => r?.name === name) ?? null;
	if (receiver === null)
		return { receiver, routes: null };
	try {
		return { receiver, routes: (await allPages('routes', {}, signal)).filter(r => r?.receiver === name) };
	} catch (e) {
		if (e.kind !== 'server')
			throw e;
		return { receiver, routes: null };
	}
}

/** The page `#/receivers/NAME`. */
export function ReceiverPage({ view }) {
	const name = view.id;
	const { data, error, stale, reload } = useLive(['config', 'alerts'], ({ signal }) => loadOne(name, signal), [name]);
	const receiver = data?.receiver;
	return h('div', { class: 're-page re-one' + (stale ? ' stale' : '') },
		h('nav', { class: 'meta', 'aria-label': 'Where this is' }, h('a', { href: href({ page: 'receivers' }) }, 'Receivers')),
		h('h1', { tabindex: -1 }, h(Value, { text: name, limit: 200 })),
		error ? h(ErrorBox, { error, onretry: reload }) : null,
		data === undefined ? (error ? null : h(Skeleton, { rows: 4 }))
			: receiver === null ? h(Empty, { title: 'There is no receiver of this name.' }, h('p', null, 'It may have been renamed or removed from the configuration.'), h(Button, { href: href({ page: 'receivers' }) }, 'All receivers'))
				: [
					h('div', { key: 'links', class: 'row-flex' },
						h(Button, { href: href({ page: 'alerts', silenced: false, receiver: { name } }), icon: 'alert' }, 'Its alerts'),
						h(Button, { href: href({ page: 'history', tab: 'notifications', receiver: { name } }), icon: 'history' }, 'What it was told'),
						h(Button, { href: href({ page: 'templates', receiver: { name } }), icon: 'file' }, 'Preview a template')),
					h('div', { key: 'body', class: 're-columns' },
						h('section', { class: 'card', 'aria-label': 'Integrations' }, h('h2', null, 'Integrations'),
							listOf(receiver.integrations).length === 0 ? h(Notice, { kind: 'info' }, 'It has no integration: what is routed here is told to nobody.')
								: h('ul', { class: 're-integrations' }, ...receiver.integrations.slice(0, 200).map((i, n) => h(Integration, { key: n, name, integration: i }))),
							h('h2', { class: 're-sub' }, 'Routes'), h(Routes, { routes: data.routes })),
						h(ReceiverTest, { receiver, asked: view.test, regex: quoteReceiver(name) })),
				]);
}
