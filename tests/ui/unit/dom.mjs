// SPDX-License-Identifier: Apache-2.0
// As much of a document as the renderer touches, for tests without a browser. It counts what is done to it.

export const touched = { created: 0, placed: 0, removed: 0, attributes: 0 };

class Node {
	constructor() {
		this.parentNode = null;
		this.childNodes = [];
		this.isConnected = false;
	}

	get firstChild() { return this.childNodes[0] ?? null; }

	get nextSibling() {
		const all = this.parentNode?.childNodes ?? [];

		return all[all.indexOf(this) + 1] ?? null;
	}

	insertBefore(node, next) {
		touched.placed++;
		if (node.parentNode)
			node.parentNode.childNodes.splice(node.parentNode.childNodes.indexOf(node), 1);
		const at = next === null ? this.childNodes.length : this.childNodes.indexOf(next);

		if (at < 0)
			throw new Error('the next node is not here');
		this.childNodes.splice(at, 0, node);
		node.parentNode = this;
	}

	remove() {
		touched.removed++;
		this.parentNode?.childNodes.splice(this.parentNode.childNodes.indexOf(this), 1);
		this.parentNode = null;
	}

	replaceChildren() { this.childNodes = []; }
}

class Text extends Node {
	constructor(data) {
		super();
		this.data = data;
	}

	get html() { return this.data; }
}

class Element extends Node {
	constructor(name, namespace) {
		super();
		Object.assign(this, { name, namespace, attributes: new Map(), listeners: new Map(), value: '' });
		this.style = { map: new Map(), setProperty(n, v) { this.map.set(n, v); }, removeProperty(n) { this.map.delete(n); } };
	}

	setAttribute(name, value) {
		if (typeof value !== 'string')
			throw new TypeError('an attribute is a string');
		touched.attributes++;
		this.attributes.set(name, value);
	}

	removeAttribute(name) {
		if (this.attributes.delete(name))
			touched.attributes++;
	}

	addEventListener(type, fn) { this.listeners.set(type, [...(this.listeners.get(type) ?? []), fn]); }

	fire(type) {
		for (const fn of this.listeners.get(type) ?? [])
			fn.call(this, { type, currentTarget: this });
	}

	get html() {
		const attributes = [...this.attributes].map(([n, v]) => ` ${n}="${v}"`).join('');

		return `<${this.name}${attributes}>${this.childNodes.map(n => n.html).join('')}</${this.name}>`;
	}

	get inner() { return this.childNodes.map(n => n.html).join(''); }
}

let frames = [];

/** Puts a document where the renderer looks for one. */
export function install() {
	globalThis.document = {
		hidden: false, body: new Element('body'), activeElement: null,
		createElement: name => (touched.created++, new Element(name, null)),
		createElementNS: (namespace, name) => (touched.created++, new Element(name, namespace)),
		createTextNode: data => (touched.created++, new Text(data)),
	};
	globalThis.requestAnimationFrame = fn => frames.push(fn);
	globalThis.cancelAnimationFrame = () => {};
}

/** Runs the frame that was asked for; gives how many were asked for since the last. */
export function frame() {
	const due = frames;

	frames = [];
	for (const fn of due)
		fn();
	return due.length;
}

/** An element to render into. */
export const container = () => new Element('div', null);

/** Forgets what was counted. */
export function forget() {
	for (const name of Object.keys(touched))
		touched[name] = 0;
}
