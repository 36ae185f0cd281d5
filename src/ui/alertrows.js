// SPDX-License-Identifier: Apache-2.0
/** What stands in one line of a list of alerts: the head of a group, an alert, the rest of a group. */
import { OwnerMark, PendingMark, usePending } from './ackdialog.js';
import { boot } from './boot.js';
import { Icon } from './icons.js';
import { Button, IconButton, Menu, Severity, State, Time, Value, formatCount, severityClass } from './kit.js';
import { longPress } from './press.js';
import { h } from './render.js';
import { href } from './route.js';
import { inOrder, nameOf, severityOf, sizeOf } from './rows.js';

const hidden = new Set(Array.isArray(boot.ui.hide_labels) ? boot.ui.hide_labels.map(String) : []);
const severityLabel = (boot.ui.severity && boot.ui.severity.label) || 'severity';
const ALL_STATES = { page: 'alerts', active: true, silenced: true, inhibited: true, muted: true, acked: true };

/** Labels of a list as small chips; a click asks for alerts that have it, with Alt for those that do not. */
function HeadLabel({ name, value, onpick, onmenu, tabindex, route = false }) {
	if (route) return h('span', { class: 'al-label al-route' }, h(Value, { text: name, class: 'label-name' }), '=', h(Value, { text: value, limit: 60 }));
	return h('button', {
		type: 'button', class: 'al-label', tabindex, title: 'Only these; with Alt all others',
		onclick: event => onpick(name, value, event.altKey),
		oncontextmenu: event => {
			event.preventDefault();
			onmenu(name, value, event.currentTarget);
		},
	}, h(Value, { text: name, class: 'label-name' }), '=', h(Value, { text: value, limit: 60 }));
}

function Counts({ counts }) {
	const rest = ['silenced', 'inhibited', 'muted'].filter(s => counts[s] > 0);
	return h('span', { class: 'al-counts' },
		h('b', { class: 'al-count', key: 'n' }, formatCount((counts.active || 0) + (counts.acked || 0) || sizeOf({ counts }))),
		...(counts.active || counts.acked ? rest : rest.slice(1)).map(s => h('span', { key: s, class: 'al-count-rest', title: `${counts[s]} ${s}` }, h(Icon, { name: s === 'silenced' ? 'silence' : s }), formatCount(counts[s]), h('span', { class: 'vh' }, s))));
}

/** What came of the last message, and when the next goes out. */
export function Delivery({ group, long = false }) {
	const { last, next_flush: flush, next_repeat: repeat } = group;
	const bad = last && last.outcome === 'failed';
	return h('span', { class: 'al-delivery' },
		last ? h('span', { key: 'l', class: bad ? 'al-failed' : 'al-sent', title: last.error ? String(last.error).slice(0, 500) : undefined },
			h(Icon, { name: bad ? 'cross' : 'check', size: 0.75 }), h('span', { class: bad || long ? '' : 'vh' }, bad ? 'not delivered' : last.outcome === 'sent' ? 'sent' : String(last.outcome))) : null,
		repeat ? h(Time, { key: 'r', class: 'al-next', at: repeat, mode: 'left', before: 'repeats in ', past: 'repeats now' })
			: flush ? h(Time, { key: 'n', class: 'al-next', at: flush, mode: 'left', before: 'next in ', past: '' }) : null);
}

const isSingle = group => sizeOf(group) === 1 && group.alerts.length === 1;

/** The worst state that a whole group is in, when none of it is active. */
function groupState(counts) {
	if (counts.active > 0) return null;
	return ['acked', 'silenced', 'inhibited', 'muted'].find(s => counts[s] > 0) || null;
}

export const groupMenu = (group, act) => [
	{ label: 'Silence', icon: 'silence', onselect: () => act.silence(null, group) },
	{ label: 'Explain', icon: 'explain', href: act.explainHref(null, group) },
	{ label: 'History', icon: 'history', href: href({ page: 'history', tab: 'events', group: group.id }) },
	{ label: 'Copy link', icon: 'link', onselect: () => act.copyLink(`#/group/${group.id}`) },
	{ label: 'CSV', icon: 'file', href: `api/ext/v1/groups/${group.id}/alerts?format=csv` },
	{ label: 'JSON', icon: 'file', href: `api/ext/v1/groups/${group.id}/alerts?format=json` },
];

