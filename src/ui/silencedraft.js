// SPDX-License-Identifier: Apache-2.0
/**
 * What the form of a silence holds, as a plain object: from an address and back, from a silence, to a request and to a
 * command. Pure; `now` is always the server's clock in ms.
 *
 * A draft: matchers [{id, name, op, value}]; comment, createdBy; startText ('' is now) and endText as typed, with startExact
 * and endExact (ms) as long as they stand for a moment that was not typed; ends: 'time', 'alert' (most: how long at most) or
 * 'recurring' (windows [{id, days, from, to}], zone, untilText, untilExact); annotations [{id, name, value}]; notify.
 */
import { formatForLink, formatMatcher, fromApi, parseMatchers, toApi } from './matcher.js';
import { shQuote, tocsinCommand } from './quote.js';
import { compactDuration, formatTime, isoDay, parseDuration, parseWhen } from './time.js';
import { WEEKDAYS, readDays } from './silencetimes.js';

/** Durations that are offered where the site has none of its own. */
export const PRESETS = ['30m', '1h', '2h', '4h', '8h', '1d', '1w'];
const STANDARD_DURATION = '2h';
const STANDARD_MOST = '1d';

let rowIds = 0;

/** A row of the form, with an id that no other one has. */
export const row = fields => ({ id: 'r' + ++rowIds, ...fields });
/** A matcher's row. */
export const matcherRow = (m = { name: '', op: '=', value: '' }) => row({ name: m.name, op: m.op, value: m.value });
/** A window's row. */
export const windowRow = (w = { days: [...WEEKDAYS], from: '22:00', to: '06:00' }) => row(w);

/**
 * A draft of nothing.
 * @param {{creator?: string, duration?: string, zone?: string}} [defaults]
 */
export function emptyDraft({ creator = '', duration = STANDARD_DURATION, zone = 'UTC' } = {}) {
	return {
		matchers: [matcherRow()], comment: '', createdBy: creator, startText: '', startExact: null, ends: 'time', endText: duration, endExact: null, most: STANDARD_MOST,
		windows: [windowRow()], zone, untilText: '', untilExact: null, annotations: [], notify: false,
	};
}

/* ---- moments in fields ---- */

/** A moment as a field shows it, and parseWhen reads it. */
export function momentText(ms, { utc = false } = {}) {
	return `${isoDay(ms, { utc })} ${formatTime(ms, { utc })}${utc ? ' UTC' : ''}`;
}

const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

/* A text of an address: an exact moment, or words. */
function readMoment(text, now, options) {
	const ms = STAMP.test(text) ? parseWhen(text, now) : null;
	return ms === null ? { text, exact: null } : { text: momentText(ms, options), exact: ms };
}

const isoOf = ms => new Date(ms).toISOString().replace('.000Z', 'Z');

/* The moment of a field; null when it cannot be read. */
const momentOf = (text, exact, now, options) => (exact !== null ? exact : parseWhen(text, now, options));
const durationOf = text => parseDuration(text.trim().replace(/^for\s+/i, ''));

/**
 * From when to when a draft lasts.
 * @returns {{starts: number|null, ends: number|null, seconds: number|null, relative: boolean, errors: Array<{field: string, message: string}>}}
 *   starts null: at once. `seconds`: how long. `relative`: the end is so long after the start, whenever that is.
 */
export function readTimes(draft, now, options = {}) {
	const out = { starts: null, ends: null, seconds: null, relative: false, errors: [] };
	const wrong = (field, message) => out.errors.push({ field, message });
	if (draft.ends === 'recurring') return out;
	if (draft.startText.trim() !== '' && draft.startText.trim().toLowerCase() !== 'now') {
		out.starts = momentOf(draft.startText, draft.startExact, now, options);
		if (out.starts === null) wrong('startsAt', 'This is no time. Try 18:00, tomorrow 9:00 or 2026-12-01 14:00.');
	}
	const from = out.starts ?? now;
	const text = draft.ends === 'alert' ? draft.most : draft.endText;
	const exact = draft.ends === 'alert' ? null : draft.endExact;
	const seconds = exact === null ? durationOf(text) : null;
	if (seconds !== null) {
		out.relative = true;
		out.seconds = seconds;
		out.ends = from + seconds * 1000;
		if (seconds <= 0) wrong('endsAt', 'It has to last for a while.');
		return out;
	}
	out.ends = momentOf(text, exact, from, options);
	if (out.ends === null) wrong('endsAt', text.trim() === '' ? 'Until when?' : 'This is neither a duration nor a time. Try 2h30m, until 18:00 or until monday 9:00.');
	else if (out.ends <= from) wrong('endsAt', out.ends <= now ? 'The end lies in the past.' : 'The end is before the start.');
	else out.seconds = Math.round((out.ends - from) / 1000);
	return out;
}

