// SPDX-License-Identifier: Apache-2.0
/** One alert: beside the list when there is room, else a page of its own. */
import { AckDialog, OwnerMark, PendingMark, ackReason, saidOf, usePending } from './ackdialog.js';
import { absolute } from './alertact.js';
import { get } from './api.js';
import { boot } from './boot.js';
import { Lane } from './chart.js';
import { Icon } from './icons.js';
import { Button, Copy, Empty, ErrorBox, Ext, Fact, Facts, IconButton, Menu, Notice, RichText, Severity, Skeleton, State, Time, Value, severityClass } from './kit.js';
import { LabelMore } from './labelmenu.js';
import { useLive } from './live.js';
import { fromLabels } from './matcher.js';
import { silenceCommand } from './quote.js';
import { Fragment, h, useState } from './render.js';
import { href } from './route.js';
import { inOrder } from './rows.js';
import { useTitle } from './title.js';
import { copyText, safeHref } from './value.js';

const siteNotes = boot.ui.annotations && typeof boot.ui.annotations === 'object' ? boot.ui.annotations : {};
const FIRST_NOTES = Array.isArray(siteNotes.first) ? siteNotes.first.map(String) : ['summary', 'description', 'message'];
const BUTTONS = Array.isArray(siteNotes.buttons) ? siteNotes.buttons.map(String) : ['runbook_url', 'dashboard_url', 'panel_url'];
const MOST_ROWS = 200;

/** 'runbook_url' as 'Runbook'. */
const buttonWord = name => {
	const words = name.replace(/_?(url|link)$/i, '').replace(/_/g, ' ').slice(0, 40) || name.slice(0, 40);
	return words[0].toUpperCase() + words.slice(1);
};

function Part({ title, children, class: extra }) {
	return h('section', { class: 'ad-part' + (extra ? ' ' + extra : '') }, h('h3', null, title), children);
}

function AlertNotes({ annotations }) {
	const all = Object.entries(annotations);
	const rank = n => (FIRST_NOTES.includes(n) ? FIRST_NOTES.indexOf(n) : FIRST_NOTES.length);
	const buttons = BUTTONS.map(name => [name, Object.hasOwn(annotations, name) ? annotations[name] : null]).filter(([, v]) => v !== null && safeHref(v));
	const texts = all.filter(([n]) => !buttons.some(([b]) => b === n)).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1)).slice(0, MOST_ROWS);
	if (!all.length) return null;
	return h('div', { class: 'ad-notes' },
		...texts.map(([n, v]) => h('div', { key: n, class: 'ad-note' + (n === FIRST_NOTES[0] ? ' ad-summary' : '') },
			FIRST_NOTES.includes(n) ? h('span', { class: 'vh' }, h(Value, { text: n })) : h('div', { class: 'meta' }, h(Value, { text: n, limit: 100 })), h('div', { class: 'prose' }, h(RichText, { text: v })))),
		buttons.length ? h('div', { key: ' buttons', class: 'ad-links' }, ...buttons.map(([n, v]) => h(Ext, { key: n, href: v, class: 'btn' }, buttonWord(n)))) : null);
}

/** What a receiver was told. */
export function Told({ items, empty = 'Nothing was sent about it.' }) {
	if (!items.length) return h('p', { class: 'dim' }, empty);
	return h('ul', { class: 'ad-told' }, ...items.map(n => h('li', { key: n.id, class: n.outcome === 'failed' ? 'ad-failed' : '' },
		h('span', { class: 'ad-told-line' },
			h(Icon, { name: n.outcome === 'sent' ? 'check' : 'cross', size: 0.75 }), h('span', { class: 'vh' }, String(n.outcome)),
			h(Time, { at: n.at, mode: 'at' }), h('a', { href: href({ page: 'receiver', id: String(n.receiver) }) }, h(Value, { text: n.receiver, limit: 60 })),
			h('span', { class: 'dim' }, [n.integration, n.reason, n.attempts > 1 ? `${n.attempts} attempts` : '', n.ms >= 0 ? `${n.ms} ms` : ''].filter(Boolean).map(String).join(' · ').slice(0, 200))),
		n.error ? h('div', { class: 'ad-error' }, h(Value, { text: n.error, lines: true, limit: 500 })) : null)));
}