/** The head of a group. `act`: what can be done, see alerts.js. */
export function GroupHead({ group, open, active, act }) {
	const pending = usePending('g' + group.id);
	const name = nameOf(group.labels);
	const labels = inOrder(group.labels).slice(1).filter(([n]) => !hidden.has(n));
	const route = inOrder(group.route_labels).filter(([n]) => !(n in group.labels));
	// A group of one says in its row what is not in its name.
	const one = isSingle(group);
	const shared = one ? [] : inOrder(group.shared && group.shared.labels).filter(([n]) => !hidden.has(n) && n !== severityLabel);
	const notes = (!one && group.shared && group.shared.annotations) || {};
	const note = notes.summary || notes.description || notes.message;
	const state = groupState(group.counts);
	const tab = active ? 0 : -1;
	const sev = severityClass(group.severity);
	const acking = act.ackReason ? null : group.counts.active > 0;
	return h('div', { class: `al-head al-${sev}${state ? ' al-quiet al-is-' + state : ''}${group.gone ? ' al-gone' : ''}` },
		h('button', { type: 'button', class: 'btn quiet icon-btn al-fold', tabindex: tab, 'aria-expanded': open, 'aria-label': open ? 'Collapse' : 'Expand', onclick: () => act.fold(group, !open) }, h(Icon, { name: open ? 'down' : 'right', size: 0.75 })),
		h(Severity, { value: group.severity }),
		h('a', { class: 'al-name', href: href({ page: 'group', id: group.id }), tabindex: tab }, name ? h(Value, { text: name.value, limit: 120 }) : 'Not grouped'),
		h('span', { class: 'al-labels' },
			...labels.map(([n, v]) => h(HeadLabel, { key: n, name: n, value: v, onpick: act.pick, onmenu: act.labelMenu, tabindex: tab })),
			...route.map(([n, v]) => h(HeadLabel, { key: 'r' + n, name: n, value: v, route: true })),
			shared.length || note ? h('span', { key: 'shared', class: 'al-shared' }, ...shared.slice(0, 6).map(([n, v]) => h('span', { key: n, class: 'al-shared-label' }, h('bdi', null, n.slice(0, 40)), '=', h(Value, { text: v, limit: 40 }), ' ')), note ? h('bdi', { class: 'al-note' }, h(Value, { text: note, limit: 160 })) : null) : null),
		h('span', { class: 'al-right' },
			group.gone ? h(State, { value: 'resolved' }) : pending && !group.ack ? h(PendingMark, null)
				: group.ack ? h(OwnerMark, { ack: group.ack, target: { group: group.id }, age: true, comment: true, tabindex: tab }) : state && state !== 'acked' ? h(State, { value: state }) : null,
			h(Delivery, { group }),
			h('a', { class: 'al-receiver', href: href({ page: 'receiver', id: group.receiver }), tabindex: tab, title: 'Receiver' }, h(Icon, { name: 'arrow', size: 0.75 }), h(Value, { text: group.receiver, limit: 40 })),
			h(Counts, { counts: group.counts }),
			h(Time, { at: group.oldest, class: 'al-age' })),
		h('span', { class: 'al-do' },
			acking ? h(IconButton, { icon: 'ack', label: 'Acknowledge the group', tabindex: tab, onclick: () => act.ack(null, group) }) : null,
			h(IconButton, { icon: 'silence', label: 'Silence the group', class: 'al-silence', tabindex: tab, onclick: () => act.silence(null, group) }),
			h(Menu, { label: 'More for the group', tabindex: tab, items: groupMenu(group, act) })));
}

function Differing({ labels }) {
	return h('span', { class: 'al-differ' },
		...labels.slice(0, 12).map(([n, v], i) => (i === 0 && (n === 'instance' || n === 'alertname')
			? h('b', { key: n, class: 'al-instance' }, h(Value, { text: v, limit: 100 }))
			: h('span', { key: n, class: 'al-pair' }, h('bdi', { class: 'label-name' }, n.slice(0, 60)), '=', h(Value, { text: v, limit: 80 })))));
}

