// SPDX-License-Identifier: Apache-2.0
// What the renderer makes of descriptions, and how little it touches. Focus, selection and scroll are tested in a browser.
import assert from 'node:assert/strict';
import test from 'node:test';
import { container, forget, frame, install, touched } from './dom.mjs';

install();
const { Fragment, Guard, h, mount, useEffect, useLayout, useMemo, useRef, useState, useId } = await import('../../../src/ui/render.js');
const { createStore, useStore } = await import('../../../src/ui/store.js');
const turn = () => new Promise(done => setTimeout(done));

test('text, numbers, lists and nothing', () => {
	const box = container();
	mount(h('p', { class: 'x', title: 'a"b' }, 'one ', 2, null, false, true, undefined, ['three', [h('b', null, 4)]]), box);
	assert.equal(box.inner, '<p class="x" title="a"b">one 2three<b>4</b></p>');
	mount(null, box);
	assert.equal(box.inner, '');
});

test('what looks like a description but came from data is text', () => {
	const box = container();
	mount(h('p', null, JSON.parse('{"type":"img","props":{"src":"x"},"key":null}')), box);
	assert.equal(box.inner, '<p>[object Object]</p>');
});

test('elements that load or run something are not made, nor are such links', () => {
	const box = container();
	for (const name of ['script', 'iframe', 'style', 'link', 'base', 'object', 'meta'])
		assert.throws(() => mount(h(name, null), container()), TypeError, name);
	mount(h('a', { href: ' java\u0000script:alert(1)' }, 'x'), box);
	mount(h('a', { href: 'javascript:alert(1)' }, 'x'), box);
	assert.equal(box.inner, '<a>x</a>');
	mount(h('a', { href: '\n JaVaScRiPt:alert(1)', onclick: 'alert(1)', srcdoc: '<b>' }, 'x'), box);
	assert.equal(box.inner, '<a>x</a>');
	mount(h('a', { href: '#/alerts' }, 'x'), box);
	assert.equal(box.inner, '<a href="#/alerts">x</a>');
});

test('attributes come and go; those of aria have true and false', () => {
	const box = container();
	mount(h('p', { id: 'a', 'aria-expanded': false, draggable: true, lang: false }), box);
	assert.equal(box.inner, '<p id="a" aria-expanded="false" draggable=""></p>');
	mount(h('p', { 'aria-expanded': true }), box);
	assert.equal(box.inner, '<p aria-expanded="true"></p>');
	mount(h('p', { style: { color: 'red', top: 1 } }), box);
	mount(h('p', { style: { top: 2 } }), box);
	assert.deepEqual([...box.firstChild.style.map], [['top', '2']]);
});

test('a field is given its value only when it has another one', () => {
	const box = container();
	mount(h('input', { value: 'a' }), box);
	box.firstChild.value = 'typed';
	mount(h('input', { value: 'a' }), box);
	assert.equal(box.firstChild.value, 'a');
	mount(h('input', {}), box);
	assert.equal(box.firstChild.value, '');
});

test('handlers are exchanged without being attached again', () => {
	const box = container();
	const seen = [];
	mount(h('b', { onclick: () => seen.push(1) }), box);
	mount(h('b', { onclick: () => seen.push(2) }), box);
	box.firstChild.fire('click');
	mount(h('b', {}), box);
	box.firstChild.fire('click');
	assert.deepEqual(seen, [2]);
	assert.equal(box.firstChild.listeners.get('click').length, 1);
});

test('svg and what is in it has its namespace, what is foreign in it has not', () => {
	const box = container();
	mount(h('svg', null, h('g', null, h('foreignObject', null, h('p', null)))), box);
	const svg = box.firstChild;
	const foreign = svg.firstChild.firstChild;
	assert.deepEqual([svg, svg.firstChild, foreign, foreign.firstChild].map(n => n.namespace !== null), [true, true, true, false]);
});

