// SPDX-License-Identifier: Apache-2.0
// The lists of Alerts as flat rows: what stands in which line, where each line lies, and what of new data may be shown while a
// person reads. Nothing here knows of the DOM.
import { quoteRegex } from './matcher.js';
import { levelOf } from './severity.js';

/**
 * @typedef {{key: string, kind: 'head'|'row'|'more', at: number, group: Object|null, alert?: Object, left?: number, open?: boolean, busy?: boolean}} Row
 *   `at`: the place of its group, or of itself, in the list it was made of
 */

/** Alerts of a group that can be unfolded in the list; the rest is on the group's page. */
export const MOST_OPEN = 1000;

const sum = counts => Object.values(counts || {}).reduce((n, v) => n + (Number(v) || 0), 0);

/** How many alerts of a group there are, of those that were asked for. */
export const sizeOf = group => sum(group.counts);

/**
 * The rows of groups.
 * @param {Object[]} groups as the API gives them
 * @param {{isOpen: function(Object): boolean, more?: Map<string, {items: Object[], busy: boolean, error: *}>}} how `more`: alerts that were loaded
 *   for a group beyond the first, in place of its own
 * @returns {Row[]}
 */
export function groupRows(groups, { isOpen, more = new Map() }) {
	const rows = [];
	for (let at = 0; at < groups.length; at++) {
		const group = groups[at];
		const open = isOpen(group);
		rows.push({ key: 'g' + group.id, kind: 'head', group, open, at });
		if (!open) continue;
		const extra = more.get(group.id);
		const alerts = extra && extra.items.length > group.alerts.length ? extra.items : group.alerts;
		for (const alert of alerts) rows.push({ key: `a${group.id}${alert.fp}`, kind: 'row', group, alert, at });
		const left = sizeOf(group) - alerts.filter(a => !a.gone).length;
		if (left > 0) rows.push({ key: 'm' + group.id, kind: 'more', group, left, at, busy: Boolean(extra && extra.busy), error: extra && extra.error, tooMany: alerts.length >= MOST_OPEN });
	}
	return rows;
}

/** The rows of a plain list of alerts. */
export const alertRows = alerts => alerts.map((alert, at) => ({ key: 'a' + alert.fp, kind: 'row', group: null, alert, at }));

/**
 * Where rows lie: the sums of the heights before each, and of all at the end.
 * @param {Row[]} rows
 * @param {Object<string, number>} heights by kind, in any unit
 * @returns {Float64Array} one longer than rows
 */
export function offsetsOf(rows, heights) {
	const out = new Float64Array(rows.length + 1);
	for (let i = 0; i < rows.length; i++) out[i + 1] = out[i] + heights[rows[i].kind];
	return out;
}

/** The index of the row at a height, found by halving; the nearest one outside. */
export function rowAt(offsets, y) {
	let low = 0;
	let high = Math.max(0, offsets.length - 2);
	while (low < high) {
		const mid = (low + high + 1) >> 1;
		if (offsets[mid] <= y) low = mid;
		else high = mid - 1;
	}
	return low;
}

/**
 * Which rows are in the DOM: those between two heights and some more on both sides, or all of a short list.
 * @returns {[number, number]} from, and up to (not with)
 */
export function windowOf(offsets, top, bottom, { overscan = 10, plain = 200 } = {}) {
	const n = offsets.length - 1;
	if (n <= plain) return [0, n];
	return [Math.max(0, rowAt(offsets, top) - overscan), Math.min(n, rowAt(offsets, bottom) + 1 + overscan)];
}

/* ---- new data under a reader ---- */

function holdAlerts(old, fresh) {
	const now = new Map(fresh.map(a => [a.fp, a]));
	const kept = old.map(a => now.get(a.fp) || (a.gone ? a : { ...a, gone: true }));
	const had = new Set(old.map(a => a.fp));
	return { items: kept, added: fresh.reduce((n, a) => n + (had.has(a.fp) ? 0 : 1), 0) };
}

/**
 * New data in the order of the old: no row moves, what went is marked `gone`, what came is counted and waits.
 * @param {Object[]} old groups, or alerts (which have a member `fp`)
 * @param {Object[]} fresh
 * @returns {{items: Object[], added: number}}
 */