function Quiet({ d }) {
	if (!d.silences.length && !d.inhibited_by.length) return null;
	return h(Part, { title: 'Kept quiet by' }, h('ul', { class: 'ad-list' },
		...d.silences.map(s => h('li', { key: s.id }, h('a', { href: href({ page: 'silence', id: s.id }) }, h(Icon, { name: 'silence' }), ' a silence of ', h(Value, { text: s.by, limit: 60 })),
			s.ends ? [' until ', h(Time, { key: 't', at: s.ends, mode: 'at' })] : null, s.comment ? h('div', { class: 'dim prose' }, h(RichText, { text: s.comment, limit: 300 })) : null)),
		...d.inhibited_by.map(i => h('li', { key: i.fp }, h('a', { href: href({ page: 'alert', id: i.fp }) }, h(Icon, { name: 'inhibited' }), ' ', h(Value, { text: (i.labels && i.labels.alertname) || i.fp, limit: 100 })),
			i.labels && i.labels.instance ? [' on ', h(Value, { key: 'i', text: i.labels.instance, limit: 100 })] : null, i.name || i.rule !== undefined ? h('span', { class: 'dim' }, ' by rule ', h(Value, { text: i.name || String(i.rule) })) : null))));
}

/** All labels, each to be copied and filtered by. */
export function LabelTable({ labels }) {
	const all = inOrder(labels);
	return h('table', { class: 'ad-labels' }, h('caption', { class: 'vh' }, 'Labels'), h('tbody', null, ...all.slice(0, MOST_ROWS).map(([n, v]) => h('tr', { key: n },
		h('th', { scope: 'row' }, h(Value, { text: n })), h('td', null, h(Value, { text: v, lines: true })),
		h('td', { class: 'ad-label-do' }, h(Copy, { text: v, label: `Copy the value of ${n.slice(0, 60)}`, icon: true }), h(LabelMore, { name: n, value: String(v) }))))),
	all.length > MOST_ROWS ? h('tfoot', null, h('tr', null, h('td', { colspan: 3, class: 'dim' }, `and ${all.length - MOST_ROWS} more`))) : null);
}

function AlertFacts({ a, d }) {
	const row = (name, ...inner) => h(Fact, { key: name, name }, ...inner);
	const resolved = d.state === 'resolved';
	return h(Facts, null,
		row('Started', h(Time, { at: a.startsAt, mode: 'at' }), h('span', { class: 'dim' }, ' · ', h(Time, { at: a.startsAt }), ' ago')),
		resolved ? row('Resolved', d.resolved_at ? [h(Time, { key: 1, at: d.resolved_at, mode: 'at' }), h('span', { key: 2, class: 'dim' }, ' · ', h(Time, { at: d.resolved_at }), ' ago')] : 'when is not known') : row('Last seen', h(Time, { at: a.updatedAt, mode: 'at' }), h('span', { class: 'dim' }, ' · ends ', h(Time, { at: a.endsAt, mode: 'at' }), ' unless seen again')),
		a.generatorURL ? row('Source', h(Ext, { href: a.generatorURL })) : null,
		row('Fingerprint', h('code', null, h(Value, { text: a.fingerprint }))));
}

function Groups({ groups }) {
	if (!groups.length) return null;
	return h('ul', { class: 'ad-list' }, ...groups.map(g => h('li', { key: g.id }, h('a', { href: href({ page: 'receiver', id: g.receiver }) }, h(Icon, { name: 'arrow', size: 0.75 }), ' ', h(Value, { text: g.receiver, limit: 80 })), ' · ',
		h('a', { href: href({ page: 'group', id: g.id }) }, 'its group'), g.next_repeat ? h(Time, { at: g.next_repeat, mode: 'left', before: ' · repeats in ', past: '' }) : g.next_flush ? h(Time, { at: g.next_flush, mode: 'left', before: ' · next message in ', past: '' }) : null)));
}


function AlertActions({ d, fp, bar, onclose }) {
	const [ack, setAck] = useState(false);
	const pending = usePending('a' + fp);
	const labels = d.alert.labels;
	const filter = fromLabels(Object.entries(labels));
	const resolved = d.state === 'resolved';
	const name = labels.alertname || fp;
	const cli = silenceCommand({ matchers: filter, duration: '2h', comment: '' });
	return h('div', { class: bar ? 'ad-bar' : 'ad-actions' },
		resolved ? null : pending && !d.ack ? h(PendingMark, null) : d.ack ? h(OwnerMark, { ack: d.ack, target: { fingerprints: [fp] }, age: true }) : h(Button, { icon: 'ack', kind: 'primary', reason: ackReason(), onclick: () => setAck(true) }, 'Ack'),
		h(Button, { icon: 'silence', href: href({ page: 'silence-new', filter }) }, 'Silence'),
		h(Button, { icon: 'explain', href: href({ page: 'explain', alert: fp }) }, 'Explain'),
		h(Menu, { label: 'More', items: [
			{ label: 'Copy link', icon: 'link', onselect: () => copyText(absolute(`#/alert/${fp}`)) },
			{ label: 'Copy as JSON', icon: 'copy', onselect: () => copyText(JSON.stringify(d.alert, null, 2)) },
			{ label: 'Copy as command', icon: 'copy', reason: cli.text === null ? cli.reason : '', onselect: () => copyText(cli.text) },
			{ label: 'History', icon: 'history', href: href({ page: 'history', tab: 'events', alert: fp }) },
			onclose ? { label: 'Open as a page', icon: 'arrow', href: href({ page: 'alert', id: fp }) } : null,
		] }),
		ack ? h(AckDialog, { target: { fingerprints: [fp] }, what: ['One alert: ', h('strong', { key: 'n' }, h(Value, { text: name, limit: 200 }))], onclose: () => setAck(false) }) : null);
}

