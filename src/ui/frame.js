// SPDX-License-Identifier: Apache-2.0
/** What stands around the pages: header, navigation, and the bar that tells of the connection. */
import { get } from './api.js';
import { boot } from './boot.js';
import { Icon } from './icons.js';
import { Button, IconButton, Menu, Time, Value, formatCount } from './kit.js';
import { live, retryNow, setPaused } from './live.js';
import { Fragment, h } from './render.js';
import { go, href, view } from './route.js';
import { settings } from './settings.js';
import { levelOf, severityMatcher } from './severity.js';
import { useStore } from './store.js';
import { formatDuration, formatTime } from './time.js';
import { clockSkew } from './value.js';

/** Pages in the navigation: [page, word, icon, pages that belong to it, shown on phones]. */
const NAV_PAGES = [
	['alerts', 'Alerts', 'alert', ['alert', 'group'], true],
	['silences', 'Silences', 'silence', ['silence', 'silence-new', 'silence-edit'], true],
	['history', 'History', 'history', [], true],
	['explain', 'Explain', 'explain', [], true],
	['receivers', 'Receivers', 'receiver', ['receiver', 'templates'], false],
	['status', 'Status', 'info', ['config'], false],
];
const FIRING = { page: 'alerts', silenced: false, inhibited: false, muted: false, active: true };

const SEVERITY_LABEL = (boot.ui.severity && boot.ui.severity.label) || 'severity';
const withSeverity = words => ({ ...FIRING, acked: false, filter: [severityMatcher(SEVERITY_LABEL, words)] });

/** Goes to what fires with a severity, by the words that senders have for it just now. */
async function showSeverity(event, level) {
	if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button) return;
	event.preventDefault();
	let words = [];
	try {
		const { data } = await get(`labels/${encodeURIComponent(SEVERITY_LABEL)}/values`, { limit: 100, silenced: false, inhibited: false, muted: false, acked: false }, { patience: 2000 });
		words = data.items.map(item => item.value).filter(word => levelOf(word) === level);
	} catch {
		// The plain word then.
	}
	go(withSeverity(words.length ? words : [level]));
}

function Counters({ alerts }) {
	const { critical, warning } = alerts.severity;
	const other = alerts.active - critical - warning;
	const item = (key, n, word, icon, to, onclick) => (n > 0 ? h('a', { key, class: 'counter counter-' + key, href: to, onclick, 'aria-label': `${formatCount(n)} ${word}` },
		h(Icon, { name: icon, size: 0.75 }), `${formatCount(n)} `, h('span', { class: 'counter-word' }, word)) : null);
	if (!alerts.active && !alerts.acked) {
		return h('div', { class: 'counters' }, h('a', { class: 'counter counter-calm', href: href({ page: 'alerts' }) }, h(Icon, { name: 'check' }), h('span', null, 'nothing fires')));
	}
	return h('div', { class: 'counters' },
		item('critical', critical, 'critical', 'critical', href(withSeverity(['critical'])), e => showSeverity(e, 'critical')),
		item('warning', warning, 'warning', 'warning', href(withSeverity(['warning'])), e => showSeverity(e, 'warning')),
		item('other', other, 'other', 'info', href({ ...FIRING, acked: false })),
		item('acked', alerts.acked, 'acked', 'ack', href({ ...FIRING, active: false, acked: true })));
}

const DOTS = new Map([['live', ['live', 'live: shown as it happens. Pause']], ['paused', ['paused', 'paused: what you see stays as it is. Go on']],
	['lost', ['lost', 'lost: no connection. Try again']], ['signin', ['not signed in', 'not signed in. Try again']], ['updated', ['live', 'live: shown as it happens. Pause']]]);

function Dot({ connection, paused }) {
	const [word, label] = DOTS.get(connection === 'updated' && paused ? 'paused' : connection);
	const bad = connection === 'lost' || connection === 'signin';
	const kind = bad ? 'lost' : paused ? 'paused' : 'live';
	return h('button', { type: 'button', class: `btn quiet dot dot-${kind}`, 'aria-label': label, title: label, onclick: bad ? retryNow : () => setPaused(!paused) },
		h('span', { class: 'dot-word' }, word));
}

function Nav({ page, overview, onhelp }) {
	const counts = new Map(overview ? [['alerts', overview.alerts.active], ['silences', overview.silences.active]] : []);
	const current = (name, more) => (name === page || more.includes(page) ? 'page' : undefined);
	const more = NAV_PAGES.filter(p => !p[4]);
	return h('nav', { class: 'nav', 'aria-label': 'Pages' },
		...NAV_PAGES.map(([name, word, icon, own, phone]) => h('a', { key: name, class: 'nav-item' + (phone ? '' : ' only-wide'), href: href({ page: name }), 'aria-current': current(name, own) },
			h(Icon, { name: icon, size: 1.25 }), word, counts.get(name) ? h('span', { class: 'count' }, formatCount(counts.get(name))) : null)),
		h('span', { class: 'only-narrow', key: 'more' }, h(Menu, { label: 'More', text: [h(Icon, { key: 'i', name: 'more', size: 1.25 }), h('span', { key: 't' }, 'More')], items: [
			...more.map(([name, word, icon]) => ({ label: word, icon, href: href({ page: name }) })),
			{ label: 'New silence', icon: 'plus', href: href({ page: 'silence-new' }) },
			{ label: 'Settings', icon: 'gear', href: href({ page: 'settings' }) },
			{ label: 'Help', icon: 'help', onselect: onhelp },
		] })));
}

