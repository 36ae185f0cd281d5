// SPDX-License-Identifier: Apache-2.0
/** What lies above the page: dialogs, menus, popovers. All are in the browser's top layer, and give the focus back. */
import { Icon } from './icons.js';
import { useHold } from './live.js';
import { h, useEffect, useId, useLayout, useRef, useState } from './render.js';

const narrow = () => matchMedia('(max-width: 719.9px)').matches;

/** Puts a layer below its anchor, or above it when there is more room; on narrow screens the style sheet puts it at the bottom. */
function put(layer, anchor) {
	const set = (name, value) => layer.style.setProperty(name, value);
	if (narrow()) {
		for (const name of ['left', 'top', 'max-height']) layer.style.removeProperty(name);
		return;
	}
	const a = anchor.getBoundingClientRect();
	const width = document.documentElement.clientWidth;
	const height = window.innerHeight;
	const size = layer.getBoundingClientRect();
	const below = height - a.bottom - 12;
	const above = a.top - 12;
	const up = size.height > below && above > below;
	const room = Math.max(120, up ? above : below);
	set('max-height', `${room}px`);
	const tall = Math.min(size.height, room);
	set('left', `${Math.max(8, Math.min(a.left, width - size.width - 8))}px`);
	set('top', `${up ? a.top - tall - 4 : a.bottom + 4}px`);
}

/**
 * A layer that belongs to something on the page and goes away when one clicks or tabs elsewhere, or with Escape.
 * @param {{anchor: {current: Element}, onclose: function, label: string, role?: string}} props
 */
export function Popover({ anchor, onclose, label, role = 'dialog', class: extra, children, ...rest }) {
	const ref = useRef(null);
	const close = useRef(onclose);
	close.current = onclose;
	useHold();
	useLayout(() => {
		const layer = ref.current;
		const opener = document.activeElement;
		layer.showPopover();
		put(layer, anchor.current);
		const first = layer.querySelector('[autofocus],input,select,textarea') || layer.querySelector('button,a[href],[tabindex]');
		if (first) first.focus({ preventScroll: true });
		const again = () => put(layer, anchor.current);
		addEventListener('resize', again);
		return () => {
			removeEventListener('resize', again);
			const inside = layer.contains(document.activeElement) || document.activeElement === document.body;
			if (layer.matches(':popover-open')) layer.hidePopover();
			if (inside && opener && opener.isConnected && opener !== document.body) opener.focus({ preventScroll: true });
		};
	}, []);
	return h('div', { ...rest, ref, popover: 'auto', role, 'aria-label': label, class: 'layer' + (extra ? ' ' + extra : ''),
		ontoggle: event => event.newState === 'closed' && close.current() }, children);
}

/**
 * A button that opens a list of actions.
 * @param {{label: string, icon?: string, text?: *, items: Array<{label, onselect?, href?, icon?, danger?, disabled?, reason?, checked?}|null>}} props
 *   `label` names the button; it is a picture unless `text` is given. An item that is disabled has its reason below its words.
 */
export function Menu({ label, icon = 'more', text, items, kind = 'quiet', tabindex, class: extra }) {
	const [open, set] = useState(false);
	const button = useRef(null);
	const id = useId();
	// A press beside an open layer closes it before the click comes: what counts is how it was when the press began.
	const was = useRef(false);
	const press = () => {
		was.current = open;
	};
	const toggle = event => set(o => (event.detail === 0 ? !o : !was.current));
	const arrow = event => {
		if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
		event.preventDefault();
		set(true);
	};
	return h('span', { class: 'menu' },
		h('button', { ref: button, type: 'button', tabindex, class: `btn ${kind}${text ? '' : ' icon-btn'}${extra ? ' ' + extra : ''}`, 'aria-haspopup': 'menu', 'aria-expanded': open, 'aria-controls': open ? id : undefined,
			'aria-label': text ? undefined : label, title: text ? undefined : label, onpointerdown: press, onclick: toggle, onkeydown: arrow },
		text || h(Icon, { name: icon }), text ? h(Icon, { name: 'down', size: 0.75 }) : null),
		open ? h(MenuList, { id, label, items: items.filter(Boolean), anchor: button, onclose: () => set(false) }) : null);
}

