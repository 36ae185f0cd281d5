// SPDX-License-Identifier: Apache-2.0
/** Charts: columns over time, and the time line of an alert or group. SVG of our own; each has a table with the same behind a button. */
import { serverNow } from './api.js';
import { Icon } from './icons.js';
import { Button, Time, formatCount } from './kit.js';
import { h, useEffect, useId, useRef, useState } from './render.js';
import { lanes, niceMax, stack, ticksOf, timeTicks } from './scale.js';
import { settings } from './settings.js';
import { useStore } from './store.js';
import { formatDay, formatDuration, formatTime, formatWhen } from './time.js';

/** The width of an element in CSS pixels, followed. */
function useWidth(ref, initial) {
	const [width, set] = useState(initial);
	useEffect(() => {
		const observer = new ResizeObserver(entries => set(Math.max(80, Math.floor(entries[0].contentRect.width))));
		observer.observe(ref.current);
		return () => observer.disconnect();
	}, []);
	return width;
}

/** How times are shown: {utc, hour12} of the settings. */
export function useZone() {
	const utc = useStore(settings, s => Boolean(s.utc));
	const hour12 = useStore(settings, s => s.hour12 === true || s.h24 === false);
	return { utc, hour12 };
}

const offsetOf = (ms, utc) => (utc ? 0 : -new Date(ms).getTimezoneOffset() * 60000);

/** Marks of the time axis, as text below a chart. */
function TimeAxis({ from, to, width, zone }) {
	const { at, step } = timeTicks(from, to, Math.max(2, Math.floor(width / 88)), offsetOf(to, zone.utc));
	const place = t => ((t - from) / Math.max(1, to - from)) * 100;
	return h('div', { class: 'ch-axis', 'aria-hidden': 'true' }, ...at.map(t => {
		const x = place(t);
		return h('span', { key: t, class: 'ch-mark' + (x < 4 ? ' first' : x > 96 ? ' last' : ''), style: { left: `${x.toFixed(2)}%` } },
			step >= 86400 ? formatDay(t, zone) : formatTime(t, { ...zone, seconds: step < 60 }));
	}));
}

