// SPDX-License-Identifier: Apache-2.0
/**
 * What happens while the page is open: one request waits for changes, and who shows something that changed is told. Of several tabs
 * one waits (tabs.js). A lost connection is tried again at 1, 2, 4, 8, 15 … s; what was seen last stays.
 */
import { Answer, get, onOutcome, serverNow } from './api.js';
import { boot, can } from './boot.js';
import { useEffect, useLayout, useRef, useState } from './render.js';
import { createStore, useStore } from './store.js';
import { TabGroup, openChannel } from './tabs.js';

export { boot, can } from './boot.js';

/** Seconds the server may keep a waiting request, and milliseconds after which it is thought dead. */
const WAIT = 25;
const DEAD = (WAIT + 8) * 1000;
/** Milliseconds without a connection before it is said. */
const GRACE = 5000;
/** Waits cut short after which is asked every 5 s, and how often until it waits again. */
const SHORT_WAITS = 3;
const POLLS = 12;
const NOBODY = { alerts: 0, silences: 0, config: 0, history: 0 };

/**
 * The state of the connection. `connection`: 'live', 'paused', 'lost', 'signin', 'updated'; `since`: from when it is so; `lastGood`: the last
 * answer (both by the server's clock, ms); `back`: it came back a moment ago; `updated`: the server has another page;
 * `signin`: 'auth' or 'html', why; `busy`: until when the server asked to be left alone; `generation` moves when all is to be fetched anew.
 */
export const live = createStore({
	connection: 'live', since: Date.now(), lastGood: Date.now(), back: false, paused: false, updated: false, signin: null, busy: 0,
	overview: boot.overview, revision: (boot.overview && boot.overview.revision) || NOBODY, generation: 0,
});

let failing = 0; // performance.now() of the first failure in a row, 0 when all is well
let sure = true; // false: an answer is wanted at once, not when something has changed
let tries = 0;
let wake = null; // ends the pause between two requests
let waiting = null; // AbortController of the waiting request
let started = false;
let shortWaits = 0; // answers in a row that came at once without a change; from SHORT_WAITS on, questions since

const connectionOf = s => (s.signin ? 'signin' : s.lost ? 'lost' : s.updated ? 'updated' : s.paused ? 'paused' : 'live');

function change(patch) {
	live.set(old => {
		const next = { ...old, ...patch };
		next.connection = connectionOf(next);
		if (next.connection !== old.connection) next.since = serverNow();
		return next;
	});
}

/** Holds what is shown as it is, or goes on. The header goes on counting. */
export function setPaused(paused) {
	change({ paused });
}

/** Fetches anew whatever is shown. */
export function refreshAll() {
	retryNow();
	change({ generation: live.get().generation + 1 });
}

/** Looks at once: for 'try again', and when the network is said to be there. */
export function retryNow() {
	tries = 0;
	sure = false;
	if (waiting) waiting.abort();
	if (wake) wake();
}

/** Until wake() is called, or the time is over when one is given. */
function pause(ms) {
	return new Promise(resolve => {
		const timer = ms === undefined ? 0 : setTimeout(done, ms);
		function done() {
			clearTimeout(timer);
			wake = null;
			resolve();
		}
		wake = done;
	});
}

const since = o => [o.instance, ...['alerts', 'silences', 'config', 'history'].map(k => o.revision[k])].join('.');

async function askChanges() {
	const { overview } = live.get();
	waiting = new AbortController();
	const { signal } = waiting;
	try {
		if (!sure || !overview || !overview.revision) return (await get('overview', null, { signal, patience: 8000 })).data;
		const begun = performance.now();
		if (shortWaits >= SHORT_WAITS && shortWaits < SHORT_WAITS + POLLS) {
			shortWaits++;
			await pause(5000);
			if (signal.aborted) return overview;
			return (await get('overview', null, { signal, patience: 8000 })).data;
		}
		const { data } = await get('changes', { since: since(overview), wait: WAIT }, { signal, patience: DEAD });
		// A wait that the server's time limit cuts to nothing is no wait: then it is asked every 5 s.
		shortWaits = performance.now() - begun >= 2000 || data.changed.length ? 0 : Math.min(shortWaits + 1, SHORT_WAITS);
		return data.overview;
	} finally {
		waiting = null;
	}
}

const isOverview = o => Boolean(o) && typeof o === 'object' && Boolean(o.revision) && typeof o.revision === 'object';

