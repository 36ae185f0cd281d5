// SPDX-License-Identifier: Apache-2.0
/** What the alerts have in common, with counts: beside the list when there is room. */
import { get } from './api.js';
import { Value, formatCount } from './kit.js';
import { useLive } from './live.js';
import { h, useMemo, useState } from './render.js';

const MOST_FACETS = 12;
const SHORT_FACET = 6;

/** A label says something when it divides the alerts and is not another one for each of them; those the filter names stay. */
function worth(items, total, named, first) {
	const rank = i => (i.name === first ? 0 : i.name === 'alertname' ? 1 : i.name === 'team' ? 2 : 3);
	return items.filter(i => named.has(i.name) || (i.values > 1 && (2 * i.values <= i.alerts || i.values <= 8)) || i.name === first || (i.alerts < total && i.values === 1))
		.sort((a, b) => rank(a) - rank(b)).slice(0, MOST_FACETS);
}

/** Who is told of them; one that is chosen stays, so that it can be given up. */
function ReceiverFacet({ items, receiver, onpick }) {
	const chosen = receiver && receiver.name;
	const all = chosen && !items.some(v => v.value === chosen) ? [...items, { value: chosen, alerts: 0 }] : items;
	if (all.length < 2 && !chosen) return null;
	return h('section', { class: 'al-facet' }, h('h3', null, 'receiver'),
		h('ul', null, ...all.map(v => h('li', { key: String(v.value) }, h('button', { type: 'button', class: 'al-facet-value', 'aria-pressed': chosen === v.value, onclick: () => onpick(chosen === v.value ? null : { name: String(v.value) }) },
			h(Value, { text: v.value, limit: 80 }), h('span', { class: 'count' }, formatCount(v.alerts)))))));
}

function Facet({ item, filter, onpick }) {
	const [all, showAll] = useState(false);
	const values = all ? item.top : item.top.slice(0, SHORT_FACET);
	const chosen = v => filter.some(m => m.name === item.name && m.op === '=' && m.value === v);
	const rest = item.values - values.length;
	return h('section', { class: 'al-facet' },
		h('h3', null, h(Value, { text: item.name, limit: 60 })),
		h('ul', null, ...values.map(v => h('li', { key: String(v.value) }, h('button', {
			type: 'button', class: 'al-facet-value', 'aria-pressed': chosen(v.value), onclick: event => onpick(item.name, String(v.value), event.altKey),
		}, h(Value, { text: v.value, limit: 80 }), h('span', { class: 'count' }, formatCount(v.alerts)))))),
		rest > 0 ? (!all && item.top.length > SHORT_FACET ? h('button', { type: 'button', class: 'btn quiet al-facet-more', onclick: () => showAll(true) }, `${formatCount(rest)} more`) : h('span', { class: 'meta al-facet-more' }, `${formatCount(rest)} more`)) : null);
}

/**
 * The facets of what is shown.
 * @param {{params: Object, filter: Object[], severity: string, onpick: function(string, string, boolean), receiver: {name}|{regex}|null, onreceiver: function({name}|null)}} props
 *   `severity`: the label that comes first
 */
export function Facets({ params, filter, severity, onpick, receiver, onreceiver }) {
	const { data } = useLive('alerts', ({ signal, etag }) => get('labels', params, { signal, etag, patient: true }), [JSON.stringify(params)]);
	const named = useMemo(() => new Set(filter.map(m => m.name)), [filter]);
	if (!data) return h('aside', { class: 'al-facets', 'aria-label': 'Labels' });
	return h('aside', { class: 'al-facets', 'aria-label': 'Labels', tabindex: -1 },
		...worth(data.items, data.alerts, named, severity).map(item => h(Facet, { key: item.name, item, filter, onpick })),
		h(ReceiverFacet, { key: ' receivers', items: data.receivers || [], receiver, onpick: onreceiver }),
		data.cut ? h('p', { class: 'meta' }, 'Not all labels were counted.') : null);
}
