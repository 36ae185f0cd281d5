// SPDX-License-Identifier: Apache-2.0
/**
 * The renderer. With element.js it is the one place that makes elements. A page is described by h(); what is described is compared with what
 * was there, child by child (by key, else by place and type), and only what differs is touched. Nothing here parses
 * markup: text becomes text nodes, attributes are set from strings, so that no value from the server can become code.
 */

import { makeElement, setLate, setProps } from './element.js';
import { holdFocus } from './focus.js';
import { longestRise } from './order.js';

/** What h() gives. A class, so that an object from JSON is never taken for one. */
class VNode {
	constructor(type, key, props) {
		this.type = type;
		this.key = key;
		this.props = props;
	}
}

const TEXT = Symbol('text');
const NONE = [];

/**
 * Describes an element or a component.
 * @param {string|Function} type tag name, or a component: a function of its props that gives a description, text, a list or null
 * @param {object|null} props attributes; `key`, `ref`, `class`, `style` ({property: value}), `onclick` … in lower case
 * @param {...*} children text, descriptions and lists of these; null, undefined and booleans are nothing
 */
export function h(type, props, ...children) {
	const { key, ...rest } = props || {};
	if (children.length) rest.children = children;
	return new VNode(type, key, rest);
}

/** Several children without an element around them. */
export function Fragment({ children }) {
	return children;
}

function normal(v) {
	if (v === null || v === undefined || typeof v === 'boolean') return null;
	if (v instanceof VNode) return v;
	if (Array.isArray(v)) return new VNode(Fragment, undefined, { children: v });
	return new VNode(TEXT, undefined, String(v));
}

const childList = children => (children === undefined ? NONE : Array.isArray(children) ? children : [children]);
const identity = (v, i) => (v.key === undefined || v.key === null ? i : '$' + v.key);

function setRef(ref, value) {
	if (typeof ref === 'function') ref(value);
	else if (ref) ref.current = value;
}

/* ---- the tree of what is there ---- */

function create(v, id, parent) {
	const inst = { type: v.type, id, v, parent, host: typeof parent.type === 'function' ? parent.host : parent, depth: parent.depth + 1, dom: null,
		svg: false, kids: NONE, hooks: null, dirty: false, dead: false, moved: false, pass: 0, failed: null };
	if (v.type === TEXT) {
		inst.dom = document.createTextNode(v.props);
	} else if (typeof v.type === 'function') {
		inst.hooks = [];
		render(inst);
	} else {
		inst.svg = v.type === 'svg' || (inst.host.svg && inst.host.type !== 'foreignObject');
		inst.dom = makeElement(v.type, inst.svg);
		setProps(inst.dom, v.props, NONE);
		finishRound(inst, NONE);
		setRef(v.props.ref, inst.dom);
	}
	return inst;
}

function update(inst, v) {
	const old = inst.v;
	if (old === v) return;
	inst.v = v;
	if (inst.type === TEXT) {
		if (old.props !== v.props) inst.dom.data = v.props;
	} else if (typeof inst.type === 'function') {
		render(inst);
	} else {
		setProps(inst.dom, v.props, old.props);
		finishRound(inst, old.props);
		if (old.props.ref !== v.props.ref && typeof v.props.ref === 'object') setRef(v.props.ref, inst.dom);
	}
}

function finishRound(inst, old) {
	patchKids(inst, childList(inst.v.props.children));
	if (inst.moved) arrange(inst);
	setLate(inst.dom, inst.v.props, old);
}

let passes = 0;

function patchKids(inst, children) {
	const old = inst.kids;
	const host = typeof inst.type === 'function' ? inst.host : inst;
	const pass = ++passes;
	const kids = new Array(children.length);
	let index = null;
	for (let i = 0; i < children.length; i++) {
		const v = normal(children[i]);
		kids[i] = null;
		if (v === null) continue;
		const id = identity(v, i);
		let found = old[i];
		if (!found || found.id !== id) {
			if (!index) {
				index = new Map();
				for (const kid of old) if (kid && kid.pass !== pass) index.set(kid.id, kid);
			}
			found = index.get(id);
			host.moved = true;
		}
		if (found && found.pass !== pass && found.type === v.type) {
			found.pass = pass;
			update(found, v);
		} else {
			found = create(v, id, inst);
			found.pass = pass;
			host.moved = true;
		}
		kids[i] = found;
	}
	inst.kids = kids;
	for (const kid of old) if (kid && kid.pass !== pass) remove(kid, true);
}