test('the same again touches nothing', () => {
	const box = container();
	const page = () => h('ul', { class: 'l' }, ...[1, 2, 3].map(n => h('li', { key: n, title: n }, `row ${n}`)));
	mount(page(), box);
	forget();
	mount(page(), box);
	assert.deepEqual(touched, { created: 0, placed: 0, removed: 0, attributes: 0 });
});

test('rows with keys keep their nodes, and as few as can be are moved', () => {
	const box = container();
	const list = keys => mount(h('ul', null, ...keys.map(k => h('li', { key: k }, k))), box);
	list(['a', 'b', 'c', 'd', 'e']);
	const [a, b, c, d, e] = box.firstChild.childNodes;
	forget();
	list(['e', 'a', 'b', 'c', 'd']);
	assert.deepEqual(box.firstChild.childNodes, [e, a, b, c, d]);
	assert.equal(touched.placed, 1);
	forget();
	list(['a', 'c', 'd']);
	assert.deepEqual(box.firstChild.childNodes, [a, c, d]);
	assert.deepEqual([touched.placed, touched.removed, touched.created], [0, 2, 0]);
	forget();
	list(['x', 'a', 'c', 'd', 'y']);
	assert.equal(touched.created, 4); // two rows and their texts
	assert.equal(touched.placed, 4);
});

test('keys that are there twice lose no node', () => {
	const box = container();
	const list = keys => mount(h('ul', null, ...keys.map(k => h('li', { key: k }, k))), box);
	list(['a', 'a', 'b']);
	list(['b', 'a', 'a', 'a']);
	assert.equal(box.inner, '<ul><li>b</li><li>a</li><li>a</li><li>a</li></ul>');
	list(['b']);
	assert.equal(box.inner, '<ul><li>b</li></ul>');
});

test('any order after any order, through components and lists', () => {
	let seed = 7;
	const random = n => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
	const Pair = ({ k }) => [h('i', null, k), random(2) ? h('u', null, k) : null];
	const box = container();
	for (let round = 0; round < 400; round++) {
		const keys = Array.from({ length: random(9) }, () => 'abcdefghijkl'[random(12)]).filter((k, i, all) => all.indexOf(k) === i);
		const plain = random(3);
		mount(h('div', null, random(2) ? 'head' : null, keys.map(k => (random(2) ? h(Pair, { key: k, k }) : h('b', { key: k }, k))), plain ? h('s', null, plain) : null, h(Fragment, null, 'end')), box);
		const names = [...box.inner.matchAll(/<[ib]>(.)</g)].map(m => m[1]);
		assert.deepEqual(names, keys, `round ${round}`);
		assert.match(box.inner, /^<div>(head)?<|^<div>(head)?end/);
		assert.match(box.inner, /end<\/div>$/);
	}
});

test('a condition in between changes nothing of its neighbours', () => {
	const box = container();
	let made = 0;
	const Row = () => h('i', null, String(useMemo(() => ++made, [])));
	mount(h('div', null, null, h(Row, null), false), box);
	mount(h('div', null, h('b', null), h(Row, null), 'x'), box);
	assert.equal(box.inner, '<div><b></b><i>1</i>x</div>');
});

test('state is set once a frame, however often', () => {
	const box = container();
	let renders = 0;
	let set;
	const Count = () => {
		const [n, setN] = useState(0);
		set = setN;
		renders++;
		return h('b', null, n);
	};
	mount(h(Count, null), box);
	for (let i = 0; i < 5; i++) set(n => n + 1);
	assert.equal(frame(), 1);
	assert.equal(box.inner, '<b>5</b>');
	assert.equal(renders, 2);
	set(5);
	assert.equal(frame(), 0);
});

test('a component that grows keeps its place among its neighbours', () => {
	const box = container();
	let set;
	const Grow = () => {
		const [n, setN] = useState(1);
		set = setN;
		return Array.from({ length: n }, (_, i) => h('i', { key: i }, i));
	};
	mount(h('div', null, h('b', null, 'a'), h(Grow, null), h('b', null, 'z')), box);
	set(3);
	frame();
	assert.equal(box.inner, '<div><b>a</b><i>0</i><i>1</i><i>2</i><b>z</b></div>');
	set(0);
	frame();
	assert.equal(box.inner, '<div><b>a</b><b>z</b></div>');
});

