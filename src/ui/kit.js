// SPDX-License-Identifier: Apache-2.0
/**
 * The parts pages are built of. Handlers get the browser's events, as those of elements do. What is not named here goes to the
 * element as an attribute. Layers (Dialog, Menu, Popover) are in layer.js, what shows values in value.js; all can be had from here.
 */
import { Icon } from './icons.js';
import { h, useEffect, useId, useState } from './render.js';
import { createStore } from './store.js';
import { Copy } from './value.js';

export { Dialog, Menu, Popover } from './layer.js';
export { Copy, Ext, Labels, RichText, Time, Value } from './value.js';

const BUTTON_KINDS = new Map([['plain', ''], ['primary', ' primary'], ['danger', ' danger'], ['quiet', ' quiet']]);
const cls = (...names) => names.filter(Boolean).join(' ');

/**
 * A button, or with `href` a link that looks like one. `kind`: 'plain', 'primary', 'danger', 'quiet'. `busy`: works, takes no click and keeps the
 * focus. `reason`: why it cannot be used; stands beside it. `icon`: name of a picture before the words.
 */
export function Button({ kind = 'plain', busy = false, reason = '', href, icon, onclick, class: extra, children, ...rest }) {
	const id = useId();
	const name = cls('btn' + (BUTTON_KINDS.get(kind) || ''), extra);
	const inner = [icon ? h(Icon, { name: icon, key: 'icon' }) : null, ...[].concat(children ?? []), busy ? h('span', { class: 'busy', key: 'busy' }, '…') : null];
	if (reason) {
		return h('span', { class: 'with-reason' },
			h('button', { type: 'button', ...rest, class: name, 'aria-disabled': true, 'aria-describedby': id, onclick: stopAnnouncing }, ...inner),
			h('span', { class: 'reason', id }, reason));
	}
	if (href) return h('a', { ...rest, class: name, href, onclick }, ...inner);
	return h('button', { type: 'button', ...rest, class: name, 'aria-disabled': busy || rest['aria-disabled'], 'aria-busy': busy || undefined, onclick: busy ? stopAnnouncing : onclick }, ...inner);
}

function stopAnnouncing(event) {
	event.preventDefault();
	event.stopPropagation();
}

/** A button that is only a picture; `label` is its name, and shown when the pointer rests on it. */
export function IconButton({ icon, label, href, class: extra, ...rest }) {
	const props = { title: label, ...rest, class: cls('btn quiet icon-btn', extra), 'aria-label': label };
	return href ? h('a', { ...props, href }, h(Icon, { name: icon })) : h('button', { type: 'button', ...props }, h(Icon, { name: icon }));
}

/** A tick box with its words and, if given, a count; `onchange` gets the event (event.target.checked). `chip`: looks like a chip. */
export function Check({ label, checked, onchange, count, chip = false, class: extra, ...rest }) {
	return h('label', { class: cls('check', chip && 'check-chip', extra) },
		h('input', { type: 'checkbox', ...rest, checked: Boolean(checked), onchange }),
		h('span', null, label),
		count === undefined ? null : h('span', { class: 'count' }, formatCount(count)));
}

const number = new Intl.NumberFormat('en');

/** 1234 as '1,234'. */
export const formatCount = n => (Number.isFinite(Number(n)) ? number.format(Number(n)) : '–');

/** '1 alert', '1,200 alerts'. */
export const plural = (n, one, many = one + 's') => `${formatCount(n)} ${n === 1 ? one : many}`;

/** What is known of something: facts with a name each. */
export const Facts = ({ children, class: extra }) => h('dl', { class: cls('facts', extra) }, children);

/** One fact; nothing where there is nothing to say. */
export function Fact({ name, children }) {
	const inner = [].concat(children ?? []).filter(c => c !== null && c !== undefined && c !== false && c !== '');
	return inner.length ? [h('dt', { key: 't' }, name), h('dd', { key: 'd' }, ...inner)] : null;
}

