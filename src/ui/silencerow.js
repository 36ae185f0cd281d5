// SPDX-License-Identifier: Apache-2.0
/** One silence of the list: as a row of the table, and as a card on phones. */
import { Icon } from './icons.js';
import { Check, Menu, RichText, Time, Value } from './kit.js';
import { h } from './render.js';
import { href } from './route.js';
import { matchersOf } from './silencedraft.js';
import { Covers, KindMark, MatcherChips, TimeLeft, TwoStep, commentOf, editHref, endVerb, expire, forbidden, isRecurring, kindOf, menuOf, recreateHref, scheduleText, stateOf } from './silenceparts.js';

const shortText = s => `silence ${matchersOf(s).map(m => m.name + m.op + m.value).join(' ').slice(0, 80) || s.id}`;

/** What ends it, changes it, and the menu with the rest. `on`: the list's handlers {expired, failed, extend, arm}. */
function SilenceActions({ silence: s, armed, on, narrow }) {
	const locked = s.read_only || Boolean(forbidden());
	const ended = stateOf(s) === 'expired';
	const run = async () => {
		try {
			await expire(s.id);
			on.expired(s);
		} catch (error) {
			if (!error.kind) throw error;
			on.failed(s, error);
		}
	};
	const end = locked || ended || (narrow && !armed) ? null
		: h(TwoStep, { key: 'end', verb: endVerb(s), alerts: Number(s.alerts) || 0, armed, quiet: true, run, onarmed: value => on.arm(value ? s.id : null) });
	return h('div', { class: 'si-actions' },
		!narrow && ended && !forbidden() ? h('a', { key: 'again', class: 'btn quiet', href: recreateHref(s) }, 'Recreate') : null,
		!narrow && !armed ? h('a', { key: 'view', class: 'btn quiet', href: href({ page: 'silence', id: s.id }) }, 'View') : null,
		!narrow && !ended && !locked && s.kind !== 'ack' && !armed ? h('a', { key: 'edit', class: 'btn quiet', href: editHref(s) }, 'Edit') : null,
		end,
		h(Menu, { key: 'menu', label: `More for ${shortText(s)}`, items: menuOf(s, { full: true, onexpire: () => on.arm(s.id), onextend: seconds => on.extend([s.id], seconds) }) }));
}

function Source({ silence: s }) {
	if (kindOf(s) !== 'file') return h(KindMark, { silence: s });
	return h('span', { class: 'si-source' }, h(KindMark, { silence: s }), h(Value, { text: s.source }));
}

const CommentCell = ({ silence: s }) => (commentOf(s) ? h('div', { class: 'si-comment prose' }, h(RichText, { text: commentOf(s), row: true })) : h('div', { class: 'si-comment dim' }, 'no comment'));

const Repeats = ({ silence: s }) => (isRecurring(s) ? h('div', { class: 'meta' }, scheduleText(s.schedule)) : null);

const Creator = ({ silence: s, on }) => h('a', { class: 'si-by prose', href: on.byHref(s.createdBy), title: 'Only those of this creator' }, h('span', { class: 'vh' }, 'by '), h(Value, { text: s.createdBy, limit: 60 }));

const RowFailed = ({ error }) => (error ? h('div', { class: 'field-error', role: 'alert' }, h(Icon, { name: 'alert' }), ' ', error.message) : null);

const Open = ({ silence: s, on, opened, children }) => h('a', { class: 'si-open', href: href({ page: 'silence', id: s.id }), 'aria-current': opened || undefined, onclick: event => on.open(s.id, event) }, h('span', { class: 'vh' }, 'Open '), children);

const Matched = ({ silence: s }) => (s.last_matched ? h('div', { class: 'meta' }, 'last matched ', h(Time, { at: s.last_matched }), ' ago') : null);

/** A row of the table. */
export function SilenceRow({ silence: s, selected, opened, armed, error, on }) {
	return h('tr', { class: 'si-row' + (selected ? ' si-selected' : '') + (opened ? ' si-opened' : ''), 'data-id': s.id },
		h('td', { class: 'si-c-check' }, h(Check, { label: h('span', { class: 'vh' }, `Select ${shortText(s)}`), checked: selected, onchange: event => on.select(s.id, event) })),
		h('td', { class: 'si-c-left' }, h(TimeLeft, { silence: s })),
		h('td', { class: 'si-c-what' }, h(Open, { silence: s, on, opened }, h(MatcherChips, { matchers: matchersOf(s) })), h(Repeats, { silence: s }), h(Source, { silence: s })),
		h('td', { class: 'si-c-by' }, h(Creator, { silence: s, on })),
		h('td', { class: 'si-c-comment' }, h(CommentCell, { silence: s }), h(RowFailed, { error })),
		h('td', { class: 'si-c-covers' }, h(Covers, { silence: s, short: true }), h(Matched, { silence: s })),
		h('td', { class: 'si-c-actions' }, h(SilenceActions, { silence: s, armed, on })));
}

/** A card on a phone: what, until when and how much, who and why. */
export function SilenceCard({ silence: s, selected, armed, error, on }) {
	return h('li', { class: 'si-card' + (selected ? ' si-selected' : ''), 'data-id': s.id },
		h('div', { class: 'si-card-top' },
			h(Check, { label: h('span', { class: 'vh' }, `Select ${shortText(s)}`), checked: selected, onchange: event => on.select(s.id, event) }),
			h(Open, { silence: s, on }, h(MatcherChips, { matchers: matchersOf(s) })),
			armed ? null : h(SilenceActions, { silence: s, armed, on, narrow: true })),
		h('div', { class: 'si-card-mid' }, h(TimeLeft, { silence: s }), h(Covers, { silence: s }), h(Source, { silence: s })),
		h(Repeats, { silence: s }),
		h('div', { class: 'si-card-low' }, h(Creator, { silence: s, on }), h(CommentCell, { silence: s })),
		armed ? h(SilenceActions, { silence: s, armed, on, narrow: true }) : null,
		h(RowFailed, { error }));
}

