// SPDX-License-Identifier: Apache-2.0
/** A list of rows of fixed heights. A long one has in the DOM only what is looked at; a short one is whole, so that the browser finds text in it. */
import { offsetsOf, rowAt, windowOf } from './rows.js';
import { h, useEffect, useLayout, useMemo, useRef, useState } from './render.js';

const remSize = () => parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;

/** Rows from the end at which more are asked for. */
const AHEAD = 100;
/** Rows in the DOM on both sides of those that are seen: at least, which is what a jump draws at first, and at most. */
const LEAST = 3;
const OVERSCAN = 10;

function edges(box, whole) {
	if (whole) {
		const top = -box.getBoundingClientRect().top;
		return [top, top + window.innerHeight];
	}
	return [box.scrollTop, box.scrollTop + box.clientHeight];
}

/** Which rows are to be in the DOM: those of `old` while they are enough; after a jump few at first. */
function rangeFor(old, offsets, top, bottom) {
	const [from, to] = windowOf(offsets, top, bottom, { overscan: OVERSCAN });
	const least = windowOf(offsets, top, bottom, { overscan: LEAST });
	if (old[0] >= to || old[1] <= from) return least;
	return old[0] <= least[0] && old[1] >= least[1] && old[0] >= from - OVERSCAN && old[1] <= to + OVERSCAN ? old : [from, to];
}

/**
 * @param {{rows: Array<{key: string, kind: string}>, heights: Object<string, number>, render: function(Object, number): *, label: string,
 *   onend?: function(), onview?: function(number, number), whole?: boolean, active?: string|null, onactive?: function(string), api?: {current: *},
 *   size?: number, class?: string}} props
 *   `heights`: rem of each kind, which the rows have exactly. `onend`: the last 100 rows are near. `onview(from, to)`: which rows are seen.
 *   `whole`: the page scrolls and not the list. `active`: key of the row that takes part in tabbing; `onactive`: another took the focus.
 *   `api.current` gets {focus(index), top(), scrolled(), page}. `size`: how many rows there are in all, when not all are here yet.
 */
