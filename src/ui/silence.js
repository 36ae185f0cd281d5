// SPDX-License-Identifier: Apache-2.0
/** One silence: what it says, and the alerts it covers. */
import { get, serverNow } from './api.js';
import { Icon } from './icons.js';
import { Button, Copy, Empty, ErrorBox, Fact, Facts, IconButton, Labels, Menu, Notice, RichText, Severity, Skeleton, State, Time, Value, announce, formatCount, plural } from './kit.js';
import { useLive } from './live.js';
import { formatMatcher, formatMatchers, parseMatchers } from './matcher.js';
import { Fragment, h, useEffect, useState } from './render.js';
import { go, href } from './route.js';
import { matchersOf } from './silencedraft.js';
import { FullTime, KindMark, MatcherChips, Next, TimeLeft, TwoStep, bulk, commandFor, commentOf, coveredHref, editHref, endVerb, expire, forbidden, isId, isRecurring, loadSilence, made, menuOf,
	recreateHref, scheduleText, stateOf, useTick } from './silenceparts.js';
import { useStore } from './store.js';
import { formatDuration } from './time.js';
import { useTitle } from './title.js';

const COVERED_SAMPLE = 20;
/** How many pages of history are looked through for an id that is not known any more. */
const SILENCE_PAGES = 5;

function SilenceFacts({ silence: s }) {
	const [starts, ends] = [Date.parse(s.startsAt), Date.parse(s.endsAt)];
	const state = stateOf(s);
	const annotations = Object.entries(s.annotations || {});
	return h(Facts, { class: 'si-facts' },
		h(Fact, { name: 'Matchers' }, h(MatcherChips, { matchers: matchersOf(s) }), ' ', h(Copy, { text: () => formatMatchers(matchersOf(s)), label: 'Copy matchers', icon: true })),
		(s.sets || []).length > 1 ? h(Fact, { name: 'or' }, ...s.sets.slice(1, 50).map((set, i) => h('div', { key: i }, h(MatcherChips, { matchers: matchersOf({ matchers: set }) })))) : null,
		h(Fact, { name: 'Comment' }, commentOf(s) ? h('div', { class: 'prose' }, h(RichText, { text: commentOf(s) })) : h('span', { class: 'dim' }, 'none')),
		h(Fact, { name: 'Creator' }, h('span', { class: 'prose' }, h(Value, { text: s.createdBy }))),
		state === 'active' && !isRecurring(s) ? h(Fact, { name: 'Time left' }, h(TimeLeft, { silence: s })) : null,
		h(Fact, { name: state === 'pending' ? 'Begins' : 'Began' }, h(FullTime, { at: starts }), state === 'pending' ? h('span', { class: 'dim' }, ', in ', h(Time, { at: starts, mode: 'left' })) : null),
		h(Fact, { name: state === 'expired' ? 'Ended' : 'Ends' }, h(FullTime, { at: ends }), state === 'expired' ? h('span', { class: 'dim' }, ', ', h(Time, { at: ends }), ' ago') : null),
		h(Fact, { name: 'Lasts' }, formatDuration((ends - starts) / 1000, 3), s.ends_with === 'alert' ? ' at most; it ends when what it covers has resolved' : ''),
		isRecurring(s) ? h(Fact, { name: 'Comes again' }, scheduleText(s.schedule), s.schedule.until ? h(Fragment, null, ', until ', h(FullTime, { at: s.schedule.until })) : null,
			h('div', { class: 'dim' }, h(Next, { windows: s.schedule.windows.map(w => ({ days: w.weekdays, from: w.from, to: w.to })), zone: s.schedule.location, now: serverNow() }))) : null,
		s.notify_resolved ? h(Fact, { name: 'Resolved' }, 'that an alert it covers has resolved is told all the same') : null,
		s.last_matched ? h(Fact, { name: 'Last matched' }, h(FullTime, { at: s.last_matched })) : null,
		annotations.length ? h(Fact, { name: 'Annotations' }, h('ul', { class: 'si-annotations' }, ...annotations.slice(0, 100).map(([name, value]) => h('li', { key: name }, h(Value, { text: name, class: 'dim' }), ': ', h(RichText, { text: value }))))) : null,
		h(Fact, { name: 'Changed' }, h(FullTime, { at: s.updatedAt })),
		h(Fact, { name: 'ID' }, h('code', null, h(Value, { text: s.id })), ' ', h(Copy, { text: String(s.id), label: 'Copy id', icon: true })));
}