function remove(inst, fromPage) {
	inst.dead = true;
	for (const hook of inst.hooks || NONE) if (hook.clean) attempt(inst, () => { const clean = hook.clean; hook.clean = null; clean(); });
	const own = inst.dom !== null;
	for (const kid of inst.kids) if (kid) remove(kid, fromPage && !own);
	if (own && inst.type !== TEXT) setRef(inst.v.props.ref, null);
	if (own && fromPage) inst.dom.remove();
}

function nodesOf(kids, out) {
	for (const kid of kids) {
		if (!kid) continue;
		if (kid.dom) out.push(kid.dom);
		else nodesOf(kid.kids, out);
	}
	return out;
}

/** Puts the nodes of a host element in their order, moving as few as can be: a node that moves may lose focus and scroll. */
function arrange(host) {
	host.moved = false;
	const want = nodesOf(host.kids, []);
	let at = host.dom.firstChild;
	let start = 0;
	while (start < want.length && want[start] === at) {
		at = at.nextSibling;
		start++;
	}
	const rest = want.slice(start);
	const places = new Map();
	for (let n = at, i = 0; n && rest.length; n = n.nextSibling) places.set(n, i++);
	const stay = longestRise(rest.map(n => (places.has(n) ? places.get(n) : -1)));
	let next = null;
	for (let i = rest.length - 1; i >= 0; i--) {
		if (!stay.has(i)) place(host.dom, rest[i], next);
		next = rest[i];
	}
}

function place(parent, node, next) {
	if (node.parentNode === parent && parent.isConnected && parent.moveBefore) parent.moveBefore(node, next);
	else parent.insertBefore(node, next);
}

/* ---- components ---- */

let current = null;
let slot = 0;
const dirty = new Set();
const layouts = [];
const effects = [];

function render(inst) {
	const outer = current;
	const outerSlot = slot;
	current = inst;
	slot = 0;
	inst.dirty = false;
	let out = null;
	try {
		out = inst.type(inst.v.props);
	} catch (error) {
		fail(inst, error);
	} finally {
		current = outer;
		slot = outerSlot;
	}
	patchKids(inst, Array.isArray(out) ? out : [out]);
}

function attempt(inst, fn) {
	try {
		fn();
	} catch (error) {
		fail(inst, error);
	}
}

function fail(inst, error) {
	console.error(error);
	for (let up = inst.parent; up; up = up.parent) {
		if (up.type === Guard && !up.failed) {
			up.failed = { error, component: inst.type.name || String(inst.type) };
			return invalidate(up);
		}
	}
}

let guardView = ({ error }) => h('p', { role: 'alert' }, String(error));

/** Sets what is seen in place of a part that failed: a component of {name, error, component, retry}. */
export function setGuardView(component) {
	guardView = component;
}

/** Confines errors: when something within throws, an error box stands in its place and the rest of the page goes on. */
export function Guard({ name, children }) {
	const inst = current;
	if (!inst.failed) return children;
	const retry = () => {
		inst.failed = null;
		invalidate(inst);
	};
	return h(guardView, { name, retry, ...inst.failed });
}

function invalidate(inst) {
	inst.dirty = true;
	dirty.add(inst);
	schedule();
}

function useSlot(make) {
	if (!current) throw new Error('hooks work only in a component');
	const i = slot++;
	if (i === current.hooks.length) current.hooks.push(make());
	return current.hooks[i];
}

/** State of a component: [value, set]; set takes a value or a function of the old one, and renders once a frame. */
export function useState(initial) {
	const inst = current;
	const hook = useSlot(() => {
		const own = { value: typeof initial === 'function' ? initial() : initial };
		own.set = next => {
			const value = typeof next === 'function' ? next(own.value) : next;
			if (Object.is(value, own.value)) return;
			own.value = value;
			if (!inst.dead) invalidate(inst);
		};
		return own;
	});
	return [hook.value, hook.set];
}

