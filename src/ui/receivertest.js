// SPDX-License-Identifier: Apache-2.0
// The test of a receiver: what is to be sent and through what, a question before it is sent, and what the other side answered.

import { get, listOf, send } from './api.js';
import { can } from './boot.js';
import { Icon } from './icons.js';
import { Button, Check, Dialog, ErrorBox, Field, formatCount, Notice, Select, Value } from './kit.js';
import { announce } from './kit.js';
import { Fragment, h, useEffect, useRef, useState } from './render.js';

/* As many as the server tests at once. */
const MOST_INTEGRATIONS = 32;
/* An answer of the other side is cut here. */
const MOST_ANSWER = 4096;


/* The name of an alert in a list to choose from. */
function alertTitle(alert) {
	const labels = alert.labels ?? {};
	const rest = Object.entries(labels).filter(([name]) => name !== 'alertname').slice(0, 3).map(([, value]) => value);
	return [labels.alertname ?? 'Alert', ...rest].join(' · ').slice(0, 120);
}

function Recipient({ recipient: r }) {
	return h('li', { class: r?.ok ? 're-fine' : 're-failed' }, h(Icon, { name: r?.ok ? 'check' : 'cross' }), h('span', { class: 'vh' }, r?.ok ? 'took it' : 'refused it'),
		h('span', { class: 're-to' }, h(Value, { text: r?.to })), r?.status ? h('span', { class: 'num' }, String(r.status)) : null, r?.answer ? h(Value, { text: r.answer, lines: true, limit: 500 }) : null);
}

function Result({ result }) {
	if (result.busy)
		return h('li', { class: 're-result' }, h('div', { class: 're-integration-head' }, h('strong', null, h(Value, { text: result.integration })), h('span', { class: 'meta' }, 'sending …')));
	const answer = result.answer || result.error || '';
	return h('li', { class: 're-result' },
		h('div', { class: 're-integration-head' },
			h('strong', null, h(Value, { text: result.integration })),
			result.ok ? h('span', { class: 're-fine' }, h(Icon, { name: 'check' }), ' taken') : h('span', { class: 're-failed' }, h(Icon, { name: 'cross' }), ' failed'),
			h('span', { class: 'meta num' }, [Number.isFinite(result.status) && result.status !== null ? `status ${result.status}` : null, Number.isFinite(result.ms) ? `${formatCount(result.ms)} ms` : null, !result.ok && result.retry ? 'would be tried again' : null].filter(Boolean).join(', '))),
		answer ? h('div', { class: 're-answer' }, h('div', { class: 'field-label' }, result.ok || result.status ? 'Its answer' : 'Why'),
			h('div', { class: 're-answer-text', tabindex: 0, role: 'region', 'aria-label': `Answer of ${result.integration}` }, h(Value, { text: answer, lines: true, limit: MOST_ANSWER }))) : null,
		listOf(result.recipients).length ? h('ul', { class: 're-recipients' }, ...result.recipients.slice(0, 100).map((r, i) => h(Recipient, { key: i, recipient: r }))) : null);
}

/* Sends the test: to all with one request, to some with one each, so that each answer is seen when it is there. */
async function runTest({ name, ids, all, body, show, signal }) {
	const path = `receivers/${encodeURIComponent(name)}/test`;
	const results = new Map(ids.map(([, id], i) => [i, { integration: id, busy: true }]));
	const publish = () => show({ results: [...results.values()], error: null, busy: [...results.values()].some(r => r.busy) });
	publish();
	const ask = async (extra, take) => take(listOf((await send('POST', path, { ...body, ...extra }, { signal, patience: 60000 }))?.results));
	if (all)
		await ask({}, list => {
			results.clear();
			list.forEach((r, i) => results.set(i, r));
		});
	else
		for (const [i, [index]] of ids.entries())
			await ask({ integration: index }, list => {
				results.set(i, list[0] ?? { integration: ids[i][1], ok: false, error: 'There was no result.' });
				publish();
			});
	publish();
	const good = [...results.values()].filter(r => r.ok).length;
	announce(good === results.size ? 'The test was taken.' : `The test failed for ${results.size - good} of ${results.size}.`);
}

/* Why it cannot be tested, or ''. */
function whyNot(receiver, chosen) {
	if (!can('test'))
		return 'You may look, but not send tests.';
	if (receiver.routes === 0)
		return 'No route names this receiver, so it is not in use.';
	if (listOf(receiver.integrations).length === 0)
		return 'It has no integration.';
	return chosen === 0 ? 'Choose an integration.' : '';
}

