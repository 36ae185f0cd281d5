// SPDX-License-Identifier: Apache-2.0
/** Where the page begins: the frame, which page is shown, the keys that work everywhere. */
import { Alerts } from './alerts.js';
import { get } from './api.js';
import { pageName, startAttention } from './attention.js';
import { boot } from './boot.js';
import { Header } from './frame.js';
import { Help } from './help.js';
import { useKeys } from './keys.js';
import { Empty, Failure, announcement } from './kit.js';
import { fetchOthers, later } from './later.js';
import { live, refreshAll, setPaused, startLive, useLive } from './live.js';
import { Fragment, Guard, h, mount, setGuardView, useEffect, useRef, useState } from './render.js';
import { go, href, isFresh, startRoute, view } from './route.js';
import { settings } from './settings.js';
import { useStore } from './store.js';

const alertView = () => import('./alert.js');
const receiverPages = () => import('./receivers.js');
const silenceForm = later(() => import('./silenceform.js'), 'SilenceForm', 'Silence');

/** Component of each page, and the feature of the server that it needs. */
const PAGE_MODULES = new Map([
	['alerts', [Alerts, 'alerts']], ['alert', [later(alertView, 'AlertPage', 'Alert'), 'alerts']],
	['group', [later(() => import('./group.js'), 'GroupPage', 'Group'), 'alerts']],
	['silences', [later(() => import('./silences.js'), 'Silences', 'Silences'), 'silences']],
	['silence', [later(() => import('./silence.js'), 'SilencePage', 'Silence'), 'silences']],
	['silence-new', [silenceForm, 'silences']], ['silence-edit', [silenceForm, 'silences']],
	['history', [later(() => import('./history.js'), 'HistoryPage', 'History'), 'history']],
	['explain', [later(() => import('./explain.js'), 'Explain', 'Explain'), 'explain']],
	['receivers', [later(receiverPages, 'Receivers', 'Receivers'), '']], ['receiver', [later(receiverPages, 'ReceiverPage', 'Receiver'), '']],
	['templates', [later(() => import('./templates.js'), 'Templates', 'Templates'), 'preview']],
	['status', [later(() => import('./status.js'), 'Status', 'Status'), '']],
	['config', [later(() => import('./config.js'), 'ConfigPage', 'Configuration'), '']],
	['settings', [later(() => import('./settingspage.js'), 'SettingsPage', 'Settings'), '']],
]);

/** Which pages are one for the focus and the place of the scroll: a filter is no other page. */
const placeOf = v => [v.page, v.id || '', v.page === 'history' ? v.tab || '' : ''].join('/');

function Page({ features }) {
	const v = useStore(view);
	const place = placeOf(v);
	const shown = useRef(place);
	useEffect(() => {
		if (shown.current === place) return;
		shown.current = place;
		const head = document.querySelector('main h1') || document.querySelector('main');
		if (!head.hasAttribute('tabindex')) head.setAttribute('tabindex', '-1');
		head.focus({ preventScroll: true });
		if (isFresh()) scrollTo(0, 0);
	}, [place]);
	const [component, feature] = PAGE_MODULES.get(v.page) || [NotFound, ''];
	if (feature && features && !features.includes(feature)) return h(Missing, { name: pageName(v.page) });
	return h(Guard, { key: place, name: pageName(v.page) }, h(component, { view: v }));
}

function NotFound({ view: v }) {
	return h(Fragment, null, h('h1', { tabindex: -1 }, 'Not found'),
		h(Empty, { title: 'There is no such page.' }, h('p', null, h('code', null, String(v.path || location.hash).slice(0, 200))), h('a', { href: href({ page: 'alerts' }) }, 'Alerts')));
}

function Missing({ name }) {
	return h(Fragment, null, h('h1', { tabindex: -1 }, name), h(Empty, { title: 'Not in this build.' }, h('p', null, `This server has no ${name.toLowerCase()}.`)));
}

function App() {
	const [help, setHelp] = useState(false);
	const said = useStore(announcement, s => s.text);
	const { data } = useLive('config', ({ signal }) => get('status', null, { signal }), []);
	const showHelp = () => setHelp(true);
	useKeys({
		'?': showHelp,
		'g a': () => go({ page: 'alerts' }), 'g s': () => go({ page: 'silences' }), 'g h': () => go({ page: 'history' }),
		'g e': () => go({ page: 'explain' }), 'g r': () => go({ page: 'receivers' }), 'g i': () => go({ page: 'status' }),
		n: () => go({ page: 'silence-new' }),
		p: () => setPaused(!live.get().paused),
		r: refreshAll,
		t: () => settings.set({ utc: !settings.get().utc }),
	});
	const skip = event => {
		event.preventDefault();
		const main = document.getElementById('main');
		(main.querySelector('h1[tabindex]') || main).focus();
	};
	return h(Fragment, null,
		h('a', { class: 'skip btn', href: '#main', onclick: skip }, 'Skip to the content'),
		h(Guard, { name: 'The header' }, h(Header, { onhelp: showHelp })),
		h('main', { id: 'main', tabindex: -1 }, h(Page, { features: data && data.features })),
		h('div', { class: 'vh', 'aria-live': 'polite', role: 'status' }, said),
		help ? h(Help, { onclose: () => setHelp(false) }) : null);
}

function lookUp() {
	const { theme, density } = settings.get();
	const root = document.documentElement;
	if (theme === 'light' || theme === 'dark') root.setAttribute('data-theme', theme);
	else root.removeAttribute('data-theme');
	if (density === 'dense') root.setAttribute('data-density', density);
	else root.removeAttribute('data-density');
}

lookUp();
settings.subscribe(lookUp);
live.subscribe(s => document.documentElement.setAttribute('data-connection', s.connection));
setGuardView(props => h(Failure, { ...props, version: boot.version }));
setPaused(!settings.get().live);
startRoute();
mount(h(App, null), document.getElementById('app'));
startLive();
startAttention();
fetchOthers();
