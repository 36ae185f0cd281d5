// SPDX-License-Identifier: Apache-2.0
/** Where the page is: the fragment of its address, read and written by link.js. */
import { get } from './api.js';
import { formatLink, parseLink } from './link.js';
import { createStore } from './store.js';

let receivers = null;
let asked = false;

const read = () => parseLink(location.hash, { receivers });

// Whether the address was come to by going on (a link, go()) and not by going back: then it is read from its top.
let fresh = false;

/** Whether the present place is a new one in the history, not one that was gone back to. */
export const isFresh = () => fresh;

/** The present view, as parseLink gives it. */
export const view = createStore(read());

/** The address of a view, for href: '#/…'. */
export const href = v => formatLink(v);

/**
 * Goes to a view. What it leaves out is as by default.
 * @param {object} v
 * @param {{replace?: boolean}} [options] replace: the present entry of the history, for changes that 'back' should not undo one by one
 */
export function go(v, { replace = false } = {}) {
	const link = formatLink(v);
	if (link !== location.hash) history[replace ? 'replaceState' : 'pushState']({ seen: true }, '', link);
	fresh = !replace;
	show();
}

function follow() {
	// The browser gives an entry made by a link no state; it has one when it is come back to.
	fresh = history.state === null;
	if (fresh) history.replaceState({ seen: true }, '');
	show();
}

function show() {
	view.set(() => read());
	learnReceivers();
}

// A link that names a receiver is only understood with the names there are (a name may look like a regular expression).
async function learnReceivers() {
	if (asked || !location.hash.includes('receiver=')) return;
	asked = true;
	try {
		const { data } = await get('v2:receivers');
		receivers = data.map(r => String(r.name));
		view.set(() => read());
	} catch {
		asked = false;
	}
}

/** Begins to follow the address; called once. */
export function startRoute() {
	history.replaceState({ seen: true }, '');
	addEventListener('popstate', follow);
	learnReceivers();
}
