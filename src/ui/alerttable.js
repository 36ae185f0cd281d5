// SPDX-License-Identifier: Apache-2.0
/** Alerts as a table: a line each, sorted by the server, with columns for whatever labels one wants. */
import { OwnerMark, PendingMark, usePending } from './ackdialog.js';
import { alertMenu, Why } from './alertrows.js';
import { Icon } from './icons.js';
import { IconButton, Menu, Severity, Time, Value, severityClass } from './kit.js';
import { h } from './render.js';
import { href } from './route.js';

/** Columns there are without labels: [id, words, width, how the server sorts by it]. */
const COLUMNS = [['severity', 'Severity', '6.5rem', 'severity'], ['name', 'Name', 'minmax(8rem, 1.2fr)', 'name'], ['instance', 'Instance', 'minmax(7rem, 1fr)', null], ['summary', 'Summary', 'minmax(10rem, 2fr)', null],
	['state', 'State', '6rem', null], ['receiver', 'Receiver', 'minmax(6rem, 0.8fr)', null], ['age', 'Age', '5rem', 'newest'], ['owner', 'Owner', '6rem', null]];
const LABEL_COLUMN = 'minmax(6rem, 1fr)';

/** The widths of all columns, for a style. */
export const widths = columns => ['1.75rem', ...COLUMNS.slice(0, 4).map(c => c[2]), ...columns.map(() => LABEL_COLUMN), ...COLUMNS.slice(4).map(c => c[2]), '2rem'].join(' ');

function ColumnHead({ id, word, sort, by, onsort, onremove }) {
	const sorted = by && (sort === by || (by === 'newest' && sort === 'oldest'));
	const inner = [word, sorted ? h(Icon, { key: 'i', name: sort === 'oldest' ? 'up' : 'down', size: 0.75 }) : null];
	return h('span', { class: 'alt-cell alt-h' },
		by ? h('button', { type: 'button', class: 'alt-sort', 'aria-pressed': Boolean(sorted), onclick: () => onsort(id === 'age' && sort === 'newest' ? 'oldest' : by) }, ...inner) : h('span', { class: 'one-line' }, ...inner),
		onremove ? h(IconButton, { icon: 'close', label: `Remove the column ${word}`, class: 'alt-x', onclick: onremove }) : null);
}

/**
 * The line above the table. `names`: labels that may become columns.
 * @param {{columns: string[], onchange: function(string[]), names: string[], sort: string, onsort: function(string)}} props
 */
export function TableHead({ columns, onchange: set, names, sort, onsort }) {
	const cell = ([id, word, , by]) => h(ColumnHead, { key: id, id, word, by, sort, onsort });
	const free = names.filter(n => !columns.includes(n) && n !== 'alertname' && n !== 'instance');
	return h('div', { class: 'alt-head' }, h('span', { key: 'box' }), ...COLUMNS.slice(0, 4).map(cell),
		...columns.map(n => h(ColumnHead, { key: 'l' + n, id: n, word: n, by: null, sort, onsort, onremove: () => set(columns.filter(c => c !== n)) })),
		...COLUMNS.slice(4).map(cell),
		h(Menu, { key: 'add', label: 'Add a column', icon: 'plus', items: free.length ? free.slice(0, 30).map(n => ({ label: n, onselect: () => set([...columns, n]) })) : [{ label: 'No other labels', disabled: true }] }));
}

/** One line of the table. */
export function TableRow({ alert, columns, active, selected, opened, fresh, act }) {
	const pending = usePending('a' + alert.fp);
	const tab = active ? 0 : -1;
	const { labels } = alert;
	const quiet = alert.state !== 'active' || alert.gone;
	const label = name => (Object.hasOwn(labels, name) ? h(Value, { text: labels[name], limit: 120 }) : h('span', { class: 'dim' }, '–'));
	const cell = (key, ...inner) => h('span', { key, class: 'alt-cell alt-' + key }, ...inner);
	return h('div', { class: `al-row alt-row al-${severityClass(alert.severity)}${quiet ? ' al-quiet al-is-' + (alert.gone ? 'resolved' : alert.state) : ''}${selected ? ' al-selected' : ''}${opened ? ' al-opened' : ''}${alert.gone ? ' al-gone' : ''}${fresh ? ' al-new' : ''}` },
		h('label', { class: 'al-check' }, h('input', { type: 'checkbox', tabindex: tab, checked: selected, 'aria-label': 'Select', onclick: event => act.select(alert, null, event.shiftKey) })),
		cell('severity', h(Severity, { value: alert.severity, pulse: fresh && alert.severity === 'critical' })),
		h('a', { class: 'al-link alt-cell', href: href({ page: 'alert', id: alert.fp }), tabindex: tab, 'aria-current': opened || undefined, onclick: event => act.open(alert, event) }, h('b', null, label('alertname'))),
		cell('instance', label('instance')),
		cell('summary', alert.summary ? h(Value, { text: alert.summary, limit: 200 }) : null),
		...columns.map(n => h('span', { key: 'l' + n, class: 'alt-cell' }, label(n))),
		cell('state', alert.state === 'active' && !alert.gone ? 'firing' : alert.ack && !alert.gone ? 'acked' : h(Why, { alert, tabindex: tab })),
		cell('receiver', h(Value, { text: (alert.receivers || []).join(', '), limit: 120 })),
		h(Time, { at: alert.starts, class: 'alt-cell al-age' }),
		cell('owner', pending && !alert.ack ? h(PendingMark, null) : alert.ack ? h(OwnerMark, { ack: alert.ack, target: { fingerprints: [alert.fp] }, tabindex: tab }) : null),
		h('span', { class: 'al-do' }, h(Menu, { label: 'More for the alert', tabindex: tab, items: alertMenu(alert, null, act) })));
}
