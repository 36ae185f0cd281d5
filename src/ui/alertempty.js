// SPDX-License-Identifier: Apache-2.0
/** What Alerts says when there is nothing to list. */
import { get } from './api.js';
import { Icon } from './icons.js';
import { Button, Empty, Time, Value, formatCount } from './kit.js';
import { useLive } from './live.js';
import { formatMatcher } from './matcher.js';
import { h } from './render.js';
import { href } from './route.js';
import { shows } from './rows.js';

const HIDDEN_STATES = [['silenced', 'silenced'], ['inhibited', 'inhibited'], ['muted', 'muted'], ['acked', 'acked']];

const wasName = labels => [labels.alertname, labels.instance ? `on ${labels.instance}` : ''].filter(Boolean).join(' ') || 'An alert';

/** What history last had of what the filter names; nothing while it does not know. */
function Last({ filter }) {
	const { data } = useLive('history', ({ signal }) => get('history', { filter: filter.map(formatMatcher), kind: 'resolved,firing', limit: 3 }, { signal }), [JSON.stringify(filter)]);
	const event = data && (data.items || []).find(i => i.labels);
	if (!event) return null;
	return h('p', { class: 'al-last' }, h('strong', null, 'Not firing now.'), ' Last: ', h('a', { href: href({ page: 'alert', id: event.fingerprint }) }, h(Value, { text: wasName(event.labels), limit: 200 })),
		event.kind === 'resolved' ? ', resolved ' : ', began ', h(Time, { at: event.at }), ' ago (', h(Time, { at: event.at, mode: 'at' }), '). ',
		h('a', { href: href({ page: 'history', tab: 'events', filter }) }, 'History'));
}

/**
 * Nothing to list.
 * @param {{view: Object, narrowed: boolean, counts: Object|null, overview: Object|null, onclear: function, onshow: function(string)}} props
 */
export function NoAlerts({ view, narrowed, counts, overview, onclear, onshow }) {
	const hidden = HIDDEN_STATES.filter(([state]) => counts && counts[state] > 0 && !shows(view, state));
	const show = hidden.map(([state, word]) => h(Button, { key: state, onclick: () => onshow(state) }, `Show ${word} (${formatCount(counts[state])})`));
	if (narrowed) {
		return h(Empty, { title: 'No alert matches.' }, (view.filter || []).length ? h(Last, { filter: view.filter }) : null,
			h('div', { class: 'row-flex' }, h(Button, { kind: 'primary', onclick: onclear }, 'Clear'), ...show));
	}
	const last = overview && (overview.last_received || overview.alerts.last_received);
	const beat = ((overview && overview.problems) || []).find(p => String(p.code).startsWith('heartbeat'));
	const firing = counts && counts.active > 0 && !shows(view, 'active');
	return h(Empty, { title: firing ? 'None in these states.' : 'Nothing is firing.', calm: !beat && !firing, icon: beat ? 'alert' : firing ? undefined : 'resolved' },
		beat ? h('p', { class: 'al-beat' }, h(Icon, { name: 'alert' }), ' ', h('strong', null, String(beat.text).slice(0, 300))) : null,
		h('p', null, last ? ['The last alert was received ', h(Time, { key: 't', at: last }), ' ago (', h(Time, { key: 'a', at: last, mode: 'at' }), ').'] : 'No alert has been received since tocsin started.'),
		firing ? h(Button, { onclick: () => onshow('active') }, `Show active (${formatCount(counts.active)})`) : null,
		show.length ? h('div', { class: 'row-flex' }, ...show) : null);
}
