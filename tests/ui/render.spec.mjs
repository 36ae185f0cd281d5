// SPDX-License-Identifier: Apache-2.0
// The renderer in a browser: focus, selection, scroll, the top layer, and what it costs.
import assert from 'node:assert/strict';
import { site } from './harness.mjs';

site('render', {}, ({ test, visit }) => {
	/** One page for all steps: what each makes is its own. */
	const steps = [];
	const step = (title, run) => steps.push([title, run]);
	/** Runs fn with the renderer and an empty element, in the page and under its policy. */
	const within = (page, fn) => page.evaluate(`(async () => {
		const r = await import(document.querySelector('script[type=module]').src);
		const box = document.createElement('section');
		document.querySelector('main').prepend(box);
		const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
		try {
			return await (${fn})({ ...r, box, frame });
		} finally {
			r.mount(null, box);
			box.remove();
		}
	})()`);

	step('rows that change places keep focus, selection and scroll', async page => {
		const seen = await within(page, async ({ h, mount, box }) => {
			const list = keys => mount(h('ul', null, ...keys.map(k => h('li', { key: k }, h('input', { value: `value ${k}` }),
				h('div', { style: { height: '20px', overflow: 'auto' } }, h('p', { style: { height: '200px' } }, k))))), box);
			list(['a', 'b', 'c', 'd']);
			const [field, pane] = [box.querySelectorAll('input')[2], box.querySelectorAll('li > div')[2]];
			field.focus();
			field.setSelectionRange(2, 4);
			pane.scrollTop = 50;
			const out = [];
			for (const keys of [['c', 'a', 'b', 'd'], ['d', 'b', 'c', 'a'], ['b', 'd', 'a', 'c', 'x'], ['c']]) {
				list(keys);
				out.push([document.activeElement === field, field.selectionStart, field.selectionEnd, pane.scrollTop, [...box.querySelectorAll('p')].map(p => p.textContent).join('')]);
			}
			return out;
		});
		assert.deepEqual(seen, [[true, 2, 4, 50, 'cabd'], [true, 2, 4, 50, 'dbca'], [true, 2, 4, 50, 'bdacx'], [true, 2, 4, 50, 'c']]);
	});

	step('what was typed counts for the next key, and nothing comes between an event and its handler', async page => {
		const seen = await within(page, async ({ h, mount, box, useState, useEffect }) => {
			const out = [];
			let other;
			const Field = () => {
				const [text, set] = useState('');
				const [on, turn] = useState(false);
				const [late, setLate] = useState('');
				other = useState(0)[1];
				useEffect(() => setLate(text), [text]);
				return [h('input', { value: text, oninput: e => set(e.target.value), onkeydown: () => out.push(`${text} ${late}`) }),
					h('input', { type: 'checkbox', checked: on, onchange: e => turn(e.target.checked) }), h('b', null, String(on))];
			};
			mount(h(Field, null), box);
			const [field, check] = box.querySelectorAll('input');
			const type = text => {
				field.value = text;
				field.dispatchEvent(new Event('input', { bubbles: true }));
			};
			const key = () => field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
			type('abc');
			key();
			other(1);
			type('abcd');
			key();
			other(2);
			check.click();
			await null;
			await null;
			return [out, field.value, box.querySelector('b').textContent];
		});
		assert.deepEqual(seen, [['abc abc', 'abcd abcd'], 'abcd', 'true']);
	});

	step('a browser that cannot move nodes loses no focus either', async page => {
		const seen = await within(page, async ({ h, mount, box, frame, useState }) => {
			const { moveBefore } = Element.prototype;
			delete Element.prototype.moveBefore;
			let set;
			const List = () => {
				const [keys, setKeys] = useState(['a', 'b', 'c']);
				set = setKeys;
				return h('ul', null, ...keys.map(k => h('li', { key: k }, h('input', { value: k + k + k }))));
			};
			mount(h(List, null), box);
			const field = box.querySelectorAll('input')[0];
			field.focus();
			field.setSelectionRange(1, 2);
			const out = [];
			for (const keys of [['b', 'c', 'a'], ['c', 'a', 'b']]) {
				set(keys);
				await frame();
				out.push([document.activeElement === field, field.selectionStart, field.selectionEnd]);
			}
			Element.prototype.moveBefore = moveBefore;
			return out;
		});
		assert.deepEqual(seen, [[true, 1, 2], [true, 1, 2]]);
	});

	step('the focus of what goes away falls to the nearest that is left, never to nowhere', async page => {
		const seen = await within(page, async ({ h, mount, box, frame, useState }) => {
			let set;
			const Part = () => {
				const [n, setN] = useState(2);
				set = setN;
				return h('div', null, h('button', { id: 'first' }, 'first'), n > 1 ? h('div', null, h('button', { id: 'second' }, 'second')) : null);
			};
			mount(h(Part, null), box);
			document.getElementById('second').focus();
			set(1);
			await frame();
			return [document.activeElement.id];
		});
		assert.deepEqual(seen, ['first']);
	});

	step('a person’s own text in a field survives renderings, and so does what is written while composing', async page => {
		const seen = await within(page, async ({ h, mount, box, frame, useState }) => {
			const Field = () => {
				const [text, set] = useState('');
				return h('label', null, h('input', { value: text, oninput: e => set(e.target.value) }), h('output', null, text));
			};
			mount(h(Field, null), box);
			const field = box.querySelector('input');
			field.focus();
			for (const letter of 'ab') {
				document.execCommand('insertText', false, letter);
				await frame();
			}
			field.setSelectionRange(1, 1);
			document.execCommand('insertText', false, 'x');
			await frame();
			return [field.value, box.querySelector('output').textContent, field.selectionStart];
		});
		assert.deepEqual(seen, ['axb', 'axb', 2]);
	});

	step('a select has its value when its options come with it', async page => {
		const seen = await within(page, async ({ h, mount, box }) => {
			const choice = (value, options) => mount(h('select', { value }, ...options.map(o => h('option', { key: o, value: o }, o))), box);
			choice('b', ['a', 'b']);
			const first = box.firstChild.value;
			choice('c', ['c', 'a', 'b']);
			return [first, box.firstChild.value];
		});
		assert.deepEqual(seen, ['b', 'c']);
	});

	step('a thousand renderings leave nothing behind', async page => {
		const cdp = await page.context().newCDPSession(page);
		const heap = async () => {
			await cdp.send('HeapProfiler.collectGarbage');
			return (await cdp.send('Runtime.getHeapUsage')).usedSize;
		};
		await page.evaluate(async () => {
			const { h, mount, useEffect, useState } = await import(document.querySelector('script[type=module]').src);
			const box = document.createElement('section');
			document.body.append(box);
			const Row = ({ n }) => {
				const [seen, see] = useState(0);
				useEffect(() => {
					const on = () => see(s => s + 1);
					addEventListener('row', on);
					return () => removeEventListener('row', on);
				}, [n]);
				return h('tr', { onclick: () => see(0) }, h('td', null, n), h('td', null, seen), h('td', { style: { width: `${n}px` } }, 'x'.repeat(n % 40)));
			};
			globalThis.turns = async (from, count) => {
				for (let i = from; i < from + count; i++) {
					mount(h('table', null, h('tbody', null, ...Array.from({ length: 20 }, (_, k) => h(Row, { key: (i * 7 + k) % 30, n: (i * 7 + k) % 30 })))), box);
					if (i % 20 === 0) await new Promise(done => setTimeout(done));
				}
				await new Promise(done => setTimeout(done, 20));
			};
			await globalThis.turns(0, 200);
		});
		const before = await heap();
		await page.evaluate(() => globalThis.turns(200, 1000));
		const after = await heap();
		assert.ok(after < before * 1.1, `${before} bytes before, ${after} after`);
	});

	step('a jump in a list of which 60 rows of 100,000 are in view changes these 60 and nothing else', async page => {
		const jumps = await within(page, async ({ h, mount, box }) => {
			const rows = Array.from({ length: 100000 }, (_, i) => ({ key: `fp${i}`, text: `alert ${i}` }));
			const list = from => mount(h('div', { style: { height: '3600000px', position: 'relative' } }, ...rows.slice(from, from + 60).map((r, i) =>
				h('div', { key: r.key, class: 'row', style: { position: 'absolute', top: `${(from + i) * 36}px` } }, h('b', null, r.text), h('span', null, 'db-1'), h('a', { href: '#/' }, 'link')))), box);
			list(0);
			const watcher = new MutationObserver(() => {});
			watcher.observe(box, { subtree: true, childList: true, attributes: true, characterData: true });
			return Array.from({ length: 20 }, (_, i) => {
				list((i * 7919) % 99900);
				const records = watcher.takeRecords();
				const sum = of => records.reduce((n, r) => n + of(r), 0);
				return [box.querySelectorAll('.row').length, sum(r => r.addedNodes.length), sum(r => r.removedNodes.length), sum(r => (r.type === 'childList' ? 0 : 1))];
			});
		});
		// Rows that come, rows that go, and none that is written anew; bench.mjs has how long it takes.
		for (const [rows, come, gone, written] of jumps)
			assert.ok(rows === 60 && come <= 60 && gone <= 60 && written === 0, `${rows} rows, ${come} come, ${gone} gone, ${written} written`);
	});

	test('focus, selection, scroll, and what it costs', async () => {
		const page = await visit('#/settings', { own: true });

		for (const [title, run] of steps)
			await run(page).catch(error => { throw new Error(`${title}: ${error.message}`); });
	});
});
