// SPDX-License-Identifier: Apache-2.0
/** The form of a silence: a page whose address holds all that is written in it. */
import { get, send, serverNow } from './api.js';
import { boot } from './boot.js';
import { Icon } from './icons.js';
import { useKeys } from './keys.js';
import { Button, Check, Copy, ErrorBox, Field, IconButton, Input, Menu, Notice, Skeleton, Value, announce } from './kit.js';
import { useHold } from './live.js';
import { formatMatcher, parseMatchers } from './matcher.js';
import { Fragment, h, useEffect, useId, useMemo, useRef, useState } from './render.js';
import { go, href } from './route.js';
import { settings } from './settings.js';
import { commandOf, draftFromSilence, draftFromView, emptyDraft, matcherRow, placeError, requestOf, row, usedMatchers, viewFromDraft } from './silencedraft.js';
import { Ends, site, tooLong } from './silenceends.js';
import { MatcherRows } from './silencematchers.js';
import { forbidden, isId, loadSilence, made, serverUrl, useNarrow, useTick } from './silenceparts.js';
import { Preview, coversText, isEverything, perRow, usePreview } from './silencepreview.js';
import { ownZone } from './silencetimes.js';
import { useStore } from './store.js';

/** The word that has to be typed where nothing is left out. */
const EVERYTHING = 'everything';
/** How many comments are kept, and offered. */
const KEPT_COMMENTS = 20;
const OFFERED = 4;

const options = () => ({ utc: settings.get().utc });

/* ---- what the form begins with ---- */

const labelMap = labels => new Map(Object.entries(labels));

/* Matchers of an alert or a group that the address names. */
async function matchersOfView(view, signal) {
	if (view.filter.length) return null;
	if (view.alert) {
		const { data } = await get('alerts/' + encodeURIComponent(view.alert), null, { signal });
		return matchersFor([labelMap(data.alert.labels)]);
	}
	if (view.group) {
		const { data } = await get(`groups/${encodeURIComponent(view.group)}/alerts`, { limit: 1000 }, { signal });
		return matchersFor(data.items.map(a => labelMap(a.labels)));
	}
	return null;
}

async function begin(view, signal) {
	const now = serverNow();
	let base = emptyDraft({ creator: boot.me.name || settings.get().creator, zone: ownZone() });
	let silence = null;
	if (view.page === 'silence-edit') {
		silence = await loadSilence(view.id, { signal });
		base = draftFromSilence(silence, now, options());
		if (!silence.schedule) base.zone = ownZone();
	}
	const found = await matchersOfView(view, signal);
	const draft = draftFromView(view, base, now, options());
	if (found) draft.matchers = found.map(matcherRow);
	return { base, draft, silence };
}

/** The page `#/silences/new` and `#/silences/ID/edit`. */
export function SilenceForm({ view }) {
	const [start, set] = useState(null);
	const [error, fail] = useState(null);
	const [turn, again] = useState(0);
	const written = useRef(null);
	const link = href(view);
	const title = view.page === 'silence-edit' ? 'Edit silence' : 'New silence';
	// The form writes the address itself; only one that it did not write begins a form anew.
	const asked = useRef(link);
	if (written.current !== link) asked.current = link;
	useEffect(() => {
		const control = new AbortController();
		written.current = link;
		fail(null);
		const load = async () => {
			try {
				if (view.page === 'silence-edit' && !isId(view.id)) throw Object.assign(new Error('There is no silence with this id.'), { kind: 'server', status: 404 });
				const loaded = await begin(view, control.signal);
				if (!control.signal.aborted) set({ ...loaded, key: link });
			} catch (e) {
				if (!e.kind) throw e;
				if (e.kind !== 'aborted') fail(e);
			}
		};
		load();
		return () => control.abort();
	}, [asked.current, turn]);
	if (error && view.page === 'silence-edit' && error.status === 404) return h(Fragment, null, h('h1', { tabindex: -1 }, title), h(Notice, { kind: 'warning', actions: h(Button, { href: href({ page: 'silence', id: view.id }) }, 'What is known of it') }, 'There is no silence with this id any more.'));
	if (error) return h(Fragment, null, h('h1', { tabindex: -1 }, title), h(ErrorBox, { error, onretry: () => again(n => n + 1) }));
	if (!start) return h(Fragment, null, h('h1', { tabindex: -1 }, title), h(Skeleton, { rows: 6 }));
	return h(Form, { key: start.key, view, start, title, onaddress: l => { written.current = l; } });
}

/* ---- parts ---- */

