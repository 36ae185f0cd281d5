// SPDX-License-Identifier: Apache-2.0
/** One group: who is told of it, when the next message goes out, what came of the last; and all its alerts. */
import { AckDialog, OwnerMark, PendingMark, ackReason, usePending } from './ackdialog.js';
import { useActions, listKeys } from './alertact.js';
import { withoutShared } from './alertlist.js';
import { AlertRow, Delivery } from './alertrows.js';
import { Told } from './alert.js';
import { get } from './api.js';
import { Feed } from './feed.js';
import { Icon } from './icons.js';
import { Button, Empty, ErrorBox, Fact, Facts, Menu, Severity, Skeleton, Time, Value, formatCount } from './kit.js';
import { useKeys } from './keys.js';
import { useLive } from './live.js';
import { formatMatcher, fromLabels } from './matcher.js';
import { h, useMemo, useRef, useState } from './render.js';
import { go, href } from './route.js';
import { alertRows, inOrder, nameOf } from './rows.js';
import { useTitle } from './title.js';
import { VList, useWide } from './vlist.js';

const GROUP_HEIGHTS = { wide: { row: 2.25 }, phone: { row: 4 } };
const COUNTED = ['active', 'acked', 'silenced', 'inhibited', 'muted'];

/** The labels that all these alerts have: among them are those that the group is made by. */
function common(alerts) {
	const all = new Map(Object.entries(alerts[0].labels));
	for (const { labels } of alerts) for (const [n, v] of all) if (labels[n] !== v) all.delete(n);
	return all;
}

/** The head of the group: of the groups whose alerts have what these have in common, the one with this id. */
async function loadHead(id, items, signal) {
	if (!items.length) return null;
	const filter = fromLabels(common(items)).map(formatMatcher);
	const { data } = await get('groups', { filter, alerts: 0, limit: 1000 }, { signal });
	return data.items.find(g => g.id === id) || null;
}

function Told5({ id }) {
	const { data, error } = useLive('history', ({ signal }) => get('history', { group: id, kind: 'notification', limit: 5 }, { signal }), [id]);
	if (error) return h('p', { class: 'dim' }, String(error.message));
	return data ? h(Told, { items: data.items || [], empty: 'Nothing was sent about it yet.' }) : null;
}

