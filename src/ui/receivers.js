// SPDX-License-Identifier: Apache-2.0
import { Empty } from './kit.js';
import { Fragment, h } from './render.js';

/** The page Receivers. */
export function Receivers() {
	return h(Fragment, null, h('h1', { tabindex: -1 }, 'Receivers'), h(Empty, { title: 'Not in this build.' }));
}

/** The page Receiver. */
export function ReceiverPage() {
	return h(Fragment, null, h('h1', { tabindex: -1 }, 'Receiver'), h(Empty, { title: 'Not in this build.' }));
}
