// SPDX-License-Identifier: Apache-2.0
/** A plain field for matchers: chips, and text that Enter makes a chip of. */
import { Button, Chip, Input } from './kit.js';
import { formatMatcher, parseMatchers } from './matcher.js';
import { h, useId, useState } from './render.js';

/**
 * @param {{filter: Array<{name: string, op: string, value: string}>, onchange: function(Array), placeholder?: string, label?: string}} props
 *   onchange gets the whole list; what cannot be read stays as text with the reason below
 */
export function MatcherField({ filter, onchange, placeholder, label = 'Filter' }) {
	const [text, set] = useState('');
	const [error, setError] = useState('');
	const id = useId();
	const take = given => {
		if (!given.trim()) return;
		const { matchers, unread } = parseMatchers(given);
		if (unread !== null || !matchers.length) return setError(`This is no matcher: ${unread || given}. Like team="db" or instance=~"db.*".`);
		set('');
		setError('');
		onchange([...filter, ...matchers.filter(m => !filter.some(f => formatMatcher(f) === formatMatcher(m)))]);
	};
	const keys = event => {
		if (event.key === 'Enter') {
			event.preventDefault();
			take(event.target.value);
		} else if (event.key === 'Backspace' && !event.target.value && filter.length) {
			event.preventDefault();
			set(formatMatcher(filter[filter.length - 1]));
			onchange(filter.slice(0, -1));
		}
	};
	return h('div', { class: 'hi-filter' },
		h('div', { class: 'hi-filter-row' }, ...filter.map((m, i) => h(Chip, { key: formatMatcher(m), label: formatMatcher(m), onremove: () => onchange(filter.filter((_, k) => k !== i)) })),
			h(Input, { class: 'hi-filter-input', 'aria-label': label, placeholder: filter.length ? '' : placeholder, value: text, 'aria-invalid': error ? true : undefined, 'aria-describedby': error ? id : undefined,
				'data-filter': true, oninput: e => { set(e.target.value); setError(''); }, onkeydown: keys }),
			text ? h(Button, { onclick: () => take(text) }, 'Add') : null),
		error ? h('div', { class: 'field-error', id, role: 'alert' }, error) : null);
}
