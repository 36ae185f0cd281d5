// SPDX-License-Identifier: Apache-2.0
// What a template makes of alerts. Nothing is saved, and what comes out is shown as text, whatever it is.

import { ApiError, get, listOf, send } from './api.js';
import { Button, Check, Copy, ErrorBox, Field, formatCount, Input, Notice, Select, Value } from './kit.js';
import { useLive } from './live.js';
import { allPages, ReceiverTabs } from './receivers.js';
import { h, useEffect, useId, useMemo, useRef, useState } from './render.js';
import { go } from './route.js';

/* After so many milliseconds without a key the preview is made. */
const TEMPLATE_PAUSE = 400;
const LONGEST_TEMPLATE = 32 * 1024;
/* Longer texts do not go into the address. */
const LONGEST_LINK = 2000;
const SHOWN_OUTPUT = 50000;


/* The names of templates that the configuration calls: suggestions, no more. */
function namesIn(text) {
	const names = new Set();
	for (const m of String(text).matchAll(/template\s+\\?"([^"\\]{1,200})\\?"/g))
		names.add(m[1]);
	return [...names].sort().slice(0, 200);
}

async function loadChoices({ signal }) {
	const [receivers, groups, status] = await Promise.allSettled([allPages('receivers', {}, signal), get('groups', { limit: 50, alerts: 0, sort: 'newest' }, { signal }), get('v2:status', null, { signal })]);
	return {
		receivers: receivers.status === 'fulfilled' ? receivers.value : [],
		groups: groups.status === 'fulfilled' ? listOf(groups.value.data?.items) : [],
		names: status.status === 'fulfilled' ? namesIn(status.value.data?.config?.original) : [],
	};
}

function groupName(g) {
	const labels = Object.entries(g.labels ?? {}).map(([name, value]) => `${name}=${value}`).join(', ') || 'not grouped';
	return `${labels} → ${g.receiver}`.slice(0, 140);
}

/* The line with the mistake, and a mark below its column. */
function Where({ text, error }) {
	const { line, column, file } = error;
	if (!Number.isInteger(line))
		return null;
	const source = file ? null : text.split('\n')[line - 1];
	return h('div', { class: 'te-where' },
		h('div', { class: 'meta' }, `Line ${line}${Number.isInteger(column) ? `, column ${column}` : ''}`, file ? [' of ', h(Value, { text: file })] : null),
		source === undefined || source === null ? null : h('pre', { class: 'code', tabindex: 0, role: 'region', 'aria-label': 'The line with the mistake' }, h(Value, { text: source || ' ', lines: true }),
			Number.isInteger(column) && column > 0 && column <= source.length + 1 && column < 500 ? `\n${source.slice(0, column - 1).replace(/[^\t]/g, ' ')}^` : null));
}

/* Asks for the preview when what is asked for rests; older answers are dropped. */
function useOutput(body) {
	const [state, setState] = useState({ output: null, error: null, busy: false });
	const key = body === null ? '' : JSON.stringify(body);
	const [again, setAgain] = useState(0);
	useEffect(() => {
		if (key === '') {
			setState({ output: null, error: null, busy: false });
			return undefined;
		}
		const control = new AbortController();
		const timer = setTimeout(async () => {
			setState(s => ({ ...s, busy: true }));
			try {
				const answer = await send('POST', 'templates/preview', JSON.parse(key), { signal: control.signal });
				const inside = answer?.error ? new ApiError('server', String(answer.error.message), { ...answer.error, detail: answer.error }) : null;
				if (!control.signal.aborted)
					setState({ output: inside ? null : String(answer?.output ?? ''), error: inside, busy: false });
			} catch (error) {
				if (!control.signal.aborted)
					setState(s => ({ output: error.kind === 'server' ? null : s.output, error, busy: false }));
			}
		}, TEMPLATE_PAUSE);
		return () => {
			clearTimeout(timer);
			control.abort();
		};
	}, [key, again]);
	return { ...state, retry: () => setAgain(n => n + 1) };
}

function Output({ preview, text }) {
	const { output, error, busy, retry } = preview;
	const bad = error?.code === 'bad_template';
	return h('section', { class: 'te-output', 'aria-label': 'Output' },
		h('div', { class: 'te-head' }, h('h2', null, 'Output'), h('span', { class: 'meta', role: 'status' }, busy ? 'rendering …' : output !== null ? `${formatCount(output.length)} characters` : ''),
			output ? h(Copy, { text: output }) : null),
		bad ? h(Notice, { kind: 'error', role: 'alert' }, h('strong', null, 'The template does not work.'), h('div', null, h(Value, { text: error.message, lines: true })), h(Where, { text, error: error.detail ?? error }))
			: error ? h(ErrorBox, { error, onretry: retry }) : null,
		output === null ? (error || busy ? null : h('p', { class: 'dim' }, 'Write a template, or name one, to see what it gives.'))
			: output.trim() === '' ? h('p', { class: 'dim' }, output === '' ? 'It gives nothing.' : 'It gives only white space.')
				: h('pre', { class: 'code wrap te-text', tabindex: 0, role: 'region', 'aria-label': 'Rendered text' }, h(Value, { text: output, lines: true, limit: SHOWN_OUTPUT })));
}