test('effects run after the frame, layouts in it; both clean up', async () => {
	const box = container();
	const log = [];
	const Part = ({ n }) => {
		useEffect(() => {
			log.push(`effect ${n}`);
			return () => log.push(`clean ${n}`);
		}, [n]);
		useLayout(() => {
			log.push(`layout ${n}`);
			return () => log.push(`away ${n}`);
		}, [n]);
		return null;
	};
	mount(h(Part, { n: 1 }), box);
	assert.deepEqual(log, ['layout 1']);
	await turn();
	mount(h(Part, { n: 1 }), box);
	await turn();
	assert.deepEqual(log.splice(0), ['layout 1', 'effect 1']);
	mount(h(Part, { n: 2 }), box);
	await turn();
	assert.deepEqual(log.splice(0), ['away 1', 'layout 2', 'clean 1', 'effect 2']);
	mount(null, box);
	await turn();
	assert.deepEqual(log.sort(), ['away 2', 'clean 2']);
});

test('what a layout sets is rendered in the same frame', () => {
	const box = container();
	const Part = () => {
		const [width, set] = useState(0);
		useLayout(() => set(7), []);
		return h('b', null, width);
	};
	mount(h(Part, null), box);
	assert.equal(box.inner, '<b>7</b>');
});

test('references: objects and functions, and gone with their element', () => {
	const box = container();
	let ref;
	const calls = [];
	const Part = ({ on }) => {
		ref = useRef(null);
		return on ? [h('b', { key: 1, ref }), h('i', { key: 2, ref: el => calls.push(el && el.name) })] : null;
	};
	mount(h(Part, { on: true }), box);
	assert.equal(ref.current.name, 'b');
	mount(h(Part, { on: true }), box);
	mount(h(Part, { on: false }), box);
	assert.equal(ref.current, null);
	assert.deepEqual(calls, ['i', null]);
});

test('ids are one for each component, and stay', () => {
	const box = container();
	const Part = () => h('b', { id: useId() });
	const page = () => h('div', null, h(Part, null), h(Part, null));
	mount(page(), box);
	const before = box.inner;
	mount(page(), box);
	assert.equal(box.inner, before);
	assert.equal(new Set(before.match(/id="[^"]+"/g)).size, 2);
});

test('an error stays in its guard, and can be tried again', async t => {
	t.mock.method(console, 'error', () => {});
	const box = container();
	let broken = true;
	const Bad = () => {
		if (broken) throw new Error('no');
		return 'well';
	};
	mount(h('div', null, h(Guard, { name: 'Page' }, h('section', null, h(Bad, null))), h('i', null, 'other')), box);
	frame();
	assert.equal(box.inner, '<div><p role="alert">Error: no</p><i>other</i></div>');
	const late = container();
	const Late = () => {
		useEffect(() => { throw new Error('late'); }, []);
		return 'shown';
	};
	mount(h(Guard, { name: 'Page' }, h(Late, null)), late);
	assert.equal(late.inner, 'shown');
	await turn();
	frame();
	assert.match(late.inner, /late/);
});

test('a store renders only who looks at what changed', () => {
	const box = container();
	const store = createStore({ a: 1, b: 1 });
	const renders = { a: 0, b: 0 };
	const Look = ({ name }) => {
		renders[name]++;
		return h('b', null, useStore(store, s => s[name]));
	};
	mount(h('div', null, h(Look, { name: 'a' }), h(Look, { name: 'b' })), box);
	store.set({ a: 2 });
	store.set(s => ({ ...s, a: 3 }));
	frame();
	assert.equal(box.inner, '<div><b>3</b><b>1</b></div>');
	assert.deepEqual(renders, { a: 2, b: 1 });
	mount(null, box);
	store.set({ a: 4 });
	assert.equal(frame(), 0);
});