/** What keeps an alert quiet, or who has it. */
export function Why({ alert, tabindex }) {
	if (alert.gone) return h(State, { value: 'resolved' });
	const silenced = alert.silenced_by && alert.silenced_by.length
		? h('a', { key: 's', class: 'state state-silenced', href: href({ page: 'silence', id: alert.silenced_by[0] }), tabindex }, h(Icon, { name: 'silence' }), h('span', { class: alert.ack ? 'vh' : '' }, 'silenced')) : null;
	if (alert.ack) return [h(OwnerMark, { key: 'o', ack: alert.ack, target: { fingerprints: [alert.fp] }, tabindex }), silenced];
	if (silenced) return silenced;
	if (alert.state === 'inhibited') {
		return h('a', { class: 'state state-inhibited', href: href({ page: 'alert', id: alert.inhibited_by[0] }), tabindex }, h(Icon, { name: 'inhibited' }), 'inhibited');
	}
	return alert.state === 'active' ? null : h(State, { value: alert.state });
}

export const alertMenu = (alert, group, act) => [
	{ label: 'Acknowledge', icon: 'ack', reason: act.ackReason, disabled: Boolean(alert.ack), onselect: () => act.ack(alert, group) },
	{ label: 'Silence', icon: 'silence', onselect: () => act.silence(alert, group) },
	{ label: 'Explain', icon: 'explain', href: act.explainHref(alert, group) },
	{ label: 'History', icon: 'history', href: href({ page: 'history', tab: 'events', alert: alert.fp }) },
	{ label: 'Copy link', icon: 'link', onselect: () => act.copyLink(`#/alert/${alert.fp}`) },
];

/** One alert: what it does not share with its group, its summary, its age. `marked`: with its severity, where it is not the group's; `whole`: the group that its labels leave out. */
export function AlertRow({ alert, group, active, selected, opened, fresh, marked = true, whole = group, act }) {
	const pending = usePending('a' + alert.fp);
	const severity = severityOf(alert, group, severityLabel);
	const quiet = alert.state !== 'active' || alert.gone;
	const tab = active ? 0 : -1;
	const alone = whole && isSingle(whole) ? { ...(whole.shared && whole.shared.labels), ...alert.labels } : alert.labels;
	const own = Object.keys(alone).length || !whole ? alone : { ...alone, ...whole.labels };
	const labels = inOrder(own).filter(([n]) => !hidden.has(n) && n !== severityLabel);
	return h('div', { class: `al-row al-${severityClass(severity)}${quiet ? ' al-quiet al-is-' + (alert.gone ? 'resolved' : alert.state) : ''}${selected ? ' al-selected' : ''}${opened ? ' al-opened' : ''}${alert.gone ? ' al-gone' : ''}${fresh ? ' al-new' : ''}`, ...longPress(() => act.select(alert, group, false)) },
		h('label', { class: 'al-check' }, h('input', { type: 'checkbox', tabindex: tab, checked: selected, 'aria-label': 'Select', onclick: event => act.select(alert, group, event.shiftKey) })),
		!marked || (group && severity === group.severity) ? null : h(Severity, { value: severity, short: true, pulse: fresh && severity === 'critical' }),
		h('a', { class: 'al-link', href: href({ page: 'alert', id: alert.fp }), tabindex: tab, 'aria-current': opened || undefined, onclick: event => act.open(alert, event) },
			labels.length ? h(Differing, { labels }) : h('span', { class: 'al-differ' }, alert.summary ? '' : 'the only one')),
		h('span', { class: 'al-summary' }, alert.summary ? h(Value, { text: alert.summary, limit: 200 }) : null),
		h('span', { class: 'al-why' }, pending && !alert.ack ? h(PendingMark, null) : h(Why, { alert, tabindex: tab })),
		h(Time, { at: alert.starts, class: 'al-age' }),
		h('span', { class: 'al-do' }, h(Menu, { label: 'More for the alert', tabindex: tab, items: alertMenu(alert, group, act) })));
}

/** The row that unfolds the rest of a group, or leads to its page when it is too long for the list. */
export function MoreRow({ row, active, act }) {
	const tab = active ? 0 : -1;
	if (row.error) return h('div', { class: 'al-more' }, h(Icon, { name: 'alert' }), h('span', null, String(row.error.message).slice(0, 200)), h(Button, { kind: 'quiet', tabindex: tab, onclick: () => act.more(row) }, 'Try again'));
	if (row.tooMany) return h('div', { class: 'al-more' }, h('a', { href: href({ page: 'group', id: row.group.id }), tabindex: tab }, `${formatCount(row.left)} more on the group’s page`));
	return h('div', { class: 'al-more' }, h('button', { type: 'button', class: 'btn quiet', tabindex: tab, 'aria-busy': row.busy || undefined, onclick: () => act.more(row) }, row.busy ? 'Loading …' : `… ${formatCount(row.left)} more`));
}

