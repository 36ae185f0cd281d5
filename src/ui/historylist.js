// SPDX-License-Identifier: Apache-2.0
/** The events of history as a list under days, notifications as a table, and what is known of one of them. */
import { LabelTable } from './alert.js';
import { get } from './api.js';
import { Bars, useZone } from './chart.js';
import { byDay, countsText, groupText, linksOf, alertNameOf, otherLabels, outcomeOf, readEvent, reasonWord, shortError } from './events.js';
import { Icon } from './icons.js';
import { Button, Copy, Fact, Facts, IconButton, Labels, RichText, Value, plural } from './kit.js';
import { Fragment, h, useEffect, useLayout, useRef, useState } from './render.js';
import { href } from './route.js';
import { niceStep } from './scale.js';
import { formatDay, formatFull, formatTime, isoDay } from './time.js';

/** A time of day to the second; the whole of it in the title. */
export function At({ at, zone }) {
	const ms = Date.parse(at);
	return h('time', { class: 'time', datetime: String(at), title: `${formatFull(ms, { hour12: zone.hour12 })}\n${formatFull(ms, { utc: true })}` }, formatTime(ms, { ...zone, seconds: true }));
}

function dayHeading(ms, now, zone) {
	const day = isoDay(ms, zone);
	const name = formatDay(ms, { ...zone, year: day.slice(0, 4) !== isoDay(now, zone).slice(0, 4) });
	return day === isoDay(now, zone) ? `Today, ${name}` : day === isoDay(now - 86400000, zone) ? `Yesterday, ${name}` : name;
}

/** The chart above a list: how many of the events that were loaded lie in which part of the range; what was not loaded yet is shown so. */
export function EventBars({ items, range, now, done, notifications, onpick }) {
	const to = range.to ?? now;
	const oldest = items.length ? Date.parse(items[items.length - 1].at) : to;
	// Of a range that is not loaded whole, what is loaded has the room.
	const from = done ? range.from : Math.max(range.from, oldest - Math.max(1000, (to - oldest) * 0.1));
	const step = niceStep((to - from) / 1000, 120);
	const count = (name, tone, fits) => ({ name, tone, points: items.filter(fits).map(i => ({ at: i.at, n: 1 })) });
	const series = notifications ? [count('sent', 'sent', i => i.outcome === 'sent'), count('failed', 'failed', i => i.outcome !== 'sent')]
		: [count('fired', 'fire', i => i.kind === 'firing'), count('failed notifications', 'failed', i => i.kind === 'notification' && i.outcome === 'failed'),
			count('other events', 'events', i => i.kind !== 'firing' && !(i.kind === 'notification' && i.outcome === 'failed'))];
	return h(Bars, { series, step, from, to, label: notifications ? 'Notifications over time' : 'Events over time', known: done ? undefined : oldest, onpick });
}

/** Rows by id, so that the focus can go back to the one that was opened; and where one gets to with j and k. */
export function useRows() {
	const rows = useRef(null);
	if (!rows.current) rows.current = new Map();
	return rows.current;
}

const rowRef = (rows, id) => element => {
	if (element) rows.set(id, element);
	else rows.delete(id);
};

/** Events, the newest first, under headings of days. */
export function EventList({ items, view, now, rows }) {
	const zone = useZone();
	return h('div', { class: 'hi-days' }, ...byDay(items, zone).map(d => h('section', { key: d.day, 'aria-label': dayHeading(d.at, now, zone) },
		h('h2', { class: 'hi-day' }, dayHeading(d.at, now, zone)),
		h('ul', { class: 'hi-events' }, ...d.items.map(e => h(EventRow, { key: e.id, event: e, link: href({ ...view, open: e.id }), open: view.open === e.id, zone, rows }))))));
}

function EventRow({ event, link, open, zone, rows }) {
	const r = readEvent(event);
	return h('li', { class: 'hi-event' + (open ? ' open' : '') },
		h('a', { class: 'hi-row', href: link, 'aria-current': open ? 'true' : undefined, ref: rowRef(rows, event.id) },
			h(At, { at: event.at, zone }),
			h('span', { class: 'hi-mark hi-' + r.tone }, h(Icon, { name: r.icon })),
			h('span', { class: 'hi-line' },
				h('span', { class: 'hi-word hi-' + r.tone }, r.word), ' ',
				r.subject ? h(Value, { text: r.subject, class: 'hi-subject' }) : null, ' ',
				r.labels && r.labels.length ? h('span', { class: 'hi-labels' }, ...r.labels.slice(0, 12).map(([n, v]) => h('span', { key: n, class: 'hi-label' }, h(Value, { text: n }), '=', h(Value, { text: v, limit: 80 }), ' '))) : null,
				r.error ? [h(Value, { key: 'e', text: r.error, class: 'hi-error' }), ' '] : null,
				r.note ? h(Value, { text: r.note, class: 'hi-note' }) : null)));
}

