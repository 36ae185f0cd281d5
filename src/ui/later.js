// SPDX-License-Identifier: Apache-2.0
/**
 * Pages that are fetched after the first one is there. The list of alerts comes with the page itself, as it is what most links lead
 * to; the others follow as soon as there is nothing else to do, so that they are at hand when the connection is lost.
 */
import { ErrorBox, Skeleton } from './kit.js';
import { lookForUpdate } from './live.js';
import { h, useEffect, useState } from './render.js';

/** Milliseconds after which the others are fetched, however much there is to do. */
const SOON_MS = 3000;
const parts = [];

/**
 * A component that stands for one of another module.
 * @param {function(): Promise<object>} load imports the module
 * @param {string} name of the component in it
 * @param {string} title the heading until it is there; empty for a part of a page
 */
export function later(load, name, title) {
	let found = null;
	const bring = async () => {
		found = (await load())[name];
	};
	parts.push(bring);
	return function Later(props) {
		const [turn, again] = useState(0);
		const [error, fail] = useState(null);
		const [, show] = useState(false);
		useEffect(() => {
			let here = true;
			if (found) return undefined;
			bring().then(() => here && show(true), () => {
				lookForUpdate();
				if (here) fail({ message: 'This page could not be fetched. If trying again does not help, load the whole page anew.', kind: 'network' });
			});
			return () => {
				here = false;
			};
		}, [turn]);
		if (found) return h(found, props);
		const retry = () => {
			fail(null);
			again(n => n + 1);
		};
		return [title ? h('h1', { key: 'title', tabindex: -1 }, title) : null, error ? h(ErrorBox, { key: 'error', error, onretry: retry }) : h(Skeleton, { key: 'wait' })];
	};
}

/** Fetches all pages that are not there yet, one after the other, when there is time; a connection that counts bytes is spared. */
export function fetchOthers() {
	if (navigator.connection && navigator.connection.saveData) return;
	const all = async () => {
		for (const bring of parts) await bring().catch(() => {});
	};
	if (typeof requestIdleCallback === 'function') requestIdleCallback(all, { timeout: SOON_MS });
	else setTimeout(all, SOON_MS / 2);
}
