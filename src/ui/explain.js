// SPDX-License-Identifier: Apache-2.0
/** Explain: why one is, or is not, told of an alert. The sentence first, then each stage, beside it the routes. */
import { get, send, serverNow } from './api.js';
import { useZone } from './chart.js';
import { otherLabels } from './events.js';
import { EventList } from './historylist.js';
import { Icon } from './icons.js';
import { Button, Copy, Empty, ErrorBox, Fact, Facts, Field, IconButton, Input, Labels, Notice, Skeleton, Value, formatCount } from './kit.js';
import { useLive } from './live.js';
import { bodyOf, labelChanges, labelsOf, readText, rowsError, rowsOf, stages, textOf, verdictOf } from './question.js';
import { Fragment, h, useEffect, useRef, useState } from './render.js';
import { go, href } from './route.js';
import { RouteTree } from './routetree.js';
import { compactDuration, formatFull, formatTime, formatWhen, localMoments, zoneOffsetText } from './time.js';

/** The page Explain: {view}. */
export function Explain({ view }) {
	const zone = useZone();
	const key = JSON.stringify([view.labels, view.alert, view.at]);
	const question = bodyOf(view, serverNow(), zone);
	const answer = useLive(['silences', 'config'], async ({ signal }) => {
		const { body } = bodyOf(view, serverNow(), zone);
		return body ? { key, answer: await askServer(body, signal) } : { key, answer: null };
	}, [key]);
	const got = answer.data && answer.data.key === key ? answer.data.answer : null;
	const looked = got ? (got.steps.find(s => s.stage === 'route') || {}).tree || null : null;
	const asked = Boolean(question.body);
	const failed = answer.error && asked;
	return h('div', { class: 'ex' + (asked ? ' asked' : '') },
		h('h1', { tabindex: -1 }, 'Explain'),
		h('div', { class: 'ex-cols' },
			h('section', { class: 'ex-input', 'aria-label': 'The question' }, h(ExplainQuestion, { key, view, got, asked })),
			h('section', { class: 'ex-answer', 'aria-label': 'The answer', 'aria-busy': asked && !got && !failed },
				question.error ? h(Notice, { kind: 'warning' }, question.error) : null,
				view.unread ? h(Notice, { kind: 'warning' }, 'Part of this link could not be read: ', h('code', null, view.unread), '.') : null,
				failed ? h(ExplainFailed, { error: answer.error, view, reload: answer.reload }) : null,
				got ? h(Verdicts, { key, got, view, stale: answer.stale, reload: answer.reload }) : asked ? (failed ? null : h(Skeleton, { rows: 6 }))
					: question.error ? null : h(Empty, { title: 'Give labels or choose an alert.' }, h('p', null, 'Then it is said who is told of it, when and why, or what keeps it back.'), h('a', { href: href({ page: 'alerts' }) }, 'Choose an alert'))),
			got && question.past ? null : h('section', { class: 'ex-routes', 'aria-label': 'The routes' }, h('h2', null, 'Routes'), h(RouteTree, { looked }))));
}

async function askServer(body, signal) {
	return send('POST', 'explain', body, { signal, patience: 20000 });
}

function ExplainFailed({ error, view, reload }) {
	if (error.code === 'not_found') return h(Empty, { title: 'This alert is not there now.' }, h('p', null, 'History may know what became of it.'),
		h('div', { class: 'row-flex hi-center' }, h(Button, { href: href({ page: 'history', tab: 'events', alert: view.alert, range: { last: '7d' } }) }, 'History of it'),
			h(Button, { href: href({ ...view, at: new Date(serverNow() - 1000).toISOString() }) }, 'What history knows')));
	if (error.code === 'no_history' && error.status === 501) return h(Notice, { kind: 'warning' }, 'No history is kept, so nothing is known of the past. ', h('a', { href: href({ ...view, at: '' }) }, 'Explain it now'));
	return h(ErrorBox, { error, onretry: reload });
}

/* ---- the question ---- */