async function runChanges() {
	for (;;) {
		// The tab that waits tells the others; those ask by themselves only when somebody wants to know at once.
		if (sure && !tabs.leads) {
			await pause();
			continue;
		}
		const begun = performance.now();
		try {
			const overview = await askChanges();
			if (!isOverview(overview)) throw new TypeError('not an overview');
			good(overview);
			tabs.tell({ overview });
			// Once a second at most, however fast things change.
			await pause(Math.max(0, 1000 - (performance.now() - begun)));
		} catch (error) {
			if (error.kind === 'aborted') {
				await pause(50);
				continue;
			}
			bad(error);
			sure = !tabs.leads;
			tellTrouble(error);
			if (error.kind === 'busy') await pause(error.retryAfter * 1000);
			else await pause(Math.min(15, 2 ** tries++) * 1000 * (0.8 + 0.4 * Math.random()));
		}
	}
}

/* ---- other tabs ---- */

const tabs = new TabGroup(openChannel(location.pathname, boot.assets), { onlead, onfollow: stopWaiting, onnews, welcome: () => ({ overview: live.get().overview, old: true }) });

function onlead() {
	if (failing) sure = false;
	if (wake) wake();
}

function stopWaiting() {
	if (waiting) waiting.abort();
}

const tellTrouble = ({ kind, status, retryAfter }) => tabs.tell({ error: { kind, status, retryAfter } });

/** What another tab was told by the server, or that it was not. */
function onnews({ overview, old, error }) {
	const known = live.get().overview;
	if (isOverview(overview)) {
		// To who comes later the one that waits tells what it knows; that may be older than the page.
		if (old && known && known.instance === overview.instance && !(known.now < overview.now)) return;
		const wakes = failing && wake;
		good(overview);
		if (wakes) wakes();
	} else if (error) trouble(error);
}

/** A request failed beside the waiting one, which may be dead without knowing. */
function trouble(error) {
	if (failing && error.kind === 'network') return;
	bad(error);
	if (!failing || !tabs.leads) return;
	sure = false;
	stopWaiting();
}

function stopAsking() {
	tabs.leave();
	stopWaiting();
}

function good(overview) {
	const old = live.get();
	const wasLost = Boolean(old.lost || old.signin);
	const restarted = Boolean(old.overview && old.overview.instance !== overview.instance);
	failing = tries = 0;
	sure = true;
	change({
		overview, revision: overview.revision, lastGood: serverNow(), lost: false, signin: null, busy: 0,
		back: wasLost || old.back, generation: old.generation + (wasLost || restarted ? 1 : 0),
	});
	if (wasLost) setTimeout(() => change({ back: false }), 3000);
	if (restarted || wasLost) lookForUpdate();
}

function bad(error) {
	if (error.kind === 'busy') return change({ busy: Date.now() + error.retryAfter * 1000 });
	if (error.kind === 'auth' || error.kind === 'html') return change({ signin: error.kind });
	if (!failing) {
		failing = performance.now();
		setTimeout(() => {
			if (failing && performance.now() - failing >= GRACE - 50) change({ lost: true });
		}, GRACE);
	}
}

/** A server with another page does not have the files of this one any more. */
export async function lookForUpdate() {
	if (!boot.assets) return;
	try {
		const response = await fetch(`assets/${boot.assets}/icon-calm.svg`, { cache: 'no-store', credentials: 'same-origin' });
		if (response.status === 404) change({ updated: true });
	} catch {
		// The connection is looked after elsewhere.
	}
}

/** Begins to wait for changes; called once. */
export function startLive() {
	if (started) return;
	started = true;
	onOutcome(error => {
		// Who answers one question is there for all.
		if (!error && wake && (failing || live.get().signin)) wake();
		if (!error || !['auth', 'html', 'network'].includes(error.kind)) return;
		trouble(error);
		if (!tabs.leads) tellTrouble(error);
	});
	addEventListener('online', retryNow);
	addEventListener('offline', retryNow);
	addEventListener('pagehide', stopAsking);
	addEventListener('pageshow', event => event.persisted && tabs.join());
	document.addEventListener('freeze', stopAsking);
	document.addEventListener('resume', () => tabs.join());
	document.addEventListener('visibilitychange', () => {
		if (document.hidden) return;
		tabs.doubt();
		if (failing || live.get().signin || serverNow() - live.get().lastGood > DEAD) retryNow();
	});
	tabs.join();
	runChanges();
}

/* ---- held ---- */

/** {count}: how many menus, dialogs and the like are open. Lists do not move their rows while it is above 0. */
export const held = createStore({ count: 0 });

