// SPDX-License-Identifier: Apache-2.0
/** The list that Alerts shows: pages of the server, unfolded groups, and new data that waits while a person reads. */
import { get } from './api.js';
import { Feed } from './feed.js';
import { held, live, useLive } from './live.js';
import { useEffect, useRef, useState } from './render.js';
import { MOST_OPEN, fingerprints, heldBack } from './rows.js';

/** Items of a page and in all: groups come with five alerts each, so that a page is about 200 rows. */
const GROUPS = { limit: 40, most: 4000 };
const ALERT_PAGES = { limit: 200, most: 20000 };
/** Alerts of a group that come with it, and how many more one click brings. */
export const FIRST_ALERTS = 5;
const STEP = 200;
/** Milliseconds for which a new row is tinted. */
const TINT = 1300;
/** Unfolded groups that are looked after. */
const MOST_GROUPS = 20;

function selecting(box) {
	const s = document.getSelection();
	return Boolean(s && !s.isCollapsed && box && s.anchorNode && box.contains(s.anchorNode));
}

/** Alerts of unfolded groups, by id: {items, want, busy, error}. */
async function loadMore(more, params, signal) {
	const ids = [...more.keys()].slice(-MOST_GROUPS);
	await Promise.all(ids.map(async id => {
		const one = more.get(id);
		try {
			const { data } = await get(`groups/${id}/alerts`, { ...params, limit: Math.min(MOST_OPEN, one.want) }, { signal });
			more.set(id, { ...one, items: data.items, busy: false, error: null });
		} catch (error) {
			if (error.kind === 'aborted') return;
			// A group that is gone leaves the list with its next page.
			if (error.code === 'not_found') more.delete(id);
			else more.set(id, { ...one, busy: false, error });
			if (!error.kind) throw error;
		}
	}));
}

/** Labels that a whole group shares stand in its head and not in each of its rows. */
export function withoutShared(alert, group) {
	const labels = Object.create(null);
	for (const [name, value] of Object.entries(alert.labels)) {
		if ((group.labels && Object.hasOwn(group.labels, name)) || (group.shared && group.shared.labels && Object.hasOwn(group.shared.labels, name))) continue;
		labels[name] = value;
	}
	return { ...alert, labels };
}

/**
 * The list of a question.
 * @param {{table: boolean, params: Object, sort: string, groupBy?: string, list: {current: *}, box: {current: Element}}} props `list`: what VList gives as `api`
 * @returns {{items: Object[]|null, more: Map, snapshot: Object, error, loading, stale, added: number, fresh: function(string): boolean,
 *   reload, apply, onend, onview, unfold}}
 */