function TemplateMenu({ onpick, current }) {
	const own = useStore(settings, s => s.templates);
	const [naming, name] = useState(null);
	const listed = Array.isArray(site().templates) ? site().templates.filter(t => t && typeof t === 'object' && t.name) : [];
	const pick = t => onpick({ name: String(t.name), matchers: (Array.isArray(t.matchers) ? t.matchers : []).flatMap(m => parseMatchers(String(m)).matchers), duration: String(t.duration || ''), comment: String(t.comment || '') });
	const save = event => {
		event.preventDefault();
		if (!naming.trim()) return;
		settings.set(s => ({ templates: [...s.templates.filter(t => t.name !== naming.trim()), { name: naming.trim(), ...current() }] }));
		name(null);
		announce('The template is kept in this browser.');
	};
	return h(Fragment, null,
		h(Menu, { label: 'Templates', text: 'Templates', kind: 'plain', items: [
			...listed.slice(0, 50).map(t => ({ label: String(t.name).slice(0, 80), icon: 'file', onselect: () => pick(t) })),
			...own.map(t => ({ label: t.name.slice(0, 80), icon: 'silence', onselect: () => pick(t) })),
			{ label: 'Save this as a template …', icon: 'plus', onselect: () => name('') },
			...own.map(t => ({ label: `Forget “${t.name.slice(0, 60)}”`, icon: 'close', danger: true, onselect: () => settings.set(s => ({ templates: s.templates.filter(x => x.name !== t.name) })) })),
		] }),
		naming === null ? null : h('form', { class: 'si-naming', onsubmit: save, onkeydown: event => event.key === 'Escape' && name(null) },
			h(Input, { value: naming, 'aria-label': 'Name of the template', placeholder: 'name of the template', autofocus: true, ref: el => el && el.focus(), oninput: event => name(event.target.value) }),
			h(Button, { type: 'submit' }, 'Save'), h(Button, { kind: 'quiet', onclick: () => name(null) }, 'Cancel')));
}

const errorAt = (errors, field) => (errors.find(e => e.field === field) || {}).message;

function CreatorField({ draft, change, errors }) {
	const hint = boot.me.name ? `You are signed in as ${boot.me.name}.` : '';
	return h(Field, { label: 'Creator', error: errorAt(errors, 'createdBy'), hint }, h(Input, { id: 'si-f-createdBy', value: boot.me.name || draft.createdBy, readonly: Boolean(boot.me.name), autocomplete: 'username', placeholder: 'your name',
		oninput: event => change({ createdBy: event.target.value }) }));
}

function CommentField({ draft, change, errors }) {
	const comments = useStore(settings, s => s.comments);
	const offered = comments.filter(c => c !== draft.comment && c.trim()).slice(0, OFFERED);
	return h('div', { class: 'si-why' },
		h(Field, { label: 'Comment', error: errorAt(errors, 'comment') }, h(Input, { id: 'si-f-comment', lines: 2, value: draft.comment, placeholder: 'why, and where to read more', spellcheck: 'true', oninput: event => change({ comment: event.target.value }) })),
		offered.length ? h('div', { class: 'si-offered', role: 'group', 'aria-label': 'Comments used before' }, ...offered.map(text => h('button', { key: text, type: 'button', class: 'btn quiet', onclick: () => change({ comment: text }) },
			h(Icon, { name: 'history' }), h('span', { class: 'one-line prose' }, h(Value, { text, limit: 60 }))))) : null);
}

function Annotations({ draft, change, errors }) {
	const set = (id, patch) => change({ annotations: draft.annotations.map(a => (a.id === id ? { ...a, ...patch } : a)) });
	const error = errors.find(e => e.field === 'annotations');
	return h('fieldset', { class: 'si-fieldset', id: 'si-f-annotations' }, h('legend', null, 'Annotations'),
		...draft.annotations.map((a, i) => h('div', { key: a.id, class: 'si-annotation' },
			h(Input, { 'aria-label': `Name of annotation ${i + 1}`, placeholder: 'name', class: 'mono', value: a.name, oninput: event => set(a.id, { name: event.target.value }) }), h('span', null, '='),
			h(Input, { 'aria-label': `Value of annotation ${i + 1}`, placeholder: 'value', value: a.value, oninput: event => set(a.id, { value: event.target.value }) }),
			h(IconButton, { icon: 'close', label: `Remove annotation ${i + 1}`, onclick: () => change({ annotations: draft.annotations.filter(x => x.id !== a.id) }) }))),
		h('button', { type: 'button', class: 'btn', onclick: () => change({ annotations: [...draft.annotations, row({ name: '', value: '' })] }) }, h(Icon, { name: 'plus' }), 'Add annotation'),
		error ? h('div', { class: 'field-error', role: 'alert' }, h(Icon, { name: 'alert' }), ' ', error.message) : null);
}

