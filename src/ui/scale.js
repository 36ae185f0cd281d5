// SPDX-License-Identifier: Apache-2.0
/** Numbers for charts: columns, scales, lanes. Pure. */

/** Columns of a chart at most. */
export const MOST_COLUMNS = 720;

/** The least of 1, 2, 5, 10, 20, 50 … that is not below n. */
export function niceMax(n) {
	if (!(n > 0)) return 1;
	const ten = 10 ** Math.floor(Math.log10(n));
	for (const f of [1, 2, 5, 10]) if (n <= f * ten * (1 + 1e-9)) return f * ten;
	return 10 * ten;
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800];

/** Seconds of a column, so that `span` seconds have about `most` of them. */
export function niceStep(span, most = 60) {
	return STEPS.find(s => span / s <= most) || Math.ceil(span / most / 604800) * 604800;
}

/**
 * Stacked columns.
 * @param {Array<{name: string, points: Array<{at: number|string, n: number}>}>} series
 * @param {{from: number, to: number, step: number}} range ms, ms, seconds of a column
 * @returns {{columns: Array<{at: number, values: number[], total: number}>, step: number, max: number}} step: as given, or as many times it as keep
 *   the columns within MOST_COLUMNS
 */
export function stack(series, { from, to, step }) {
	let ms = Math.max(1, step) * 1000;
	const start = Math.floor(from / ms) * ms;
	const n = Math.max(1, Math.ceil((to - start) / ms));
	ms *= Math.ceil(n / MOST_COLUMNS);
	const columns = Array.from({ length: Math.max(1, Math.ceil((to - start) / ms)) }, (_, i) => ({ at: start + i * ms, values: series.map(() => 0), total: 0 }));
	series.forEach((s, k) => {
		for (const p of s.points) {
			const at = typeof p.at === 'number' ? p.at : Date.parse(p.at);
			const column = columns[Math.floor((at - start) / ms)];
			const value = Number(p.n);
			if (!column || !Number.isFinite(value)) continue;
			column.values[k] += value;
			column.total += value;
		}
	});
	return { columns, step: ms / 1000, max: Math.max(0, ...columns.map(c => c.total)) };
}

const HOUR = 3600;
const TICKS = [1, 2, 5, 10, 30, 60, 300, 600, 900, 1800, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 48 * HOUR, 168 * HOUR, 336 * HOUR];

/**
 * Round moments of a time axis.
 * @param {number} from ms
 * @param {number} to ms
 * @param {number} most how many have room
 * @param {number} offset ms the clock shown is ahead of UTC, so that days begin at midnight
 * @returns {{at: number[], step: number}} ms, and the seconds between them
 */
export function timeTicks(from, to, most, offset = 0) {
	const span = (to - from) / 1000;
	const step = TICKS.find(s => span / s <= most) || Math.ceil(span / most / 86400) * 86400;
	const at = [];
	for (let t = Math.ceil((from + offset) / 1000 / step) * step * 1000 - offset; t <= to && at.length < 100; t += step * 1000) at.push(t);
	return { at, step };
}

const LANES = ['firing', 'acked', 'silenced', 'inhibited', 'muted'];

/**
 * The lanes of a time line: one for each state there was.
 * @param {Array<{from: string, to: string|null, state: string}>} timeline `active` is firing; what has no end goes on
 * @param {number} from ms
 * @param {number} to ms
 * @returns {Array<{state: string, spans: Array<{from: number, to: number, open: boolean}>}>} cut to the range; spans that touch are one
 */
export function lanes(timeline, from, to) {
	const found = new Map(LANES.map(s => [s, []]));
	for (const item of timeline || []) {
		const state = item.state === 'active' ? 'firing' : String(item.state);
		if (state === 'resolved') continue;
		const a = Math.max(from, Date.parse(item.from));
		const open = item.to === null || item.to === undefined;
		const b = Math.min(to, open ? to : Date.parse(item.to));
		if (!(b >= a)) continue;
		if (!found.has(state)) found.set(state, []);
		found.get(state).push({ from: a, to: b, open });
	}
	const out = [];
	for (const [state, spans] of found) {
		spans.sort((x, y) => x.from - y.from);
		const joined = [];
		for (const s of spans) {
			const last = joined[joined.length - 1];
			if (last && s.from <= last.to) {
				last.open = s.to >= last.to ? s.open : last.open;
				last.to = Math.max(last.to, s.to);
			} else joined.push({ ...s });
		}
		if (joined.length) out.push({ state, spans: joined });
	}
	return out;
}

/**
 * Notifications as ticks: those that would lie over each other are one.
 * @param {Array<{at: string, outcome: string}>} notifications
 * @param {{from: number, to: number, width: number, room: number}} scale width of the axis and of a tick, in the same unit
 * @returns {Array<{x: number, sent: number, failed: number, items: Array}>}
 */
export function ticksOf(notifications, { from, to, width, room = 12 }) {
	const out = [];
	const sorted = (notifications || []).map(n => ({ n, at: Date.parse(n.at) })).filter(({ at }) => at >= from && at <= to).sort((a, b) => a.at - b.at);
	for (const { n, at } of sorted) {
		const x = ((at - from) / Math.max(1, to - from)) * width;
		let last = out[out.length - 1];
		if (!last || x - last.x >= room) out.push((last = { x, sent: 0, failed: 0, items: [] }));
		last[n.outcome === 'sent' ? 'sent' : 'failed']++;
		last.items.push(n);
	}
	return out;
}
