// SPDX-License-Identifier: Apache-2.0
/** The filter: chips of matchers, and a field that completes names, operators and values with their counts. */
import { get } from './api.js';
import { PSEUDO, draftOf, entryOf, nameCandidates, negated, opCandidates, pseudoCandidates, valueCandidates, withMatcher, withRecent } from './complete.js';
import { Icon } from './icons.js';
import { Menu, Value, formatCount } from './kit.js';
import { useHold } from './live.js';
import { formatMatcher, formatMatchers, sameMatcher } from './matcher.js';
import { h, useEffect, useId, useLayout, useMemo, useRef, useState } from './render.js';
import { settings } from './settings.js';
import { useStore } from './store.js';

const KEY_PATIENCE = 120; // ms after the last key
/** Whether the field takes the whole screen while it has the focus. */
const covers = () => matchMedia('(max-width: 719.9px)').matches;

/** What the server has for a draft; older answers are dropped. Gives candidates. */
function useCandidates(open, text, pseudo, params, recent) {
	const [found, set] = useState([]);
	const names = useRef(null);
	const key = JSON.stringify(params);
	useEffect(() => {
		names.current = null;
	}, [key]);
	useEffect(() => {
		if (!open) return undefined;
		const draft = draftOf(text, pseudo);
		const control = new AbortController();
		const load = async () => {
			const { signal } = control;
			if (draft.part === 'op') return opCandidates(draft);
			if (draft.part === 'name') {
				if (!names.current) names.current = (await get('labels', params, { signal })).data.items;
				return [...(text.trim() ? [] : recent), ...nameCandidates(draft.prefix, names.current, pseudo)];
			}
			if (draft.pseudo) {
				const known = draft.name === 'receiver' ? (await get('v2:receivers', null, { signal })).data.map(r => String(r.name))
					: draft.name === 'owner' ? [...new Set((await get('silences', { kind: 'ack', limit: 200 }, { signal })).data.items.map(s => String(s.createdBy)))] : [];
				return pseudoCandidates(draft, known);
			}
			const { data } = await get(`labels/${encodeURIComponent(draft.name)}/values`, { ...params, prefix: draft.prefix || undefined, limit: 20 }, { signal });
			return valueCandidates(draft, data.items);
		};
		const timer = setTimeout(async () => {
			try {
				const list = await load();
				if (!control.signal.aborted) set(list);
			} catch (error) {
				// Completion is a help: without it the field works as before.
				if (!control.signal.aborted) set([]);
				if (!error.kind) throw error;
			}
		}, draft.part === 'op' || !text ? 0 : KEY_PATIENCE);
		return () => {
			clearTimeout(timer);
			control.abort();
		};
	}, [open, text, key]);
	return open ? found : [];
}

function Candidate({ candidate, id, chosen, onpick }) {
	const { label, hint, count, recent } = candidate;
	// The press must not take the focus from the field, or the list would close before the click.
	return h('li', { id, role: 'option', 'aria-selected': chosen, class: 'fb-option', onmousedown: event => event.preventDefault(), onclick: onpick },
		recent ? h(Icon, { name: 'history' }) : null,
		h(Value, { text: label, class: 'fb-option-text' }),
		hint ? h('span', { class: 'fb-hint' }, hint) : null,
		count === undefined ? null : h('span', { class: 'count' }, formatCount(count)));
}

/** One matcher of the filter: a click takes it back into the field, its menu turns it round, × removes it. */
function MatcherChip({ matcher, onedit, onnegate, onremove, menu }) {
	const text = formatMatcher(matcher);
	return h('span', { class: 'chip fb-chip' },
		h('button', { type: 'button', class: 'chip-text', title: 'Edit', onclick: onedit },
			h(Value, { text: matcher.name }), h('span', { class: matcher.op.startsWith('!') ? 'fb-op fb-not' : 'fb-op' }, matcher.op), '"', h(Value, { text: matcher.value, limit: 80, class: 'fb-value' }), '"'),
		h(Menu, { label: `More for ${text}`, icon: 'down', class: 'fb-more', items: [
			{ label: `Turn into ${negated(matcher).op}`, onselect: onnegate },
			{ label: 'Edit', icon: 'edit', onselect: () => setTimeout(onedit) }, // the menu gives the focus back first
			...(menu || []),
			{ label: 'Remove', icon: 'close', onselect: onremove },
		] }),
		h('button', { type: 'button', class: 'chip-x', 'aria-label': `Remove ${text}`, onclick: onremove }, h(Icon, { name: 'close', size: 0.75 })));
}

