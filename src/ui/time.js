// SPDX-License-Identifier: Apache-2.0
/** Times and durations as people write and read them. Pure: the zone is that of the browser (or process), or UTC. */

const UNITS = [['w', 604800], ['d', 86400], ['h', 3600], ['m', 60], ['s', 1]];
const SECONDS = new Map([...UNITS, ['ms', 0.001], ['y', 31536000], ['min', 60], ['sec', 1], ['hr', 3600], ['day', 86400], ['days', 86400], ['hours', 3600],
	['hour', 3600], ['minutes', 60], ['minute', 60], ['week', 604800], ['weeks', 604800]]);
const UNIT_WORDS = new Map([['w', 'w'], ['d', 'd'], ['h', 'h'], ['m', 'min'], ['s', 's']]);
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const DAY_NAMES = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY = 86400000;

const two = n => String(n).padStart(2, '0');

/**
 * Seconds of '2h30m', '1.5h', '1 d 2 h', '90 min': a sum of numbers with a unit.
 * @returns {number|null} null for what is no duration
 */
export function parseDuration(text) {
	const t = String(text).trim().toLowerCase();
	const whole = /^(?:\d+(?:\.\d+)?\s*[a-z]+\s*)+$/;
	if (!whole.test(t)) return null;
	let sum = 0;
	for (const [, number, unit] of t.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/g)) {
		if (!SECONDS.has(unit)) return null;
		sum += Number(number) * SECONDS.get(unit);
	}
	return Number.isFinite(sum) ? Math.round(sum * 1000) / 1000 : null;
}

function split(seconds, parts) {
	let rest = Math.max(0, Math.round(Math.abs(seconds)));
	const out = [];
	for (const [unit, size] of UNITS) {
		if (out.length === parts) break;
		const n = Math.floor(rest / size);
		rest -= n * size;
		if (n > 0) out.push([n, unit]);
		else if (out.length) break;
	}
	return out.length ? out : [[0, 's']];
}

/** '2 h 5 min' of seconds: the largest units, at most `parts` of them. */
export function formatDuration(seconds, parts = 2) {
	return split(seconds, parts).map(([n, unit]) => `${n} ${UNIT_WORDS.get(unit)}`).join(' ');
}

/** '2h30m' of seconds, exact to the second: for links, commands and fields. */
export function compactDuration(seconds) {
	let rest = Math.max(0, Math.round(seconds));
	let out = '';
	for (const [unit, size] of UNITS) {
		const n = Math.floor(rest / size);
		rest -= n * size;
		if (n > 0) out += n + unit;
	}
	return out || '0s';
}

/** How long ago, or how long until: '12 s', '4 min', '3 h 40 min', '12 h', '2 d'. */
export function ageText(ms, now) {
	const s = Math.abs(now - ms) / 1000;
	return formatDuration(s < 3600 || s >= 36000 ? roundDown(s) : s, s >= 3600 && s < 36000 ? 2 : 1);
}

const roundDown = s => Math.floor(s);

function fields(ms, utc) {
	const d = new Date(ms);
	return utc
		? { y: d.getUTCFullYear(), mo: d.getUTCMonth(), d: d.getUTCDate(), h: d.getUTCHours(), mi: d.getUTCMinutes(), s: d.getUTCSeconds(), wd: d.getUTCDay() }
		: { y: d.getFullYear(), mo: d.getMonth(), d: d.getDate(), h: d.getHours(), mi: d.getMinutes(), s: d.getSeconds(), wd: d.getDay() };
}

function moment(utc, y, mo, d, h = 0, mi = 0, s = 0) {
	return utc ? Date.UTC(y, mo, d, h, mi, s) : new Date(y, mo, d, h, mi, s).getTime();
}

/** '14:05' or with seconds '14:05:09'; hour12: '2:05 pm'. */
export function formatTime(ms, { utc = false, seconds = false, hour12 = false } = {}) {
	if (!Number.isFinite(ms)) return '–';
	const f = fields(ms, utc);
	const tail = two(f.mi) + (seconds ? ':' + two(f.s) : '');
	if (hour12) return `${f.h % 12 || 12}:${tail} ${f.h < 12 ? 'am' : 'pm'}`;
	return `${two(f.h)}:${tail}`;
}

/** 'Tue 1 Dec'; with `year` 'Tue 1 Dec 2026'. */
export function formatDay(ms, { utc = false, year = false } = {}) {
	if (!Number.isFinite(ms)) return '–';
	const f = fields(ms, utc);
	return `${DAYS[f.wd]} ${f.d} ${MONTHS[f.mo]}${year ? ' ' + f.y : ''}`;
}

/** '2026-12-01', as date fields have it. */
export function isoDay(ms, { utc = false } = {}) {
	const f = fields(ms, utc);
	return `${f.y}-${two(f.mo + 1)}-${two(f.d)}`;
}

/** Day, time and zone, whole: 'Tue 1 Dec 2026 14:05:09 UTC+1'. */
export function formatFull(ms, options = {}) {
	if (!Number.isFinite(ms)) return '–';
	return `${formatDay(ms, { ...options, year: true })} ${formatTime(ms, { seconds: true, ...options })} ${zoneOffsetText(ms, options)}`;
}

/** The zone's offset at that moment: 'UTC', 'UTC+5:45', 'UTC-3'. */
export function zoneOffsetText(ms, { utc = false } = {}) {
	const minutes = utc ? 0 : -new Date(ms).getTimezoneOffset();
	if (!minutes) return 'UTC';
	const m = Math.abs(minutes);
	return `UTC${minutes < 0 ? '-' : '+'}${Math.floor(m / 60)}${m % 60 ? ':' + two(m % 60) : ''}`;
}

