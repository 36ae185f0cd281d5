// SPDX-License-Identifier: Apache-2.0
/** The matchers of a silence's form: a row each, with completion and how many alerts each matches alone. */
import { get } from './api.js';
import { Icon } from './icons.js';
import { IconButton, Value, formatCount, plural } from './kit.js';
import { formatMatcher, parseMatchers, quoteRegex } from './matcher.js';
import { h, useEffect, useId, useRef, useState } from './render.js';
import { matcherRow } from './silencedraft.js';

const OPS = ['=', '!=', '=~', '!~'];
const OP_WORDS = new Map([['=', 'is'], ['!=', 'is not'], ['=~', 'matches the expression'], ['!~', 'does not match the expression']]);
/** Milliseconds after the last key until the server is asked. */
const VALUES_PAUSE = 120;
const SHOWN_VALUES = 20;

/**
 * A field that offers what fits: combobox with a list of {value, alerts}.
 * @param {{load: function(string, AbortSignal): Promise<Array>, value: string, oninput: function(string), onpick: function(string)}} props the rest goes to the field
 */
function Combo({ load, value, oninput, onpick, onkeydown, onblur, inputRef, class: extra, ...rest }) {
	const id = useId();
	const [open, setOpen] = useState(false);
	const [found, setFound] = useState({ text: '', items: [] });
	const [at, setAt] = useState(-1);
	const latest = useRef(load);
	latest.current = load;
	useEffect(() => {
		if (!open) return undefined;
		const control = new AbortController();
		const timer = setTimeout(async () => {
			try {
				const items = await latest.current(value, control.signal);
				if (!control.signal.aborted) setFound({ text: value, items: items.slice(0, SHOWN_VALUES) });
			} catch (error) {
				// Completion is a help: without it one types on.
				if (!error.kind) throw error;
				if (!control.signal.aborted) setFound({ text: value, items: [] });
			}
		}, VALUES_PAUSE);
		return () => {
			clearTimeout(timer);
			control.abort();
		};
	}, [open, value]);
	useEffect(() => setAt(-1), [value, open]);
	// Until the server has answered, what was found before is cut to what is written now: a key must not choose what no longer fits.
	const fits = item => found.text === value || item.value.toLowerCase().includes(value.toLowerCase());
	const shown = open ? found.items.filter(item => item.value !== value && fits(item)) : [];
	const chosen = at >= 0 && at < shown.length ? at : -1;
	const take = item => {
		setOpen(false);
		onpick(item.value);
	};
	const keys = event => {
		if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
			event.preventDefault();
			setOpen(true);
			if (shown.length) setAt((chosen + (event.key === 'ArrowDown' ? 1 : chosen < 0 ? 0 : -1) + shown.length) % shown.length);
		} else if ((event.key === 'Enter' || event.key === 'Tab') && chosen >= 0 && !event.ctrlKey) {
			if (event.key === 'Enter') event.preventDefault();
			take(shown[chosen]);
		} else if (event.key === 'Escape' && shown.length) {
			event.preventDefault();
			event.stopPropagation();
			setOpen(false);
		} else if (onkeydown) onkeydown(event);
	};
	return h('div', { class: 'si-combo' + (extra ? ' ' + extra : '') },
		h('input', { type: 'text', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', ...rest, ref: inputRef, class: 'input mono', value, role: 'combobox', 'aria-autocomplete': 'list',
			'aria-expanded': shown.length > 0, 'aria-controls': id, 'aria-activedescendant': chosen >= 0 ? id + chosen : undefined,
			oninput: event => {
				setOpen(true);
				oninput(event.target.value);
			},
			onclick: () => setOpen(true),
			onkeydown: keys,
			onblur: event => {
				setOpen(false);
				if (onblur) onblur(event);
			} }),
		h('ul', { id, class: 'si-options', role: 'listbox', 'aria-label': 'What there is', hidden: !shown.length }, ...shown.map((item, i) => h('li', { key: item.value, id: id + i, role: 'option', class: 'si-option', 'aria-selected': i === chosen,
			onmousedown: event => event.preventDefault(), onclick: () => take(item) },
		h(Value, { text: item.value, limit: 100 }), item.alerts === undefined ? null : h('span', { class: 'count dim' }, formatCount(item.alerts))))));
}