/** The moment at which a schedule stops for good: ms, null for none, undefined when it cannot be read. */
export function readUntil(draft, now, options) {
	if (draft.untilText.trim() === '') return null;
	const ms = momentOf(draft.untilText, draft.untilExact, now, options);
	return ms === null ? undefined : ms;
}

/* ---- address ---- */

const pairs = list => list.filter(a => a.name !== '').map(a => ({ name: a.name, op: '=', value: a.value }));

function readWindows(view) {
	const [days, from, to] = [view.weekdays, view.fromTime, view.toTime].map(text => String(text || '').split(';'));
	const count = Math.min(32, Math.max(days.length, from.length, to.length));
	return Array.from({ length: count }, (_, i) => windowRow({ days: readDays(days[i] ?? days[0]), from: from[i] ?? from[0], to: to[i] ?? to[0] }));
}

/**
 * The draft of an address; what it leaves out is as in `base`.
 * @param {object} view of page 'silence-new' or 'silence-edit', as parseLink gives it
 * @param {object} base a draft
 */
export function draftFromView(view, base, now, options = {}) {
	const d = { ...base };
	if (view.filter && view.filter.length) d.matchers = view.filter.map(matcherRow);
	if (view.comment) d.comment = view.comment;
	if (view.createdBy) d.createdBy = view.createdBy;
	if (view.starts) {
		const m = readMoment(view.starts, now, options);
		d.startText = m.text;
		d.startExact = m.exact;
	}
	if (view.weekdays || view.fromTime || view.toTime) {
		d.ends = 'recurring';
		d.windows = readWindows(view);
		d.zone = view.zone || base.zone;
		const until = readMoment(view.until || '', now, options);
		d.untilText = until.text;
		d.untilExact = until.exact;
	} else if (view.ends === 'alert') {
		d.ends = 'alert';
		d.most = view.duration || STANDARD_MOST;
	} else if (view.ends || view.duration) {
		const m = view.ends ? readMoment(view.ends, now, options) : { text: view.duration, exact: null };
		d.ends = 'time';
		d.endText = m.text;
		d.endExact = m.exact;
	}
	if (view.annotations) d.annotations = parseMatchers(view.annotations).matchers.map(m => row({ name: m.name, value: m.value }));
	if (view.notify) d.notify = true;
	return d;
}

/* The parameters that say when it ends. A moment is written exactly, a duration and what cannot be read as they stand. */
function timesForView(d, now, options) {
	if (d.ends === 'recurring') {
		const until = readUntil(d, now, options);
		return { weekdays: d.windows.map(w => w.days.join(',')).join(';'), fromTime: d.windows.map(w => w.from).join(';'), toTime: d.windows.map(w => w.to).join(';'),
			zone: d.zone, until: until ? isoOf(until) : d.untilText };
	}
	const t = readTimes(d, now, options);
	const starts = t.starts !== null ? isoOf(t.starts) : d.startText.trim().toLowerCase() === 'now' ? '' : d.startText;
	if (d.ends === 'alert') return { starts, ends: 'alert', duration: d.most };
	if (t.relative) return { starts, duration: d.endText.trim() };
	return { starts, ends: t.ends !== null ? isoOf(t.ends) : d.endText };
}

/**
 * The view whose address holds the draft.
 * @param {object} draft
 * @param {{page: string, id?: string}} place
 * @param {object} base what needs not be said: as draftFromView's
 */
export function viewFromDraft(draft, place, base, now, options = {}) {
	const v = { ...place, filter: draft.matchers.filter(m => m.name !== '').map(({ name, op, value }) => ({ name, op, value })), comment: draft.comment, ...timesForView(draft, now, options),
		annotations: formatForLink(pairs(draft.annotations)), notify: draft.notify };
	if (draft.createdBy !== base.createdBy) v.createdBy = draft.createdBy;
	if (v.duration === base.endText && !v.ends && !v.starts && base.ends === 'time' && base.endExact === null) delete v.duration;
	return v;
}

