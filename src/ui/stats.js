// SPDX-License-Identifier: Apache-2.0
/** What history comes to: how much was told to whom, and what deserves to be looked at. */
import { get, serverNow } from './api.js';
import { Bars, useZone } from './chart.js';
import { alertNameOf, otherLabels, readRange } from './events.js';
import { Empty, ErrorBox, Notice, Skeleton, Value, formatCount } from './kit.js';
import { useLive } from './live.js';
import { RangeField } from './rangefield.js';
import { Fragment, h } from './render.js';
import { go, href } from './route.js';
import { formatDuration, formatWhen, parseDuration } from './time.js';

const RANGES = [['1h', 'Last hour'], ['6h', 'Last 6 h'], ['24h', 'Last 24 h'], ['7d', 'Last 7 days'], ['30d', 'Last 30 days'], ['90d', 'Last 90 days']];
const MOST_DAYS = 366;

/**
 * Sums of GET stats by receiver, the one that failed most first.
 * @param {Array<{at: string, receiver: string, sent: number, failed: number}>} rows
 * @returns {Array<{receiver: string, sent: number, failed: number, rows: Array}>}
 */
export function byReceiver(rows) {
	const found = new Map();
	for (const r of rows) {
		if (!found.has(r.receiver)) found.set(r.receiver, { receiver: r.receiver, sent: 0, failed: 0, rows: [] });
		const one = found.get(r.receiver);
		one.sent += r.sent;
		one.failed += r.failed;
		one.rows.push(r);
	}
	return [...found.values()].sort((a, b) => b.failed - a.failed || b.sent - a.sent || (a.receiver < b.receiver ? -1 : 1));
}

const seriesOf = rows => [{ name: 'sent', tone: 'sent', points: rows.map(r => ({ at: r.at, n: r.sent })) }, { name: 'failed', tone: 'failed', points: rows.map(r => ({ at: r.at, n: r.failed })) }];

/** The tab Stats of History: {view}. */
export function Stats({ view }) {
	const range = readRange(view.range && view.range.last ? { last: view.range.last } : {}, serverNow());
	const days = parseDuration(range.last) / 86400;
	const last = days <= MOST_DAYS ? range.last : '30d';
	const { data, error, stale, reload } = useLive(null, ({ signal }) => get('stats', { range: last }, { signal }), [last]);
	const to = patch => go({ page: 'history', tab: 'stats', ...patch });
	return h(Fragment, null,
		h('div', { class: 'hi-fields hi-stats-range' }, h(RangeField, { view, range: { ...range, last }, to, only: RANGES })),
		error ? error.code === 'no_history' && error.status === 501 ? h(Empty, { title: 'No history is kept.' }, h('p', null, 'The server was started with ', h('code', null, '--no-history.enabled'), '.')) : h(ErrorBox, { error, onretry: reload }) : null,
		data ? h('div', { class: stale || error ? 'stale' : '' }, h(Sums, { data, last })) : error ? null : h(Skeleton, { rows: 8 }));
}