/* The filter that the other rows make: what is offered is what goes with them. */
const othersOf = (rows, own) => rows.filter(m => m.id !== own.id && m.name !== '' && m.value !== '').map(formatMatcher);

async function namesFor(rows, own, text, signal) {
	const ask = async filter => (await get('labels', { filter }, { signal })).data.items;
	let items;
	try {
		items = await ask(othersOf(rows, own));
	} catch (error) {
		if (error.status !== 400) throw error;
		items = await ask(undefined);
	}
	const t = text.toLowerCase();
	const used = new Set(rows.filter(m => m.id !== own.id).map(m => m.name));
	return items.filter(l => l.name.toLowerCase().includes(t) && !used.has(l.name)).map(l => ({ value: l.name, alerts: l.alerts }))
		.sort((a, b) => Number(!a.value.toLowerCase().startsWith(t)) - Number(!b.value.toLowerCase().startsWith(t)));
}

/* Behind the last | of a regular expression the next alternative is completed. */
async function valuesFor(rows, own, text, signal) {
	if (own.name === '') return [];
	const regex = own.op.endsWith('~');
	const cut = regex ? text.lastIndexOf('|') + 1 : 0;
	const prefix = text.slice(cut) || undefined;
	const ask = async filter => (await get(`labels/${encodeURIComponent(own.name)}/values`, { prefix, limit: SHOWN_VALUES, filter }, { signal })).data.items;
	let items;
	try {
		items = await ask(othersOf(rows, own));
	} catch (error) {
		if (error.status !== 400) throw error;
		items = await ask(undefined);
	}
	return items.map(v => ({ value: text.slice(0, cut) + (regex ? quoteRegex(v.value) : v.value), alerts: v.alerts }));
}

function Count({ n, busy }) {
	if (n === undefined || n === null) return h('span', { class: 'si-row-count' });
	return h('span', { class: 'si-row-count num' + (busy ? ' dim' : ''), title: 'Alerts that this matcher alone matches' }, plural(n, 'alert'));
}

