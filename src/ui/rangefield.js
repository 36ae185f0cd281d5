// SPDX-License-Identifier: Apache-2.0
/** The field for a range of time that is past. */
import { serverNow } from './api.js';
import { useZone } from './chart.js';
import { rangeText, ranges, readRange } from './events.js';
import { Button, Field, Input, Select } from './kit.js';
import { Fragment, h, useState } from './render.js';

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
	const [from, setFrom] = useState(stamp(range.from, utc));
	const [until, setUntil] = useState(range.to === null ? 'now' : stamp(range.to, utc));
	const now = serverNow();
	const read = readRange({ from, to: until === 'now' ? '' : until }, now, { utc });
	const bad = !from || read.bad ? 'Like 2026-12-01 14:00, 14:00, yesterday 9:00 or 2 h ago.' : read.from >= (read.to ?? now) ? 'It ends before it begins.' : '';
	const apply = e => {
		e.preventDefault();
		if (!bad) onapply({ from: new Date(read.from).toISOString(), to: read.to === null ? undefined : new Date(read.to).toISOString() });
	};
	return h('form', { class: 'hi-custom', onsubmit: apply },
		h(Field, { label: utc ? 'From (UTC)' : 'From', error: bad }, h(Input, { value: from, oninput: e => setFrom(e.target.value) })),
		h(Field, { label: utc ? 'To (UTC)' : 'To' }, h(Input, { value: until, oninput: e => setUntil(e.target.value) })),
		h(Button, { type: 'submit' }, 'Show'));
}
