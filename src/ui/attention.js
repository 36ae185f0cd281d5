// SPDX-License-Identifier: Apache-2.0
/**
 * What calls a person whose eyes are elsewhere: title and favicon always; sound and desktop notification when switched on.
 * Only alerts that fire and that nobody has taken count.
 */
import { get } from './api.js';
import { boot } from './boot.js';
import { announce } from './kit.js';
import { live } from './live.js';
import { go, view } from './route.js';
import { settings } from './settings.js';
import { title } from './title.js';

/** Milliseconds for which a group is not called out again. */
const QUIET = 300000;
/** How many notifications at once, at most. */
const MOST_SOUNDS = 3;

const ICON_NAMES = new Map([['alerts', 'Alerts'], ['alert', 'Alerts'], ['group', 'Alerts'], ['silences', 'Silences'], ['silence', 'Silences'], ['silence-new', 'New silence'],
	['silence-edit', 'Edit silence'], ['history', 'History'], ['explain', 'Explain'], ['receivers', 'Receivers'], ['receiver', 'Receivers'], ['templates', 'Templates'],
	['status', 'Status'], ['config', 'Configuration'], ['settings', 'Settings']]);

/** The site's name after the program's: 'tocsin prod-eu'. */
export const siteName = () => ['tocsin', boot.ui.title].filter(Boolean).join(' ');

/** The page's name, for the title and for error boxes. */
export const pageName = page => ICON_NAMES.get(page) || 'Not found';

function drawTitle() {
	const { connection, overview } = live.get();
	const firing = overview ? overview.alerts.active : 0;
	const mark = connection === 'lost' || connection === 'signin' ? '(!) ' : firing > 0 ? `(${firing}) ` : '';
	const page = view.get().page;
	document.title = mark + [title.get().detail, page === 'alerts' && !mark ? '' : ICON_NAMES.get(page), siteName()].filter(Boolean).join(' · ');
}

function drawIcon() {
	const { connection, overview } = live.get();
	const a = overview ? overview.alerts : { active: 0, total: 0 };
	const state = connection === 'lost' || connection === 'signin' ? 'lost' : a.active > 0 ? 'burning' : a.total > 0 ? 'silenced' : 'calm';
	const icon = document.getElementById('favicon');
	const address = `assets/${boot.assets}/icon-${state}.svg`;
	if (icon && icon.getAttribute('href') !== address) icon.setAttribute('href', address);
}

/* ---- sound ---- */

let audio = null;

/** Plays two tones. Browsers want a click on the page before the first sound. @returns {Promise<boolean>} whether it was heard */
export async function ring() {
	try {
		audio = audio || new AudioContext();
		if (audio.state === 'suspended') await audio.resume();
		const begin = audio.currentTime;
		[880, 660].forEach((frequency, i) => {
			const tone = audio.createOscillator();
			const volume = audio.createGain();
			const at = begin + i * 0.22;
			tone.frequency.value = frequency;
			volume.gain.setValueAtTime(0.0001, at);
			volume.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
			volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
			tone.connect(volume).connect(audio.destination);
			tone.start(at);
			tone.stop(at + 0.21);
		});
		return audio.state === 'running';
	} catch {
		return false;
	}
}

/** Why there can be no desktop notification, or '' when there can. */
export function whyNoNotification() {
	if (typeof Notification === 'undefined') return 'This browser has none.';
	if (!window.isSecureContext) return 'Only over https.';
	if (Notification.permission === 'denied') return 'Refused in the browser’s settings for this site.';
	return '';
}

/** Asks the browser for leave to notify. @returns {Promise<boolean>} */
export async function askToNotify() {
	return !whyNoNotification() && (await Notification.requestPermission()) === 'granted';
}

/** Shows a desktop notification; a click on it leads to `to`. */
export function notify(head, body, tag, to) {
	if (whyNoNotification() || Notification.permission !== 'granted') return;
	const note = new Notification(head, { body, tag, icon: `assets/${boot.assets}/icon-burning.svg` });
	note.onclick = () => {
		window.focus();
		if (to) go(to);
		note.close();
	};
}