export function heldBack(old, fresh) {
	if ((old[0] || fresh[0] || {}).fp !== undefined) return holdAlerts(old, fresh);
	const now = new Map(fresh.map(g => [g.id, g]));
	let added = 0;
	const items = old.map(g => {
		const next = now.get(g.id);
		if (!next) return g.gone ? g : { ...g, gone: true, alerts: g.alerts.map(a => ({ ...a, gone: true })) };
		const { items: alerts, added: n } = holdAlerts(g.alerts, next.alerts);
		added += Math.max(n, g.gone ? 0 : sizeOf(next) - sizeOf(g));
		return { ...next, alerts };
	});
	const had = new Set(old.map(g => g.id));
	for (const g of fresh) if (!had.has(g.id)) added += sizeOf(g) || g.alerts.length;
	return { items, added };
}

/** Fingerprints in a list of groups or alerts. */
export function fingerprints(items) {
	const out = new Set();
	for (const item of items) {
		if (item.fp !== undefined) out.add(item.fp);
		else for (const a of item.alerts) out.add(a.fp);
	}
	return out;
}

/* ---- labels ---- */

const FIRST_LABELS = ['alertname', 'instance'];

/** Labels as pairs in the order of a row: alertname, instance, then by name. */
export function inOrder(labels) {
	const rank = n => (FIRST_LABELS.includes(n) ? FIRST_LABELS.indexOf(n) : FIRST_LABELS.length);
	return Object.entries(labels || {}).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0));
}

/** All labels of an alert in a list of groups, as pairs. */
export function fullLabels(alert, group) {
	const all = new Map();
	for (const part of group ? [group.labels, group.shared && group.shared.labels, alert.labels] : [alert.labels]) {
		for (const [name, value] of Object.entries(part || {})) all.set(name, String(value));
	}
	return all;
}

/** Values of one label that are named one by one in a matcher; a label with more is left out. */
const MOST_VALUES = 50;

/**
 * Matchers that choose alerts with these label sets, and as little else as can be: a label that all have, with one value as
 * `=`, with several as `=~`.
 * @param {Array<Map<string, string>>} sets
 * @returns {Array<{name: string, op: string, value: string}>}
 */
export function matchersFor(sets) {
	if (!sets.length) return [];
	const out = [];
	for (const name of [...sets[0].keys()].sort()) {
		if (!sets.every(s => s.has(name))) continue;
		const values = [...new Set(sets.map(s => s.get(name)))];
		if (values.length === 1) out.push({ name, op: '=', value: values[0] });
		else if (values.length <= MOST_VALUES) out.push({ name, op: '=~', value: values.sort().map(quoteRegex).join('|') });
	}
	return out;
}

/* ---- the view as a question ---- */

export const STATES = ['active', 'silenced', 'inhibited', 'muted', 'acked'];
const ON = { active: true, silenced: false, inhibited: false, muted: false, acked: true };

/** Whether a view shows a state. */
export const shows = (view, state) => (view[state] === undefined ? ON[state] : Boolean(view[state]));

/** Whether a view leaves anything out besides states. */
export const isNarrowed = view => Boolean((view.filter || []).length || view.q || view.receiver || view.ageMin || view.owner);

/**
 * The parameters of the API for a view of Alerts.
 * @param {Object} view as parseLink gives it
 * @param {{formatMatcher: function, quoteReceiver: function}} write
 */
export function paramsOf(view, { formatMatcher, quoteReceiver }) {
	const params = {
		filter: (view.filter || []).map(formatMatcher),
		receiver: view.receiver ? view.receiver.name !== undefined ? quoteReceiver(view.receiver.name) : view.receiver.regex : undefined,
		q: view.q || undefined,
		age_min: view.ageMin || undefined,
		owner: view.owner || undefined,
	};
	for (const state of STATES) if (!shows(view, state)) params[state] = 'false';
	return params;
}

/* ---- severities ---- */

/** The severity of an alert in a list: the server's, or that of its label among the labels of its group. */
export function severityOf(alert, group, label = 'severity') {
	if (alert.severity !== undefined) return alert.severity;
	const raw = alert.labels && alert.labels[label];
	if (raw === undefined) return group ? group.severity : '';
	const level = levelOf(raw);
	return level === 'other' ? String(raw) : level;
}

/** The name of a group in a few words: its alertname, else its first label's value. */
export function nameOf(labels) {
	const first = inOrder(labels)[0];
	return first ? { name: first[0], value: String(first[1]) } : null;
}
