// SPDX-License-Identifier: Apache-2.0
/** The field for a range of time that is past. */
import { serverNow } from './api.js';
import { useZone } from './chart.js';
import { rangeText, ranges, readRange } from './events.js';
import { Button, Field, Input, Select } from './kit.js';
import { Fragment, h, useRef, useState } from './render.js';

/** The range: one of those there are, or two moments. */
export function RangeField({ view, range, to, only }) {
	const { utc } = useZone();
	const custom = range.last === null;
	const [editing, edit] = useState(false);
	const choices = [...(only || ranges), ...(range.last && !(only || ranges).some(([v]) => v === range.last) ? [[range.last, rangeText(range)]] : []), ...(only ? [] : [['custom', 'From … to …']])];
	const choose = e => {
		if (e.target.value === 'custom') return edit(true);
		edit(false);
		return to({ range: { last: e.target.value } });
	};
	const open = custom || editing;
	return h(Fragment, null,
		h(Select, { 'aria-label': 'Range', class: 'hi-range', options: choices, value: open ? 'custom' : range.last, onchange: choose }),
		open ? h(CustomRange, { key: `${range.from}`.slice(0, custom ? undefined : 0), range, utc, onapply: r => { edit(false); to({ range: r }); } }) : null);
}

const stamp = (ms, utc) => {
	const d = new Date(utc ? ms : ms - new Date(ms).getTimezoneOffset() * 60000);
	return d.toISOString().slice(0, 19).replace('T', ' ').replace(/:00$/, '');
};

function CustomRange({ range, utc, onapply }) {
	const [{ from, until }, redraw] = useState(() => ({ from: stamp(range.from, utc), until: range.to === null ? 'now' : stamp(range.to, utc) }));
	// What is typed counts at once, not when it is drawn: Enter may come first.
	const typed = useRef(null);
	if (!typed.current) typed.current = { from, until };
	const change = patch => {
		typed.current = { ...typed.current, ...patch };
		redraw(typed.current);
	};
	const readIt = t => {
		const now = serverNow();
		const read = readRange({ from: t.from, to: t.until.trim() === 'now' ? '' : t.until }, now, { utc });
		const bad = !t.from.trim() || read.bad ? 'Like 2026-12-01 14:00, 14:00, yesterday 9:00 or 2 h ago.' : read.from >= (read.to ?? now) ? 'It ends before it begins.' : '';
		return { read, bad };
	};
	const apply = e => {
		e.preventDefault();
		const { read, bad } = readIt(typed.current);
		if (!bad) onapply({ from: new Date(read.from).toISOString(), to: read.to === null ? undefined : new Date(read.to).toISOString() });
	};
	return h('form', { class: 'hi-custom', onsubmit: apply },
		h(Field, { label: utc ? 'From (UTC)' : 'From', error: readIt({ from, until }).bad }, h(Input, { value: from, oninput: e => change({ from: e.target.value }) })),
		h(Field, { label: utc ? 'To (UTC)' : 'To' }, h(Input, { value: until, oninput: e => change({ until: e.target.value }) })),
		h(Button, { type: 'submit' }, 'Show'));
}