function MenuList({ id, label, items, anchor, onclose }) {
	const entries = event => [...event.currentTarget.querySelectorAll('[role^=menuitem]')];
	const keys = event => {
		const all = entries(event);
		const at = all.indexOf(document.activeElement);
		const typed = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== ' ';
		let next = -1;
		if (event.key === 'ArrowDown') next = (at + 1) % all.length;
		else if (event.key === 'ArrowUp') next = (at - 1 + all.length) % all.length;
		else if (event.key === 'Home') next = 0;
		else if (event.key === 'End') next = all.length - 1;
		else if (event.key === 'Tab') return onclose();
		else if (typed) {
			for (let i = 1; i <= all.length && next < 0; i++) {
				const j = (at + i) % all.length;
				if (all[j].textContent.trim().toLowerCase().startsWith(event.key.toLowerCase())) next = j;
			}
		} else return undefined;
		event.preventDefault();
		event.stopPropagation();
		if (next >= 0) all[next].focus();
		return undefined;
	};
	return h(Popover, { id, anchor, onclose, label, role: 'menu', class: 'menu-list', onkeydown: keys }, ...items.map((item, i) => h(MenuItem, { key: i, item, onclose })));
}

function MenuItem({ item, onclose }) {
	const off = Boolean(item.disabled || item.reason);
	const choose = event => {
		if (off) return event.preventDefault();
		onclose();
		if (item.onselect) item.onselect(event);
		return undefined;
	};
	const props = { role: item.checked === undefined ? 'menuitem' : 'menuitemcheckbox', 'aria-checked': item.checked === undefined ? undefined : Boolean(item.checked), tabindex: -1,
		class: 'menu-item' + (item.danger ? ' danger' : ''), 'aria-disabled': off || undefined, onclick: choose };
	const mark = item.checked === undefined ? item.icon : item.checked ? 'check' : null;
	const inner = [mark ? h(Icon, { key: 'i', name: mark }) : h('span', { key: 'i', class: 'no-icon' }), h('span', { key: 't', class: 'menu-text' }, item.label, item.reason ? h('small', null, item.reason) : null)];
	return item.href && !off ? h('a', { ...props, href: item.href }, ...inner) : h('button', { type: 'button', ...props }, ...inner);
}

/**
 * A dialog above all else. `onclose` is called on Escape, × and a click beside it (not with `stay`); the owner then leaves it out.
 * @param {{title: *, onclose: function, children: *, actions?: *, wide?: boolean, stay?: boolean}} props
 */
export function Dialog({ title, onclose, children, actions, wide = false, stay = false, onsubmit, class: extra }) {
	const ref = useRef(null);
	const id = useId();
	const close = useRef(onclose);
	close.current = onclose;
	useHold();
	useLayout(() => {
		const dialog = ref.current;
		dialog.showModal();
		return () => dialog.close();
	}, []);
	useEffect(() => {
		const first = ref.current.querySelector('[autofocus]');
		if (first) first.focus();
	}, []);
	const submit = event => {
		event.preventDefault();
		if (onsubmit) onsubmit(event);
	};
	return h('dialog', { ref, class: `dialog${wide ? ' wide' : ''}${extra ? ' ' + extra : ''}`, 'aria-labelledby': id,
		oncancel: event => {
			event.preventDefault();
			close.current();
		},
		onmousedown: event => event.target === ref.current && !stay && close.current() },
	h('form', { class: 'dialog-inner', method: 'dialog', onsubmit: submit },
		h('div', { class: 'dialog-head' }, h('h2', { id, tabindex: -1 }, title),
			h('button', { type: 'button', class: 'btn quiet icon-btn', 'aria-label': 'Close', title: 'Close', onclick: () => close.current() }, h(Icon, { name: 'close' }))),
		h('div', { class: 'dialog-body' }, children),
		actions ? h('div', { class: 'dialog-actions' }, actions) : null));
}