/** An outcome: picture and word. */
export function Outcome({ outcome }) {
	const o = outcomeOf(outcome);
	return h('span', { class: 'hi-outcome hi-' + o.tone }, h(Icon, { name: o.icon }), o.word);
}

const seconds = ms => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(ms < 10000 ? 1 : 0)} s`);

/** Notifications as a table; on narrow screens the style sheet makes cards of its rows. */
export function NotificationTable({ items, view, now, rows }) {
	const zone = useZone();
	const head = ['When', 'Outcome', 'Receiver', 'Group', 'Alerts', 'Why', 'Tries', 'Took'];
	return h('table', { class: 'table hi-told' }, h('caption', { class: 'vh' }, 'Notifications, the newest first'),
		h('thead', null, h('tr', null, ...head.map(t => h('th', { key: t, scope: 'col' }, t)))),
		...byDay(items, zone).map(d => h('tbody', { key: d.day },
			h('tr', { class: 'hi-day-row' }, h('th', { colspan: head.length, scope: 'rowgroup' }, dayHeading(d.at, now, zone))),
			...d.items.map(e => h('tr', { key: e.id, class: view.open === e.id ? 'open' : '' },
				h('td', { class: 'c-when' }, h('a', { href: href({ ...view, open: e.id }), ref: rowRef(rows, e.id), 'aria-current': view.open === e.id ? 'true' : undefined }, h(At, { at: e.at, zone }))),
				h('td', { class: 'c-out' }, h(Outcome, { outcome: e.outcome }), e.error ? h(Value, { text: shortError(e), class: 'hi-error' }) : null),
				h('td', { class: 'c-to' }, h(Value, { text: e.receiver }), h('span', { class: 'meta' }, ' ', e.integration, e.recipients && e.recipients.length ? `, ${plural(e.recipients.length, 'recipient')}` : '')),
				h('td', { class: 'c-group' }, h(Value, { text: groupText(e.group_key) })),
				h('td', { class: 'c-n' }, countsText(e)),
				h('td', { class: 'c-why' }, reasonWord(e.reason)),
				h('td', { class: 'c-try num' }, e.attempts, h('span', { class: 'hi-narrow' }, e.attempts === 1 ? ' attempt' : ' attempts')),
				h('td', { class: 'c-ms num' }, seconds(e.ms)))))));
}

/* ---- one of them ---- */

/**
 * What is known of one event. `onclose`: leaves it.
 * @param {{event: object, link: string, onclose: function}} props link: an address that shows it whatever else happens
 */
export function EventDetail({ event, link, onclose }) {
	const head = useRef(null);
	const zone = useZone();
	const ms = Date.parse(event.at);
	const r = readEvent(event);
	useLayout(() => head.current.focus({ preventScroll: true }), [event.id]);
	const told = event.kind === 'notification';
	return h('section', { class: 'hi-detail', 'aria-label': 'Event' },
		h('div', { class: 'hi-detail-head' },
			h('h2', { ref: head, tabindex: -1 }, h('span', { class: 'hi-mark hi-' + r.tone }, h(Icon, { name: r.icon })), ' ', told ? 'Notification' : r.word[0].toUpperCase() + r.word.slice(1)),
			h(Copy, { text: link, label: 'Copy link' }), h(IconButton, { icon: 'close', label: 'Close', onclick: onclose })),
		h(Facts, null,
			h(Fact, { key: 'at', name: 'When' }, h('time', { datetime: String(event.at) }, formatFull(ms, zone)), zone.utc ? null : h('div', { class: 'meta' }, formatFull(ms, { utc: true }))),
			told ? h(ToldFacts, { key: 'told', event }) : h(Happened, { key: 'what', event })),
		event.labels ? h(Fragment, null, h('h3', null, 'Labels'), h(LabelTable, { labels: event.labels })) : null,
		event.source ? h(Fragment, null, h('h3', null, 'Inhibited by'), h(Labels, { labels: event.source.labels })) : null,
		told ? h(ToldAlerts, { event }) : null,
		told ? h(Rendered, { event }) : null,
		h('h3', null, 'Goes with it'),
		h('ul', { class: 'hi-links' }, ...linksOf(event).map((l, i) => h('li', { key: i }, h('a', { href: href(l.view) }, l.label)))));
}

function Happened({ event: e }) {
	const fact = (name, field, inner = v => h(Value, { text: v, lines: true })) => (e[field] === undefined ? null : h(Fact, { key: field, name }, e[field] === null || e[field] === '' ? '–' : inner(e[field])));
	const time = at => h(Full, { at });
	return [
		fact('By', 'by'), fact('Matchers', 'matchers'), fact('Comment', 'comment', text => h(RichText, { text })),
		fact(e.silence_id ? 'From' : 'Began', 'starts', time), fact('Until', 'ends', time), fact('Rule', 'rule'), fact('Receiver', 'receiver'), fact('Group', 'group_key'),
		fact('Recipient', 'recipient'), fact('Gateway', 'gateway'), fact('Its number', 'provider_id'),
		fact('Alerts', 'alerts', String), e.intervals && e.intervals.length ? fact('Intervals', 'intervals', list => h(Value, { text: list.join(', ') })) : null,
		fact('Version', 'version'), fact('Missing', 'missing', n => plural(n, 'event')), e.error ? fact('Error', 'error') : null,
	];
}

function Full({ at }) {
	const zone = useZone();
	return h('time', { datetime: String(at) }, formatFull(Date.parse(at), zone));
}

function ToldFacts({ event: e }) {
	const more = e.attempts > 1;
	return [
		h(Fact, { key: 'o', name: 'Outcome' }, h(Outcome, { outcome: e.outcome })),
		e.error ? h(Fact, { key: 'err', name: 'Error' }, h(Value, { text: e.error, lines: true }), e.failure ? h('div', { class: 'meta' }, `kind: ${e.failure}`) : null) : null,
		h(Fact, { key: 'r', name: 'Receiver' }, h(Value, { text: e.receiver }), ' ', h('span', { class: 'dim' }, e.integration)),
		h(Fact, { key: 'g', name: 'Group' }, h(Value, { text: e.group_key, lines: true })),
		h(Fact, { key: 'n', name: 'Alerts' }, countsText(e)),
		h(Fact, { key: 'w', name: 'Why' }, reasonWord(e.reason)),
		h(Fact, { key: 'a', name: 'Attempts' }, `${e.attempts}; ${more ? 'the last one took' : 'it took'} ${seconds(e.ms)}`,
			more ? h('div', { class: 'meta' }, `${e.attempts - 1} before it failed and ${e.attempts === 2 ? 'was' : 'were'} tried again; of these only the number is kept.`) : null),
		e.recipients && e.recipients.length ? h(Fact, { key: 'to', name: 'Recipients' }, h('ul', { class: 'hi-recipients' }, ...e.recipients.map((p, i) => h('li', { key: i, class: p.ok ? 'hi-ok' : 'hi-bad' },
			h(Icon, { name: p.ok ? 'check' : 'cross' }), h(Value, { text: p.to }), h('span', { class: 'meta' }, p.ok ? 'reached' : 'not reached'))))) : null,
	];
}

/** The alerts a notification told of, with the labels that history has of them. */
function ToldAlerts({ event: e }) {
	const [known, set] = useState(null);
	const prints = e.fingerprints || [];
	useEffect(() => {
		if (!prints.length) return undefined;
		const control = new AbortController();
		get('history', { fingerprint: prints.slice(0, 50).join(','), kind: 'firing,resolved', to: new Date(Date.parse(e.at) + 1).toISOString(), limit: 200 }, { signal: control.signal })
			.then(({ data }) => set(new Map(data.items.map(i => [i.fingerprint, i.labels]).reverse())), () => {});
		return () => control.abort();
	}, [e.id]);
	if (!prints.length) return null;
	const all = e.firing + e.resolved;
	return h(Fragment, null, h('h3', null, plural(all, 'alert'), all > prints.length ? h('span', { class: 'meta' }, ` the first ${prints.length}`) : null),
		h('ul', { class: 'hi-alerts' }, ...prints.map(fp => {
			const labels = known && known.get(fp);
			return h('li', { key: fp }, h('a', { href: href({ page: 'alert', id: fp }) }, labels ? h(Value, { text: alertNameOf(labels) || fp }) : h('code', null, fp)),
				labels ? h('span', { class: 'hi-labels' }, ...otherLabels(labels).slice(0, 8).map(([n, v]) => h('span', { key: n, class: 'hi-label' }, h(Value, { text: n }), '=', h(Value, { text: v, limit: 80 }), ' '))) : null);
		})));
}

function Rendered({ event: e }) {
	const fp = (e.fingerprints || [])[0];
	return h(Fragment, null, h('h3', null, 'The message'),
		h('p', { class: 'dim' }, 'The text that was sent is not kept. ', fp ? h('a', { href: href({ page: 'explain', alert: fp }) }, 'What would be sent now') : null));
}

/** The button that goes on where the list ends. */
export function More({ busy, onclick, children }) {
	return h('div', { class: 'hi-more' }, h(Button, { busy, onclick }, children));
}
