// SPDX-License-Identifier: Apache-2.0
/** The help that `?` shows. */
import { boot } from './boot.js';
import { Dialog, Notice } from './kit.js';
import { h } from './render.js';
import { href } from './route.js';
import { settings } from './settings.js';
import { useStore } from './store.js';

const KEYS = [
	['Everywhere', [['?', 'this help'], ['g a', 'Alerts'], ['g s', 'Silences'], ['g h', 'History'], ['g e', 'Explain'], ['g r', 'Receivers'], ['g i', 'Status'], ['n', 'new silence'],
		['p', 'pause or go on'], ['r', 'refresh'], ['t', 'local time or UTC'], ['Esc', 'close; leave a field']]],
	['Lists', [['/', 'filter field'], ['j k', 'next, previous row (also ↓ ↑)'], ['Enter o', 'open'], ['x', 'select'], ['Shift+x', 'select up to here'], ['*', 'select all that match'], ['← →', 'collapse, expand a group'],
		['Home End', 'first, last row'], ['1 – 5', 'state: active, silenced, inhibited, muted, acked']]],
	['The chosen alert', [['a', 'acknowledge'], ['s', 'silence'], ['e', 'explain'], ['h', 'its history'], ['c', 'copy its link']]],
	['Fields', [['↓ ↑', 'choose a completion'], ['Tab Enter', 'take it'], ['Backspace', 'in the empty field: edit the last chip'], ['Ctrl+Enter', 'apply, or save a form']]],
];

const keysOf = text => text.split(' ').map((k, i) => [i ? ' ' : null, k === '–' ? k : h('kbd', { key: k }, k)]);

/** The dialog; `onclose` when it is to go away. */
export function Help({ onclose }) {
	const on = useStore(settings, s => s.keys);
	return h(Dialog, { title: 'Help', wide: true, onclose },
		on ? null : h(Notice, { kind: 'info' }, 'Single keys are switched off in ', h('a', { href: href({ page: 'settings' }), onclick: onclose }, 'Settings'), '.'),
		...KEYS.map(([name, rows]) => h('section', { key: name, class: 'help-part' }, h('h3', null, name),
			h('dl', { class: 'help-grid' }, ...rows.map(([keys, what]) => h('div', { key: keys, class: 'help-row' }, h('dt', { class: 'help-keys' }, ...keysOf(keys)), h('dd', null, what)))))),
		h('p', { class: 'dim' }, 'Filters are written as in Alertmanager: ', h('code', null, '{team="db", instance=~"db-.*"}'), '. Words without an operator are looked for in the labels and annotations.'),
		h('p', { class: 'meta' }, `tocsin ${boot.version}`));
}