function useAlerts(regex) {
	const [alerts, setAlerts] = useState([]);
	useEffect(() => {
		const control = new AbortController();
		get('alerts', { receiver: regex, limit: 50, sort: 'newest' }, { signal: control.signal }).then(({ data }) => setAlerts(listOf(data?.items)), () => setAlerts([]));
		return () => control.abort();
	}, [regex]);
	return alerts;
}

/**
 * The card that tests a receiver.
 * @param {{receiver: Object, asked: boolean, regex: string}} props receiver as in the list; asked: the address asks for the test, so it gets the focus; regex: the receiver's name for the API
 */
export function ReceiverTest({ receiver, asked, regex }) {
	const integrations = listOf(receiver.integrations).slice(0, MOST_INTEGRATIONS);
	const [off, setOff] = useState(() => new Set());
	const [source, setSource] = useState('sample');
	const [status, setStatus] = useState('firing');
	const [asking, ask] = useState(false);
	const [outcome, setOutcome] = useState(null);
	const control = useRef(null);
	const heading = useRef(null);
	const alerts = useAlerts(regex);
	useEffect(() => () => control.current?.abort(), []);
	useEffect(() => {
		if (asked) {
			heading.current?.focus({ preventScroll: true });
			heading.current?.scrollIntoView({ block: 'nearest' });
		}
	}, [asked]);
	const ids = integrations.map((i, index) => [index, String(i?.id)]).filter(([index]) => !off.has(index));
	const alert = alerts.find(a => a?.fp === source);
	const toggle = index => event => setOff(old => {
		const next = new Set(old);
		if (event.target.checked)
			next.delete(index);
		else
			next.add(index);
		return next;
	});
	const start = async () => {
		ask(false);
		control.current?.abort();
		const { signal } = (control.current = new AbortController());
		const body = alert ? { alert: { labels: alert.labels, status } } : status === 'firing' ? {} : { alert: { labels: { alertname: 'TocsinTest' }, status } };
		if (alert && alert.summary)
			body.alert.annotations = { summary: alert.summary };
		try {
			await runTest({ name: receiver.name, ids, all: off.size === 0 && integrations.length === listOf(receiver.integrations).length, body, show: setOutcome, signal });
		} catch (error) {
			if (!signal.aborted)
				setOutcome(old => ({ results: listOf(old?.results).filter(r => !r.busy), error, busy: false }));
		}
	};
	return h('section', { class: 'card re-test-card', 'aria-label': 'Test' },
		h('h2', { ref: heading, tabindex: -1 }, 'Test'),
		h('p', { class: 'dim' }, 'Sends a real message that says it is a test, the way all messages go, and shows what the other side answers. Nothing is remembered of it.'),
		h('fieldset', { class: 're-choose' }, h('legend', { class: 'field-label' }, 'Through'),
			...integrations.map((i, index) => h(Check, { key: index, label: h(Value, { text: i?.id }), checked: !off.has(index), onchange: toggle(index) })),
			listOf(receiver.integrations).length > MOST_INTEGRATIONS ? h('p', { class: 'meta' }, `The first ${MOST_INTEGRATIONS} of ${receiver.integrations.length}.`) : null),
		h(Field, { label: 'Alert' }, h(Select, { value: alert ? source : 'sample', options: [['sample', 'A sample'], ...alerts.map(a => [a.fp, alertTitle(a)])], onchange: event => setSource(event.target.value) })),
		h(Field, { label: 'Told as', hint: status === 'resolved' ? 'Ends what a test opened at a service that keeps incidents.' : '' },
			h(Select, { value: status, options: [['firing', 'firing'], ['resolved', 'resolved']], onchange: event => setStatus(event.target.value) })),
		h('div', null, h(Button, { kind: 'primary', busy: Boolean(outcome?.busy), reason: whyNot(receiver, ids.length), onclick: () => ask(true) }, 'Send a test…')),
		outcome ? h('div', { class: 're-results', 'aria-live': 'polite' },
			outcome.error ? h(ErrorBox, { error: outcome.error, title: outcome.error.code === 'too_many_tests' ? 'Too many tests' : undefined }) : null,
			outcome.results.length ? h('ul', null, ...outcome.results.map((r, i) => h(Result, { key: i, result: r }))) : null) : null,
		asking ? h(Dialog, { title: 'Send a test?', onclose: () => ask(false), actions: h(Fragment, null, h(Button, { onclick: () => ask(false) }, 'Cancel'), h(Button, { kind: 'primary', autofocus: true, onclick: start }, 'Send it')) },
			h('p', null, 'This sends a real message marked TEST to ', h('strong', null, h(Value, { text: receiver.name, limit: 120 })), ' through:'),
			h('ul', { class: 're-through' }, ...ids.map(([index, id]) => h('li', { key: index }, h(Value, { text: id })))),
			h(Notice, { kind: 'warning' }, 'People behind it may be called or paged.')) : null);
}
