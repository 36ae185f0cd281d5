// SPDX-License-Identifier: Apache-2.0
import { Empty } from './kit.js';
import { Fragment, h } from './render.js';

/** The page Alert. */
export function AlertPage() {
	return h(Fragment, null, h('h1', { tabindex: -1 }, 'Alert'), h(Empty, { title: 'Not in this build.' }));
}
