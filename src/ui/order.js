// SPDX-License-Identifier: Apache-2.0
/** Order of nodes, for the renderer: which of them can stay where they are while the others move. */

/** Indices of a longest rising subsequence; numbers below 0 are left out. */
export function longestRise(list) {
	const tails = [];
	const before = new Array(list.length);
	for (let i = 0; i < list.length; i++) {
		if (list[i] < 0) continue;
		let low = 0;
		for (let high = tails.length; low < high;) {
			const mid = (low + high) >> 1;
			if (list[tails[mid]] < list[i]) low = mid + 1;
			else high = mid;
		}
		before[i] = low > 0 ? tails[low - 1] : -1;
		tails[low] = i;
	}
	const out = new Set();
	for (let i = tails.length ? tails[tails.length - 1] : -1; i >= 0; i = before[i]) out.add(i);
	return out;
}
