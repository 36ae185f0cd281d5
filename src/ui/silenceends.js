// SPDX-License-Identifier: Apache-2.0
/** How long a silence lasts: for a time, until the alert resolves, or again and again. */
import { boot } from './boot.js';
import { Icon } from './icons.js';
import { Check, Field, IconButton, Input } from './kit.js';
import { Fragment, h, useId, useRef } from './render.js';
import { settings } from './settings.js';
import { PRESETS, momentText, readTimes, readUntil, windowRow } from './silencedraft.js';
import { Next } from './silenceparts.js';
import { dayName, fromLocalField, knownZone, localField, weekFrom, zoneNames } from './silencetimes.js';
import { useStore } from './store.js';
import { bothTimes, formatDuration, parseDuration } from './time.js';

const WAYS = [['time', 'For a time'], ['alert', 'When the alert resolves'], ['recurring', 'Recurring']];

/** What the site says of silences: {durations, require_comment, max_duration, templates}. */
export const site = () => (boot.ui.silence && typeof boot.ui.silence === 'object' ? boot.ui.silence : {});

const presets = () => {
	const own = site().durations;
	const list = Array.isArray(own) ? own.map(String).filter(t => parseDuration(t) > 0).slice(0, 12) : [];
	return list.length ? list : PRESETS;
};

const errorOf = (errors, field) => (errors.find(e => e.field === field && e.index === undefined) || {}).message;

/** 'until Tue 14:00 (11:00 UTC), 2 h 5 min' of a draft; of a recurring one when it is next. */
export function EndsText({ draft, now }) {
	const utc = useStore(settings, s => s.utc);
	const hour12 = useStore(settings, s => !s.hours24);
	if (draft.ends === 'recurring') return h(Next, { windows: draft.windows, zone: draft.zone, now });
	const t = readTimes(draft, now, { utc });
	if (t.ends === null || t.errors.length) return null;
	return h(Fragment, null, draft.ends === 'alert' ? 'when what it covers has resolved, at the latest ' : '', t.starts !== null ? `from ${bothTimes(t.starts, now, { hour12 })} ` : '',
		`until ${bothTimes(t.ends, now, { hour12 })}, ${formatDuration(t.seconds, 3)}`);
}

/** What is wrong with a silence that lasts longer than the site allows; else null. */
export function tooLong(draft, now) {
	const most = parseDuration(String(site().max_duration || ''));
	const { seconds } = readTimes(draft, now);
	return most && seconds > most ? { field: 'endsAt', message: `Longer than ${formatDuration(most)}, which is the most here.` } : null;
}

function Presets({ value, onpick, label }) {
	return h('div', { class: 'si-presets', role: 'group', 'aria-label': label },
		...presets().map(text => h('button', { key: text, type: 'button', class: 'btn', 'aria-pressed': parseDuration(value) === parseDuration(text), onclick: () => onpick(text) }, text)));
}

/* A date to be picked, beside the text that says it. */
function Pick({ ms, onpick, label }) {
	const utc = useStore(settings, s => s.utc);
	const ref = useRef(null);
	return h('span', { class: 'si-pick' },
		h('input', { ref, type: 'datetime-local', class: 'input', 'aria-label': `${label}${utc ? ', UTC' : ', local time'}`, value: ms ? localField(ms, utc) : '',
			onchange: event => event.target.value && onpick(momentText(fromLocalField(event.target.value, 0, utc), { utc })) }));
}

function Start({ draft, change, now, errors }) {
	const t = readTimes(draft, now, { utc: settings.get().utc });
	const set = text => change({ startText: text, startExact: null });
	return h('div', { class: 'si-when' },
		h(Field, { label: 'Starts', error: errorOf(errors, 'startsAt') }, h(Input, { value: draft.startText, placeholder: 'now', id: 'si-f-startsAt', oninput: event => set(event.target.value) })),
		h(Pick, { ms: t.starts, label: 'Start', onpick: set }));
}

function ForTime({ draft, change, now, errors }) {
	const t = readTimes(draft, now, { utc: settings.get().utc });
	const set = text => change({ endText: text, endExact: null });
	return h(Fragment, null,
		h(Presets, { value: draft.endExact === null ? draft.endText : '', onpick: set, label: 'Duration' }),
		h('div', { class: 'si-when' },
			h(Field, { label: 'Duration or end', error: errorOf(errors, 'endsAt') }, h(Input, { id: 'si-f-endsAt', value: draft.endText, placeholder: '2h30m, until 18:00, until monday 9:00', oninput: event => set(event.target.value) })),
			h(Pick, { ms: t.errors.length ? null : t.ends, label: 'End', onpick: set })));
}

