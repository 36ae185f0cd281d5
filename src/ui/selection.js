// SPDX-License-Identifier: Apache-2.0
/** What can be done with the alerts that were chosen: a bar below the list. */
import { Button, formatCount } from './kit.js';
import { h } from './render.js';

/**
 * @param {{count: number, all: boolean, total: number, reason: string, onall: function, onack: function, onsilence: function, oncopy: function, onclear: function}} props
 *   `all`: all that match are meant, whose number is `total`; `reason`: why the filter alone cannot say what they are
 */
export function SelectionBar({ count, all, total, reason, ackReason, onall, onack, onsilence, oncopy, onclear }) {
	const n = formatCount(all ? total : count);
	return h('div', { class: 'al-bar', role: 'region', 'aria-label': 'Selection' },
		h('span', { class: 'al-bar-text', role: 'status' }, all ? `All ${n} that match` : `${n} selected`),
		!all && total > count ? h(Button, { kind: 'quiet', onclick: onall }, `Select all ${formatCount(total)} that match`) : null,
		h('span', { class: 'al-bar-do' },
			h(Button, { icon: 'ack', kind: 'primary', reason: ackReason || (all ? reason : ''), onclick: onack }, `Ack ${n}`),
			h(Button, { icon: 'silence', reason: all ? reason : '', onclick: onsilence }, `Silence ${n}`),
			all ? null : h(Button, { icon: 'copy', onclick: oncopy }, 'Copy'),
			h(Button, { kind: 'quiet', icon: 'close', onclick: onclear }, 'Clear')));
}

/** Why "all that match" cannot be said with matchers alone, or ''. */
export function whyNotAll(view) {
	if (!(view.filter || []).length) return 'needs a filter';
	if (view.q) return 'words are no matchers';
	if (view.receiver) return 'a receiver is no matcher';
	if (view.owner) return 'an owner is no matcher';
	return view.ageMin ? 'an age is no matcher' : '';
}

