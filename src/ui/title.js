// SPDX-License-Identifier: Apache-2.0
/** What stands in the window's title: what is looked at, the page, the site. */
import { useEffect } from './render.js';
import { createStore } from './store.js';

/** {detail}: what a page shows just now, such as the name of an alert. */
export const title = createStore({ detail: '' });

/** Puts `detail` before the page's name in the title while the component is there. */
export function useTitle(detail) {
	useEffect(() => {
		const own = detail ? String(detail).slice(0, 120) : '';
		title.set({ detail: own });
		return () => title.set(s => (s.detail === own ? { detail: '' } : s));
	}, [detail]);
}