function Everything({ word, set, wrong }) {
	return h(Field, { label: `To go on, type the word “${EVERYTHING}”`, error: wrong ? 'This silence leaves nothing out. Type the word if that is meant.' : '' },
		h(Input, { id: 'si-f-everything', value: word, oninput: event => set(event.target.value), autocomplete: 'off' }));
}

/* ---- the form ---- */

const firstField = (form, e) => {
	if (e.field === 'matchers') {
		const names = form.querySelectorAll('#si-f-matchers [data-part=name]');
		const bad = form.querySelector('#si-f-matchers [aria-invalid=true]');
		return bad || names[e.index ?? 0];
	}
	if (e.field === 'windows' || e.field === 'annotations') return form.querySelector(`#si-f-${e.field} input, #si-f-${e.field} button`);
	return e.field ? form.querySelector(`#si-f-${e.field}`) : form.querySelector('.si-refused');
};

function Form({ view, start, title, onaddress }) {
	const edit = start.silence;
	const [draft, setDraft] = useState(start.draft);
	const [errors, setErrors] = useState([]);
	const [refused, refuse] = useState(null);
	const [busy, work] = useState(false);
	const [word, setWord] = useState('');
	const [open, setOpen] = useState(false);
	const [more, setMore] = useState(Boolean(draft.annotations.length));
	const narrow = useNarrow('(max-width: 1159.9px)');
	const form = useRef(null);
	const working = useRef(false);
	const focusError = useRef(false);
	const previewId = useId();
	useTick(10000);
	useHold();
	const now = serverNow();
	const place = useMemo(() => ({ page: view.page, id: view.id }), [view.page, view.id]);
	const preview = usePreview(draft);
	const { counts, errors: rowErrors, all } = perRow(preview);
	const everything = isEverything(preview);
	const why = edit && edit.read_only ? 'This silence is declared in a file, and changed there.' : forbidden();

	const change = patch => {
		setErrors(list => list.filter(e => !touches(patch, e.field)));
		refuse(null);
		setDraft(d => ({ ...d, ...patch }));
	};
	// Behind the last key: each key would be an entry of the browser's limit on changes of the address.
	useEffect(() => {
		if (draft === start.draft) return undefined;
		const timer = setTimeout(() => {
			const v = viewFromDraft(draft, place, start.base, serverNow(), options());
			onaddress(href(v));
			go(v, { replace: true });
		}, 400);
		return () => clearTimeout(timer);
	}, [draft]);
	useEffect(() => {
		if (!focusError.current || !errors.length) return;
		focusError.current = false;
		const field = firstField(form.current, errors[0]);
		if (field) field.focus();
	}, [errors]);

	const save = async () => {
		if (working.current || why) return;
		const { body, errors: own } = requestOf(draft, { now: serverNow(), id: edit ? edit.id : '', author: boot.me.name, comment: site().require_comment !== false, ...options() });
		const long = own.some(e => e.field === 'endsAt') ? null : tooLong(draft, serverNow());
		const list = long ? [...own, long] : [...own];
		for (const [id, message] of rowErrors) list.push({ field: 'matchers', message, index: draft.matchers.findIndex(m => m.id === id) });
		if (everything && word.trim().toLowerCase() !== EVERYTHING) list.push({ field: 'everything', message: EVERYTHING });
		refuse(null);
		focusError.current = list.length > 0;
		setErrors(list);
		if (list.length) return;
		working.current = true;
		work(true);
		try {
			const { silenceID } = await send('POST', 'silences', body, { patience: 30000 });
			settings.set(s => ({ creator: boot.me.name ? s.creator : body.createdBy, comments: body.comment ? [body.comment, ...s.comments.filter(c => c !== body.comment)].slice(0, KEPT_COMMENTS) : s.comments }));
			made.set({ id: silenceID, what: !edit ? 'created' : silenceID === edit.id ? 'changed' : 'replaced', old: edit ? edit.id : '' });
			announce(edit ? 'The silence is changed.' : 'The silence is made.');
			go({ page: 'silence', id: silenceID });
		} catch (error) {
			if (!error.kind) throw error;
			const at = error.kind === 'server' ? placeError(error, draft) : { field: '' };
			focusError.current = true;
			if (at.field) setErrors([at]);
			else {
				refuse(error);
				setErrors([{ field: '', message: error.message }]);
			}
		} finally {
			working.current = false;
			work(false);
		}
	};
	useKeys({ 'Ctrl+Enter': save });

	const pick = t => {
		const patch = { matchers: t.matchers.length ? t.matchers.map(matcherRow) : draft.matchers, comment: t.comment || draft.comment };
		if (t.duration) Object.assign(patch, { ends: 'time', endText: t.duration, endExact: null });
		change(patch);
	};
	const current = () => ({ matchers: usedMatchers(draft).map(formatMatcher), duration: draft.ends === 'time' && draft.endExact === null ? draft.endText : '', comment: draft.comment });
	const shownRows = new Map(rowErrors);
	for (const e of errors) if (e.field === 'matchers' && e.index !== undefined && draft.matchers[e.index]) shownRows.set(draft.matchers[e.index].id, e.message);
	const allError = (errors.find(e => e.field === 'matchers' && e.index === undefined) || {}).message || (usedMatchers(draft).every(m => m.value !== '') ? all : '');
	const command = () => commandOf({ ...draft, createdBy: boot.me.name || draft.createdBy }, { now: serverNow(), url: serverUrl(), ...options() });
	const cli = command();
	const create = h(Button, { key: 'create', kind: 'primary', busy, reason: why, onclick: save }, edit ? 'Save' : 'Create');
	const unread = view.unread ? h(Notice, { kind: 'warning' }, 'Part of this link could not be read: ', h(Value, { text: view.unread })) : null;
	const covers = coversText(preview.data);

	return h('div', { class: 'si-form', ref: form },
		h('div', { class: 'si-head' }, h('h1', { tabindex: -1 }, title), h('span', { class: 'grow' }), h(TemplateMenu, { onpick: pick, current })),
		unread,
		edit && edit.status && edit.status.state === 'expired' ? h(Notice, { kind: 'info' }, 'This silence has ended. Saving makes a new one.') : null,
		h('div', { class: 'si-columns' },
			h('div', { class: 'si-main' },
				h(MatcherRows, { rows: draft.matchers, counts, errors: shownRows, error: allError, busy: !preview.fresh, onchange: matchers => change({ matchers }) }),
				h(Ends, { draft, change, now, errors }),
				h(CreatorField, { draft, change, errors }),
				h(CommentField, { draft, change, errors }),
				h(Check, { label: 'Tell when an alert it covers has resolved', checked: draft.notify, onchange: event => change({ notify: event.target.checked }) }),
				more ? h(Annotations, { draft, change, errors }) : h('button', { type: 'button', class: 'btn quiet si-more', onclick: () => {
					setMore(true);
					change({ annotations: [row({ name: '', value: '' })] });
				} }, h(Icon, { name: 'plus' }), 'Annotations'),
				everything ? h(Everything, { word, set: setWord, wrong: errors.some(e => e.field === 'everything') }) : null,
				refused ? h('div', { class: 'si-refused', tabindex: -1 }, h(ErrorBox, { error: refused, title: refused.kind === 'network' ? 'No answer. The form is kept as it is' : undefined, onretry: save }),
					refused.kind === 'network' ? h('p', { class: 'field-hint' }, 'If only the answer was lost, the silence may be there: ', h('a', { href: href({ page: 'silences', sort: 'updated' }) }, 'look'), ' before you try again.') : null) : null,
				narrow ? null : h('div', { class: 'row-flex' }, create, h(Button, { href: edit ? href({ page: 'silence', id: edit.id }) : href({ page: 'silences' }) }, 'Cancel'), h('span', { class: 'grow' }),
					h(Copy, { text: () => serverUrl() + '/' + href(viewFromDraft(draft, place, start.base, serverNow(), options())), label: 'Copy link' }),
					cli.text ? h(Copy, { text: () => command().text, label: 'Copy tocsin silence add …' }) : null)),
			narrow && !open ? null : h('aside', { class: 'si-preview card', id: previewId, 'aria-label': 'Preview' }, h('h2', null, 'Preview'), h(Preview, { preview }))),
		narrow ? h('div', { class: 'si-foot' },
			h('button', { type: 'button', class: 'btn quiet si-foot-covers', 'aria-expanded': open, 'aria-controls': previewId, onclick: () => {
				setOpen(o => !o);
				if (!open) requestAnimationFrame(() => document.getElementById(previewId)?.scrollIntoView({ block: 'start' }));
			} }, h(Icon, { name: everything ? 'alert' : 'silence' }), h('span', { class: 'one-line' }, preview.data && preview.data.alerts ? covers.replace(/ now:.*/, '') : covers), h(Icon, { name: open ? 'down' : 'up', size: 0.75 })),
			create) : null);
}

/* Whether a change of the draft answers an error about that field. */
function touches(patch, field) {
	if (field === 'matchers' || field === 'everything') return 'matchers' in patch;
	if (field === 'startsAt') return 'startText' in patch || 'ends' in patch;
	if (field === 'endsAt') return 'endText' in patch || 'most' in patch || 'ends' in patch || 'startText' in patch;
	if (field === 'location') return 'zone' in patch || 'ends' in patch;
	if (field === 'until') return 'untilText' in patch || 'ends' in patch;
	if (field === 'windows') return 'windows' in patch || 'ends' in patch;
	return field === '' || field in patch;
}