/** What is known of an alert, below its name. */
function Body({ d }) {
	const a = d.alert;
	return h(Fragment, null,
		h(AlertNotes, { annotations: a.annotations || {} }),
		d.ack && saidOf(d.ack) ? h('p', { class: 'ad-ack' }, h(Icon, { name: 'ack' }), ' ', h('bdi', null, String(d.ack.owner)), ': “', h(Value, { text: saidOf(d.ack), limit: 500 }), '”') : null,
		h(Quiet, { d }),
		h(AlertFacts, { a, d }),
		h(Part, { title: 'Sent' }, h(Groups, { groups: d.groups || [] }), d.history_error ? h(Notice, { kind: 'warning' }, String(d.history_error)) : h(Told, { items: d.notifications || [] })),
		(d.timeline || []).length ? h(Part, { title: 'Last 24 hours' }, h(Lane, { timeline: d.timeline, notifications: d.notifications || [] })) : null,
		h(Part, { title: 'Labels', class: 'ad-last' }, h(LabelTable, { labels: a.labels })));
}

const useAlert = fp => useLive(['alerts', 'silences', 'history'], ({ signal, etag }) => get(`alerts/${encodeURIComponent(fp)}`, null, { signal, etag }), [fp]);

function Problem({ error, reload }) {
	if (error.status === 404) {
		return h(Empty, { title: 'There is no such alert.' }, h('p', null, 'It does not fire, and history does not know it.'), h('a', { href: href({ page: 'alerts' }) }, 'All alerts'));
	}
	return h(ErrorBox, { error, onretry: reload });
}

function Name({ d, fp, level, onclose }) {
	const { labels } = d.alert;
	return h('div', { class: 'ad-head' },
		h('div', { class: 'ad-marks' }, h(Severity, { value: d.severity }), h(State, { value: d.state, owner: d.ack ? d.ack.owner : undefined })),
		h(level, { class: 'ad-name', tabindex: -1 }, h(Value, { text: labels.alertname || fp, limit: 300 })),
		labels.instance ? h('div', { class: 'ad-instance' }, h(Value, { text: labels.instance, limit: 300 })) : null,
		onclose ? h(IconButton, { icon: 'close', label: 'Close', class: 'ad-close', onclick: onclose }) : null);
}

/** An alert beside the list; `onclose` closes it. */
export function AlertDetail({ fp, onclose }) {
	const { data: d, error, reload } = useAlert(fp);
	if (!d) {
		return h('div', { class: 'ad' }, error ? h(Problem, { error, reload }) : h(Skeleton, { rows: 6 }), h(IconButton, { icon: 'close', label: 'Close', class: 'ad-close', onclick: onclose }));
	}
	return h('div', { class: `ad ad-${severityClass(d.severity)}` }, h(Name, { d, fp, level: 'h2', onclose }), h(AlertActions, { d, fp, onclose }), error ? h(ErrorBox, { error, onretry: reload }) : null, h(Body, { d }));
}

/** The page of one alert; below 720 px its actions are a bar that stays. */
export function AlertPage({ view }) {
	const fp = view.id;
	const { data: d, error, reload } = useAlert(fp);
	useTitle(d ? d.alert.labels.alertname : '');
	const back = h('a', { class: 'ad-back', href: href({ page: 'alerts' }) }, h(Icon, { name: 'left', size: 0.75 }), ' Alerts');
	if (!d) return h('div', { class: 'ad-page' }, back, h('h1', { tabindex: -1 }, 'Alert'), error ? h(Problem, { error, reload }) : h(Skeleton, null));
	return h('div', { class: `ad-page ad ad-${severityClass(d.severity)}` }, back, h(Name, { d, fp, level: 'h1' }), h(AlertActions, { d, fp, bar: true }), error ? h(ErrorBox, { error, onretry: reload }) : null, h(Body, { d }));
}