/* ---- silences of the server ---- */

/** The matchers of a silence, as the page has them. */
export const matchersOf = s => (Array.isArray(s.matchers) ? s.matchers.map(fromApi) : []);

const scheduleOf = s => (s.schedule && Array.isArray(s.schedule.windows) ? s.schedule : null);

/** The draft that changes a silence. */
export function draftFromSilence(s, now, options = {}) {
	const d = emptyDraft({ creator: String(s.createdBy ?? '') });
	const [starts, ends] = [Date.parse(s.startsAt), Date.parse(s.endsAt)];
	d.matchers = matchersOf(s).map(matcherRow);
	d.comment = String(s.comment ?? '');
	d.annotations = Object.entries(s.annotations || {}).map(([name, value]) => row({ name, value: String(value) }));
	d.notify = s.notify_resolved === true;
	if (starts > now) {
		d.startText = momentText(starts, options);
		d.startExact = starts;
	}
	d.endText = momentText(ends, options);
	d.endExact = ends;
	const schedule = scheduleOf(s);
	if (schedule) {
		const until = Date.parse(schedule.until);
		d.ends = 'recurring';
		d.startText = '';
		d.startExact = null;
		d.endText = STANDARD_DURATION;
		d.endExact = null;
		d.zone = String(schedule.location || 'UTC');
		d.windows = schedule.windows.map(w => windowRow({ days: readDays((w.weekdays || []).join(',')), from: String(w.from), to: w.to === '24:00' ? '00:00' : String(w.to) }));
		if (Number.isFinite(until)) {
			d.untilText = momentText(until, options);
			d.untilExact = until;
		}
	} else if (s.ends_with === 'alert') {
		d.ends = 'alert';
		d.most = compactDuration((ends - Math.max(starts, now)) / 1000);
	}
	return d;
}

/** The view of a form that makes the same silence again, from now on, for as long as it was meant to last. */
export function recreateView(s, now) {
	const d = draftFromSilence(s, now);
	const seconds = Math.max(60, Math.round((Date.parse(s.endsAt) - Date.parse(s.startsAt)) / 1000));
	d.startText = '';
	d.startExact = null;
	if (d.ends !== 'recurring') {
		d.endText = d.most = seconds > 0 ? compactDuration(seconds) : STANDARD_DURATION;
		d.endExact = null;
	}
	const v = viewFromDraft(d, { page: 'silence-new' }, emptyDraft({ creator: d.createdBy }), now);
	v.comment = v.comment.replace(/^ACK!\s*/, '');
	return v;
}

/** The rows that count: those that say something. */
export const usedMatchers = draft => draft.matchers.filter(m => m.name !== '' || m.value !== '');

/* ---- request ---- */

function checkSchedule(draft, now, options, wrong) {
	draft.windows.forEach((w, i) => {
		if (!w.days.length) wrong('windows', 'On which days?', i);
		else if (!/^\d\d:\d\d$/.test(w.from) || !/^\d\d:\d\d$/.test(w.to)) wrong('windows', 'From when to when?', i);
	});
	if (!draft.windows.length) wrong('windows', 'When?', 0);
	if (draft.zone.trim() === '') wrong('location', 'By the clocks of which place?');
	const until = readUntil(draft, now, options);
	if (until === undefined) wrong('until', 'This is no time. Try 2026-12-31, or leave it empty.');
	else if (until !== null && until <= now) wrong('until', 'This lies in the past.');
	const body = { location: draft.zone.trim(), windows: draft.windows.map(w => ({ weekdays: w.days, from: w.from, to: w.to })) };
	if (until) body.until = isoOf(until);
	return body;
}

/**
 * What is sent to make the silence.
 * @param {object} draft
 * @param {{now: number, id?: string, author?: string|null, comment?: boolean, utc?: boolean}} how id: of the silence that is changed; author: whom the server knows;
 *   comment: whether one is wanted (true when absent)
 * @returns {{body: object, errors: Array<{field: string, message: string, index?: number}>}} to be sent only without errors
 */