/** Holds lists still while `on`. */
export function useHold(on = true) {
	useEffect(() => {
		if (!on) return undefined;
		held.set(s => ({ count: s.count + 1 }));
		return () => held.set(s => ({ count: s.count - 1 }));
	}, [on]);
}

/* ---- lists that follow ---- */

/** Loads again when a revision has moved, not more often than every 2 s, 10 s when answers are slow. */
class Follower {
	constructor(kind, load, show) {
		Object.assign(this, { kind, load, show, etag: null, last: -Infinity, slow: false, control: null, timer: 0, seen: '', dead: false, missed: false });
		this.onLive = () => this.look();
		this.onSight = () => !document.hidden && this.missed && this.again();
	}

	start() {
		this.unsubscribe = live.subscribe(this.onLive);
		document.addEventListener('visibilitychange', this.onSight);
		this.seen = this.mark();
		this.fetch();
	}

	stop() {
		this.dead = true;
		clearTimeout(this.timer);
		if (this.control) this.control.abort();
		this.unsubscribe();
		document.removeEventListener('visibilitychange', this.onSight);
	}

	mark() {
		const s = live.get();
		const kinds = this.kind ? [].concat(this.kind) : [];
		return [s.generation, s.overview && s.overview.instance, ...kinds.map(k => s.revision[k])].join('.');
	}

	look() {
		if (live.get().paused) return;
		const mark = this.mark();
		if (mark === this.seen) {
			if (this.missed) this.again();
			return;
		}
		if (mark.split('.', 2).join('.') !== this.seen.split('.', 2).join('.')) this.etag = null;
		this.seen = mark;
		this.again();
	}

	/** Soon, at most as often as is good for the server; when the tab is not seen or live is paused, once that is over. */
	again(now = false) {
		this.missed = !now && (document.hidden || live.get().paused);
		if (this.missed) return;
		clearTimeout(this.timer);
		const due = now ? 0 : this.last + (this.slow ? 10000 : 2000) - performance.now();
		if (due <= 0) this.fetch();
		else this.timer = setTimeout(() => this.again(), due + 1);
	}

	async fetch() {
		if (this.control) this.control.abort();
		const control = (this.control = new AbortController());
		const begun = (this.last = performance.now());
		this.show({ loading: true });
		try {
			const result = await this.load({ signal: control.signal, etag: this.etag || undefined });
			if (this.dead || control.signal.aborted) return;
			this.slow = performance.now() - begun > 500;
			if (!(result instanceof Answer)) return this.show({ data: result, error: null, loading: false, stale: false });
			if (result.notModified) return this.show({ error: null, loading: false, stale: false });
			this.etag = result.etag;
			this.show({ data: result.data, error: null, loading: false, stale: false });
		} catch (error) {
			if (this.dead || control.signal.aborted) return;
			this.show({ error, loading: false, stale: true });
			if (error.kind === 'busy') this.timer = setTimeout(() => this.again(true), error.retryAfter * 1000);
			else if (!error.kind) throw error;
		} finally {
			if (this.control === control) this.control = null;
		}
	}
}

/**
 * Loads data and follows its changes.
 * @param {string|string[]|null} kind whose revision is followed: 'alerts', 'silences', 'config', 'history'
 * @param {function({signal: AbortSignal, etag?: string}): Promise<*>} load what get() gives, or data of its own
 * @param {Array} deps when one of these changes it is loaded anew; what was there stays until the answer, marked stale
 * @returns {{data: *, error: ApiError|null, loading: boolean, stale: boolean, reload: function(): void}}
 */
export function useLive(kind, load, deps) {
	const [state, set] = useState({ data: undefined, error: null, loading: true, stale: false });
	const latest = useRef(load);
	const follower = useRef(null);
	latest.current = load;
	// Asked before what is there so far is drawn: the answer comes meanwhile.
	useLayout(() => {
		const show = patch => set(s => (Object.keys(patch).every(k => Object.is(patch[k], s[k])) ? s : { ...s, ...patch }));
		set(s => (s.data === undefined ? s : { ...s, loading: true, stale: true }));
		const f = (follower.current = new Follower(kind, options => latest.current(options), show));
		f.start();
		return () => f.stop();
	}, deps);
	const lost = useStore(live, s => s.connection === 'lost');
	return { ...state, stale: state.stale || (lost && state.data !== undefined), reload: () => follower.current && follower.current.again(true) };
}
