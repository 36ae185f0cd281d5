// SPDX-License-Identifier: Apache-2.0
/** The focus while the page changes: it never falls to nowhere, so that keys and screen readers go on where they were. */

const FOCUSABLE = 'a[href],button:not(:disabled),input:not(:disabled),select:not(:disabled),textarea:not(:disabled),summary,[tabindex]';

/** Remembers who has the focus; afterwards gives it back, or to the nearest that is left when its owner has gone. */
export function holdFocus() {
	const el = document.activeElement;
	if (!el || el === document.body) return () => {};
	const above = [];
	for (let up = el.parentElement; up && up !== document.body; up = up.parentElement) above.push(up);
	// The heading of a page that was on its way gives the focus to the one that takes its place.
	const heading = /^H[1-6]$/.test(el.tagName) ? `${el.localName}[tabindex]` : null;
	const range = typeof el.selectionStart === 'number' ? [el.selectionStart, el.selectionEnd, el.selectionDirection] : null;
	return () => {
		const now = document.activeElement;
		if (now && now !== document.body) return;
		if (el.isConnected && !el.disabled) {
			el.focus({ preventScroll: true });
			if (range) el.setSelectionRange(...range);
			return;
		}
		for (const up of above) {
			if (!up.isConnected) continue;
			const next = (heading && up.querySelector(heading)) || (up.matches('main') ? up.querySelector('h1') : up.matches('[tabindex]') ? up : up.querySelector(FOCUSABLE));
			if (next) return next.focus({ preventScroll: true });
		}
	};
}