/** Stripes, for what is told apart from a plain colour by more than its colour. */
function Hatch({ id, tone }) {
	return h('defs', null, h('pattern', { id, width: 4, height: 4, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
		h('rect', { class: `ch-hatch-bg ${tone}`, width: 4, height: 4 }), h('rect', { class: `ch-hatch ${tone}`, width: 2, height: 4 })));
}

/** The button that shows a chart's numbers as a table, and the table. */
function AsTable({ label, head, rows }) {
	const [open, set] = useState(false);
	const id = useId();
	return h('div', { class: 'ch-table' },
		h(Button, { kind: 'quiet', icon: 'table', 'aria-expanded': open, 'aria-controls': open ? id : undefined, onclick: () => set(o => !o) }, open ? 'Hide the table' : 'As a table'),
		open ? h('div', { class: 'ch-scroll', id, tabindex: 0, role: 'region', 'aria-label': label },
			h('table', { class: 'hi-table' }, h('caption', { class: 'vh' }, label), h('thead', null, h('tr', null, ...head.map((t, i) => h('th', { key: i, scope: 'col' }, t)))),
				h('tbody', null, ...rows().map((r, i) => h('tr', { key: i }, ...r.map((c, j) => h('td', { key: j }, c))))))) : null);
}

const TONES = new Set(['sent', 'failed', 'events', 'fire']);
const toneOf = s => 'ch-' + (TONES.has(s.tone) ? s.tone : 'events');

/**
 * Stacked columns over time.
 * @param {{series: Array<{name: string, tone: 'sent'|'failed'|'events'|'fire', points: Array<{at: string|number, n: number}>}>, step: number, from: number, to: number,
 *   label: string, known?: number, small?: boolean, onpick?: function({from: number, to: number})}} props
 *   step: seconds of a column; from, to: ms, by default what the points span; label: what it shows, for those who do not see it; known: what lies before
 *   this moment is not known yet, and shown so; small: without axis, legend and table; onpick: called with the column that is clicked
 */
export function Bars({ series, step, from, to, label, known, small = false, onpick }) {
	const box = useRef(null);
	const hatch = useId();
	const width = useWidth(box, 600);
	const zone = useZone();
	const all = series.flatMap(s => s.points.map(p => (typeof p.at === 'number' ? p.at : Date.parse(p.at))));
	const end = to ?? serverNow();
	const begin = from ?? (all.length ? Math.min(...all) : end - 86400000);
	const chart = stack(series, { from: begin, to: end, step });
	const height = small ? 24 : 88;
	const max = niceMax(chart.max);
	const left = chart.columns[0].at;
	const right = left + chart.columns.length * chart.step * 1000;
	const w = width / chart.columns.length;
	const gap = w >= 4 ? 1 : 0;
	const bars = [];
	chart.columns.forEach((c, i) => {
		let y = height;
		c.values.forEach((v, k) => {
			if (!v) return;
			const tall = Math.max(1, (v / max) * (height - 1));
			y -= tall;
			bars.push(h('rect', { key: `${i}.${k}`, class: toneOf(series[k]), fill: series[k].tone === 'failed' ? `url(#${hatch})` : undefined, x: (i * w).toFixed(2), y: y.toFixed(2), width: Math.max(1, w - gap).toFixed(2), height: tall.toFixed(2) }));
		});
	});
	const unknown = known !== undefined && known > left ? Math.min(width, ((known - left) / (right - left)) * width) : 0;
	const pick = event => {
		const r = event.currentTarget.getBoundingClientRect();
		const c = chart.columns[Math.floor(((event.clientX - r.left) / r.width) * chart.columns.length)];
		if (c && c.total) onpick({ from: c.at, to: c.at + chart.step * 1000 });
	};
	const sums = series.map((s, k) => chart.columns.reduce((n, c) => n + c.values[k], 0));
	const name = `${label}: ${series.map((s, k) => `${formatCount(sums[k])} ${s.name}`).join(', ')}`;
	const svg = h('svg', { class: 'ch-bars', role: 'img', 'aria-label': name, viewBox: `0 0 ${width} ${height}`, width: '100%', height, preserveAspectRatio: 'none', onclick: onpick ? pick : undefined },
		h(Hatch, { key: 'hatch', id: hatch, tone: 'failed' }), unknown ? h('rect', { key: 'unknown', class: 'ch-unknown', x: 0, y: 0, width: unknown.toFixed(2), height }) : null, ...bars,
		h('line', { key: 'base', class: 'ch-base', x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5 }));
	if (small) return h('div', { ref: box, class: 'ch small' }, svg);
	return h('figure', { class: 'ch' + (onpick ? ' ch-pick' : '') },
		h('figcaption', { class: 'ch-legend' }, ...series.map((s, k) => h('span', { key: s.name }, h('i', { class: `ch-key ${toneOf(s)}` }), `${s.name} `, h('b', null, formatCount(sums[k])))),
			h('span', { class: 'meta' }, `a column is ${formatDuration(chart.step)}, the highest ${formatCount(chart.max)}`), unknown ? h('span', { class: 'meta' }, h('i', { class: 'ch-key ch-unknown' }), 'not looked at yet') : null),
		h('div', { ref: box, class: 'ch-plot' }, svg), h(TimeAxis, { from: left, to: right, width, zone }),
		h(AsTable, { label, head: ['From', ...series.map(s => s.name)], rows: () => chart.columns.filter(c => c.total).map(c => [
			onpick ? h('button', { type: 'button', class: 'btn quiet', onclick: () => onpick({ from: c.at, to: c.at + chart.step * 1000 }) }, formatWhen(c.at, end, zone)) : formatWhen(c.at, end, zone),
			...c.values.map(formatCount)]) }));
}

const STATE_WORDS = new Map([['firing', 'firing'], ['acked', 'acked'], ['silenced', 'silenced'], ['inhibited', 'inhibited'], ['muted', 'muted']]);
const STATE_ICONS = new Map([['firing', 'alert'], ['acked', 'ack'], ['silenced', 'silence'], ['inhibited', 'inhibited'], ['muted', 'muted']]);
const LANE = 14;

const ms = v => (typeof v === 'number' ? v : Date.parse(v));

/**
 * A time line: one lane for each state there was, below them what was told, ✓ or ✗.
 * @param {{timeline: Array<{from: string, to: string|null, state: string}>, notifications?: Array<{at: string, outcome: string, receiver?: string, error?: string}>,
 *   from?: string|number, to?: string|number, label?: string}} props from, to: by default the last 24 h
 */
export function Lane({ timeline, notifications = [], from, to, label = 'Time line' }) {
	const end = to === undefined || to === null ? serverNow() : ms(to);
	const begin = from === undefined || from === null ? end - 86400000 : ms(from);
	const found = lanes(timeline, begin, end);
	if (!found.length && !ticksOf(notifications, { from: begin, to: end, width: 1 }).length) return h('p', { class: 'meta' }, 'Nothing is known of this time.');
	return h(LaneChart, { found, notifications, begin, end, label });
}

function LaneChart({ found, notifications, begin, end, label }) {
	const box = useRef(null);
	const width = useWidth(box, 360);
	const hatch = useId();
	const zone = useZone();
	const ticks = ticksOf(notifications, { from: begin, to: end, width });
	const x = t => ((t - begin) / Math.max(1, end - begin)) * width;
	const height = found.length * (LANE + 4) + (ticks.length ? 18 : 0);
	const span = s => (s.open ? 'until now' : `until ${formatWhen(s.to, end, zone)}`);
	const said = [...found.map(l => `${STATE_WORDS.get(l.state) || l.state} ${formatDuration(l.spans.reduce((n, s) => n + s.to - s.from, 0) / 1000)}`),
		ticks.length ? `${ticks.reduce((n, t) => n + t.sent, 0)} sent, ${ticks.reduce((n, t) => n + t.failed, 0)} failed` : ''].filter(Boolean).join('; ');
	const rows = () => [...found.flatMap(l => l.spans.map(s => [s.from, STATE_WORDS.get(l.state) || l.state, span(s)])),
		...notifications.filter(n => Date.parse(n.at) >= begin && Date.parse(n.at) <= end).map(n => [Date.parse(n.at), n.outcome === 'sent' ? 'told' : 'could not tell', [n.receiver, n.error].filter(Boolean).join(': ')])]
		.sort((a, b) => a[0] - b[0]).map(([at, word, more]) => [h(Time, { at, mode: 'at' }), word, h('bdi', null, more)]);
	return h('figure', { class: 'ch ch-lanes' },
		h('div', { class: 'ch-rows' },
			h('div', { class: 'ch-names', 'aria-hidden': 'true' }, ...found.map(l => h('span', { key: l.state, class: 'ch-name' }, h(Icon, { name: STATE_ICONS.get(l.state) || 'other', size: 0.75 }), STATE_WORDS.get(l.state) || l.state)),
				ticks.length ? h('span', { key: 'told', class: 'ch-name ch-told' }, h(Icon, { name: 'receiver', size: 0.75 }), 'told') : null),
			h('div', { ref: box, class: 'ch-plot' },
				h('svg', { class: 'ch-lane', role: 'img', 'aria-label': `${label}: ${said}`, viewBox: `0 0 ${width} ${height}`, width: '100%', height, preserveAspectRatio: 'none' },
					h(Hatch, { key: 'hatch', id: hatch, tone: 'inhibited' }),
					...found.flatMap((l, i) => [
						h('rect', { key: l.state, class: 'ch-ground', x: 0, y: i * (LANE + 4), width, height: LANE }),
						...l.spans.map((s, k) => h('rect', { key: `${l.state}.${k}`, class: STATE_WORDS.has(l.state) ? `ch-${l.state}` : 'ch-events', fill: l.state === 'inhibited' ? `url(#${hatch})` : undefined,
							x: x(s.from).toFixed(2), y: i * (LANE + 4), width: Math.max(2, x(s.to) - x(s.from)).toFixed(2), height: LANE }, h('title', null, `${STATE_WORDS.get(l.state) || l.state} from ${formatWhen(s.from, end, zone)} ${span(s)}`))),
					]),
					...ticks.map(t => h(Tick, { key: t.x.toFixed(1), tick: t, x: Math.min(width - 6, Math.max(6, t.x)), y: found.length * (LANE + 4) + 9, end, zone })))),
		),
		h(TimeAxis, { from: begin, to: end, width, zone }),
		h(AsTable, { label, head: ['When', 'What', 'More'], rows }));
}

function Tick({ tick, x, y, end, zone }) {
	const bad = tick.failed > 0;
	const words = tick.items.slice(0, 5).map(n => `${formatWhen(Date.parse(n.at), end, zone)} ${n.receiver || ''} ${n.outcome}`).join('\n');
	return h('g', { class: bad ? 'ch-tick bad' : 'ch-tick', transform: `translate(${x.toFixed(2)} ${y})` },
		h('path', { d: bad ? 'M-3.5-3.5 3.5 3.5M3.5-3.5-3.5 3.5' : 'M-4 0-1 3 4-3.5' }), h('title', null, tick.items.length > 5 ? `${words}\nand ${tick.items.length - 5} more` : words));
}
