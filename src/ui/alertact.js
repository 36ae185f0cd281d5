// SPDX-License-Identifier: Apache-2.0
/** What can be done on Alerts with the row that has the focus, with a selection, and by keys. */
import { useRef } from './render.js';
import { go, href } from './route.js';
import { STATES, fullLabels, matchersFor, shows } from './rows.js';
import { copyText } from './value.js';

const equal = labels => [...labels].map(([name, value]) => ({ name, op: '=', value: String(value) })).sort((a, b) => (a.name < b.name ? -1 : 1));

/** The labels that a group stands for: those it is grouped by, or what all its alerts share. */
function labelsOfRow(group) {
	const own = Object.entries(group.labels);
	return own.length ? own : Object.entries((group.shared && group.shared.labels) || {});
}

const rowMatchers = (alert, group) => equal(alert ? fullLabels(alert, group) : labelsOfRow(group));

/** An absolute address of a view. */
export const absolute = hash => location.href.split('#')[0] + hash;

/** The actions. The object is the same always; it works with what the page has now. */
export function useActions(page) {
	const now = useRef(page);
	now.current = page;
	const act = useRef(null);
	if (act.current) {
		act.current.ackReason = page.reason;
		return act.current;
	}
	const p = () => now.current;
	const own = {
		ackReason: page.reason,
		pick: (name, value, not) => p().pick(name, value, not),
		labelMenu: (name, value, element) => p().setLabelAt({ name, value, anchor: { current: element } }),
		fold: (group, open) => p().setFolded(old => new Map(old).set(group.id, open)),
		more: row => p().unfold(row.group),
		open(alert, event) {
			// On a phone, where there are boxes only while something is selected, a touch selects as well until nothing is.
			if (event && p().phone && p().selected.size) {
				event.preventDefault();
				own.select(alert, p().rows.find(r => r.alert && r.alert.fp === alert.fp)?.group, false);
				return;
			}
			p().setCursor(p().rows.find(r => r.alert && r.alert.fp === alert.fp && (!event || r.key === p().cursor))?.key ?? p().rows.find(r => r.alert && r.alert.fp === alert.fp)?.key ?? null);
			if (!p().wide) {
				if (!event) go({ page: 'alert', id: alert.fp });
				return;
			}
			// With a key held the browser opens the alert's own page, as it does with every link.
			if (event && (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) return;
			if (event) event.preventDefault();
			go({ ...p().view, bare: false, open: p().view.open === alert.fp ? '' : alert.fp }, { replace: Boolean(p().view.open) });
		},
		close() {
			go({ ...p().view, bare: false, open: '' }, { replace: true });
		},
		select(alert, group, range) {
			const { rows, selected, setSelected, setAll } = p();
			const next = new Map(selected);
			const on = !next.has(alert.fp);
			const put = (a, g) => (on ? next.set(a.fp, fullLabels(a, g)) : next.delete(a.fp));
			const index = rows.findIndex(r => r.alert && r.alert.fp === alert.fp && (!group || r.group === group));
			const from = range ? rows.findIndex(r => r.key === own.anchor) : -1;
			if (from >= 0 && index >= 0) {
				for (let i = Math.min(from, index); i <= Math.max(from, index); i++) if (rows[i].alert && (on || selected.has(rows[i].alert.fp))) put(rows[i].alert, rows[i].group);
			} else put(alert, group);
			own.anchor = index >= 0 ? rows[index].key : null;
			setAll(false);
			setSelected(next);
		},
		ack(alert, group) {
			if (own.ackReason) return p().setNote(own.ackReason);
			if (alert && p().selected.size > 1 && p().selected.has(alert.fp)) return p().setDialog({ target: { fingerprints: [...p().selected.keys()] }, what: `${p().selected.size} alerts`, selection: true });
			// What somebody has taken: who that is, giving it up, taking it over.
			const mark = (alert || group).ack && document.activeElement.closest('.vlist-row')?.querySelector('.owner-mark');
			if (mark) return mark.click();
			const name = alert ? fullLabels(alert, group).get('alertname') || alert.fp : Object.values(group.labels)[0] || 'the group';
			return p().setDialog({ target: alert ? { fingerprints: [alert.fp] } : { group: group.id }, what: alert ? `One alert: ${String(name).slice(0, 200)}` : `All alerts of ${String(name).slice(0, 200)}` });
		},
		silence(alert, group) {
			if (alert && p().selected.size > 1 && p().selected.has(alert.fp)) return own.silenceSelection(false);
			return go({ page: 'silence-new', filter: rowMatchers(alert, group) });
		},
		silenceSelection: all => go({ page: 'silence-new', filter: all ? p().view.filter : matchersFor([...p().selected.values()]) }),
		explainHref: (alert, group) => href(alert ? { page: 'explain', alert: alert.fp } : { page: 'explain', labels: equal([...Object.entries(group.shared ? group.shared.labels || {} : {}), ...Object.entries(group.labels)]) }),
		async copyLink(hash) {
			p().setNote((await copyText(absolute(hash))) ? 'Link copied.' : 'Could not copy.');
		},
		async copySelection() {
			const lines = [...p().selected.values()].map(l => '{' + [...l].map(([n, v]) => `${n}=${JSON.stringify(v)}`).join(', ') + '}');
			p().setNote((await copyText(lines.join('\n'))) ? `Copied ${lines.length} alerts.` : 'Could not copy.');
		},
	};
	own.now = own;
	act.current = own;
	return own;
}

/** The keys of the list: a map for useKeys. */
export function listKeys({ act, rows, cursor, list, view, change, total, selected, setAll, setSelected, focusFilter }) {
	const at = cursor === null ? -1 : rows.findIndex(r => r.key === cursor);
	const row = at >= 0 ? rows[at] : null;
	const move = to => {
		if (!rows.length || !list.current) return false;
		list.current.focus(Math.max(0, Math.min(rows.length - 1, to)));
		return true;
	};
	const withRow = fn => () => (row ? fn(row) : false);
	const hashOf = r => (r.alert ? `#/alert/${r.alert.fp}` : `#/group/${r.group.id}`);
	const map = {
		'/': focusFilter,
		j: () => move(at + 1), ArrowDown: () => move(at + 1), k: () => move(at - 1), ArrowUp: () => move(Math.max(0, at - 1)),
		Home: () => move(0), End: () => move(rows.length - 1),
		PageDown: () => (row ? move(at + list.current.page()) : false), PageUp: () => (row ? move(at - list.current.page()) : false),
		Enter: withRow(r => (r.kind === 'more' ? act.more(r) : r.alert ? act.open(r.alert) : go({ page: 'group', id: r.group.id }))),
		Escape: () => {
			if (view.open) return act.close();
			if (!selected.size) return false;
			setSelected(new Map());
			return setAll(false);
		},
		x: withRow(r => (r.alert ? act.select(r.alert, r.group, false) : false)), 'Shift+x': withRow(r => (r.alert ? act.select(r.alert, r.group, true) : false)),
		'*': () => (total ? setAll(true) : false),
		ArrowLeft: withRow(r => {
			if (!r.group) return false;
			act.fold(r.group, false);
			return move(rows.findIndex(x => x.kind === 'head' && x.group === r.group));
		}),
		ArrowRight: withRow(r => (r.kind === 'head' ? act.fold(r.group, true) : r.kind === 'more' ? act.more(r) : false)),
		a: withRow(r => (r.kind === 'more' ? false : act.ack(r.alert || null, r.group))),
		s: withRow(r => (r.kind === 'more' ? false : act.silence(r.alert || null, r.group))),
		e: withRow(r => (r.kind === 'more' ? false : (location.hash = act.explainHref(r.alert || null, r.group)))),
		h: withRow(r => go(r.alert ? { page: 'history', tab: 'events', alert: r.alert.fp } : { page: 'history', tab: 'events', group: r.group.id })),
		c: withRow(r => act.copyLink(hashOf(r))),
	};
	map.o = map.Enter;
	STATES.forEach((s, i) => (map[i + 1] = () => change({ [s]: !shows(view, s) })));
	return map;
}