/** A moment as near as it has to be: '14:05' today, 'Tue 14:05' within six days, else 'Tue 1 Dec 14:05', with the year when it is another one. */
export function formatWhen(ms, now, options = {}) {
	if (!Number.isFinite(ms)) return '–';
	const time = formatTime(ms, options);
	if (isoDay(ms, options) === isoDay(now, options)) return time;
	const a = fields(ms, options.utc);
	if (Math.abs(ms - now) < 6 * DAY) return `${DAYS[a.wd]} ${time}`;
	return `${formatDay(ms, { ...options, year: a.y !== fields(now, options.utc).y })} ${time}`;
}

/**
 * A sentence of the server, whose moments are UTC ('2026-12-01 06:00:00 UTC', without the day when it is that of `at`, or as in RFC 3339), in the page's zone.
 * @param {string} text
 * @param {number} at ms, the moment that the server speaks at
 * @param {object} options as for formatTime
 */
export function localMoments(text, at, options = {}) {
	if (options.utc || !Number.isFinite(at)) return text;
	return text.replace(/(?:(\d{4}-\d\d-\d\d)[ T])?(\d\d:\d\d:\d\d)(?: UTC|(?:\.\d+)?Z)/g, (all, day, time) => {
		const ms = Date.parse(`${day || isoDay(at, { utc: true })}T${time}Z`);
		return Number.isFinite(ms) ? formatWhen(ms, at, { ...options, seconds: true }) : all;
	});
}

/** A moment in words, local and UTC: 'Tue 14:00 (11:00 UTC)'; both offsets when the clocks change between now and then. */
export function bothTimes(ms, now, { hour12 = false } = {}) {
	const local = formatWhen(ms, now, { hour12 });
	const [then, here] = [zoneOffsetText(ms), zoneOffsetText(now)];
	const zone = then === here ? '' : ` ${then}, now ${here}`;
	const sameDay = isoDay(ms, { utc: true }) === isoDay(ms);
	const utc = sameDay ? formatTime(ms, { utc: true }) : `${DAYS[fields(ms, true).wd]} ${formatTime(ms, { utc: true })}`;
	return then === 'UTC' && here === 'UTC' ? `${local} UTC` : `${local}${zone} (${utc} UTC)`;
}

/**
 * The moment a person means: '2h30m' (from now), '18:00', 'until 18:00', 'tomorrow 9:00', 'until monday 9:00', '2026-12-01 14:00',
 * '2026-12-01T14:00:00Z'. A time of day is the next one to come; 24 hours, unless 'am' or 'pm' is there.
 * @param {string} text
 * @param {number} now ms
 * @returns {number|null} ms, null when it cannot be read
 */
export function parseWhen(text, now, { utc = false } = {}) {
	const t = String(text).trim().toLowerCase().replace(/^(until|till|at|in|for|on|by)\s+/, '').replace(/\s+/g, ' ');
	if (t === 'now') return now;
	const seconds = parseDuration(t);
	if (seconds !== null) return now + seconds * 1000;
	return parseStamp(t, utc) ?? parseDayTime(t, now, utc);
}

function parseStamp(t, utc) {
	const m = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)? ?(z|utc|[+-]\d{2}:?\d{2})?$/.exec(t);
	if (!m) return null;
	const [y, mo, d, h, mi, s] = m.slice(1, 7).map(v => Number(v || 0));
	if (mo < 1 || mo > 12 || d < 1 || d > new Date(Date.UTC(y, mo, 0)).getUTCDate() || h > 24 || mi > 59 || s > 59) return null;
	const fraction = m[7] ? Math.floor(Number('0.' + m[7]) * 1000) : 0;
	if (!m[8]) return moment(utc, y, mo - 1, d, h, mi, s) + fraction;
	let offset = 0;
	if (/^[+-]/.test(m[8])) {
		const digits = m[8].replace(/\D/g, '');
		offset = (m[8][0] === '-' ? -1 : 1) * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2)));
	}
	return moment(true, y, mo - 1, d, h, mi, s) + fraction - offset * 60000;
}

function parseDayTime(t, now, utc) {
	const m = /^(?:(today|tomorrow|[a-z]{3,9})(?: at)?)?,? ?(?:(\d{1,2})(?::(\d{2}))? ?(am|pm)?)? ?(utc|z)?$/.exec(t);
	if (!m || (m[1] === undefined && m[2] === undefined)) return null;
	if (m[2] !== undefined && m[3] === undefined && m[4] === undefined) return null; // '9' alone is nothing
	const inUtc = utc || m[5] !== undefined;
	let hour = m[2] === undefined ? 0 : Number(m[2]);
	const minute = Number(m[3] || 0);
	if (m[4]) {
		if (hour < 1 || hour > 12) return null;
		hour = (hour % 12) + (m[4] === 'pm' ? 12 : 0);
	}
	if (hour > 24 || minute > 59 || (hour === 24 && minute)) return null;
	const f = fields(now, inUtc);
	const on = days => moment(inUtc, f.y, f.mo, f.d + days, hour, minute);
	if (m[1] === undefined) return on(0) > now ? on(0) : on(1);
	if (m[1] === 'today') return on(0);
	if (m[1] === 'tomorrow') return on(1);
	const wanted = DAY_NAMES.findIndex(name => name.startsWith(m[1]));
	if (wanted < 0) return null;
	const days = (wanted - f.wd + 7) % 7;
	return on(days) > now ? on(days) : on(days + 7);
}