/**
 * The filter bar.
 * @param {{filter: Object[], onchange: function(Object[]), q?: string, onq?: function(string), extra?: Array<{key: string, label: string, onremove: function}>,
 *   onpseudo?: function(string, string, *), placeholder?: string, complete?: 'alerts'|'silences', params?: Object, unread?: string|null, error?: string, actions?: *,
 *   chipMenu?: function(Object): Object[], api?: {current: *}}} props
 *   `onq` takes bare words; without it they are refused. `onpseudo(name, op, value)` takes state=, receiver=, owner= and age> (without it these are labels). `extra`: chips for
 *   what these set. `params`: what the server counts within, {filter} when absent. `unread`: part of a link that could not be read, shown red in the field.
 *   `error`: the server's word on the filter. `api.current` gets {focus(), insert(text)}.
 */
export function FilterBar({ filter, onchange, q = '', onq, extra = [], onpseudo, placeholder = 'matcher or words …', params, unread = null, error = '', actions, chipMenu, api, label = 'Filter' }) {
	const id = useId();
	const field = useRef(null);
	const [text, setText] = useState(unread || '');
	const [open, setOpen] = useState(false);
	const [at, setAt] = useState(-1);
	const [wrong, setWrong] = useState('');
	const [full, setFull] = useState(false);
	const recentFilters = useStore(settings, s => s.recentFilters);
	const saved = useStore(settings, s => s.filters);
	const pseudo = useMemo(() => (onpseudo ? [...PSEUDO.keys()] : []), [Boolean(onpseudo)]);
	const recent = useMemo(() => [
		...saved.map(f => ({ text: '', label: f.name, hint: 'saved', link: f.link, recent: true, done: true })),
		...recentFilters.map(t => ({ text: t, label: t, recent: true, done: true })),
	], [recentFilters, saved]);
	const candidates = useCandidates(open, text, pseudo, params || { filter: filter.map(formatMatcher) }, recent);
	const chosen = at >= 0 && at < candidates.length ? at : -1;
	useHold(open);
	useEffect(() => {
		if (unread) setText(unread);
	}, [unread]);
	useEffect(() => setAt(-1), [text, open]);
	const failed = wrong || error || (unread && text === unread ? 'This part of the link could not be read.' : '');

	const remember = list => list.length && settings.set(s => ({ recentFilters: withRecent(s.recentFilters, formatMatchers(list)) }));
	const change = list => {
		remember(list);
		onchange(list);
	};
	const take = raw => {
		const entry = entryOf(raw, pseudo);
		if (entry.kind === 'none') return true;
		if (entry.kind === 'error') {
			setWrong(entry.message);
			return false;
		}
		if (entry.kind === 'words') {
			if (!onq) {
				setWrong('Write a matcher, such as team="db".');
				return false;
			}
			onq(entry.text);
		} else if (entry.kind === 'pseudo') onpseudo(entry.name, entry.op, entry.value);
		else change(entry.matchers.reduce(withMatcher, filter));
		setWrong('');
		setText('');
		// What was taken is seen in the list, which the completions would cover, and on a phone the whole field.
		setOpen(false);
		if (covers() && field.current) field.current.blur();
		return true;
	};
	const pick = c => {
		if (c.link) {
			if (c.link.startsWith('#/')) location.hash = c.link;
			setText('');
			setOpen(false);
		} else if (c.done) take(c.text);
		else {
			setText(c.text);
			setWrong('');
		}
		if (field.current && !(c.done && covers())) field.current.focus();
	};
	const edit = m => {
		onchange(filter.filter(x => x !== m));
		setText(formatMatcher(m));
		setOpen(true);
		focus();
	};
	const focus = () => {
		setFull(true);
		// At once: the next keys are meant for the field.
		if (field.current) field.current.focus();
	};
	if (api) api.current = { focus, insert: m => change(withMatcher(filter, m)) };
	const leave = () => {
		setOpen(false);
		setFull(false);
	};

	const keys = event => {
		const { key } = event;
		if (event.isComposing) return;
		const move = by => {
			event.preventDefault();
			if (!open) return setOpen(true);
			const n = candidates.length;
			return n && setAt(chosen < 0 ? (by > 0 ? 0 : n - 1) : (chosen + by + n) % n);
		};
		if (key === 'ArrowDown') move(1);
		else if (key === 'ArrowUp') move(-1);
		else if (key === 'Enter') {
			event.preventDefault();
			if (chosen >= 0 && !event.ctrlKey && !event.metaKey) pick(candidates[chosen]);
			else take(event.currentTarget.value); // what was typed may not be drawn yet
		} else if (key === 'Tab' && !event.shiftKey && open && (chosen >= 0 || text) && candidates.length) {
			event.preventDefault();
			pick(candidates[Math.max(0, chosen)]);
		} else if (key === 'Escape') {
			if (open && candidates.length) {
				event.preventDefault();
				event.stopPropagation();
				setOpen(false);
			} else setFull(false);
		} else if (key === 'Backspace' && text === '' && filter.length) {
			event.preventDefault();
			edit(filter[filter.length - 1]);
		}
	};
	const paste = event => {
		const pasted = event.clipboardData ? event.clipboardData.getData('text').trim() : '';
		if (text.trim() === '' && pasted.startsWith('{') && entryOf(pasted, pseudo).kind === 'matchers') {
			event.preventDefault();
			take(pasted);
		}
	};
	const list = open && candidates.length > 0;
	useLayout(() => {
		const el = list && chosen >= 0 && document.getElementById(`${id}o${chosen}`);
		if (el) el.scrollIntoView({ block: 'nearest' });
	}, [chosen, list]);

	return h('div', { class: 'fb' + (full ? ' fb-full' : '') + (failed ? ' fb-bad' : ''), role: 'search' },
		h('div', { class: 'fb-line', onmousedown: event => {
			if (event.target !== event.currentTarget) return;
			event.preventDefault();
			focus();
		} },
		h('span', { class: 'fb-icon' }, h(Icon, { name: 'search' })),
		...filter.map(m => h(MatcherChip, { key: formatMatcher(m), matcher: m, menu: chipMenu && chipMenu(m),
			onedit: () => edit(m), onremove: () => change(filter.filter(x => x !== m)),
			onnegate: () => change(filter.map(x => (sameMatcher(x, m) ? negated(m) : x))) })),
		...extra.map(x => h('span', { key: 'x' + x.key, class: 'chip fb-chip' }, h('span', { class: 'chip-text' }, h(Value, { text: x.label })),
			h('button', { type: 'button', class: 'chip-x', 'aria-label': `Remove ${x.label}`, onclick: x.onremove }, h(Icon, { name: 'close', size: 0.75 })))),
		q ? h('span', { key: 'q', class: 'chip fb-chip' }, h('button', { type: 'button', class: 'chip-text', title: 'Edit', onclick: () => {
			setText(q);
			onq('');
			focus();
		} }, '“', h(Value, { text: q }), '”'), h('button', { type: 'button', class: 'chip-x', 'aria-label': `Remove the words ${q}`, onclick: () => onq('') }, h(Icon, { name: 'close', size: 0.75 }))) : null,
		h('input', {
			key: 'field', ref: field, class: 'fb-input', type: 'text', role: 'combobox', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', enterkeyhint: 'search', 'aria-label': label,
			'aria-expanded': list, 'aria-controls': `${id}l`, 'aria-autocomplete': 'list', 'aria-activedescendant': list && chosen >= 0 ? `${id}o${chosen}` : undefined,
			'aria-invalid': failed ? true : undefined, 'aria-describedby': failed ? `${id}e` : undefined,
			placeholder: filter.length || q || extra.length ? 'add …' : placeholder, value: text,
			oninput: event => {
				setText(event.target.value);
				setWrong('');
				setOpen(true);
			},
			onfocus: () => {
				setFull(true);
			},
			onclick: () => setOpen(true),
			onblur: leave, onkeydown: keys, onpaste: paste,
		}),
		h('span', { key: 'actions', class: 'fb-actions' }, actions),
		full ? h('button', { key: 'done', type: 'button', class: 'btn quiet fb-done', onmousedown: event => event.preventDefault(), onclick: () => {
			if (take(text) && field.current) field.current.blur();
		} }, 'Done') : null),
		h('ul', { id: `${id}l`, class: 'fb-list', role: 'listbox', 'aria-label': 'Completions', hidden: !list },
			...(list ? candidates.map((c, i) => h(Candidate, { key: `${i}${c.label}`, id: `${id}o${i}`, candidate: c, chosen: i === chosen, onpick: () => pick(c) })) : [])),
		failed ? h('div', { class: 'fb-error', id: `${id}e`, role: 'alert' }, h(Icon, { name: 'alert' }), ' ', failed) : null);
}

