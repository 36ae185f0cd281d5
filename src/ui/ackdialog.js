// SPDX-License-Identifier: Apache-2.0
/** Acknowledging: who has taken alerts on, taking them on, giving them up. */
import { send } from './api.js';
import { boot, can } from './boot.js';
import { Icon } from './icons.js';
import { Button, Check, Dialog, ErrorBox, Field, Input, Notice, Popover, Select, Time, Value } from './kit.js';
import { h, useEffect, useRef, useState } from './render.js';
import { settings } from './settings.js';
import { createStore, useStore } from './store.js';

/** {keys}: what is being acknowledged just now, groups as 'g' + id and alerts as 'a' + fingerprint: shown as pending until lists have it. */
export const pendingAcks = createStore({ keys: new Set() });

/** Milliseconds that lists have to show an acknowledgement that was made. */
const SETTLE = 4000;

const targetKeys = target => (target.group ? ['g' + target.group] : (target.fingerprints || []).map(fp => 'a' + fp));

function pend(keys, on) {
	pendingAcks.set(s => {
		const next = new Set(s.keys);
		for (const k of keys) {
			if (on) next.add(k);
			else next.delete(k);
		}
		return { keys: next };
	});
}

const LONGEST_ACK = [[3600, '1 hour'], [4 * 3600, '4 hours'], [8 * 3600, '8 hours'], [86400, '1 day'], [7 * 86400, '1 week']];

/** The comment of an acknowledgement, without the mark that it bears for API v2. */
export const saidOf = ack => String(ack.comment || '').replace(/^ACK!\s*/, '');

/** Whether alerts may be acknowledged here, and if not, why. */
export const ackReason = () => (can('ack') ? '' : 'You may look, but not acknowledge.');

/**
 * Asks for a comment and takes alerts on.
 * @param {{target: {group: string}|{fingerprints: string[]}|{matchers: Object[]}, what?: *, onclose: function(Object?): void}} props
 *   `what` says in words what it is about. `onclose` gets the server's answer, or nothing.
 */
export function AckDialog({ target, what, onclose }) {
	const [comment, setComment] = useState('');
	const [name, setName] = useState(settings.get().creator);
	// What was typed counts at once: Enter may come before it is drawn.
	const typed = useRef({ comment, name });
	const type = (field, set) => e => {
		typed.current[field] = e.target.value;
		set(e.target.value);
	};
	const [seconds, setSeconds] = useState(86400);
	const [tell, setTell] = useState(true);
	const [more, setMore] = useState(false);
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState(null);
	const reason = ackReason();
	const conflict = error && error.code === 'already_acked';

	const submit = async takeOver => {
		const { comment: said, name: owner } = typed.current;
		if (busy || reason) return;
		if (!boot.me.name && !owner.trim()) {
			setError({ field: 'owner', message: 'Say who you are, so that others know whom to ask.' });
			return;
		}
		const keys = targetKeys(target);
		setBusy(true);
		setError(null);
		pend(keys, true);
		if (!boot.me.name) settings.set({ creator: owner.trim() });
		try {
			const done = await send('POST', 'ack', { ...target, owner: boot.me.name || owner.trim(), comment: said.trim(), max_seconds: seconds, notify_resolved: tell, ...(takeOver ? { take_over: true } : {}) });
			setTimeout(pend, SETTLE, keys, false);
			onclose(done);
		} catch (e) {
			pend(keys, false);
			setBusy(false);
			setError(e);
			if (!e.kind) throw e;
		}
	};
	const fieldError = field => (error && error.field === field ? error.message : '');
	const other = conflict ? error.detail : null;

	return h(Dialog, {
		title: 'Acknowledge', onclose: () => onclose(), onsubmit: () => submit(Boolean(conflict)),
		actions: [
			h(Button, { key: 'no', onclick: () => onclose() }, 'Cancel'),
			conflict ? h(Button, { key: 'take', kind: 'danger', busy, type: 'submit' }, `Take over from ${String(other.owner || 'the owner').slice(0, 40)}`)
				: h(Button, { key: 'ack', kind: 'primary', icon: 'ack', busy, reason, type: 'submit' }, 'Ack'),
		],
	},
	what ? h('p', null, what) : null,
	conflict ? h(Notice, { kind: 'warning', role: 'alert' }, h('strong', null, h('bdi', null, String(other.owner || 'Somebody')), ' has it already'),
		other.since ? [', since ', h(Time, { key: 't', at: other.since, mode: 'at' })] : null, '.',
		saidOf(other) ? h('div', null, '“', h(Value, { text: saidOf(other) }), '”') : null)
		: error && !error.field ? h(ErrorBox, { error, title: 'It was not acknowledged' }) : null,
	h(Field, { label: 'Comment', hint: 'Others see it beside your name.', error: fieldError('comment') },
		h(Input, { autofocus: true, value: comment, maxlength: 1000, placeholder: 'looking at it', oninput: type('comment', setComment) })),
	boot.me.name ? h('p', { class: 'dim' }, 'As ', h('bdi', null, boot.me.name), '.')
		: h(Field, { label: 'Your name', error: fieldError('owner') }, h(Input, { value: name, maxlength: 200, autocomplete: 'username', oninput: type('name', setName) })),
	more ? h('div', { class: 'ack-more' },
		h(Field, { label: 'At most for', error: fieldError('max_seconds') },
			h(Select, { value: String(seconds), options: LONGEST_ACK.map(([s, word]) => [String(s), word]), onchange: e => setSeconds(Number(e.target.value)) })),
		h(Check, { label: 'Tell when it resolves', checked: tell, onchange: e => setTell(e.target.checked) }))
		: h(Button, { kind: 'quiet', class: 'ack-open', icon: 'down', 'aria-expanded': 'false', onclick: () => setMore(true) }, `Ends with the alert, after ${LONGEST_ACK.find(([s]) => s === seconds)[1]} at the latest`));
}