function Covered({ silence: s }) {
	const matchers = matchersOf(s);
	const filter = matchers.map(formatMatcher);
	const { data, error, loading, reload } = useLive('alerts', ({ signal }) => get('alerts', { filter, limit: COVERED_SAMPLE }, { signal }), [filter.join('\n')]);
	const state = stateOf(s);
	const verb = state === 'active' ? 'Covers' : 'Would cover';
	if (!data) return loading ? h(Skeleton, { rows: 3 }) : h(ErrorBox, { error, onretry: reload });
	const several = (s.sets || []).length > 1;
	const total = state === 'expired' || !several ? data.total : Number(s.alerts) || data.total;
	return h('section', { class: 'si-covered', 'aria-labelledby': 'si-covered-h' },
		h('h2', { id: 'si-covered-h' }, total ? `${verb} ${plural(total, 'alert')} now` : state === 'active' ? 'Covers nothing now' : 'Would cover nothing now'),
		data.items.length ? h(AlertList, { items: data.items }) : h('p', { class: 'dim' }, 'No alert that fires has these labels.'),
		data.total > COVERED_SAMPLE || data.items.length ? h('a', { href: coveredHref(matchers) }, data.total > data.items.length ? `All ${formatCount(data.total)} in Alerts` : 'See them in Alerts') : null);
}

/** A short list of alerts: severity, labels, summary; each a link to the alert. */
export function AlertList({ items }) {
	return h('ul', { class: 'si-alerts' }, ...items.map(a => {
		const labels = Object.entries(a.labels || {}).filter(([name]) => name !== 'alertname' && name !== 'severity');
		return h('li', { key: a.fp, class: 'si-alert' },
			h(Severity, { value: a.severity, short: true }),
			h('div', { class: 'grow' },
				h('div', { class: 'si-alert-top' }, h('a', { href: href({ page: 'alert', id: a.fp }) }, h(Value, { text: (a.labels || {}).alertname || a.fp, limit: 120 })), h(State, { value: a.state }), h('span', { class: 'grow' }), h('span', { class: 'meta' }, h(Time, { at: a.starts }))),
				labels.length ? h(Labels, { labels: labels.slice(0, 12) }) : null,
				a.summary ? h('div', { class: 'si-alert-sum dim one-line prose' }, h(Value, { text: a.summary })) : null));
	}));
}

const SAYS = new Map([['created', 'The silence is made.'], ['changed', 'The silence is changed.'], ['replaced', 'Changed. As it had begun, this is a new silence in place of the old one, and has another id.']]);

function Made({ id }) {
	const m = useStore(made);
	useEffect(() => () => made.set({ id: null }), [id]);
	if (m.id !== id) return null;
	return h(Notice, { kind: 'ok', role: 'status' }, SAYS.get(m.what) || '', m.what === 'replaced' && m.old ? h(Fragment, null, ' ', h('a', { href: href({ page: 'silence', id: m.old }) }, 'The old one')) : null);
}

function ActionBar({ silence: s, reload }) {
	const [error, fail] = useState(null);
	const [armed, arm] = useState(false);
	const state = stateOf(s);
	const locked = s.read_only || Boolean(forbidden());
	const attempt = async (work, said) => {
		fail(null);
		try {
			await work();
			announce(said);
			reload();
		} catch (e) {
			if (!e.kind) throw e;
			fail(e);
		}
	};
	const extend = seconds => attempt(async () => {
		const [result] = (await bulk('extend', [s.id], seconds)).results;
		if (!result.ok) throw Object.assign(new Error(result.error.message), { kind: 'server' });
		if (result.new_id !== s.id) go({ page: 'silence', id: result.new_id });
	}, 'Extended.');
	return h(Fragment, null,
		h('div', { class: 'row-flex' },
			state === 'expired' ? h(Button, { kind: 'primary', icon: 'repeat', href: recreateHref(s), key: 'again' }, 'Recreate') : null,
			state !== 'expired' && !locked && s.kind !== 'ack' ? h(Button, { icon: 'edit', href: editHref(s), key: 'edit' }, 'Edit') : null,
			state !== 'expired' && !locked ? h(TwoStep, { key: 'end', verb: endVerb(s), icon: 'cross', alerts: Number(s.alerts) || 0, armed, onarmed: arm, run: () => attempt(() => expire(s.id), 'Expired.') }) : null,
			h(Menu, { key: 'menu', label: 'More', items: menuOf(s, { onexpire: () => arm(true), onextend: extend }) }),
			forbidden() ? h('span', { class: 'reason' }, forbidden()) : null),
		error ? h(ErrorBox, { error }) : null);
}

/* A page of its own, or with `onclose` beside the list. */
function Known({ silence: s, reload, onclose }) {
	const command = commandFor(s);
	useTick(10000);
	useTitle(onclose ? '' : matchersOf(s).map(formatMatcher).join(' ').slice(0, 60));
	return h(Fragment, null,
		h('div', { class: 'si-head' }, h(onclose ? 'h2' : 'h1', { tabindex: -1 }, 'Silence'), stateOf(s) === 'active' ? h('span', { class: 'state' }, h(Icon, { name: 'silence' }), 'active') : h(State, { value: stateOf(s) }), h(KindMark, { silence: s }),
			onclose ? [h('span', { key: 'g', class: 'grow' }), h('a', { key: 'p', href: href({ page: 'silence', id: s.id }) }, 'Page'), h(IconButton, { key: 'x', icon: 'close', label: 'Close', onclick: onclose })] : null),
		h(Made, { id: s.id }),
		s.read_only ? h(Notice, { kind: 'info', class: 'si-file' }, h('strong', null, 'From a file. '), 'It is declared in ', h(Value, { text: s.source }), ', changed there, and in force after a reload.') : null,
		h(ActionBar, { silence: s, reload }),
		h('div', { class: 'si-page' },
			h('div', { class: 'card' }, h(SilenceFacts, { silence: s }),
				h('details', { class: 'si-cli' }, h('summary', null, 'As a command'), command.text ? h(Fragment, null, h('pre', { class: 'code wrap' }, command.text), h(Copy, { text: command.text })) : h('p', { class: 'dim' }, command.reason))),
			h(Covered, { silence: s })));
}