const isControl = type => type === Input || type === Select || type === 'input' || type === 'select' || type === 'textarea';

/** A field with its label above, and below it `hint` and `error`, which are tied to the control among its children. */
export function Field({ label, hint, error, class: extra, children }) {
	const id = useId();
	const described = cls(hint && id + 'h', error && id + 'e') || undefined;
	let own = id;
	const tied = [].concat(children ?? []).map(child => {
		if (!child || !isControl(child.type)) return child;
		own = child.props.id || id;
		return h(child.type, { 'aria-describedby': described, 'aria-invalid': error ? true : undefined, ...child.props, key: child.key, id: own });
	});
	return h('div', { class: cls('field', error && 'has-error', extra) },
		h('label', { class: 'field-label', for: own }, label),
		...tied,
		hint ? h('div', { class: 'field-hint', id: id + 'h' }, hint) : null,
		error ? h('div', { class: 'field-error', id: id + 'e', role: 'alert' }, h(Icon, { name: 'alert' }), ' ', error) : null);
}

/** A field for text; `lines` above 1 makes it one of several lines. Attributes and events as of the element. */
export function Input({ lines = 1, class: extra, ...rest }) {
	const common = { autocomplete: 'off', spellcheck: 'false', ...rest, class: cls('input', extra) };
	return lines > 1 ? h('textarea', { rows: lines, ...common }) : h('input', { type: 'text', autocapitalize: 'none', ...common });
}

/** A choice: `options` as [value, label] pairs or plain values. */
export function Select({ options = [], value, class: extra, children, ...rest }) {
	const items = options.map(o => (Array.isArray(o) ? o : [o, o]));
	return h('select', { ...rest, class: cls('input select', extra), value },
		...items.map(([v, label]) => h('option', { key: String(v), value: v }, label)), ...[].concat(children ?? []));
}

/** Tabs that have addresses: items [{id, label, count, href}], `active` the id of one. `label` names them for screen readers. */
export function Tabs({ items, active, label = 'Sections' }) {
	return h('nav', { class: 'tabs', 'aria-label': label },
		...items.map(t => h('a', { key: t.id, class: 'tab', href: t.href, 'aria-current': t.id === active ? 'page' : undefined },
			t.label, t.count === undefined || t.count === null ? null : h('span', { class: 'count' }, formatCount(t.count)))));
}

const SEVERITY_CLASSES = new Map([['critical', 'sev-critical'], ['warning', 'sev-warning'], ['info', 'sev-info']]);
const STATE_MARKS = new Map([['active', ['alert', 'firing']], ['silenced', ['silence', 'silenced']], ['inhibited', ['inhibited', 'inhibited']], ['muted', ['muted', 'muted']],
	['acked', ['ack', 'acked']], ['resolved', ['resolved', 'resolved']], ['pending', ['clock', 'pending']], ['expired', ['check', 'expired']]]);

/** Which of 'critical', 'warning', 'info', 'other' a severity's word is shown as. */
export const severityClass = value => (SEVERITY_CLASSES.has(value) ? value : 'other');

/** A severity: shape, fill and word. `short`: the word only for screen readers. */
export function Severity({ value, short = false, pulse = false }) {
	const known = severityClass(value);
	return h('span', { class: cls('sev', SEVERITY_CLASSES.get(value) || 'sev-other', short && 'short', pulse && 'pulse') },
		h(Icon, { name: known, size: 0.75 }), h('span', { class: short ? 'vh' : 'sev-word' }, value ? String(value).slice(0, 40) : 'no severity'));
}

/** A state of an alert, group or silence: picture and word; of 'acked' with its `owner`. */
export function State({ value, owner, short = false }) {
	const [icon, word] = STATE_MARKS.get(value) || ['other', String(value)];
	return h('span', { class: cls('state', STATE_MARKS.has(value) && 'state-' + value) }, h(Icon, { name: icon }),
		h('span', { class: short ? 'vh' : '' }, word), owner ? h('bdi', { class: 'state-owner' }, owner) : null);
}