const me = () => boot.me.name || settings.get().creator;

function Given({ ack, anchor, onclose, ontake }) {
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState(null);
	const reason = ackReason();
	const end = async () => {
		setBusy(true);
		try {
			await send('DELETE', `ack/${encodeURIComponent(ack.id)}`);
			onclose();
		} catch (e) {
			setBusy(false);
			setError(e);
			if (!e.kind) throw e;
		}
	};
	return h(Popover, { anchor, onclose, label: `Acknowledged by ${ack.owner}`, class: 'ack-given' },
		h('p', null, h('strong', null, h('bdi', null, ack.owner)), ' since ', h(Time, { at: ack.since, mode: 'at' }), ' (', h(Time, { at: ack.since }), ')'),
		saidOf(ack) ? h('p', null, '“', h(Value, { text: saidOf(ack), limit: 500 }), '”') : null,
		ack.until ? h('p', { class: 'dim' }, 'Ends when it resolves, at the latest ', h(Time, { at: ack.until, mode: 'at' }), '.') : null,
		error ? h(ErrorBox, { error }) : null,
		h('div', { class: 'ack-actions' }, h(Button, { busy, reason, onclick: end }, 'Un-ack'),
			ontake && !reason && ack.owner !== me() ? h(Button, { icon: 'ack', onclick: ontake }, 'Take over …') : null));
}

/**
 * Who has taken it on: a mark that opens what there is to know, and gives it up.
 * @param {{ack: {id, owner, comment, since, until}, target?: Object, age?: boolean, comment?: boolean, tabindex?: number}} props `age`, `comment`: these as well;
 *   `target`: what another may take over, as of AckDialog
 */
export function OwnerMark({ ack, target, age = false, comment = false, tabindex }) {
	const [open, setOpen] = useState(false);
	const [taking, take] = useState(false);
	const ref = useRef(null);
	return h('span', { class: 'owner' },
		h('button', { ref, type: 'button', class: 'owner-mark', tabindex, 'aria-haspopup': 'dialog', 'aria-expanded': open, onclick: () => setOpen(!open) },
			h(Icon, { name: 'ack' }), h('span', { class: 'vh' }, 'acked by '), h('bdi', { class: 'owner-name' }, String(ack.owner)),
			age ? h('span', { key: 'a', class: 'owner-age' }, ' · ', h(Time, { at: ack.since })) : null, comment && saidOf(ack) ? [' · ', h(Value, { key: 'c', text: saidOf(ack), limit: 80 })] : null),
		open ? h(Given, { ack, anchor: ref, onclose: () => setOpen(false), ontake: target && (() => {
			setOpen(false);
			take(true);
		}) }) : null,
		taking ? h(AckDialog, { target, what: ['It is ', h('bdi', { key: 'o' }, String(ack.owner)), '’s now.'], onclose: () => take(false) }) : null);
}

/** Whether this is being acknowledged just now. */
export const usePending = key => useStore(pendingAcks, s => s.keys.has(key));

/** A mark for what is being acknowledged and not confirmed yet. */
export function PendingMark() {
	const [seen, show] = useState(false);
	useEffect(() => {
		const timer = setTimeout(show, 50, true);
		return () => clearTimeout(timer);
	}, []);
	return h('span', { class: 'owner owner-pending', role: seen ? 'status' : undefined }, h(Icon, { name: 'ack' }), ' pending …');
}
