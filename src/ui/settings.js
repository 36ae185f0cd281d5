// SPDX-License-Identifier: Apache-2.0
// What a person has chosen in this browser: one value under one key of the local storage, read with distrust. What
// Alertmanager's page remembered is taken over once, and the creator goes on being written where it looks for it.

/* The one key of ours. */
export const SETTINGS_KEY = 'tocsin.v1';
/* Longer lists are cut, longer texts dropped: what somebody else wrote there must not slow the page. */
const MOST_KEPT = 200;
const LONGEST_TEXT = 20000;

const oneOf = (...words) => ({ standard: words[0], read: v => words.includes(v) ? v : undefined });
const flag = standard => ({ standard, read: v => typeof v === 'boolean' ? v : undefined });
const textSetting = standard => ({ standard, read: v => typeof v === 'string' && v.length <= LONGEST_TEXT ? v : undefined });
const orNull = kind => ({ standard: null, read: v => v === null ? null : kind.read(v) });
const listSetting = read => ({
	standard: Object.freeze([]),
	read: v => Array.isArray(v) ? v.slice(0, MOST_KEPT).map(read).filter(item => item !== undefined) : undefined,
});
const string = textSetting('').read;
const isObject = v => typeof v === 'object' && v !== null && !Array.isArray(v);

function savedFilter(v) {
	if (!isObject(v) || string(v.name) === undefined || string(v.link) === undefined)
		return undefined;
	const columns = Array.isArray(v.columns) ? v.columns.slice(0, MOST_KEPT).filter(c => string(c) !== undefined) : null;
	return columns ? { name: v.name, link: v.link, columns } : { name: v.name, link: v.link };
}

function template(v) {
	if (!isObject(v) || string(v.name) === undefined || !Array.isArray(v.matchers))
		return undefined;
	return { name: v.name, matchers: v.matchers.slice(0, MOST_KEPT).filter(m => string(m) !== undefined), duration: string(v.duration) ?? '', comment: string(v.comment) ?? '' };
}

/* Every setting: its default, and `read`, which gives undefined for what is none. */
const SETTINGS = new Map(Object.entries({
	/** look */
	theme: oneOf('auto', 'light', 'dark'),
	density: oneOf('normal', 'dense'),
	/** times: in UTC, with 24 hours a day, weeks that begin on */
	utc: flag(false),
	hours24: flag(true),
	firstDay: oneOf('monday', 'sunday', 'saturday'),
	/** who makes silences where nobody signs in */
	creator: textSetting(''),
	/** what Alerts begins with: a filter; null is the site's */
	defaultFilter: orNull(textSetting('')),
	/** groups are open, collapsed, or collapsed on phones */
	groups: oneOf('open', 'collapsed', 'phones'),
	live: flag(true),
	/** attention: whether, and for critical ones alone */
	sound: flag(false),
	notify: flag(false),
	criticalOnly: flag(true),
	/** single keys */
	keys: flag(true),
	/** lists that pages keep: filters as links ({name, link: '#/…', columns of their table}), texts last used, templates of silences, columns of the table */
	filters: listSetting(savedFilter),
	recentFilters: listSetting(string),
	comments: listSetting(string),
	templates: listSetting(template),
	columns: listSetting(string),
}));

/** The defaults of all settings. */
export const DEFAULTS = Object.freeze(Object.fromEntries(Array.from(SETTINGS, ([name, kind]) => [name, kind.standard])));

/* The settings in an object of anybody's; what is not readable has its default. */
function readAll(value) {
	const out = { ...DEFAULTS };
	if (isObject(value))
		for (const [name, kind] of SETTINGS)
			if (Object.hasOwn(value, name)) {
				const known = kind.read(value[name]);
				if (known !== undefined)
					out[name] = known;
			}
	return out;
}

function parseJson(text) {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/* What Alertmanager's page left in the storage of this address. */
function migrate(read) {
	const old = {};
	const creator = read('defaultCreator');
	if (creator)
		old.creator = creator;
	const day = parseJson(read('firstDayOfWeek'));
	if (typeof day === 'string')
		old.firstDay = day.toLowerCase();
	const expand = parseJson(read('groupExpandAll'));
	if (typeof expand === 'boolean')
		old.groups = expand ? 'open' : 'collapsed';
	return readAll(old);
}

/**
 * A store of settings over a storage.
 * @param {{getItem: function(string): string|null, setItem: function(string, string): void}|null} storage null or one that throws: they last as long as the page
 * @returns {{get: function(): Object, set: function(Object|function(Object): Object): boolean, subscribe: function(function(): void): function(): void, changed: function(string|null): void, exportText: function(): string, importText: function(string): string|null, kept: function(): boolean}}
 *   `set` takes a patch or a function that gives one, and tells whether it is kept; values that are none are left out. `changed` is for the event `storage`
 *   of another tab: the key that changed. `importText` gives null, or why the text was refused, which then changed nothing.
 *   `kept`: whether the browser keeps them.
 */
export function createSettings(storage) {
	let kept = storage !== null;
	const listeners = new Set();
	const read = key => {
		try {
			return storage?.getItem(key) ?? null;
		} catch {
			kept = false;
			return null;
		}
	};
	const write = (key, value) => {
		try {
			if (storage === null)
				return false;
			storage.setItem(key, value);
			return true;
		} catch {
			return false;
		}
	};
	const load = () => {
		const own = read(SETTINGS_KEY);
		return own === null ? migrate(read) : readAll(parseJson(own));
	};
	let state = Object.freeze(load());
	const replace = next => {
		state = Object.freeze(next);
		for (const fn of [...listeners])
			fn();
	};
	const set = patch => {
		const values = typeof patch === 'function' ? patch(state) : patch;
		const next = { ...state };
		for (const [name, value] of Object.entries(values)) {
			const known = SETTINGS.get(name)?.read(value);
			if (known !== undefined)
				next[name] = known;
		}
		if (next.creator !== state.creator)
			write('defaultCreator', next.creator);
		kept = write(SETTINGS_KEY, JSON.stringify(next));
		replace(next);
		return kept;
	};
	return {
		get: () => state,
		set,
		subscribe(fn) {
			listeners.add(fn);
			return () => listeners.delete(fn);
		},
		changed(key) {
			if (key === SETTINGS_KEY || key === null)
				replace(load());
		},
		exportText: () => JSON.stringify({ [SETTINGS_KEY]: state }, null, '\t'),
		importText(text) {
			const value = parseJson(text);
			if (value === undefined)
				return 'This is no JSON.';
			if (!isObject(value) || !isObject(value[SETTINGS_KEY]))
				return `These are no settings of tocsin: the member ${SETTINGS_KEY} is missing.`;
			for (const [name, given] of Object.entries(value[SETTINGS_KEY]))
				if (SETTINGS.has(name) && SETTINGS.get(name).read(given) === undefined)
					return `The setting ${name} cannot be ${JSON.stringify(given)?.slice(0, 80)}.`;
			set(readAll(value[SETTINGS_KEY]));
			return null;
		},
		kept: () => kept,
	};
}

/* The browser's storage; asking for it may be refused as well. */
function localStorageOrNull() {
	try {
		return globalThis.localStorage ?? null;
	} catch {
		return null;
	}
}

/** The settings of this browser. */
export const settings = createSettings(localStorageOrNull());
globalThis.addEventListener?.('storage', e => settings.changed(e.key));
