// SPDX-License-Identifier: Apache-2.0
/** What history says, in words: the kinds of events, how each reads, where it leads, and the question a view asks. Pure. */
import { quoteReceiver } from './link.js';
import { formatMatcher } from './matcher.js';
import { formatDuration, isoDay, parseDuration, parseWhen } from './time.js';

/** Each kind the server has: [word, icon, tone]. A tone is a word of the style sheet: 'fire', 'ok', 'bad', 'quiet', 'ack', 'plain'. */
const EVENT_KINDS = new Map([
	['firing', ['fired', 'alert', 'fire']],
	['resolved', ['resolved', 'resolved', 'ok']],
	['silenced', ['silenced', 'silence', 'quiet']],
	['unsilenced', ['no longer silenced', 'sound', 'plain']],
	['inhibited', ['inhibited', 'inhibited', 'quiet']],
	['uninhibited', ['no longer inhibited', 'alert', 'plain']],
	['acked', ['acknowledged', 'ack', 'ack']],
	['unacked', ['no longer acknowledged', 'ack', 'plain']],
	['muted', ['muted', 'muted', 'quiet']],
	['unmuted', ['no longer muted', 'sound', 'plain']],
	['notification', ['notification', 'receiver', 'plain']],
	['silence_created', ['silence made', 'silence', 'plain']],
	['silence_updated', ['silence changed', 'edit', 'plain']],
	['silence_expired', ['silence ended', 'sound', 'plain']],
	['ack_created', ['acknowledgement made', 'ack', 'ack']],
	['ack_updated', ['acknowledgement changed', 'ack', 'ack']],
	['ack_expired', ['acknowledgement ended', 'ack', 'plain']],
	['reloaded', ['configuration reloaded', 'refresh', 'plain']],
	['reload_refused', ['reload refused', 'critical', 'bad']],
	['started', ['tocsin started', 'play', 'plain']],
	['stopped', ['tocsin stopped', 'pause', 'plain']],
	['possibly_duplicated', ['possibly told twice', 'warning', 'plain']],
	['held_back', ['held back, as it may have been told', 'warning', 'plain']],
	['delivery', ['message reported', 'receiver', 'plain']],
	['gap', ['events are missing', 'warning', 'bad']],
]);
const OUTCOMES = new Map([['sent', ['sent', 'check', 'ok']], ['failed', ['failed', 'cross', 'bad']], ['canceled', ['given up', 'other', 'plain']]]);
const REASONS = new Map([['first', 'first notification'], ['new_alerts', 'new alerts'], ['some_resolved', 'some resolved'], ['all_resolved', 'all resolved'],
	['repeat', 'repeat'], ['none', 'nothing to tell']]);

/** All kinds of the server, in the order of a list. */
export const allKinds = [...EVENT_KINDS.keys()];

/** Choices of the kind field: [value of `kind`, words]. */
export const kindChoices = [
	['', 'Everything'],
	['firing,resolved', 'Fired and resolved'],
	['notification', 'Notifications'],
	['delivery', 'Reports of gateways'],
	['silenced,unsilenced,inhibited,uninhibited,muted,unmuted', 'Held back'],
	['acked,unacked,ack_created,ack_updated,ack_expired', 'Acknowledgements'],
	['silence_created,silence_updated,silence_expired', 'Silences'],
	['reloaded,reload_refused,started,stopped,gap', 'The router itself'],
	...allKinds.filter(k => k !== 'notification' && k !== 'delivery').map(k => [k, `– ${kindWord(k)}`]),
];

export const outcomeChoices = [['', 'Any outcome'], ['sent', 'Sent'], ['failed', 'Failed'], ['canceled', 'Given up']];

/** A kind as a word; one this page does not know is shown as it is. */
export function kindWord(kind) {
	return EVENT_KINDS.has(kind) ? EVENT_KINDS.get(kind)[0] : String(kind).replaceAll('_', ' ');
}

/** Why something was told, in words. */
export function reasonWord(reason) {
	return REASONS.get(reason) || String(reason ?? '').replaceAll('_', ' ');
}

/** The outcome of a notification: {word, icon, tone}. */
export function outcomeOf(outcome) {
	const [word, icon, tone] = OUTCOMES.get(outcome) || [String(outcome), 'other', 'plain'];
	return { word, icon, tone };
}

const text = v => (v === undefined || v === null ? '' : String(v));

/** '2 firing, 1 resolved' of a notification. */
export function countsText({ firing = 0, resolved = 0 }) {
	const parts = [];
	if (firing || !resolved) parts.push(`${firing} firing`);
	if (resolved) parts.push(`${resolved} resolved`);
	return parts.join(', ');
}

/** The labels of a group: what its key has behind the last route, or ''. */
export function groupText(key) {
	const at = text(key).lastIndexOf(':{');
	return at < 0 ? text(key) : text(key).slice(at + 1);
}

/** What a label set is called: its alertname, else ''. */
export function alertNameOf(labels) {
	return labels && Object.hasOwn(labels, 'alertname') ? text(labels.alertname) : '';
}