/** The page `#/templates`. Its address holds what is asked for; a long text is left out. */
export function Templates({ view }) {
	const { data } = useLive('config', loadChoices, []);
	const choices = data ?? { receivers: [], groups: [], names: [] };
	const [own, setOwn] = useState(view.template === '');
	const [text, setText] = useState(view.text);
	const [name, setName] = useState(view.template);
	const list = useId();
	const linked = useRef(view);
	/* Somebody went to another address of this page: its fields follow. */
	useEffect(() => {
		if (view.template !== linked.current.template || (view.text !== linked.current.text && view.text !== '')) {
			setText(view.text);
			setName(view.template);
			setOwn(view.template === '');
		}
		linked.current = view;
	}, [view]);
	const change = patch => {
		const next = { page: 'templates', template: own ? '' : name, text: own && text.length <= LONGEST_LINK ? text : '', receiver: view.receiver, group: view.group, type: view.type, ...patch };
		linked.current = next;
		go(next, { replace: true });
	};
	useEffect(() => {
		const timer = setTimeout(change, TEMPLATE_PAUSE, {});
		return () => clearTimeout(timer);
	}, [own, text, name]);
	const receiver = view.receiver?.name ?? view.receiver?.regex ?? '';
	const body = useMemo(() => {
		if (own ? text === '' || text.length > LONGEST_TEMPLATE : name.trim() === '')
			return null;
		return { ...(own ? { text } : { template: name.trim() }), ...(view.type === 'html' ? { type: 'html' } : {}), ...(receiver ? { receiver } : {}), ...(view.group ? { group: view.group } : {}) };
	}, [own, text, name, view.type, receiver, view.group]);
	const preview = useOutput(body);
	const groups = choices.groups.map(g => [g.id, groupName(g)]);
	if (view.group && !groups.some(([id]) => id === view.group))
		groups.unshift([view.group, `Group ${view.group.slice(0, 40)}`]);
	const receivers = choices.receivers.map(r => [String(r?.name), String(r?.name).slice(0, 120)]);
	if (receiver && !receivers.some(([n]) => n === receiver))
		receivers.unshift([receiver, receiver.slice(0, 120)]);
	return h('div', { class: 'te-page' },
		h('h1', { tabindex: -1 }, 'Templates'),
		h(ReceiverTabs, { active: 'templates' }),
		h('div', { class: 'te-columns' },
			h('section', { class: 'te-form', 'aria-label': 'What is rendered' },
				h('div', { class: 'row-flex', role: 'group', 'aria-label': 'Which template' },
					h(Button, { 'aria-pressed': own, onclick: () => setOwn(true) }, 'A text'), h(Button, { 'aria-pressed': !own, onclick: () => setOwn(false) }, 'One by name')),
				own ? h(Field, { key: 'text', label: 'Template', hint: 'Go\'s text/template with Alertmanager\'s functions. Nothing is saved.', error: text.length > LONGEST_TEMPLATE ? `It has ${formatCount(text.length)} characters; 32,768 are the most.` : '' },
					h(Input, { lines: 10, value: text, class: 'mono', placeholder: '{{ range .Alerts }}{{ .Labels.alertname }}: {{ .Annotations.summary }}\n{{ end }}', oninput: event => setText(event.target.value) }))
					: h(Field, { key: 'name', label: 'Name of the template', hint: 'One of the defaults, or of the files of the configuration.' },
						h(Input, { value: name, class: 'mono', list, placeholder: 'slack.default.title', oninput: event => setName(event.target.value) })),
				own ? null : h('datalist', { id: list }, ...choices.names.map(n => h('option', { key: n, value: n }))),
				h(Field, { label: 'With the alerts of' }, h(Select, { value: view.group, options: [['', 'A sample of two alerts'], ...groups], onchange: event => change({ group: event.target.value }) })),
				h(Field, { label: 'As receiver' }, h(Select, { value: receiver, options: [['', 'The first one'], ...receivers], onchange: event => change({ receiver: event.target.value ? { name: event.target.value } : null }) })),
				h(Check, { label: 'Escape as HTML, as in the body of a mail', checked: view.type === 'html', onchange: event => change({ type: event.target.checked ? 'html' : 'text' }) })),
			h(Output, { preview, text: own ? text : '' })));
}