export function useAlertList({ table, params, sort, groupBy, list, box, onnew }) {
	const own = useRef(null);
	if (!own.current) own.current = { feed: null, key: '', shown: null, seen: null, added: 0, more: new Map(), fresh: new Map(), version: 0 };
	const s = own.current;
	const [, again] = useState(0);
	const touch = () => again(n => n + 1);
	const path = table ? 'alerts' : 'groups';
	const query = table ? { ...params, sort } : { ...params, sort, alerts: FIRST_ALERTS, group_by: groupBy };
	const key = JSON.stringify([path, query]);

	const result = useLive('alerts', async ({ signal }) => {
		if (s.key !== key || !s.feed) {
			s.feed = new Feed(path, query, table ? ALERT_PAGES : GROUPS);
			s.key = key;
			s.more = new Map();
		}
		const { feed } = s;
		const before = feed.last;
		const snapshot = await feed.refresh(signal);
		if (snapshot !== before && s.more.size) {
			s.more = new Map(s.more);
			await loadMore(s.more, params, signal);
		}
		return snapshot;
	}, [key]);

	const data = result.data ? result.data.feed.last : null;
	const holding = () => Boolean(held.get().count || live.get().paused || (list.current && list.current.scrolled()) || selecting(box.current));
	const show = (items, snapshot) => {
		s.version++;
		s.shown = { items, feed: snapshot.feed };
		s.seen = snapshot;
	};
	const tint = (old, items) => {
		const had = fingerprints(old);
		const until = performance.now() + TINT;
		const fresh = [...fingerprints(items)].filter(fp => !had.has(fp));
		if (!fresh.length) return;
		s.fresh = new Map(fresh.slice(0, 500).map(fp => [fp, until]));
		if (onnew) onnew(fresh, items);
	};
	if (data && data !== s.seen) {
		if (s.shown && s.shown.feed === data.feed && holding()) {
			const { items, added } = heldBack(s.shown.items, data.items);
			s.added = added;
			show(items, data);
			s.waiting = true;
		} else {
			if (s.shown && s.shown.feed === data.feed) tint(s.shown.items, data.items);
			show(data.items, data);
			s.added = 0;
			s.waiting = false;
		}
	}
	const apply = () => {
		if (!s.waiting || !s.shown || !s.seen) return;
		tint(s.shown.items, s.seen.items);
		show(s.seen.items, s.seen);
		s.added = 0;
		s.waiting = false;
		touch();
	};
	const settle = useRef(null);
	settle.current = () => s.waiting && !holding() && apply();
	useEffect(() => held.subscribe(() => settle.current()), []);

	const onend = async () => {
		const { feed } = s;
		if (!feed || feed !== (s.shown && s.shown.feed)) return;
		const before = new Set(s.shown.items.map(i => i.id || i.fp));
		try {
			const snapshot = await feed.more();
			if (!snapshot || feed !== s.feed) return;
			const page = feed.pages[feed.pages.length - 1].items.filter(i => !before.has(i.id || i.fp));
			show([...s.shown.items, ...page], snapshot);
			touch();
		} catch (error) {
			// The cursor is of a server that was started anew: the list begins anew with the next answer.
			if (!error.kind) throw error;
			if (error.kind === 'expired' || error.code === 'bad_cursor') result.reload();
		}
	};
	const unfold = async group => {
		const one = s.more.get(group.id);
		if (one && one.busy) return;
		s.more = new Map(s.more).set(group.id, { items: one ? one.items : group.alerts, want: (one ? one.want : FIRST_ALERTS) + STEP, busy: true, error: null });
		s.version++;
		touch();
		const mine = new Map([[group.id, s.more.get(group.id)]]);
		await loadMore(mine, params);
		s.more = new Map(s.more);
		if (mine.has(group.id)) s.more.set(group.id, mine.get(group.id));
		s.version++;
		touch();
	};
	const trimmed = new Map();
	if (s.shown && !table) {
		for (const g of s.shown.items) {
			const one = s.more.get(g.id);
			if (one) trimmed.set(g.id, { ...one, items: one.items.map(a => withoutShared(a, g)) });
		}
	}
	return {
		items: s.shown ? s.shown.items : null, current: Boolean(s.shown && s.shown.feed === s.feed && s.key === key), more: trimmed, version: s.version, snapshot: s.seen, error: result.error, loading: result.loading,
		stale: result.stale && Boolean(result.error), added: s.added, waiting: Boolean(s.waiting), reload: result.reload, apply, onend, unfold,
		fresh: fp => (s.fresh.get(fp) || 0) > performance.now(),
		// The feed counts items and the list rows.
		onview: (from, to) => {
			if (s.feed) s.feed.seen = [from, to];
			if (from === 0) settle.current();
		},
	};
}

/**
 * How many alerts there are in each state: of all from the overview, of a narrowed view by asking.
 * @returns {Object<string, number>|null}
 */
export function useStateCounts(params, narrowed, overview) {
	const base = { ...params, active: undefined, silenced: undefined, inhibited: undefined, muted: undefined, acked: undefined };
	const key = JSON.stringify([narrowed, base]);
	const { data } = useLive('alerts', async ({ signal }) => {
		if (!narrowed) return null;
		return { key, counts: (await get('alerts', { ...base, limit: 1 }, { signal, patient: true })).data.counts };
	}, [key]);
	if (!narrowed) return overview ? overview.alerts : null;
	return data && data.key === key ? data.counts : null;
}