/** The labels without the name, sorted: [[name, value]]. `instance` stands first. */
export function otherLabels(labels) {
	return Object.entries(labels || {}).filter(([n]) => n !== 'alertname')
		.sort(([a], [b]) => (a === 'instance' ? -1 : b === 'instance' ? 1 : a < b ? -1 : 1));
}

/**
 * How an event reads.
 * @param {object} e an item of GET history
 * @returns {{icon: string, tone: string, word: string, subject: string, labels: Array|null, note: string, error: string}}
 *   subject: whom or what it is about; labels: of the alert, but for the name; note: what else there is to say, as text
 */
export function readEvent(e) {
	const [word, icon, tone] = EVENT_KINDS.get(e.kind) || [kindWord(e.kind), 'other', 'plain'];
	const out = { icon, tone, word, subject: '', labels: null, note: '', error: '' };
	switch (e.kind) {
	case 'notification':
		return readNotification(e, out);
	case 'delivery':
		return readDelivery(e, out);
	case 'muted':
	case 'unmuted':
		return { ...out, subject: groupText(e.group_key), note: [e.alerts ? `${e.alerts} alert${e.alerts === 1 ? '' : 's'}` : '', (e.intervals || []).join(', '), text(e.receiver) && `for ${e.receiver}`].filter(Boolean).join(' · ') };
	case 'gap':
		return { ...out, note: `${e.missing} could not be kept: the disk was behind` };
	case 'reload_refused':
		return { ...out, note: by(e), error: text(e.error) };
	case 'reloaded':
	case 'started':
	case 'stopped':
		return { ...out, note: [by(e), e.version ? `version ${e.version}` : ''].filter(Boolean).join(' · ') };
	default:
	}
	if (e.silence_id !== undefined) return { ...out, subject: text(e.matchers), note: [by(e), text(e.comment)].filter(Boolean).join(' · ') };
	if (!e.labels) return out;
	const cause = e.source ? `by ${alertNameOf(e.source.labels) || 'another alert'}${e.rule ? `, rule ${e.rule}` : ''}` : '';
	return { ...out, subject: alertNameOf(e.labels), labels: otherLabels(e.labels), note: cause };
}

const by = e => (e.by ? `by ${e.by}` : '');

function readNotification(e, out) {
	const o = outcomeOf(e.outcome);
	return { ...out, icon: o.icon, tone: o.tone, word: e.outcome === 'sent' ? 'told' : e.outcome === 'failed' ? 'could not tell' : o.word, subject: text(e.receiver),
		note: [text(e.integration), countsText(e), reasonWord(e.reason), groupText(e.group_key)].filter(Boolean).join(' · '), error: e.error ? shortError(e) : '' };
}

function readDelivery(e, out) {
	const there = e.state === 'delivered';
	return { ...out, icon: there ? 'check' : 'cross', tone: there ? 'ok' : 'bad', word: `message ${e.state}`, subject: text(e.recipient),
		note: [`by ${e.gateway}`, `for ${e.receiver}`, groupText(e.group_key)].join(' · '), error: text(e.error) };
}

/** The error of a notification without what the row says already (receiver, integration, 'retry canceled due to …'). */
export function shortError({ error, receiver, integration }) {
	let t = text(error);
	const head = `${receiver}/${integration}: `;
	if (t.startsWith(head)) t = t.slice(head.length);
	const m = /^notify retry canceled (?:due to unrecoverable error )?after \d+ attempts?: /.exec(t);
	return m && m[0].length < t.length ? t.slice(m[0].length) : t;
}

/* ---- where it leads ---- */

/** Views an event leads to: [{label, view}]. */
export function linksOf(e) {
	const out = [];
	if (e.fingerprint) {
		out.push({ label: 'The alert', view: { page: 'alert', id: e.fingerprint } });
		out.push({ label: 'Explain it then', view: { page: 'explain', alert: e.fingerprint, at: e.at } });
		out.push({ label: 'History of it', view: { page: 'history', tab: 'events', alert: e.fingerprint, range: { last: '7d' } } });
	}
	if (e.group) {
		out.push({ label: 'The group', view: { page: 'group', id: e.group } });
		out.push({ label: 'History of the group', view: { page: 'history', tab: 'events', group: e.group, range: { last: '7d' } } });
	}
	if (e.receiver) out.push({ label: 'The receiver', view: { page: 'receiver', id: e.receiver } });
	if (e.silence_id) out.push({ label: e.kind.startsWith('ack') ? 'The acknowledgement' : 'The silence', view: { page: 'silence', id: e.silence_id } });
	for (const id of (e.silences || []).slice(0, 10)) out.push({ label: e.kind === 'acked' ? 'The acknowledgement' : 'The silence', view: { page: 'silence', id } });
	if (e.source && e.source.fingerprint) out.push({ label: 'What inhibits it', view: { page: 'alert', id: e.source.fingerprint } });
	return out;
}

