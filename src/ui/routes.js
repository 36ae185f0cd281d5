// SPDX-License-Identifier: Apache-2.0
/** The routes as a tree, out of the flat list of GET routes, and what an explanation says of each. Pure. */

/**
 * @typedef {{path: string, route: object, depth: number, parent: Node|null, children: Node[]}} Node
 */

/**
 * The tree.
 * @param {Array<{path: string}>} items in evaluation order, parents before their children
 * @returns {{root: Node|null, byPath: Map<string, Node>}}
 */
export function routeTree(items) {
	const byPath = new Map();
	let root = null;
	for (const route of items) {
		const path = String(route.path);
		const cut = path.lastIndexOf('/');
		const parent = cut < 0 ? null : byPath.get(path.slice(0, cut)) || null;
		const node = { path, route, depth: parent ? parent.depth + 1 : 0, parent, children: [] };
		byPath.set(path, node);
		if (parent) parent.children.push(node);
		else if (!root) root = node;
	}
	return { root, byPath };
}

/**
 * What an explanation found, by path.
 * @param {Array<{path: string, matched: boolean, takes?: boolean, refused_by?: string}>|null} looked `tree` of the step `route`
 * @returns {Map<string, {state: 'takes'|'passed'|'refused', refusedBy: string|null, on: boolean, say: string}>} on: continues behind it
 */
export function verdicts(looked) {
	const out = new Map();
	for (const r of looked || []) {
		out.set(String(r.path), { state: r.takes ? 'takes' : r.matched ? 'passed' : 'refused', refusedBy: r.matched ? null : r.refused_by || null, on: Boolean(r.takes && r.continue), say: r.say || '' });
	}
	return out;
}

/** The paths that are open at first: all of a small tree; of a large one the root, and the way to what takes the alert. */
export function openAtFirst(tree, found, small = 60) {
	const open = new Set();
	if (!tree.root) return open;
	if (tree.byPath.size <= small) {
		for (const node of tree.byPath.values()) if (node.children.length) open.add(node.path);
		return open;
	}
	open.add(tree.root.path);
	for (const [path, v] of found) {
		if (v.state !== 'takes') continue;
		for (let node = tree.byPath.get(path); node; node = node.parent) if (node.children.length && node.path !== path) open.add(node.path);
	}
	return open;
}

const CHILDREN = 100;

/**
 * The rows that are seen, in order: nodes, and where there are many of them a row that shows more.
 * @param {Node} root
 * @param {{open: Set<string>, shown: Map<string, number>, found: Map, keep?: Set<string>|null}} how shown: how many children of a path are seen, 100 by default; the way
 *   of the alert is always seen; keep: only these paths, with all above them open
 * @returns {Array<{node: Node, more?: number}>}
 */
export function visibleRows(root, { open, shown, found, keep = null }) {
	const rows = [];
	const onWay = node => found.has(node.path) && found.get(node.path).state !== 'refused';
	const walk = node => {
		rows.push({ node });
		if (!(keep ? true : open.has(node.path))) return;
		const children = keep ? node.children.filter(c => keep.has(c.path)) : node.children;
		const most = shown.get(node.path) || CHILDREN;
		let left = 0;
		children.forEach((child, i) => {
			if (i < most || onWay(child)) walk(child);
			else left++;
		});
		if (left) rows.push({ node, more: left });
	};
	if (root) walk(root);
	return rows;
}

/** How many more rows a step of 'show more' gives. */
export const MORE = CHILDREN;

/**
 * The paths that a text is found in, with all above them; at most `most` of them.
 * @param {{byPath: Map<string, Node>}} tree
 * @param {string} text
 * @param {function(object): string} words the text of a route that is searched, in lower case
 * @returns {{keep: Set<string>, hits: Set<string>, more: boolean}}
 */
export function searchRoutes(tree, text, words, most = 200) {
	const wanted = text.trim().toLowerCase();
	const keep = new Set();
	const hits = new Set();
	let more = false;
	for (const node of tree.byPath.values()) {
		if (!words(node.route).includes(wanted)) continue;
		if (hits.size >= most) {
			more = true;
			break;
		}
		hits.add(node.path);
		for (let n = node; n && !keep.has(n.path); n = n.parent) keep.add(n.path);
	}
	return { keep, hits, more };
}