export function VList({ rows, heights, render, label, onend, onview, whole = false, active = null, onactive, api, size, class: extra }) {
	const box = useRef(null);
	const rem = useRef(16);
	const wanted = useRef(null);
	const offsets = useMemo(() => offsetsOf(rows, heights), [rows, heights]);
	// Until the list has been measured it is taken to be as high as the window.
	const [range, setRange] = useState(() => windowOf(offsets, 0, window.innerHeight / 16, { overscan: 0 }));
	// Its place and height in px, from events: to ask for them while rows change costs a layout of all of it.
	const at = useRef({ top: 0, height: window.innerHeight });
	const indices = useMemo(() => new Map(rows.map((r, i) => [r.key, i])), [rows]);
	const now = useRef(null);
	now.current = { rows, offsets, onend, onview };

	const seen = ({ rows: all, offsets: sums }) => {
		if (whole) return edges(box.current, true).map(px => px / rem.current);
		const height = at.current.height / rem.current;
		const top = Math.max(0, Math.min(at.current.top / rem.current, sums[all.length] - height));
		return [top, top + height];
	};
	const look = () => {
		if (!box.current) return;
		const s = now.current;
		const [top, bottom] = seen(s);
		setRange(old => rangeFor(old, s.offsets, top, bottom));
		if (!s.rows.length) return;
		const last = rowAt(s.offsets, bottom);
		if (s.onview) s.onview(rowAt(s.offsets, top), last);
		if (s.onend && s.rows.length - last <= AHEAD) s.onend();
	};

	useLayout(() => {
		const el = box.current;
		const target = whole ? window : el;
		const scrolled = () => {
			at.current.top = el.scrollTop;
			look();
		};
		const resized = () => {
			rem.current = remSize();
			at.current = { top: el.scrollTop, height: el.clientHeight };
			look();
		};
		target.addEventListener('scroll', scrolled, { passive: true });
		const watch = new ResizeObserver(resized);
		watch.observe(el);
		return () => {
			target.removeEventListener('scroll', scrolled);
			watch.disconnect();
		};
	}, [whole]);
	useLayout(look, [offsets, whole]);

	const scrollTo = index => {
		const el = box.current;
		const top = offsets[index] * rem.current;
		const bottom = offsets[index + 1] * rem.current;
		const [from, to] = edges(el, whole);
		// What is fixed at the edges of a page that scrolls covers its rows.
		const [above, below] = whole ? [4 * rem.current, 8 * rem.current] : [0, 0];
		const by = top < from + above ? top - from - above : bottom > to - below ? bottom - to + below : 0;
		if (!by) return;
		if (whole) window.scrollBy(0, by);
		else {
			el.scrollTop += by;
			at.current.top = el.scrollTop;
		}
	};
	if (api) {
		api.current = {
			focus(index) {
				if (index < 0 || index >= rows.length) return;
				scrollTo(index);
				wanted.current = rows[index].key;
				look();
				setRange(r => [...r]);
			},
			top() {
				if (whole) window.scrollTo(0, 0);
				else box.current.scrollTop = 0;
			},
			scrolled: () => (whole ? window.scrollY > 160 : Boolean(box.current && box.current.scrollTop > 8)),
			page: () => Math.max(1, rowAt(offsets, edges(box.current, whole)[1] / rem.current) - rowAt(offsets, edges(box.current, whole)[0] / rem.current) - 1),
		};
	}
	useLayout(() => {
		if (wanted.current === null || !box.current) return;
		const el = [...box.current.firstChild.children].find(e => e.dataset.row === String(indices.get(wanted.current)));
		if (!el) return;
		wanted.current = null;
		el.focus({ preventScroll: true });
	});

	const [focused, setFocused] = useState(null);
	// A row is described once: scrolling renders only what comes into view.
	const cells = useMemo(() => new WeakMap(), [render]);
	const cellOf = i => {
		const row = rows[i];
		if (!cells.has(row)) cells.set(row, h(Cell, { row, index: i, render }));
		return cells.get(row);
	};
	const [from, to] = rows.length <= 200 ? [0, rows.length] : [Math.min(range[0], rows.length), Math.min(range[1], rows.length)];
	const shown = [];
	for (let i = from; i < to; i++) shown.push(i);
	// The row with the focus stays, wherever it is; a key that came from elsewhere still has a row to go on from.
	const keep = indices.get(focused);
	if (keep !== undefined && (keep < from || keep >= to)) shown.push(keep);
	const tabbed = active !== null && indices.has(active) ? active : rows.length ? rows[0].key : null;
	const total = size || rows.length;

	return h('div', { ref: box, class: 'vlist' + (whole ? ' vlist-whole' : '') + (extra ? ' ' + extra : ''), tabindex: whole ? undefined : -1 },
		h('div', { class: 'vlist-space', role: 'list', 'aria-label': label, style: { height: `${offsets[rows.length]}rem` } },
			...shown.map(i => h('div', {
				key: rows[i].key, role: 'listitem', class: 'vlist-row', tabindex: rows[i].key === tabbed ? 0 : -1, 'data-row': i, 'data-kind': rows[i].kind,
				'aria-setsize': total, 'aria-posinset': i + 1,
				style: { top: `${offsets[i]}rem`, height: `${heights[rows[i].kind]}rem` },
				onfocusin: event => {
					setFocused(rows[i].key);
					if (onactive && event.target.dataset.row !== undefined) onactive(rows[i].key);
				},
				onfocusout: () => setFocused(null),
			}, cellOf(i)))));
}

function Cell({ row, index, render }) {
	return render(row, index);
}

/** The width of the window in one of the given steps: the largest that fits; follows the window. */
export function useWide(query) {
	const list = useMemo(() => matchMedia(query), [query]);
	const [wide, set] = useState(list.matches);
	useEffect(() => {
		const look = () => set(list.matches);
		look();
		list.addEventListener('change', look);
		return () => list.removeEventListener('change', look);
	}, [list]);
	return wide;
}
