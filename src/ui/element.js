// SPDX-License-Identifier: Apache-2.0
/** Elements and their attributes, for the renderer. Attributes are set from strings, and what could run code is refused. */

const HANDLERS = Symbol('handlers');
const SVG = 'http://www.w3.org/2000/svg';
/** Set as properties, after the children: a select has its value only when its options are there. */
const PROPERTIES = new Set(['value', 'checked', 'selected', 'indeterminate', 'disabled', 'open', 'hidden']);
const ADDRESSES = new Set(['href', 'src', 'action', 'formaction', 'poster', 'xlink:href']);
const FORBIDDEN = new Set(['script', 'style', 'iframe', 'frame', 'object', 'embed', 'base', 'link', 'meta', 'template']);

/** Makes an element; throws a TypeError for one that would load or run something. */
export function makeElement(name, svg) {
	if (FORBIDDEN.has(name)) throw new TypeError(`an element ${name} is not made here`);
	return svg ? document.createElementNS(SVG, name) : document.createElement(name);
}

function dispatch(event) {
	const fn = this[HANDLERS] && this[HANDLERS][event.type];
	if (fn) fn.call(this, event);
}

function setHandler(dom, name, fn) {
	const all = dom[HANDLERS] || (dom[HANDLERS] = Object.create(null));
	if (typeof fn !== 'function') fn = null;
	if (fn && all[name] === undefined) dom.addEventListener(name, dispatch);
	if (fn || all[name] !== undefined) all[name] = fn;
}

function setStyle(dom, value, old) {
	for (const name in old || {}) if (!value || !(name in value)) dom.style.removeProperty(name);
	for (const name in value || {}) {
		if (!old || old[name] !== value[name]) dom.style.setProperty(name, value[name] === null || value[name] === undefined ? '' : String(value[name]));
	}
}

function setAttribute(dom, name, value) {
	if (typeof value === 'boolean' && name.startsWith('aria-')) value = String(value);
	if (value === null || value === undefined || value === false || typeof value === 'function') return dom.removeAttribute(name);
	const text = value === true ? '' : String(value);
	// What a link may not be is refused here as well, though links from data go through a component that asks first.
	if (name === 'srcdoc' || (ADDRESSES.has(name) && /^[\s\u0000-\u001f]*(javascript|data|vbscript)\s*:/i.test(text))) return dom.removeAttribute(name);
	dom.setAttribute(name, text);
}

/** Sets the attributes, handlers and style of an element that differ from `old`. */
export function setProps(dom, props, old) {
	for (const name in old) if (!(name in props) && !PROPERTIES.has(name)) setProp(dom, name, undefined, old[name]);
	for (const name in props) {
		if (!PROPERTIES.has(name) && props[name] !== old[name]) setProp(dom, name, props[name], old[name]);
	}
}

function setProp(dom, name, value, old) {
	if (name === 'children' || name === 'ref') return;
	if (name === 'style') setStyle(dom, typeof value === 'object' ? value : null, old);
	else if (name.startsWith('on')) setHandler(dom, name.slice(2), value);
	else setAttribute(dom, name, value);
}

/** Sets what has to wait for the children; compares with what the element has, as a person may have changed it. */
export function setLate(dom, props, old) {
	for (const name of PROPERTIES) {
		const value = props[name];
		if (value === undefined) {
			if (old[name] !== undefined) dom[name] = name === 'value' ? '' : false;
		} else {
			const want = name === 'value' ? (value === null ? '' : String(value)) : Boolean(value);
			if (dom[name] !== want) dom[name] = want;
		}
	}
}
