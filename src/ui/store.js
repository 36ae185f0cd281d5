// SPDX-License-Identifier: Apache-2.0
/** State that several parts of the page share. */
import { useLayout, useRef, useState } from './render.js';

/**
 * Makes a store.
 * @param {object} initial
 * @returns {{get: function(): *, set: function((object|function)): void, subscribe: function(function): function}}
 *   set takes an object, whose members replace those of the same name, or a function of the old state that gives the new one.
 */
export function createStore(initial) {
	let state = initial;
	const listeners = new Set();
	return {
		get: () => state,
		set(change) {
			const next = typeof change === 'function' ? change(state) : { ...state, ...change };
			if (Object.is(next, state)) return;
			state = next;
			for (const fn of [...listeners]) if (listeners.has(fn)) fn(state);
		},
		subscribe(fn) {
			listeners.add(fn);
			return () => listeners.delete(fn);
		},
	};
}

const all = state => state;

/** What select gives of a store; the component renders again when that is another value (Object.is). */
export function useStore(store, select = all) {
	const [, again] = useState(0);
	const seen = useRef(null);
	const value = select(store.get());
	seen.current = { value, select };
	useLayout(() => {
		const look = () => {
			if (!Object.is(seen.current.select(store.get()), seen.current.value)) again(n => n + 1);
		};
		look();
		return store.subscribe(look);
	}, [store]);
	return value;
}
