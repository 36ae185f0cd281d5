// SPDX-License-Identifier: Apache-2.0
/** What can be done with a label wherever it stands: a menu at its place. */
import { Menu, Popover } from './kit.js';
import { formatMatcher } from './matcher.js';
import { h } from './render.js';
import { go, href } from './route.js';
import { copyText } from './value.js';

/** The items, for Menu. `view`: the view of Alerts that the filter is added to, or none. */
export function labelItems({ name, value, view, change }) {
	const m = { name, op: '=', value };
	const add = op => () => {
		const next = { name, op, value };
		if (view && change) change({ filter: [...view.filter.filter(x => formatMatcher(x) !== formatMatcher(next)), next] });
		else go({ page: 'alerts', active: true, silenced: false, inhibited: false, muted: false, filter: [next], bare: false });
	};
	return [
		{ label: 'Only these', icon: 'filter', onselect: add('=') },
		{ label: 'All but these', icon: 'close', onselect: add('!=') },
		{ label: 'Group by it', icon: 'group', onselect: () => go({ ...(view || { page: 'alerts' }), page: 'alerts', bare: false, view: 'groups', group: [name], custom: true }) },
		{ label: 'Silence this', icon: 'silence', href: href({ page: 'silence-new', filter: [m] }) },
		{ label: 'Copy', icon: 'copy', onselect: () => copyText(formatMatcher(m)) },
	];
}

/** The menu at `anchor`, for a label that was clicked with the other button. */
export function LabelMenu({ name, value, anchor, view, change, onclose }) {
	return h(Popover, { anchor, onclose, label: formatMatcher({ name, op: '=', value }), role: 'menu', class: 'menu-list' },
		...labelItems({ name, value, view, change }).map(item => {
			const props = { key: item.label, role: 'menuitem', class: 'menu-item', onclick: () => {
				onclose();
				if (item.onselect) item.onselect();
			} };
			return item.href ? h('a', { ...props, href: item.href }, h('span', { class: 'menu-text' }, item.label)) : h('button', { ...props, type: 'button' }, h('span', { class: 'menu-text' }, item.label));
		}));
}

/** The same as a button beside a label. */
export const LabelMore = ({ name, value, view, change }) => h(Menu, { label: `More for ${name}`, items: labelItems({ name, value, view, change }) });