/* ---- ranges ---- */

/** Ranges one can choose: [value of `last`, words]. */
export const ranges = [['15m', 'Last 15 min'], ['1h', 'Last hour'], ['6h', 'Last 6 h'], ['24h', 'Last 24 h'], ['7d', 'Last 7 days'], ['30d', 'Last 30 days']];

/** The range of a view without one. */
export const STANDARD = '24h';

/**
 * The moments a range stands for. `last` or from/to of a link; what cannot be read is as by default.
 * @param {{last?: string, from?: string, to?: string}} range
 * @param {number} now ms
 * @returns {{from: number, to: number|null, last: string|null, bad: string}} ms; to null: until now; last null: a custom one; bad: what could not be read
 */
export function readRange(range, now, { utc = false } = {}) {
	const r = range || {};
	const bad = [];
	const moment = t => {
		if (!t) return null;
		const ms = readPast(t, now, { utc });
		if (ms === null) bad.push(t);
		return ms;
	};
	const from = moment(r.from);
	const to = moment(r.to);
	if (from !== null || to !== null) {
		const end = to ?? now;
		return { from: from ?? end - 86400000, to, last: null, bad: bad.join(', ') };
	}
	const seconds = r.last ? parseDuration(r.last) : null;
	if (r.last && !(seconds > 0)) bad.push(r.last);
	const last = seconds > 0 ? r.last : STANDARD;
	return { from: now - parseDuration(last) * 1000, to: null, last, bad: bad.join(', ') };
}

/** A past moment a person means: '2 h ago', '2h', 'yesterday 14:00', '14:00' (the last one), '2026-12-01 14:00', RFC 3339. Null: not read. */
export function readPast(given, now, { utc = false } = {}) {
	const t = String(given).trim().toLowerCase();
	if (t === '') return null;
	if (t === 'now') return now;
	const ago = parseDuration(t.replace(/\s*ago$/, '').replace(/^-\s*/, ''));
	if (ago !== null) return now - ago * 1000;
	const day = /^(?:yesterday|(today))(?: at)?(?:,? (.+))?$/.exec(t);
	if (day) {
		const at = parseWhen(`today ${day[2] || '0:00'}`, now, { utc });
		return at === null ? null : daysBefore(at, day[1] ? 0 : 1);
	}
	const at = parseWhen(t, now, { utc });
	if (at === null || at <= now || /\d{4}-/.test(t)) return at;
	return daysBefore(at, /^[a-z]{3,}/.test(t) && !t.startsWith('tomorrow') ? 7 : 1);
}

/** So many days before, by the clock of UTC: near enough, an hour off where clocks change. */
const daysBefore = (at, days) => at - days * 86400000;

/** A range in words, for headings and titles. */
export function rangeText({ from, to, last }, format) {
	const known = ranges.find(([v]) => v === last);
	if (known) return known[1];
	if (last) return `Last ${formatDuration(parseDuration(last))}`;
	return `${format(from)} to ${to === null ? 'now' : format(to)}`;
}

/** The same length of time, just before. */
export function olderRange({ from, to }, now) {
	const end = to ?? now;
	return { from: new Date(from - (end - from)).toISOString(), to: new Date(from).toISOString() };
}

/* ---- the question ---- */

/**
 * Parameters of GET history for a view.
 * @param {object} view as parseLink gives it
 * @param {{from: number, to: number|null}} range of readRange
 */
export function historyQuery(view, range) {
	const notifications = view.tab === 'notifications';
	const receiver = view.receiver ? (view.receiver.name !== undefined ? quoteReceiver(view.receiver.name) : view.receiver.regex) : undefined;
	return {
		filter: (view.filter || []).map(formatMatcher),
		kind: notifications ? 'notification' : view.kind || undefined,
		outcome: view.outcome || undefined,
		receiver,
		integration: view.integration || undefined,
		actor: view.actor || undefined,
		group: view.group || undefined,
		fingerprint: view.alert || undefined,
		from: new Date(range.from).toISOString(),
		to: range.to === null ? undefined : new Date(range.to).toISOString(),
	};
}

/** Items under headings of days: [{day: 'YYYY-MM-DD', at: ms of its first item, items}]. */
export function byDay(items, { utc = false } = {}) {
	const out = [];
	for (const item of items) {
		const at = Date.parse(item.at);
		const day = isoDay(at, { utc });
		if (!out.length || out[out.length - 1].day !== day) out.push({ day, at, items: [] });
		out[out.length - 1].items.push(item);
	}
	return out;
}

/**
 * What a list knows after newer items have come: those it has not yet stand in front.
 * @param {Array} known items, the newest first
 * @param {Array} fresh the newest items of the same question
 * @returns {Array} known itself when nothing is new
 */
export function mergeNewer(known, fresh) {
	const ids = new Set(known.map(i => i.id));
	const added = fresh.filter(i => !ids.has(i.id));
	return added.length ? [...added, ...known] : known;
}