const NOTICES = new Map([['info', 'info'], ['warning', 'alert'], ['error', 'alert'], ['ok', 'check']]);

/** A box that says something: `kind` 'info', 'warning', 'error', 'ok'. */
export function Notice({ kind = 'info', actions, class: extra, children, ...rest }) {
	return h('div', { ...rest, class: cls('notice', 'notice-' + (NOTICES.has(kind) ? kind : 'info'), extra) },
		h(Icon, { name: NOTICES.get(kind) || 'info' }), h('div', { class: 'notice-text' }, children), actions ? h('div', { class: 'notice-actions' }, actions) : null);
}

const WHERE = new Map([['network', 'No connection'], ['html', 'Not signed in'], ['auth', 'Not signed in'], ['busy', 'The server is busy'], ['expired', 'The list has changed']]);

/** What went wrong, in the server's words; `onretry` gives a button. */
export function ErrorBox({ error, title, onretry }) {
	const head = title || WHERE.get(error.kind) || (error.status === 403 ? 'Not allowed' : error.status ? `The server said ${error.status}` : 'That did not work');
	return h(Notice, { kind: 'error', role: 'alert', actions: onretry ? h(Button, { icon: 'refresh', onclick: onretry }, 'Try again') : null },
		h('strong', null, head), h('div', { class: 'lines' }, String(error.message || error)));
}

/** What is seen when there is nothing: `title`, and below it what one can do. `calm`: nothing is as it should be. */
export function Empty({ title, icon, calm = false, children }) {
	return h('div', { class: cls('empty', calm && 'calm') }, icon ? h(Icon, { name: icon, size: 2 }) : null, h('p', { class: 'empty-title' }, title), children);
}

/** Grey rows in place of a list that is on its way; not before 300 ms. */
export function Skeleton({ rows = 8 }) {
	const [seen, show] = useState(false);
	useEffect(() => {
		const timer = setTimeout(show, 300, true);
		return () => clearTimeout(timer);
	}, []);
	if (!seen) return null;
	return h('div', { class: 'skeleton', role: 'status' }, h('span', { class: 'vh' }, 'Loading …'),
		...Array.from({ length: rows }, (_, i) => h('div', { key: i, class: 'skeleton-row', 'aria-hidden': 'true' })));
}

/** What stands in place of a page that failed; main.js gives it to the renderer. */
export function Failure({ name, error, component, version, retry }) {
	const text = `${error && error.stack ? error.stack : error}\nin ${component || '?'} of ${name || 'the page'}, tocsin ${version}`;
	return h(Notice, { kind: 'error', role: 'alert', actions: [h(Button, { key: 1, onclick: retry }, 'Try again'), h(Copy, { key: 2, text, label: 'Copy' })] },
		h('strong', null, `${name || 'This part'} cannot be shown: a mistake in the page.`),
		h('pre', { class: 'code wrap' }, `${String(error).slice(0, 500)}\nin ${component || '?'}, tocsin ${version}`));
}

/* ---- what screen readers are told ---- */

/** Milliseconds between two sentences. */
const ANNOUNCE_PAUSE = 10000;
/** {text}: what the polite live region says; main.js shows it. */
export const announcement = createStore({ text: '' });
let saidAt = -Infinity;
let announceTimer = 0;

/** Says a sentence to screen readers, at most one in 10 s; of several only the last. */
export function announce(text) {
	clearTimeout(announceTimer);
	const due = saidAt + ANNOUNCE_PAUSE - performance.now();
	const say = () => {
		saidAt = performance.now();
		announcement.set({ text: String(text) });
	};
	if (due <= 0) say();
	else announceTimer = setTimeout(say, due);
}
