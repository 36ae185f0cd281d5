// SPDX-License-Identifier: Apache-2.0
/** What a silence would cover, while it is written. */
import { send } from './api.js';
import { Icon } from './icons.js';
import { ErrorBox, Notice, Value, formatCount, plural } from './kit.js';
import { useLive } from './live.js';
import { toApi } from './matcher.js';
import { Fragment, h, useEffect, useState } from './render.js';
import { href } from './route.js';
import { AlertList } from './silence.js';
import { usedMatchers } from './silencedraft.js';
import { coveredHref } from './silenceparts.js';

/** Milliseconds after the last key. */
const PREVIEW_PAUSE = 300;
const PREVIEW_SAMPLE = 20;
const SEVERITY_WORDS = ['critical', 'warning', 'info', 'other'];

/**
 * The server's word on a draft: asked 300 ms after the last change, and again when alerts come and go.
 * @returns {{asked: Array, data: object|null, error: ApiError|null, fresh: boolean}} asked: the rows that data is about; fresh: it is about the draft as it is now
 */
export function usePreview(draft) {
	// A first label without its value is not what is meant.
	const used = usedMatchers(draft);
	const rows = used.some(m => m.value !== '') ? used : [];
	const text = JSON.stringify(rows.map(toApi));
	const [asked, ask] = useState({ text, rows });
	useEffect(() => {
		if (asked.text === text) return undefined;
		const timer = setTimeout(ask, PREVIEW_PAUSE, { text, rows });
		return () => clearTimeout(timer);
	}, [text, asked.text]);
	const result = useLive('alerts', async ({ signal }) => {
		if (!asked.rows.length) return { text: asked.text, rows: [], answer: null };
		return { text: asked.text, rows: asked.rows, answer: await send('POST', 'silences/preview', { matchers: asked.rows.map(toApi), limit: PREVIEW_SAMPLE }, { signal, patience: 20000 }) };
	}, [asked.text]);
	const got = result.data;
	return { asked: got ? got.rows : [], data: got ? got.answer : null, error: result.error, fresh: Boolean(got) && got.text === text };
}

/** Counts and errors by a row's id, and the error of all together. */
export function perRow(preview) {
	const counts = new Map();
	const errors = new Map();
	let all = '';
	if (preview.data) {
		(preview.data.per_matcher || []).forEach((n, i) => preview.asked[i] && counts.set(preview.asked[i].id, n));
		for (const e of preview.data.errors || []) {
			const at = typeof e.matcher === 'number' ? preview.asked[e.matcher] : null;
			const message = String(e.message).replace(/^matcher set \d+: /, '');
			if (at) errors.set(at.id, message);
			else all = message;
		}
	}
	return { counts, errors, all };
}

/** Whether the silence would leave nothing out. */
export const isEverything = preview => Boolean(preview.data) && preview.data.breadth === 'everything';

/** 'covers 14 alerts now: 2 critical, 12 warning'. */
export function coversText(data) {
	if (!data) return 'covers nothing yet';
	if (!data.alerts) return 'matches nothing now';
	const parts = SEVERITY_WORDS.filter(s => data.severity[s]).map(s => `${formatCount(data.severity[s])} ${s}`);
	return `covers ${plural(data.alerts, 'alert')} now: ${parts.join(', ')}`;
}

function warningText(w, data) {
	if (w.code === 'matches_everything') return 'It leaves nothing out: whatever fires, now and later, is told to nobody.';
	if (w.code === 'matches_receiver') return h(Fragment, null, 'Whatever ', h(Value, { text: w.receiver }), ' would be told is silenced.');
	if (w.code === 'matches_many') return `That is many: ${formatCount(data.alerts)} of ${formatCount(data.total_alerts)} alerts.`;
	return String(w.text);
}

/** Why one should think twice: amber, and red for what leaves nothing out. */
export function Warnings({ data }) {
	const list = (data.warnings || []).filter(w => w.code !== 'matches_nothing');
	const lines = data.breadth === 'everything' && !list.some(w => w.code === 'matches_everything') ? [{ code: 'matches_everything' }, ...list] : list;
	return lines.length ? h('div', { class: 'si-warnings' }, ...lines.slice(0, 5).map((w, i) => h(Notice, { key: i, kind: w.code === 'matches_everything' ? 'error' : 'warning' }, warningText(w, data)))) : null;
}

/** The preview. */
export function Preview({ preview, headless = false }) {
	const { data, error, asked } = preview;
	if (error && !data) return h(ErrorBox, { error, title: 'What it covers is not known' });
	if (!data) return h('p', { class: 'dim' }, 'What it covers is shown here as you write.');
	const share = data.total_alerts ? Math.round((100 * data.alerts) / data.total_alerts) : 0;
	return h('div', { class: 'si-preview-body' + (preview.fresh ? '' : ' stale') },
		headless ? null : h('p', { class: 'si-covers' }, h('strong', null, coversText(data).replace(/^./, c => c.toUpperCase()))),
		data.alerts ? h('p', { class: 'dim' }, `In ${plural(data.groups, 'group')}; ${share || '<1'} % of the ${plural(data.total_alerts, 'alert')} there ${data.total_alerts === 1 ? 'is' : 'are'}.`)
			: h('p', { class: 'dim' }, 'No alert that fires now matches. It will cover those that come while it lasts.'),
		h(Warnings, { data }),
		data.receivers.length ? h('div', { class: 'si-hushed' }, h('h3', null, 'Receivers that will not hear of them'),
			h('div', { class: 'labels' }, ...data.receivers.slice(0, 50).map(name => h('a', { key: name, class: 'label', href: href({ page: 'receiver', id: name }) }, h(Icon, { name: 'receiver', size: 0.75 }), ' ', h(Value, { text: name }))))) : null,
		data.sample.length ? h(Fragment, null, h('h3', null, data.alerts > data.sample.length ? `The ${data.sample.length} worst` : 'Alerts'), h(AlertList, { items: data.sample }),
			data.alerts > data.sample.length ? h('a', { href: coveredHref(asked.map(({ name, op, value }) => ({ name, op, value }))) }, `All ${formatCount(data.alerts)} in Alerts`) : null) : null);
}