function Sums({ data, last }) {
	const zone = useZone();
	const now = serverNow();
	const range = { last };
	const step = data.step;
	const from = Date.parse(data.from);
	const to = Date.parse(data.to);
	const receivers = byReceiver(data.notifications);
	const pick = r => go({ page: 'history', tab: 'notifications', range: { from: new Date(r.from).toISOString(), to: new Date(r.to).toISOString() } });
	const told = receiver => ({ page: 'history', tab: 'notifications', receiver: { name: receiver }, range });
	return [
		h('div', { key: 'top' },
			data.complete ? null : h(Notice, { kind: 'warning' }, `This is a lot to count: the sums go back to ${formatWhen(from, now, zone)} only.`),
			h('dl', { class: 'hi-figures' },
				h(Figure, { name: 'Sent' }, formatCount(sumOf(receivers, 'sent'))),
				h(Figure, { name: 'Failed' }, sumOf(receivers, 'failed') ? h('a', { class: 'hi-bad', href: href({ page: 'history', tab: 'notifications', outcome: 'failed', range }) }, formatCount(sumOf(receivers, 'failed'))) : '0'),
				h(Figure, { name: 'Mean time to acknowledge' }, data.acks ? data.mean_seconds_to_ack < 1 ? 'under 1 s' : formatDuration(data.mean_seconds_to_ack) : '–',
					h('a', { class: 'hi-figure-link', href: href({ page: 'history', tab: 'events', kind: 'acked', range }) }, data.acks ? `${formatCount(data.acks)} acknowledged` : 'nothing was acknowledged'))),
			h('section', { class: 'hi-stat', 'aria-labelledby': 'hi-s1' }, h('h2', { id: 'hi-s1' }, step === 3600 ? 'Notifications by the hour' : 'Notifications by the day'),
				receivers.length ? h(Bars, { series: seriesOf(data.notifications), step, from, to, label: 'Notifications', onpick: pick }) : h('p', { class: 'hi-none' }, 'Nobody was told anything in this range.')),
			receivers.length ? h('section', { class: 'hi-stat', 'aria-labelledby': 'hi-s2' }, h('h2', { id: 'hi-s2' }, 'By receiver'),
				h('div', { class: 'table-box', tabindex: 0, role: 'region', 'aria-label': 'Notifications by receiver' }, h('table', { class: 'table' },
					h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Receiver'), h('th', { scope: 'col', class: 'num' }, 'Sent'), h('th', { scope: 'col', class: 'num' }, 'Failed'), h('th', { scope: 'col', class: 'hi-spark' }, 'Over time'))),
					h('tbody', null, ...receivers.slice(0, 200).map(r => h('tr', { key: r.receiver },
						h('td', null, h('a', { href: href(told(r.receiver)) }, h(Value, { text: r.receiver }))),
						h('td', { class: 'num' }, formatCount(r.sent)),
						h('td', { class: 'num' }, r.failed ? h('a', { class: 'hi-bad', href: href({ ...told(r.receiver), outcome: 'failed' }) }, formatCount(r.failed)) : '0'),
						h('td', { class: 'hi-spark' }, h(Bars, { series: seriesOf(r.rows), step, from, to, small: true, label: `Notifications of ${r.receiver}` })))))))) : null),
		h('div', { class: 'hi-stats', key: 'lists' },
		h(AlertSums, { key: 'noisy', id: 'hi-s4', title: 'Noisiest alerts', none: 'Nothing fired.', items: data.noisiest, range, words: i => `fired ${formatCount(i.fired)} ${i.fired === 1 ? 'time' : 'times'}` }),
		h(AlertSums, { key: 'flap', id: 'hi-s5', title: 'Flapping', hint: 'fired again within 15 minutes of their end', none: 'Nothing flaps.', items: data.flapping, range, words: i => `${formatCount(i.flaps)} times again` }),
		h('section', { class: 'hi-stat', 'aria-labelledby': 'hi-s6' }, h('h2', { id: 'hi-s6' }, 'Silences that held back nothing'),
			data.silences_unmatched.length ? h('ul', { class: 'hi-sums' }, ...data.silences_unmatched.map(s => h('li', { key: s.silence_id },
				h('a', { href: href({ page: 'silence', id: s.silence_id }) }, h(Value, { text: s.matchers })),
				h('span', { class: 'hi-sum-note' }, s.by ? h(Value, { text: s.by }) : null, s.comment ? [' · ', h(Value, { text: s.comment, limit: 120 })] : null, ` · until ${formatWhen(Date.parse(s.ends), now, zone)}`))))
				: h('p', { class: 'hi-none' }, 'Every silence of this range was needed.')),
		h('section', { class: 'hi-stat', 'aria-labelledby': 'hi-s7' }, h('h2', { id: 'hi-s7' }, 'Inhibition rules that never acted'),
			data.inhibit_rules_idle.length ? h('ul', { class: 'hi-sums' }, ...data.inhibit_rules_idle.map(r => h('li', { key: r.index },
				h('a', { href: href({ page: 'config', q: 'inhibit_rules' }) }, h(Value, { text: r.name || `rule ${r.index + 1}` })), h('span', { class: 'hi-sum-note' }, `rule ${r.index + 1} of the configuration`))))
				: h('p', { class: 'hi-none' }, 'Every rule acted, or there is none.'))),
	];
}

const sumOf = (list, member) => list.reduce((n, r) => n + r[member], 0);

const Figure = ({ name, children }) => h('div', { class: 'hi-figure' }, h('dt', null, name), h('dd', null, children));

function AlertSums({ id, title, hint, none, items, range, words }) {
	const most = Math.max(1, ...items.map(i => i.fired));
	return h('section', { class: 'hi-stat', 'aria-labelledby': id }, h('h2', { id }, title, hint ? h('span', { class: 'meta' }, ` ${hint}`) : null),
		items.length ? h('ul', { class: 'hi-sums' }, ...items.map(i => h('li', { key: i.fingerprint },
			h('a', { href: href({ page: 'history', tab: 'events', alert: i.fingerprint, range }) }, h(Value, { text: alertNameOf(i.labels) || i.fingerprint })),
			h('span', { class: 'hi-labels' }, ...otherLabels(i.labels).slice(0, 6).map(([n, v]) => h('span', { key: n, class: 'hi-label' }, h(Value, { text: n }), '=', h(Value, { text: v, limit: 60 }), ' '))),
			h('span', { class: 'hi-sum-n num' }, words(i), h('span', { class: 'hi-meter', 'aria-hidden': 'true' }, h('i', { style: { width: `${Math.round((i.fired / most) * 100)}%` } })))))) : h('p', { class: 'hi-none' }, none));
}