/* What history has of an id: its events, the newest first. */
async function remembered(id, signal) {
	const events = [];
	let cursor;
	try {
		for (let i = 0; i < SILENCE_PAGES; i++) {
			const { data } = await get('history', { kind: ['silence_created', 'silence_updated', 'silence_expired', 'ack_created', 'ack_updated', 'ack_expired'], limit: 1000, cursor }, { signal });
			events.push(...data.items.filter(e => e.silence_id === id));
			if (!data.next || events.some(e => String(e.kind).endsWith('_created'))) break;
			cursor = data.next;
		}
	} catch (error) {
		if (error.kind === 'aborted' || !error.kind) throw error;
		// Without history there is nothing more to be said.
	}
	return events;
}

const DID = new Map([['silence_created', 'made'], ['silence_updated', 'changed'], ['silence_expired', 'ended'], ['ack_created', 'acknowledged'], ['ack_updated', 'changed'], ['ack_expired', 'ended']]);

function Unknown({ id, events }) {
	const last = events.find(e => e.matchers);
	const again = last && { page: 'silence-new', filter: parseMatchers(last.matchers).matchers, comment: String(last.comment || '').replace(/^ACK!\s*/, ''),
		duration: Date.parse(last.ends) > Date.parse(last.starts) ? `${Math.max(60, Math.round((Date.parse(last.ends) - Date.parse(last.starts)) / 1000))}s` : '' };
	return h(Fragment, null, h('h1', { tabindex: -1 }, 'No such silence'),
		h(Empty, { icon: 'silence', title: 'There is no silence with this id.' },
			h('p', null, 'Expired ones are removed after retention (5 days, if the server is not told otherwise).'),
			h('p', { class: 'meta' }, h('code', null, h(Value, { text: id, limit: 100 }))),
			h('div', { class: 'row-flex' }, again ? h(Button, { kind: 'primary', icon: 'repeat', href: href(again) }, 'Recreate') : null, h(Button, { href: href({ page: 'silences' }) }, 'All silences'),
				h(Button, { href: href({ page: 'silences', state: 'expired' }) }, 'Expired ones'))),
		events.length ? h('section', { class: 'card si-remembered' }, h('h2', null, 'What history knows'), h('ul', null, ...events.slice(0, 50).map((e, i) => h('li', { key: e.id || i },
			h(FullTime, { at: e.at }), ` ${DID.get(e.kind) || 'changed'}`, e.by ? h(Fragment, null, ' by ', h('span', { class: 'prose' }, h(Value, { text: e.by }))) : null, e.comment ? h(Fragment, null, ': ', h('span', { class: 'prose' }, h(RichText, { text: e.comment, row: true }))) : null,
			e.matchers ? h('div', null, h(Value, { text: e.matchers })) : null)))) : null);
}

async function loadPage(id, signal) {
	if (isId(id)) {
		try {
			return { silence: await loadSilence(id, { signal }), events: [] };
		} catch (error) {
			if (error.status !== 404) throw error;
		}
	}
	return { silence: null, events: isId(id) ? await remembered(id, signal) : [] };
}

/** The page `#/silences/ID`. */
export function SilencePage({ view }) {
	const { id } = view;
	const { data, error, loading, stale, reload } = useLive(['silences', 'alerts'], ({ signal }) => loadPage(id, signal), [id]);
	if (!data) return h(Fragment, null, h('h1', { tabindex: -1 }, 'Silence'), loading ? h(Skeleton, { rows: 6 }) : h(ErrorBox, { error, onretry: reload }));
	if (!data.silence) return h(Unknown, { id, events: data.events });
	return h('div', { class: stale && error ? 'stale' : '' }, error && error.kind !== 'network' ? h(ErrorBox, { error, onretry: reload }) : null, h(Known, { silence: data.silence, reload }));
}

/** A silence beside the list; `onclose` closes it. */
export function SilenceDetail({ id, onclose }) {
	const { data, error, loading, reload } = useLive(['silences', 'alerts'], ({ signal }) => loadPage(id, signal), [id]);
	if (data && data.silence) return h(Known, { silence: data.silence, reload, onclose });
	return h(Fragment, null, h('div', { class: 'si-head' }, h('h2', { tabindex: -1 }, 'Silence'), h('span', { class: 'grow' }), h(IconButton, { icon: 'close', label: 'Close', onclick: onclose })),
		data ? h(Empty, { icon: 'silence', title: 'There is no silence with this id.' }, h('a', { href: href({ page: 'silence', id }) }, 'What is known of it')) : loading ? h(Skeleton, { rows: 6 }) : h(ErrorBox, { error, onretry: reload }));
}
