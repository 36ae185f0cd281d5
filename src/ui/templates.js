// SPDX-License-Identifier: Apache-2.0
import { Empty } from './kit.js';
import { Fragment, h } from './render.js';

/** The page Templates. */
export function Templates() {
	return h(Fragment, null, h('h1', { tabindex: -1 }, 'Templates'), h(Empty, { title: 'Not in this build.' }));
}