/** What a text that was put into a field says, if it is more than a part of one matcher; else null. */
export function pasted(text) {
	const t = String(text).trim();
	if (!/[=~{]/.test(t)) return null;
	const { matchers, unread } = parseMatchers(t);
	return unread === null && matchers.length ? matchers : null;
}

function MatcherRow({ row, rows, index, count, error, busy, on }) {
	const id = useId();
	const value = useRef(null);
	const own = `of matcher ${index + 1}`;
	const split = (event, whole) => {
		const found = whole ? pasted(whole) : null;
		if (!found) return false;
		event.preventDefault();
		on.replace(row.id, found);
		return true;
	};
	const paste = event => {
		const field = event.target;
		const text = event.clipboardData.getData('text');
		// Only into an empty or wholly selected field: elsewhere it is a piece of what stands there.
		if (field.value === '' || field.selectionEnd - field.selectionStart === field.value.length) split(event, text.trim().startsWith('{') || field.dataset.part === 'name' ? text : '');
	};
	const common = { 'aria-invalid': error ? true : undefined, 'aria-describedby': error ? id : undefined, onpaste: paste };
	return h('div', { class: 'si-matcher', role: 'group', 'aria-label': `Matcher ${index + 1}` },
		h(Combo, { ...common, 'data-part': 'name', 'aria-label': `Label ${own}`, placeholder: 'label', value: row.name, class: 'si-m-name', autofocus: undefined,
			oninput: text => on.set(row.id, { name: text }),
			onpick: text => {
				on.set(row.id, { name: text });
				if (value.current) value.current.focus();
			},
			onkeydown: event => event.key === 'Enter' && !event.ctrlKey && split(event, row.name),
			onblur: event => /[=~]/.test(row.name) && split(event, row.name),
			load: (text, signal) => namesFor(rows, row, text, signal) }),
		h('select', { class: 'input select mono si-m-op', 'aria-label': `Operator ${own}`, value: row.op, onchange: event => on.set(row.id, { op: event.target.value }) },
			...OPS.map(op => h('option', { key: op, value: op, 'aria-label': `${op} ${OP_WORDS.get(op)}` }, op))),
		h(Combo, { ...common, 'data-part': 'value', 'aria-label': `Value ${own}`, placeholder: row.op.endsWith('~') ? 'regular expression' : 'value', value: row.value, class: 'si-m-value', inputRef: value,
			oninput: text => on.set(row.id, { value: text }), onpick: text => on.set(row.id, { value: text }),
			onkeydown: event => {
				if (event.key !== 'Enter' || event.ctrlKey) return;
				event.preventDefault();
				if (index === rows.length - 1 && (row.name || row.value)) on.add();
			},
			load: (text, signal) => valuesFor(rows, row, text, signal) }),
		h(Count, { n: count, busy }),
		h(IconButton, { icon: 'close', label: `Remove matcher ${index + 1}`, class: 'si-m-remove', onclick: () => on.remove(row.id) }),
		error ? h('div', { class: 'field-error si-m-error', id }, h(Icon, { name: 'alert' }), ' ', error)
			: row.name !== '' && row.value === '' && (row.op === '=' || row.op === '!=') ? h('div', { class: 'field-hint si-m-error' }, row.op === '=' ? 'matches alerts without this label' : 'matches alerts that have this label') : null);
}

/**
 * The rows.
 * @param {{rows: Array, counts: Map<string, number>, errors: Map<string, string>, error?: string, busy?: boolean, onchange: function(Array)}} props counts and errors by a row's id
 */
export function MatcherRows({ rows, counts, errors, error, busy, onchange }) {
	const list = useRef(null);
	const wanted = useRef(null);
	// The focus goes to where one goes on: the new row, or the neighbour of the one that is gone.
	useEffect(() => {
		if (wanted.current === null || !list.current) return;
		const fields = list.current.querySelectorAll(`[data-part=${wanted.current.part}]`);
		const field = fields[Math.max(0, Math.min(wanted.current.index, fields.length - 1))];
		wanted.current = null;
		if (field) field.focus();
	});
	const on = {
		set: (id, patch) => onchange(rows.map(m => (m.id === id ? { ...m, ...patch } : m))),
		add() {
			wanted.current = { part: 'name', index: rows.length };
			onchange([...rows, matcherRow()]);
		},
		remove(id) {
			const index = rows.findIndex(m => m.id === id);
			const left = rows.filter(m => m.id !== id);
			wanted.current = { part: 'name', index: Math.max(0, index - 1) };
			onchange(left.length ? left : [matcherRow()]);
		},
		replace(id, matchers) {
			const index = rows.findIndex(m => m.id === id);
			const next = [...rows.slice(0, index), ...matchers.map(matcherRow), ...rows.slice(index + 1)].filter((m, i, all) => m.name !== '' || m.value !== '' || all.length === 1);
			wanted.current = { part: 'value', index: index + matchers.length - 1 };
			onchange(next);
		},
	};
	return h('fieldset', { class: 'si-fieldset', id: 'si-f-matchers' },
		h('legend', null, 'Alerts with all of these labels'),
		h('div', { ref: list, class: 'si-rows' }, ...rows.map((row, index) => h(MatcherRow, { key: row.id, row, rows, index, on, busy, count: counts.get(row.id), error: errors.get(row.id) }))),
		h('div', { class: 'row-flex' }, h('button', { type: 'button', class: 'btn', onclick: on.add }, h(Icon, { name: 'plus' }), 'Add matcher'), h('span', { class: 'field-hint' }, 'Or paste a whole {team="db", …}.')),
		error ? h('div', { class: 'field-error', role: 'alert' }, h(Icon, { name: 'alert' }), ' ', error) : null);
}
