// SPDX-License-Identifier: Apache-2.0
import { Empty } from './kit.js';
import { Fragment, h } from './render.js';

/** The page Group. */
export function GroupPage() {
	return h(Fragment, null, h('h1', { tabindex: -1 }, 'Group'), h(Empty, { title: 'Not in this build.' }));
}
