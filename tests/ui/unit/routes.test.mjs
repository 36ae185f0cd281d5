// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import test from 'node:test';
import { openAtFirst, routeTree, searchRoutes, verdicts, visibleRows } from '../../../src/ui/routes.js';

const flat = [{ path: '0', receiver: 'ops' }, { path: '0/0', receiver: 'web' }, { path: '0/1', receiver: 'db' }, { path: '0/1/0', receiver: 'pager' }, { path: '0/2', receiver: 'night' }];
const paths = rows => rows.map(r => (r.more ? `${r.node.path}+${r.more}` : r.node.path));

test('the tree out of the flat answer', () => {
	const { root, byPath } = routeTree(flat);
	assert.deepEqual(root.children.map(c => c.path), ['0/0', '0/1', '0/2']);
	assert.equal(byPath.get('0/1/0').parent.path, '0/1');
	assert.equal(byPath.get('0/1/0').depth, 2);
	assert.equal(routeTree([]).root, null);
	assert.deepEqual(visibleRows(null, { open: new Set(), shown: new Map(), found: new Map() }), []);
});

test('what an explanation found', () => {
	const v = verdicts([{ path: '0', matched: true, takes: false }, { path: '0/0', matched: false, refused_by: 'team="web"' }, { path: '0/1', matched: true, takes: true, continue: true }]);
	assert.deepEqual([...v.values()].map(x => x.state), ['passed', 'refused', 'takes']);
	assert.equal(v.get('0/0').refusedBy, 'team="web"');
	assert.equal(v.get('0/1').on, true);
	assert.equal(verdicts(null).size, 0);
});

test('10,000 routes: closed but for the way, which is seen however far down it lies', () => {
	const many = [{ path: '0', receiver: 'ops' }];
	for (let i = 0; i < 5000; i++) many.push({ path: `0/${i}`, receiver: `r${i}` }, { path: `0/${i}/0`, receiver: `s${i}` });
	const tree = routeTree(many);
	const found = verdicts([{ path: '0', matched: true }, { path: '0/4321', matched: true }, { path: '0/4321/0', matched: true, takes: true }]);
	const open = openAtFirst(tree, found);
	assert.deepEqual([...open], ['0', '0/4321']);
	const rows = visibleRows(tree.root, { open, shown: new Map(), found });
	assert.equal(rows.length, 1 + 100 + 2 + 1);
	assert.ok(paths(rows).includes('0/4321/0'));
	assert.equal(paths(rows).at(-1), '0+4899');
	assert.equal(visibleRows(tree.root, { open, shown: new Map([['0', 300]]), found }).length, 1 + 300 + 2 + 1);
	const s = searchRoutes(tree, 's432', r => r.receiver, 5);
	assert.equal(s.hits.size, 5);
	assert.ok(s.more);
	const seen = paths(visibleRows(tree.root, { open: new Set(), shown: new Map(), found, keep: s.keep }));
	assert.deepEqual(seen.slice(0, 3), ['0', '0/432', '0/432/0']);
});

test('a small tree is open', () => {
	const tree = routeTree(flat);
	assert.deepEqual([...openAtFirst(tree, new Map())], ['0', '0/1']);
	assert.deepEqual(paths(visibleRows(tree.root, { open: new Set(['0']), shown: new Map(), found: new Map() })), ['0', '0/0', '0/1', '0/2']);
});