/* ---- one of several tabs ---- */

/** Where tabs say which groups they have called for: {id: [token, ms]}. */
const CLAIMS = 'tocsin.called';
/** Milliseconds after which a claim stands that no other tab has written over. */
const STANDS = 200;

function claims() {
	try {
		const all = JSON.parse(localStorage.getItem(CLAIMS) || '{}');
		return new Map(Object.entries(all && typeof all === 'object' ? all : {}).filter(([, c]) => Array.isArray(c) && typeof c[1] === 'number' && Date.now() - c[1] >= 0 && Date.now() - c[1] < QUIET));
	} catch {
		return new Map();
	}
}

/** Of these groups, those that this tab calls for and no other does. Where nothing can be stored each tab is alone. */
async function claim(ids) {
	const own = `${performance.timeOrigin}.${Math.random()}`;
	const all = claims();
	const free = ids.filter(id => !all.has(id));
	if (!free.length) return [];
	for (const id of free) all.set(id, [own, Date.now()]);
	try {
		localStorage.setItem(CLAIMS, JSON.stringify(Object.fromEntries([...all].slice(-200))));
		await new Promise(done => setTimeout(done, STANDS));
		const now = claims();
		return free.filter(id => now.has(id) && now.get(id)[0] === own);
	} catch {
		return free;
	}
}

const called = new Map(); // id of a group -> Date.now() of the last call
let newest = Date.now(); // alerts that began before are known
let looking = false;

/** Looks which groups have new alerts, and calls for those that were not called for in the last five minutes. */
async function lookAtOverview() {
	const { sound, notify: desktop, criticalOnly } = settings.get();
	if (looking || (!sound && !desktop)) return;
	looking = true;
	try {
		const { data } = await get('groups', { sort: 'newest', limit: 50, alerts: 0, silenced: false, inhibited: false, muted: false, acked: false });
		const now = Date.now();
		const groups = data.items.filter(g => Date.parse(g.newest) > newest && (!criticalOnly || g.severity === 'critical') && !(now - (called.get(g.id) || 0) < QUIET));
		newest = data.items.reduce((max, g) => Math.max(max, Date.parse(g.newest) || 0), newest);
		for (const [id, at] of called) if (now - at > QUIET) called.delete(id);
		for (const g of groups) called.set(g.id, now);
		const mine = new Set(await claim(groups.map(g => g.id)));
		if (mine.size && sound) ring();
		if (desktop) {
			for (const g of groups.filter(one => mine.has(one.id)).slice(0, MOST_SOUNDS)) {
				const name = g.labels.alertname || Object.values(g.labels)[0] || 'Alert';
				notify(`${name} (${g.severity || 'no severity'})`, `${g.counts.active} firing, ${g.receiver}. ${siteName()}`, g.id, { page: 'group', id: g.id });
			}
		}
	} catch {
		// Without a connection there is a bar that says so.
	} finally {
		looking = false;
	}
}

function tell(old, now) {
	const grown = now.severity.critical - old.severity.critical;
	if (grown > 0) announce(`${grown} new critical ${grown === 1 ? 'alert' : 'alerts'}, ${now.active} firing`);
	else if (now.active > old.active) announce(`${now.active - old.active} new ${now.active - old.active === 1 ? 'alert' : 'alerts'}, ${now.active} firing`);
}

/** Begins to watch; called once. */
export function startAttention() {
	let last = live.get().overview;
	const draw = () => {
		drawTitle();
		drawIcon();
	};
	live.subscribe(s => {
		draw();
		if (s.overview === last) return;
		if (last && s.overview) {
			tell(last.alerts, s.overview.alerts);
			if (s.revision.alerts !== last.revision.alerts) lookAtOverview();
		}
		last = s.overview;
	});
	title.subscribe(drawTitle);
	view.subscribe(drawTitle);
	draw();
}