function WithAlert({ draft, change, errors }) {
	return h(Fragment, null,
		h('p', { class: 'dim' }, 'It ends by itself once nothing that it covers fires any more.'),
		h(Presets, { value: draft.most, onpick: most => change({ most }), label: 'At most' }),
		h(Field, { label: 'At most', error: errorOf(errors, 'endsAt') }, h(Input, { id: 'si-f-endsAt', value: draft.most, placeholder: '1d', oninput: event => change({ most: event.target.value }) })));
}

function WindowRow({ w, index, only, error, onchange, onremove }) {
	const first = useStore(settings, s => s.firstDay);
	const id = useId();
	const days = d => onchange({ days: w.days.includes(d) ? w.days.filter(x => x !== d) : [...w.days, d] });
	const time = (name, label) => h('label', { class: 'si-time' }, h('span', { class: 'field-label' }, label), h('input', { type: 'time', class: 'input', value: w[name], 'aria-invalid': error ? true : undefined,
		'aria-describedby': error ? id : undefined, oninput: event => onchange({ [name]: event.target.value }) }));
	return h('li', { class: 'si-window', role: 'group', 'aria-label': `Time of the week ${index + 1}` },
		h('div', { class: 'si-days' }, ...weekFrom(first).map(d => h(Check, { key: d, chip: true, label: dayName(d), checked: w.days.includes(d), onchange: () => days(d) }))),
		h('div', { class: 'si-times' }, time('from', 'From'), time('to', w.to && w.to <= w.from ? 'To (next day)' : 'To'),
			only ? null : h(IconButton, { icon: 'close', label: `Remove time of the week ${index + 1}`, onclick: onremove })),
		error ? h('div', { class: 'field-error', id }, h(Icon, { name: 'alert' }), ' ', error) : null);
}

function Recurring({ draft, change, now, errors }) {
	const zones = useId();
	const utc = useStore(settings, s => s.utc);
	const set = (id, patch) => change({ windows: draft.windows.map(w => (w.id === id ? { ...w, ...patch } : w)) });
	const until = readUntil(draft, now, { utc });
	const zoneError = errorOf(errors, 'location') || (draft.zone && !knownZone(draft.zone) ? 'This browser does not know this place; try one like Europe/Istanbul.' : '');
	return h(Fragment, null,
		h('ul', { class: 'si-windows', id: 'si-f-windows' }, ...draft.windows.map((w, index) => h(WindowRow, { key: w.id, w, index, only: draft.windows.length === 1,
			error: (errors.find(e => e.field === 'windows' && (e.index === index || (e.index === undefined && index === 0))) || {}).message,
			onchange: patch => set(w.id, patch), onremove: () => change({ windows: draft.windows.filter(x => x.id !== w.id) }) }))),
		draft.windows.length < 32 ? h('button', { key: 'more', type: 'button', class: 'btn', onclick: () => change({ windows: [...draft.windows, windowRow()] }) }, h(Icon, { name: 'plus' }), 'Another time of the week') : null,
		h('div', { class: 'si-two' },
			h(Field, { label: 'Time zone', error: zoneError }, h(Input, { id: 'si-f-location', list: zones, value: draft.zone, placeholder: 'Europe/Istanbul', oninput: event => change({ zone: event.target.value }) })),
			h(Field, { label: 'Until', error: errorOf(errors, 'until'), hint: until ? bothTimes(until, now) : 'for ever when empty' },
				h(Input, { id: 'si-f-until', value: draft.untilText, placeholder: '2026-12-31', oninput: event => change({ untilText: event.target.value, untilExact: null }) }))),
		h('datalist', { id: zones }, ...zoneNames().map(zone => h('option', { key: zone, value: zone }))));
}

const PARTS = new Map([['time', ForTime], ['alert', WithAlert], ['recurring', Recurring]]);

/** The part of the form that says from when to when. `errors`: [{field, message, index}]. */
export function Ends({ draft, change, now, errors }) {
	const name = useId();
	return h('fieldset', { class: 'si-fieldset' },
		h('legend', null, 'Ends'),
		h('div', { class: 'si-ways' }, ...WAYS.map(([way, label]) => h('label', { key: way, class: 'si-way' },
			h('input', { type: 'radio', name, value: way, checked: draft.ends === way, onchange: () => change({ ends: way }) }), label))),
		h(PARTS.get(draft.ends), { draft, change, now, errors }),
		draft.ends === 'recurring' ? null : h(Start, { draft, change, now, errors }),
		h('p', { class: 'si-spelled', 'aria-live': 'polite' }, h(EndsText, { draft, now })));
}