export function requestOf(draft, { now, id = '', author = null, comment = true, utc = false }) {
	const errors = [];
	const wrong = (field, message, index) => errors.push(index === undefined ? { field, message } : { field, message, index });
	const body = { matchers: [], comment: draft.comment.trim() };
	draft.matchers.forEach((m, i) => {
		if (m.name === '' && m.value === '') return;
		if (m.name === '') wrong('matchers', 'Which label? Its name is missing.', i);
		body.matchers.push(toApi(m));
	});
	if (!body.matchers.length) wrong('matchers', 'Which alerts? At least one matcher is needed.');
	if (!author) {
		body.createdBy = draft.createdBy.trim();
		if (body.createdBy === '') wrong('createdBy', 'Who silences?');
	}
	if (comment && body.comment === '') wrong('comment', 'Why? Whoever sees this at night will want to know.');
	const annotations = pairs(draft.annotations);
	draft.annotations.forEach((a, i) => a.name === '' && a.value !== '' && wrong('annotations', 'Its name is missing.', i));
	if (annotations.length || id) body.annotations = Object.fromEntries(annotations.map(a => [a.name, a.value]));
	if (id) body.id = id;
	if (draft.ends === 'recurring') {
		body.schedule = checkSchedule(draft, now, { utc }, wrong);
	} else {
		const t = readTimes(draft, now, { utc });
		errors.push(...t.errors);
		if (t.starts !== null) body.startsAt = isoOf(t.starts);
		if (t.relative && t.seconds > 0) body.duration = t.seconds;
		else if (t.ends !== null) body.endsAt = isoOf(t.ends);
		if (draft.ends === 'alert') body.ends_with = 'alert';
		else if (id) body.ends_with = null;
	}
	if (draft.notify || id) body.notify_resolved = draft.notify;
	return { body, errors };
}

/**
 * Where the server's refusal belongs in the form.
 * @param {{code?: string, message: string, field?: string, index?: number|null}} error
 * @param {object} draft
 * @returns {{field: string, message: string, index?: number}} field '' : to the form as a whole
 */
export function placeError(error, draft) {
	const message = String(error.message).replace(/^invalid silence: /, '').replace(/^matcher set \d+: /, '');
	const fields = new Set(['matchers', 'createdBy', 'comment', 'startsAt', 'endsAt', 'annotations', 'windows', 'location', 'until']);
	let field = error.field === 'duration' ? 'endsAt' : String(error.field || '');
	if (!field && error.code !== 'limit') {
		if (/matcher|label name|regular expression/i.test(message)) field = 'matchers';
		else if (/comment/i.test(message)) field = 'comment';
		else if (/creat(or|ed)/i.test(message)) field = 'createdBy';
		else if (/end time|the end|start time|start must/i.test(message)) field = 'endsAt';
	}
	if (!fields.has(field)) return { field: '', message };
	if (typeof error.index !== 'number' || error.index < 0) return { field, message };
	if (field !== 'matchers') return { field, message, index: error.index };
	// Empty rows were not sent.
	const used = usedMatchers(draft)[error.index];
	return used ? { field, message, index: draft.matchers.indexOf(used) } : { field, message };
}

/* ---- command ---- */

/**
 * The command that makes the silence of a draft.
 * @param {object} draft
 * @param {{now: number, url?: string, utc?: boolean}} how
 * @returns {{text: string|null, reason: string|null}}
 */
export function commandOf(draft, { now, url, utc = false }) {
	const t = readTimes(draft, now, { utc });
	const options = { 'alertmanager.url': url || null, author: draft.createdBy || null, comment: draft.comment || null };
	if (draft.ends === 'recurring') {
		if (draft.windows.length !== 1) return { text: null, reason: 'The command knows one time of the week only, and this has several.' };
		const [w] = draft.windows;
		const until = readUntil(draft, now, { utc });
		Object.assign(options, { from: w.from, to: w.to, weekdays: w.days.length === 7 ? null : w.days.join(','), location: draft.zone, until: until ? isoOf(until) : null });
	} else {
		if (t.errors.length) return { text: null, reason: t.errors[0].message };
		options.start = t.starts === null ? null : isoOf(t.starts);
		if (t.relative) options.duration = compactDuration(t.seconds);
		else options.end = isoOf(t.ends);
		options['ends-with-alert'] = draft.ends === 'alert';
	}
	options['notify-resolved'] = draft.notify;
	try {
		const annotations = pairs(draft.annotations).map(a => ' --annotation=' + shQuote(`${a.name}=${a.value}`)).join('');
		return tocsinCommand('silence add' + annotations, options, usedMatchers(draft).map(formatMatcher));
	} catch (error) {
		return { text: null, reason: error.message };
	}
}