/** A box {current} that lives as long as the component; changing it renders nothing. */
export function useRef(initial) {
	return useSlot(() => ({ current: initial }));
}

/** The result of fn, made anew when one of deps changed. */
export function useMemo(fn, deps) {
	const hook = useSlot(() => ({ deps: null, value: undefined }));
	if (!sameDeps(hook.deps, deps)) {
		hook.value = fn();
		hook.deps = deps;
	}
	return hook.value;
}

/** An id for this component, for labels and what they name. */
export function useId() {
	return useSlot(() => ({ id: 'u' + ++idCount })).id;
}
let idCount = 0;

const sameDeps = (a, b) => Boolean(a && b && a.length === b.length && a.every((v, i) => Object.is(v, b[i])));

function useAfter(queue, fn, deps) {
	const hook = useSlot(() => ({ deps: null, clean: null, fn: null }));
	if (sameDeps(hook.deps, deps)) return;
	hook.deps = deps || null;
	hook.fn = fn;
	queue.push(current, hook);
}

/** Runs fn after the paint when one of deps changed (always without deps); what it returns is run before the next time and at the end. */
export function useEffect(fn, deps) {
	useAfter(effects, fn, deps);
}

/** As useEffect, but before the paint: for measuring and for focus. */
export function useLayout(fn, deps) {
	useAfter(layouts, fn, deps);
}

function runAll(queue) {
	for (let i = 0; i < queue.length; i += 2) {
		const inst = queue[i];
		const hook = queue[i + 1];
		if (inst.dead) continue;
		attempt(inst, () => {
			if (hook.clean) hook.clean();
			hook.clean = null;
			const clean = hook.fn();
			if (typeof clean === 'function') hook.clean = clean;
		});
	}
	queue.length = 0;
}

/* ---- frames ---- */

let frame = 0;
let timer = 0;
let busy = 0;

/* A person may be faster than a frame: what they did is drawn before what they do next is answered. It is drawn behind the handler, never
 * between an event and its handler, where it would put back what was typed. */
const DEEDS = new Set(['click', 'input', 'change', 'submit', 'keydown', 'paste', 'drop', 'pointerdown']);
for (const kind of ['keydown', 'pointerdown']) globalThis.addEventListener?.(kind, catchUp, true);

function catchUp() {
	for (let turn = 0; !busy && turn < 5 && (dirty.size || effects.length); turn++) flush();
}

function schedule() {
	if (DEEDS.has(globalThis.event?.type)) queueMicrotask(catchUp);
	if (frame || timer) return;
	// A tab that is not seen has no frames, but its title and sounds have to follow all the same.
	frame = requestAnimationFrame(flush);
	timer = setTimeout(flush, document.hidden ? 20 : 250);
}

function flush() {
	cancelAnimationFrame(frame);
	clearTimeout(timer);
	frame = timer = 0;
	busy++;
	runAll(effects);
	const keep = holdFocus();
	for (let turn = 0; dirty.size && turn < 20; turn++) {
		const list = [...dirty].sort((a, b) => a.depth - b.depth);
		dirty.clear();
		for (const inst of list) {
			if (!inst.dirty || inst.dead) continue;
			attempt(inst, () => render(inst));
			if (inst.host.moved) arrange(inst.host);
		}
		runAll(layouts);
	}
	keep();
	busy--;
	if (effects.length) setTimeout(runAll, 0, effects);
}

const roots = new WeakMap();

/** Renders a description into an element, whose own content is replaced the first time. Returns after the DOM is patched. */
export function mount(vnode, element) {
	let root = roots.get(element);
	if (!root) {
		element.replaceChildren();
		root = { type: 'root', id: 0, v: null, parent: null, host: null, depth: 0, dom: element, svg: false, kids: NONE, hooks: null, moved: false };
		roots.set(element, root);
	}
	busy++;
	try {
		patchKids(root, [vnode]);
		if (root.moved) arrange(root);
		runAll(layouts);
	} finally {
		busy--;
	}
	if (dirty.size) flush();
	else if (effects.length) setTimeout(runAll, 0, effects);
}
