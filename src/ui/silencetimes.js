// SPDX-License-Identifier: Apache-2.0
/** Times of the week by the clocks of a place, for silences that come again by themselves. Pure. */
import { parseWhen } from './time.js';

/** Days as the API names them. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAY_WORDS = new Map([['mon', 'Mon'], ['tue', 'Tue'], ['wed', 'Wed'], ['thu', 'Thu'], ['fri', 'Fri'], ['sat', 'Sat'], ['sun', 'Sun']]);
const DAY_MS = 86400000;

/** 'Mon' of 'mon'. */
export const dayName = day => DAY_WORDS.get(day) || String(day);

/** The days of 'mon,fri', in the order of the week; all days of an empty text. */
export function readDays(text) {
	const given = String(text || '').toLowerCase().split(',').map(s => s.trim().slice(0, 3));
	const days = WEEKDAYS.filter(day => given.includes(day));
	return days.length || String(text || '').trim() ? days : [...WEEKDAYS];
}

/** The days in the order of a week that begins on `first` ('monday', 'sunday', 'saturday'). */
export function weekFrom(first) {
	const at = Math.max(0, WEEKDAYS.indexOf(String(first).slice(0, 3)));
	return [...WEEKDAYS.slice(at), ...WEEKDAYS.slice(0, at)];
}

/** 'every day', 'Mon–Fri', 'Mon, Wed'. */
export function daysText(days) {
	const list = WEEKDAYS.filter(d => days.includes(d));
	if (list.length === 7) return 'every day';
	const at = list.map(d => WEEKDAYS.indexOf(d));
	const run = list.length > 2 && at.every((n, i) => i === 0 || n === at[i - 1] + 1);
	return run ? `${dayName(list[0])}–${dayName(list[list.length - 1])}` : list.map(dayName).join(', ');
}

/** 'Mon, Fri 22:00–06:00' of a window {days or weekdays, from, to}. */
export const windowText = w => `${daysText(w.days || w.weekdays || [])} ${w.from}–${w.to}`;

/* ---- zones ---- */

const formats = new Map();

function formatOf(zone) {
	if (!formats.has(zone)) {
		formats.set(zone, new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }));
	}
	return formats.get(zone);
}

/** Whether this browser knows the zone; the server may know others. */
export function knownZone(zone) {
	try {
		formatOf(zone);
		return true;
	} catch {
		return false;
	}
}

// Chromium has some zones by the names of thirty years ago, which many servers do not have any more.
const RENAMED = new Map(Object.entries({ 'Africa/Asmera': 'Africa/Asmara', 'America/Buenos_Aires': 'America/Argentina/Buenos_Aires', 'America/Catamarca': 'America/Argentina/Catamarca',
	'America/Coral_Harbour': 'America/Atikokan', 'America/Cordoba': 'America/Argentina/Cordoba', 'America/Godthab': 'America/Nuuk', 'America/Indianapolis': 'America/Indiana/Indianapolis',
	'America/Jujuy': 'America/Argentina/Jujuy', 'America/Louisville': 'America/Kentucky/Louisville', 'America/Mendoza': 'America/Argentina/Mendoza', 'Asia/Calcutta': 'Asia/Kolkata',
	'Asia/Katmandu': 'Asia/Kathmandu', 'Asia/Rangoon': 'Asia/Yangon', 'Asia/Saigon': 'Asia/Ho_Chi_Minh', 'Atlantic/Faeroe': 'Atlantic/Faroe', 'Etc/UTC': 'UTC', 'Europe/Kiev': 'Europe/Kyiv',
	'Pacific/Enderbury': 'Pacific/Kanton', 'Pacific/Ponape': 'Pacific/Pohnpei', 'Pacific/Truk': 'Pacific/Chuuk' }));

/** The present name of a zone. */
export const zoneName = zone => RENAMED.get(zone) || zone;

/** The zone of this browser. */
export function ownZone() {
	return zoneName(new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC');
}

/** By how many ms the clocks of a place are ahead of UTC at that moment. */
export function zoneOffset(ms, zone) {
	const p = Object.create(null);
	for (const { type, value } of formatOf(zone).formatToParts(ms)) p[type] = Number(value);
	const whole = Math.floor(ms / 1000) * 1000;
	return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - whole;
}

/** The moment at which the clocks of a place show this (as ms of Date.UTC); where they jump over it, as far behind the jump. */
export function zonedMoment(wall, zone) {
	const before = wall - zoneOffset(wall - DAY_MS, zone);
	if (before + zoneOffset(before, zone) === wall) return before;
	const after = wall - zoneOffset(wall + DAY_MS, zone);
	return after + zoneOffset(after, zone) === wall ? after : before;
}

const minutes = text => {
	const m = /^(\d\d?):(\d\d)$/.exec(text);
	return m ? Number(m[1]) * 60 + Number(m[2]) : null;
};

/**
 * The window that is open, or else the next one.
 * @param {Array<{days: string[], from: string, to: string}>} windows
 * @returns {{starts: number, ends: number}|null} null: there is none, or the zone is not known here
 */
export function nextWindow(windows, zone, now) {
	if (!knownZone(zone)) return null;
	const today = Math.floor((now + zoneOffset(now, zone)) / DAY_MS) * DAY_MS;
	let best = null;
	for (const w of windows) {
		const [from, to] = [minutes(w.from), minutes(w.to)];
		if (from === null || to === null) continue;
		for (let i = -1; i <= 8; i++) {
			const day = today + i * DAY_MS;
			if (!w.days.includes(WEEKDAYS[(new Date(day).getUTCDay() + 6) % 7])) continue;
			const starts = zonedMoment(day + from * 60000, zone);
			const ends = zonedMoment(day + (to > from ? 0 : DAY_MS) + to * 60000, zone);
			if (ends <= now || starts >= ends) continue;
			if (!best || starts < best.starts) best = { starts, ends };
			break;
		}
	}
	return best;
}

/** Zones to choose from; the own one first. */
export function zoneNames() {
	const all = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [];
	return [...new Set([ownZone(), 'UTC', ...all.map(zoneName)])];
}

/** The value of a field of kind datetime-local for a moment, and back. */
export const localField = (ms, utc) => {
	const offset = utc ? 0 : new Date(ms).getTimezoneOffset() * 60000;
	return new Date(ms - offset).toISOString().slice(0, 16);
};
export const fromLocalField = (text, now, utc) => parseWhen(text, now, { utc });