/** The header with the navigation; `onhelp` opens the help. */
export function Header({ onhelp }) {
	const { connection, paused, overview } = useStore(live);
	const page = useStore(view, v => v.page);
	return h('header', { class: 'top' },
		h('div', { class: 'top-inner' },
			h('a', { class: 'brand', href: href({ page: 'alerts' }) }, 'tocsin', boot.ui.title ? h('bdi', { class: 'brand-site' }, boot.ui.title) : null),
			h(Nav, { page, overview, onhelp }),
			h('div', { class: 'tools' },
				overview ? h(Counters, { alerts: overview.alerts }) : null,
				h(Dot, { connection, paused }),
				boot.me.name ? h('bdi', { class: 'me', title: `You are ${boot.me.name}` }, boot.me.name) : null,
				h(IconButton, { icon: 'gear', label: 'Settings', class: 'only-wide', href: href({ page: 'settings' }), 'aria-current': page === 'settings' ? 'page' : undefined }),
				h(IconButton, { icon: 'help', label: 'Help', class: 'only-wide', onclick: onhelp }),
				h(Button, { icon: 'plus', class: 'new-silence only-wide', href: href({ page: 'silence-new' }), 'aria-label': 'New silence' }, h('span', { class: 'btn-word' }, 'New silence')))),
		h(Banners, null));
}

function StateBar({ kind, icon, class: extra, children, actions }) {
	return h('div', { class: 'bar' + (kind ? ' bar-' + kind : '') + (extra ? ' ' + extra : '') }, h(Icon, { name: icon }), h('span', null, children), actions);
}

const SIGN_IN = new Map([['auth', 'You have to sign in.'], ['html', 'The answer was a page, not data: you may have to sign in again.']]);

/* One line, however many there are and whatever they say: Status has them all in full, and does without this. */
function ProblemMark({ problems }) {
	const onStatus = useStore(view, v => v.page === 'status');
	if (onStatus || !problems.length) return null;
	const [first] = problems;
	const many = problems.length > 1;
	const link = !many && String(first.link || '').startsWith('#/') ? first.link : href({ page: 'status' });
	return h(StateBar, { kind: 'warning', icon: 'alert', class: 'bar-line prose', actions: h('a', { href: link }, many ? `All ${problems.length} problems` : 'Details') }, h(Value, { text: first.text, limit: 300 }));
}

function Banners() {
	const s = useStore(live);
	const utc = useStore(settings, t => t.utc);
	const hour12 = useStore(settings, t => !t.hours24);
	const skew = clockSkew();
	const reload = h(Button, { onclick: () => location.reload() }, 'Reload');
	const since = formatTime(s.lastGood, { utc, hour12, seconds: true }) + (utc ? ' UTC' : '');
	return h(Fragment, null,
		// Said once: the bar itself ticks, and would be read again and again.
		h('div', { key: 'said', class: 'vh', role: 'alert' }, s.connection === 'lost' ? `No connection to tocsin since ${since}.` : s.signin ? SIGN_IN.get(s.signin) : ''),
		s.connection === 'lost' ? h(StateBar, { key: 'lost', kind: 'lost', icon: 'alert', actions: h(Button, { onclick: retryNow }, 'Try again') },
			`No connection to tocsin since ${since}. What you see is `, h(Time, { at: s.lastGood, mode: 'age' }), ' old.') : null,
		s.signin ? h(StateBar, { key: 'signin', kind: 'lost', icon: 'lock', actions: reload }, SIGN_IN.get(s.signin)) : null,
		s.back && s.connection !== 'lost' && !s.signin ? h(StateBar, { key: 'back', kind: 'ok', icon: 'check' }, 'The connection is back.') : null,
		s.updated ? h(StateBar, { key: 'updated', icon: 'info', actions: reload }, 'tocsin was updated.') : null,
		s.connection === 'paused' ? h(StateBar, { key: 'paused', icon: 'pause', actions: h(Button, { onclick: () => setPaused(false) }, 'Go on') }, 'Paused. What you see stays as it is; the numbers above go on.') : null,
		s.busy > Date.now() ? h(StateBar, { key: 'busy', kind: 'warning', icon: 'clock' }, 'tocsin is busy and asked this page to wait a moment.') : null,
		skew ? h(StateBar, { key: 'skew', kind: 'warning', icon: 'clock' }, `The clock of this device is ${formatDuration(skew)} ${skew > 0 ? 'behind' : 'ahead of'} the server’s. Times are shown by the server’s.`) : null,
		h(ProblemMark, { key: 'problems', problems: (s.overview && s.overview.problems) || [] }));
}
