// SPDX-License-Identifier: Apache-2.0
/** Single keys. They act only when no field has the focus and without Ctrl, Alt or Meta; a setting switches them off. */
import { useEffect, useRef } from './render.js';
import { settings } from './settings.js';

/** Milliseconds between the two keys of a sequence such as 'g a'. */
const SEQUENCE = 1200;
const layers = [];
let first = '';
let firstAt = 0;

const FIELD = 'input:not([type=checkbox]):not([type=radio]):not([type=button]),textarea,select,[contenteditable]';

function keyName(event) {
	const name = event.key === ' ' ? 'Space' : event.key;
	if (event.ctrlKey || event.metaKey) return 'Ctrl+' + name;
	return event.shiftKey && (name.length > 1 || /[a-z]/i.test(name)) ? 'Shift+' + (name.length === 1 ? name.toLowerCase() : name) : name;
}

// A key that a button, link or list of its own makes use of is left to it.
const ownUse = (target, name) => (name === 'Enter' || name === 'Space') && target.closest('a,button,summary,[role=menuitem],[role=option],[role=tab],input');

function handle(event) {
	if (event.defaultPrevented || event.isComposing || event.altKey || !(event.target instanceof Element)) return;
	const name = keyName(event);
	const inField = event.target.closest(FIELD);
	const always = name === 'Escape' || name.startsWith('Ctrl+');
	if (!always && (inField || settings.get().keys === false || ownUse(event.target, name))) return;
	const modal = document.querySelector('dialog:modal');
	const now = performance.now();
	const both = first && now - firstAt < SEQUENCE ? first + ' ' + name : '';
	first = name;
	firstAt = now;
	for (const want of both ? [both, name] : [name]) {
		for (let i = layers.length - 1; i >= 0; i--) {
			const { map, scope } = layers[i].current;
			if ((modal && scope !== 'dialog') || typeof map[want] !== 'function') continue;
			if (map[want](event) === false) continue;
			if (want === both) first = '';
			event.preventDefault();
			return;
		}
	}
	if (name === 'Escape' && inField) event.target.blur();
}

/**
 * Keys of a component, while it is there. Of several that want a key the latest has it; a function that gives false leaves it to the others.
 * @param {Object<string, function(KeyboardEvent)>} map by name: 'j', '?', 'Enter', 'ArrowDown', 'Shift+x', 'g a', 'Ctrl+Enter' (acts in fields), 'Escape'
 * @param {string} [scope] 'dialog': acts while a dialog is open; others do not
 */
export function useKeys(map, scope = '') {
	const own = useRef(null);
	own.current = { map, scope };
	useEffect(() => {
		layers.push(own);
		if (layers.length === 1) addEventListener('keydown', handle);
		return () => {
			layers.splice(layers.indexOf(own), 1);
			if (!layers.length) removeEventListener('keydown', handle);
		};
	}, []);
}