/** The page of a group: #/group/ID. */
export function GroupPage({ view }) {
	const { id } = view;
	const phone = useWide('(max-width: 719.9px)');
	const list = useRef(null);
	const feed = useRef(null);
	const [, again] = useState(0);
	const [cursor, setCursor] = useState(null);
	const [selected, setSelected] = useState(() => new Map());
	const [dialog, setDialog] = useState(null);
	const [note, setNote] = useState('');
	const pending = usePending('g' + id);
	const { data, error, reload } = useLive('alerts', async ({ signal }) => {
		if (!feed.current || feed.current.path !== `groups/${id}/alerts`) feed.current = new Feed(`groups/${encodeURIComponent(id)}/alerts`, {}, { limit: 200, most: 20000 });
		const snapshot = await feed.current.refresh(signal);
		return { snapshot, head: await loadHead(id, snapshot.items, signal) };
	}, [id]);
	const snapshot = data ? data.snapshot.feed.last : null;
	const group = data && data.head;
	const rows = useMemo(() => (snapshot ? alertRows(snapshot.items).map(r => (group ? { ...r, alert: withoutShared(r.alert, group) } : r)) : []), [snapshot, group]);
	const name = group ? nameOf(group.labels) : null;
	useTitle(name ? name.value : 'Group');
	const act = useActions({ rows, view, wide: false, cursor, setCursor, selected, setSelected, setAll: () => {}, setDialog, setLabelAt: () => {}, setNote, pick: () => {}, setFolded: () => {}, unfold: () => {}, reason: ackReason() });
	useKeys({ ...listKeys({ act, rows, cursor, list, view, change: () => {}, total: 0, selected, setAll: () => {}, setSelected, focusFilter: () => {} }), '/': () => false, ...Object.fromEntries('12345'.split('').map(k => [k, () => false])) });
	const render = useMemo(() => row => h(AlertRow, { alert: row.alert, group: null, whole: group, marked: false, active: row.key === cursor, selected: selected.has(row.alert.fp), opened: false, fresh: false, act }), [cursor, selected, group]);
	if (!snapshot) {
		return h('div', { class: 'gr' }, h('h1', { tabindex: -1 }, 'Group'), !error ? h(Skeleton, null)
			: error.status === 404 ? h(Empty, { title: 'There is no such group now.' }, h('p', null, 'None of its alerts fires any more.'),
				h('div', { class: 'row-flex' }, h(Button, { href: href({ page: 'history', tab: 'events', group: id }), icon: 'history' }, 'Its history'), h(Button, { href: href({ page: 'alerts' }) }, 'All alerts')))
				: h(ErrorBox, { error, onretry: reload }));
	}
	const onend = async () => {
		if (await feed.current.more()) again(n => n + 1);
	};
	const fact = (name, ...inner) => h(Fact, { key: name, name }, ...inner);
	return h('div', { class: 'gr' },
		h('a', { class: 'ad-back', href: href({ page: 'alerts' }) }, h(Icon, { name: 'left', size: 0.75 }), ' Alerts'),
		h('div', { class: 'gr-head' },
			group ? h(Severity, { value: group.severity }) : null,
			h('h1', { tabindex: -1 }, name ? h(Value, { text: name.value, limit: 300 }) : 'Not grouped'),
			group ? h('span', { class: 'gr-labels' }, ...inOrder(group.labels).slice(1).map(([n, v]) => h('span', { key: n, class: 'al-label' }, h(Value, { text: n, class: 'label-name' }), '=', h(Value, { text: v, limit: 120 })))) : null),
		h('div', { class: 'ad-bar' },
			group && group.ack ? h(OwnerMark, { ack: group.ack, target: { group: id }, age: true, comment: true }) : pending ? h(PendingMark, null) : h(Button, { icon: 'ack', kind: 'primary', reason: ackReason(), onclick: () => setDialog({ target: { group: id }, what: 'All alerts of the group' }) }, 'Ack'),
			h(Button, { icon: 'silence', onclick: () => (group ? act.silence(null, group) : go({ page: 'silence-new' })) }, 'Silence'),
			group ? h(Button, { icon: 'explain', href: act.explainHref(null, group) }, 'Explain') : null,
			h(Menu, { label: 'More', items: [{ label: 'Copy link', icon: 'link', onselect: () => act.copyLink(`#/group/${id}`) }, { label: 'History', icon: 'history', href: href({ page: 'history', tab: 'events', group: id }) },
				{ label: 'CSV', icon: 'file', href: `api/ext/v1/groups/${encodeURIComponent(id)}/alerts?format=csv` }, { label: 'JSON', icon: 'file', href: `api/ext/v1/groups/${encodeURIComponent(id)}/alerts?format=json` }] })),
		error ? h(ErrorBox, { error, onretry: reload }) : null,
		note ? h('p', { role: 'status' }, note) : null,
		group ? h(Facts, { class: 'gr-facts' },
			fact('Told', h('a', { href: href({ page: 'receiver', id: group.receiver }) }, h(Value, { text: group.receiver, limit: 120 }))),
			group.last || group.next_repeat || group.next_flush ? fact('Next message', h(Delivery, { group, long: true })) : null,
			fact('Alerts', COUNTED.filter(s => group.counts[s] > 0).map(s => `${formatCount(group.counts[s])} ${s}`).join(' · ')),
			fact('Oldest', h(Time, { at: group.oldest, mode: 'at' }), h('span', { class: 'dim' }, ' · ', h(Time, { at: group.oldest }), ' ago')),
			group.muted_by && group.muted_by.length ? fact('Muted by', h(Value, { text: group.muted_by.join(', '), limit: 300 })) : null,
			group.last && group.last.error ? fact('Last error', h('span', { class: 'ad-error' }, h(Value, { text: group.last.error, lines: true, limit: 500 }))) : null) : null,
		h('section', { class: 'ad-part' }, h('h2', null, 'Sent'), h(Told5, { id })),
		h('section', { class: 'ad-part gr-alerts' }, h('h2', null, 'Alerts ', h('span', { class: 'count' }, formatCount(snapshot.total))),
			h(VList, { rows, heights: phone ? GROUP_HEIGHTS.phone : GROUP_HEIGHTS.wide, render, label: 'Alerts of the group', whole: true, onend, onview: (a, b) => (feed.current.seen = [a, b]), active: cursor, onactive: setCursor, api: list, size: snapshot.total })),
		dialog ? h(AckDialog, { target: dialog.target, what: dialog.what, onclose: done => {
			setDialog(null);
			if (done) setSelected(new Map());
		} }) : null);
}
