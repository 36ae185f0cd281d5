// SPDX-License-Identifier: Apache-2.0
/** What one asks of Explain, between rows, text and address; and what an answer says, in order. Pure. */
import { readPast } from './events.js';
import { formatMatchers, parseMatchers } from './matcher.js';

/** Labels of a view (matchers with =) as rows [[name, value]]. */
export const rowsOf = matchers => (matchers || []).filter(m => m.op === '=').map(m => [m.name, m.value]);

/** Rows as labels of a view; rows without a name are left out. */
export const labelsOf = rows => rows.filter(([name]) => name.trim() !== '').map(([name, value]) => ({ name: name.trim(), op: '=', value }));

/** Rows as text, '{a="b"}'. */
export const textOf = rows => formatMatchers(labelsOf(rows));

/**
 * Rows out of a text: '{a="b", c="d"}', or JSON of labels or of an alert.
 * @param {string} text
 * @returns {{rows: Array<[string, string]>, error: string}}
 */
export function readText(text) {
	const t = text.trim();
	if (t === '') return { rows: [], error: '' };
	if (t.startsWith('{') || t.startsWith('[')) {
		try {
			let v = JSON.parse(t);
			if (Array.isArray(v)) v = v[0];
			if (v && typeof v.labels === 'object') v = v.labels;
			if (v && typeof v === 'object') return { rows: Object.entries(v).filter(([, x]) => typeof x === 'string'), error: '' };
		} catch {
			// Not JSON: matchers then.
		}
	}
	const { matchers, unread } = parseMatchers(t);
	const other = matchers.filter(m => m.op !== '=');
	if (unread !== null) return { rows: rowsOf(matchers), error: `This part cannot be read: ${unread}` };
	if (other.length) return { rows: rowsOf(matchers), error: `A label has one value: ${other[0].name}${other[0].op}"${other[0].value}" is none.` };
	return { rows: rowsOf(matchers), error: '' };
}

/** What is wrong with rows, or ''. A label that is there twice has no one value. */
export function rowsError(rows) {
	const seen = new Set();
	for (const [name, value] of rows) {
		const n = name.trim();
		if (!n && value.trim()) return 'A label needs a name.';
		if (n && seen.has(n)) return `${n} is there twice.`;
		if (n) seen.add(n);
	}
	return '';
}

/**
 * The body of POST explain for a view.
 * @param {{labels: Array, alert: string, at: string}} view
 * @param {number} now ms
 * @returns {{body: object|null, error: string, past: boolean}} body null: nothing is asked
 */
export function bodyOf(view, now, { utc = false } = {}) {
	const out = {};
	if (view.alert) out.fingerprint = view.alert;
	else {
		const rows = rowsOf(view.labels);
		if (!rows.length) return { body: null, error: '', past: false };
		out.labels = Object.create(null);
		for (const [n, v] of rows) out.labels[n] = v;
	}
	if (!view.at || view.at === 'now') return { body: out, error: '', past: false };
	const at = readPast(view.at, now, { utc });
	if (at === null) return { body: null, error: `This time cannot be read: ${view.at}`, past: true };
	out.at = new Date(Math.min(at, now)).toISOString();
	return { body: out, error: '', past: true };
}

/**
 * How the labels that were given differ from those the router has: empty ones are none.
 * @param {Array<[string, string]>|null} given null: the alert was not given by its labels
 * @param {object} got labels of the answer
 * @returns {string[]} sentences; [] when nothing differs
 */
export function labelChanges(given, got) {
	if (!given) return [];
	const out = [];
	const names = new Set(given.map(([n]) => n));
	for (const [n, v] of given) {
		if (!Object.hasOwn(got, n)) out.push(`The label ${n} has no value, which is the same as not there.`);
		else if (got[n] !== v) out.push(`The label ${n} is ${JSON.stringify(got[n])} to the router.`);
	}
	for (const n of Object.keys(got)) if (!names.has(n)) out.push(`${n}=${JSON.stringify(got[n])} was added by the router.`);
	return out;
}

const TITLES = new Map([['route', 'Routes'], ['group', 'Group'], ['inhibit', 'Inhibition'], ['mute', 'Time intervals'], ['silence', 'Silences'], ['dedup', 'Deduplication'], ['render', 'Messages'],
	['state', 'State'], ['held', 'Held back'], ['told', 'Told'], ['history', 'What history has']]);

/**
 * The steps of an answer by groups: those before any group, and of each group its own, each with a mark.
 * A step behind the one that decides is not reached: its mark is '–'.
 * @param {Array<object>} steps
 * @returns {{common: Array, groups: Array<{id: string, receiver: string, steps: Array}>}} each step {title, mark: 'yes'|'no'|'none', decides, step}
 */
export function stages(steps) {
	const common = [];
	const groups = [];
	let held = false;
	for (const step of steps) {
		const title = TITLES.get(step.stage) || String(step.stage);
		if (step.group === undefined) {
			common.push({ title, mark: step.ok ? 'yes' : 'no', decides: false, step });
			continue;
		}
		let group = groups[groups.length - 1];
		if (!group || step.stage === 'group') {
			group = { id: step.group, receiver: step.receiver, steps: [] };
			groups.push(group);
			held = false;
		}
		let mark = step.ok ? 'yes' : 'no';
		if (held && !(step.ok === false && step.decides === false && step.stage !== 'dedup')) mark = step.ok ? mark : 'none';
		if (held && (step.stage === 'dedup' || step.stage === 'render')) mark = 'none';
		group.steps.push({ title, mark, decides: Boolean(step.decides), step });
		held = held || Boolean(step.decides);
	}
	return { common, groups };
}

/** How a verdict looks: {icon, tone, word}. */
export function verdictOf(verdict) {
	const known = new Map([
		['notified', ['receiver', 'ok', 'Somebody is told']], ['suppressed', ['silence', 'quiet', 'Held back']], ['deduplicated', ['repeat', 'plain', 'Told already']],
		['over', ['resolved', 'ok', 'It is over']], ['refused', ['cross', 'bad', 'Refused']], ['no_receiver', ['cross', 'bad', 'Nobody to tell']], ['unknown', ['other', 'plain', 'Not known']],
	]);
	const [icon, tone, word] = known.get(verdict) || ['other', 'plain', String(verdict).replaceAll('_', ' ')];
	return { icon, tone, word };
}