function ExplainQuestion({ view, got, asked }) {
	const zone = useZone();
	// What is typed counts at once, not when it is drawn: Enter may come first.
	const [{ rows, text, at }, redraw] = useState(() => ({ rows: [...rowsOf(view.labels), ['', '']], text: null, at: view.at || '' }));
	const typed = useRef(null);
	if (!typed.current) typed.current = { rows, text, at };
	const change = patch => {
		typed.current = { ...typed.current, ...patch };
		redraw(typed.current);
	};
	const [folded, fold] = useState(asked);
	const [error, setError] = useState('');
	const filled = useRef(Boolean(rowsOf(view.labels).length));
	// Asked by an alert: its labels fill the rows, once.
	useEffect(() => {
		if (!view.alert || filled.current) return undefined;
		const fill = labels => {
			if (filled.current || !labels) return;
			filled.current = true;
			change({ rows: [...named(labels), ['', '']] });
		};
		if (got && got.alert && got.alert.labels) {
			fill(got.alert.labels);
			return undefined;
		}
		const control = new AbortController();
		if (view.at) get('history', { fingerprint: view.alert, kind: 'firing,resolved', limit: 1 }, { signal: control.signal }).then(({ data }) => fill(data.items.length && data.items[0].labels), () => {});
		return () => control.abort();
	}, [view.alert, got]);
	const set = (i, j, value) => {
		const next = typed.current.rows.map((r, k) => (k === i ? (j ? [r[0], value] : [value, r[1]]) : r));
		if (i === next.length - 1 && value) next.push(['', '']);
		change({ rows: next });
		setError('');
	};
	const paste = event => {
		const t = event.clipboardData.getData('text');
		if (!/^\s*[{[]/.test(t)) return;
		const read = readText(t);
		if (!read.rows.length) return;
		event.preventDefault();
		change({ rows: [...read.rows, ['', '']] });
		setError(read.error);
	};
	const submit = event => {
		if (event) event.preventDefault();
		const now = typed.current;
		const read = now.text === null ? { rows: now.rows, error: rowsError(now.rows) } : readText(now.text);
		const labels = labelsOf(read.rows);
		const bad = read.error || (labels.length ? '' : 'Give at least one label.');
		setError(bad);
		if (bad) return;
		const same = view.alert && filled.current && got && got.alert && got.alert.labels && JSON.stringify(named(got.alert.labels)) === JSON.stringify(labels.map(l => [l.name, l.value]));
		go({ page: 'explain', labels: same ? [] : labels, alert: same ? view.alert : '', at: now.at.trim() });
	};
	const keys = event => {
		if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event);
	};
	const said = textOf(rows);
	const preview = view.alert && !filled.current ? `alert ${view.alert}` : said;
	return h(Fragment, null,
		asked ? h('div', { class: 'ex-folded' + (folded ? '' : ' open') }, h('button', { type: 'button', class: 'btn quiet ex-fold', 'aria-expanded': !folded, onclick: () => fold(f => !f) }, h(Icon, { name: folded ? 'right' : 'down' }), folded ? 'Change the question' : 'Fold'),
			folded ? h(Value, { text: preview, class: 'ex-preview' }) : null) : null,
		h('form', { class: 'ex-form' + (folded ? ' folded' : ''), onsubmit: submit, onkeydown: keys },
			h('h2', null, 'An alert with these labels'),
			text === null ? h('div', { class: 'ex-labels' }, ...rows.map(([n, v], i) => h('div', { key: i, class: 'ex-label-row' },
				h(Input, { 'aria-label': `Name of label ${i + 1}`, placeholder: i === 0 ? 'alertname' : 'name', value: n, class: 'mono', oninput: e => set(i, 0, e.target.value), onpaste: paste }),
				h('span', { 'aria-hidden': 'true' }, '='),
				h(Input, { 'aria-label': `Value of ${n || `label ${i + 1}`}`, placeholder: 'value', value: v, class: 'mono', oninput: e => set(i, 1, e.target.value) }),
				i < rows.length - 1 ? h(IconButton, { icon: 'close', label: `Remove ${n || 'this label'}`, onclick: () => change({ rows: typed.current.rows.filter((_, k) => k !== i) }) }) : h('span', { class: 'ex-gap' }))))
				: h(Field, { label: 'Labels as text', hint: '{alertname="DiskFull", team="db"}, or the JSON of an alert' }, h(Input, { lines: 5, class: 'mono', value: text, oninput: e => { change({ text: e.target.value }); setError(''); } })),
			h('button', { type: 'button', class: 'btn quiet ex-as', onclick: () => {
				if (text === null) return change({ text: textOf(rows) });
				const read = readText(text);
				setError(read.error);
				if (read.error) return undefined;
				return change({ rows: [...read.rows, ['', '']], text: null });
			} }, text === null ? 'Write as text' : 'Write as rows'),
			h(Field, { label: zone.utc ? 'When (UTC)' : 'When', hint: 'Empty is now. Of the past history tells: 14:00, 2 h ago, 2026-12-01 14:00' }, h(Input, { value: at, placeholder: 'now', oninput: e => change({ at: e.target.value }) })),
			error ? h('div', { class: 'field-error', role: 'alert' }, error) : null,
			h('div', { class: 'row-flex' }, h(Button, { kind: 'primary', type: 'submit' }, 'Explain'),
				asked || rows.length > 1 ? h(Button, { kind: 'quiet', onclick: () => { filled.current = true; change({ rows: [['', '']], text: null, at: '' }); setError(''); go({ page: 'explain' }); } }, 'Clear') : null)));
}

/** Labels with the name first. */
const named = labels => [...(Object.hasOwn(labels, 'alertname') ? [['alertname', labels.alertname]] : []), ...otherLabels(labels)];

/* ---- the answer ---- */

function Verdicts({ got, view, stale, reload }) {
	const zone = useZone();
	const past = Boolean(view.at && view.at !== 'now');
	const v = verdictOf(got.verdict);
	const { common, groups } = stages(got.steps);
	const now = serverNow();
	const at = Date.parse(got.at);
	const tell = text => localMoments(String(text || ''), at, zone);
	const given = view.alert ? null : rowsOf(view.labels);
	const fp = got.alert.fp;
	const labels = got.alert.labels || null;
	const many = groups.length > 1;
	return h('div', { class: stale ? 'stale' : '' },
		h('div', { class: `ex-say ex-say-${v.tone}` }, h('span', { class: 'ex-say-icon' }, h(Icon, { name: v.icon, size: 1.5 })),
			h('div', null, h('p', { class: 'ex-word' }, v.word), h('p', { class: 'ex-sentence', role: 'status' }, h(Value, { text: tell(got.say), lines: true })),
				h('p', { class: 'meta' }, past ? `As of ${formatFull(at, zone)}, from history.` : `Asked at ${formatTime(at, { ...zone, seconds: true })}.`,
					got.exact || past ? null : ' More than the passing of time may make this wrong.', zone.utc ? ' Times are UTC.' : ` Times are of this device (${zoneOffsetText(at)}).`))),
		h('div', { class: 'row-flex ex-acts' },
			past ? h(Button, { href: href({ ...view, at: '' }) }, 'Explain it now') : h(Button, { icon: 'refresh', onclick: reload }, 'Ask again'),
			got.alert.stored || past ? h(Button, { kind: 'quiet', href: href({ page: 'alert', id: fp }) }, 'The alert') : null,
			h(Button, { kind: 'quiet', href: href({ page: 'history', tab: 'events', alert: fp, range: { last: '7d' } }) }, 'History of it'),
			h(Copy, { text: new URL(href(view), location.href).href, label: 'Copy link' })),
		got.groups_left_out ? h(Notice, { kind: 'warning' }, `${formatCount(got.groups_left_out)} more groups get this alert and are not shown.`) : null,
		h('ol', { class: 'ex-stages' },
			labels ? h(Stage, { key: 'labels', title: 'Labels', mark: 'yes' }, h('p', null, got.alert.stored ? 'This alert is there now.' : 'As if it were posted now.'), h(Labels, { labels }), ...labelChanges(given, labels).map((t, i) => h('p', { key: i }, t))) : null,
			...common.map(s => h(Stage, { key: s.step.stage, title: s.title, mark: s.mark, say: tell(s.step.say) }, h(StageFacts, { step: s.step, view, now, zone, tell }))),
			...(many ? [] : groups.flatMap(g => g.steps.map(s => h(Stage, { key: s.step.stage, title: s.title, mark: s.mark, decides: s.decides, say: tell(s.step.say) }, h(StageFacts, { step: s.step, view, now, zone, tell })))))),
		many ? groups.map((g, i) => h('section', { key: g.id, class: 'ex-group', 'aria-label': `Group ${i + 1}` }, h('h2', null, `${i + 1} of ${groups.length}: for `, h(Value, { text: g.receiver })),
			h('ol', { class: 'ex-stages' }, ...g.steps.map(s => h(Stage, { key: s.step.stage, title: s.title, mark: s.mark, decides: s.decides, say: tell(s.step.say) }, h(StageFacts, { step: s.step, view, now, zone, tell })))))) : null);
}

const MARKS = new Map([['yes', ['check', 'passes']], ['no', ['cross', 'does not pass']], ['none', ['minus', 'not reached']]]);

function Stage({ title, mark, decides = false, say, children }) {
	const [icon, word] = MARKS.get(mark);
	return h('li', { class: `ex-stage ex-mark-${mark}${decides ? ' decides' : ''}` },
		h('span', { class: 'ex-mark' }, icon === 'minus' ? h('span', { 'aria-hidden': 'true' }, '–') : h(Icon, { name: icon }), h('span', { class: 'vh' }, word)),
		h('div', { class: 'ex-stage-body' }, h('h3', null, title, decides ? h('span', { class: 'ex-decides' }, 'this decides') : null),
			say ? h('p', null, h(Value, { text: say, lines: true })) : null, children));
}

const spanText = s => (s > 0 && s < 1 ? `${Math.round(s * 1000)}ms` : compactDuration(s));

function StageFacts({ step, view, now, zone, tell }) {
	switch (step.stage) {
	case 'group':
		return h(Facts, null, h(Fact, { name: 'Group' }, h('a', { href: href({ page: 'group', id: step.group }) }, h(Value, { text: step.key }))),
			h(Fact, { name: 'Receiver' }, h('a', { href: href({ page: 'receiver', id: step.receiver }) }, h(Value, { text: step.receiver }))),
			h(Fact, { name: 'Next flush' }, formatWhen(Date.parse(step.next_flush), now, { ...zone, seconds: true })),
			h(Fact, { name: 'Timing' }, `wait ${spanText(step.wait)}, interval ${spanText(step.interval)}, repeat ${spanText(step.repeat)}`));
	case 'inhibit':
		return h(Rules, { step, tell });
	case 'mute':
		return step.intervals.length ? h('p', { class: 'dim' }, 'Intervals: ', h(Value, { text: step.intervals.join(', ') })) : null;
	case 'silence':
		return step.matching.length ? h('ul', { class: 'ex-list' }, ...step.matching.slice(0, 20).map(s => h('li', { key: s.id }, h('a', { href: href({ page: 'silence', id: s.id }) }, h(Value, { text: s.comment || s.id })),
			h('span', { class: 'meta' }, ' by ', h(Value, { text: s.by }), ` · until ${formatWhen(Date.parse(s.ends), now, zone)} · ${s.state_then === 'active' ? 'covers it then' : `${s.state_then} then`}`))),
			step.total > 20 ? h('li', { key: 'more', class: 'meta' }, `and ${formatCount(step.total - 20)} more`) : null) : null;
	case 'dedup':
		return step.integrations.length ? h('ul', { class: 'ex-list' }, ...step.integrations.map(i => h('li', { key: i.integration }, h('span', { class: i.told ? 'ex-yes' : 'dim' }, h(Icon, { name: i.told ? 'check' : 'other', size: 0.875 }), ' ', h('code', null, i.integration)), ' ', h(Value, { text: tell(i.say), lines: true }))))
			: h('p', { class: 'dim' }, 'Not reached.');
	case 'render':
		return step.integrations.map(i => h(Message, { key: i.integration, message: i }));
	case 'history':
		return step.page.items.length ? h(PastEvents, { page: step.page, fp: view.alert, now }) : null;
	default:
		return null;
	}
}

function Rules({ step, tell }) {
	const [all, show] = useState(false);
	const rules = step.rules || [];
	const near = rules.filter(r => r.why !== 'no_target');
	const list = all ? rules : near;
	const far = rules.length - near.length;
	if (!rules.length) return null;
	return h(Fragment, null,
		list.length ? h('ul', { class: 'ex-list' }, ...list.slice(0, 200).map(r => h('li', { key: r.index }, r.name ? h(Value, { text: r.name }) : `rule ${r.index + 1}`, ': ', h(Value, { text: tell(r.say) }),
			r.source ? [' ', h('a', { key: 'a', href: href({ page: 'alert', id: r.source.fp }) }, 'the alert')] : null))) : null,
		far ? h(Button, { kind: 'quiet', 'aria-expanded': all, onclick: () => show(a => !a) }, all ? 'Only rules that match' : near.length ? `and ${formatCount(far)} more that ${far === 1 ? 'does' : 'do'} not match` : far === 1 ? 'The one rule does not match' : `None of ${formatCount(far)} rules matches`) : null);
}

/** A message as it would be sent, each text in a box of its own; HTML is shown as it is written. */
function Message({ message }) {
	const texts = message.texts.filter(t => t.error !== undefined || t.text !== '');
	const empty = message.texts.length - texts.length;
	return h('div', { class: 'ex-message' }, h('h4', null, h('code', null, message.integration), h('span', { class: 'meta' }, ` ${formatCount(message.alerts)} ${message.alerts === 1 ? 'alert' : 'alerts'}`)),
		h('dl', null, ...texts.map((t, i) => [h('dt', { key: `${i}n` }, t.key), h('dd', { key: `${i}v` }, t.error !== undefined ? h('p', { class: 'hi-bad' }, h(Icon, { name: 'cross' }), ' ', h(Value, { text: t.error, lines: true }))
			: h('pre', { class: 'code wrap', tabindex: 0 }, h(Value, { text: t.text, lines: true, limit: 4000 })), t.cut ? h('p', { class: 'meta' }, 'Cut at 16 KB.') : null)])),
		empty ? h('p', { class: 'meta' }, `${empty} empty ${empty === 1 ? 'field is' : 'fields are'} left out.`) : null,
		message.too_much ? h('p', { class: 'meta' }, 'Rendering was stopped: it took too long for a look.') : null);
}

function PastEvents({ page, fp, now }) {
	const rows = useRef(new Map());
	const to = page.items[0].at;
	return h(EventList, { items: page.items, now, rows: rows.current, view: { page: 'history', tab: 'events', alert: fp || page.items[0].fingerprint || '', range: { from: page.items[page.items.length - 1].at, to: new Date(Date.parse(to) + 1000).toISOString() } } });
}
