// SPDX-License-Identifier: Apache-2.0
// What a person may choose for this browser. A change counts at once; there is nothing to save.

import { askToNotify, ring, whyNoNotification } from './attention.js';
import { boot } from './boot.js';
import { Button, Check, Copy, Dialog, Field, Input, Notice, Select } from './kit.js';
import { setPaused } from './live.js';
import { formatMatchers, parseMatchers } from './matcher.js';
import { h, useEffect, useState } from './render.js';
import { DEFAULTS, settings } from './settings.js';
import { useStore } from './store.js';

const siteFilter = () => (typeof boot.ui.default_filter === 'string' ? boot.ui.default_filter : '');

function Section({ title, children }) {
	return h('section', { class: 'card se-card', 'aria-label': title }, h('h2', null, title), children);
}

/* One of a few words: radio buttons in a row. */
function Choice({ label, name, options, value, hint }) {
	return h('fieldset', { class: 'se-choice' }, h('legend', { class: 'field-label' }, label),
		h('div', { class: 'se-options' }, ...options.map(([v, word]) => h('label', { key: v, class: 'check check-chip' },
			h('input', { type: 'radio', name, value: v, checked: value === v, onchange: () => settings.set({ [name]: v }) }), h('span', null, word)))),
		hint ? h('div', { class: 'field-hint' }, hint) : null);
}

function Switch({ label, name, value, hint, onchange }) {
	return h('div', { class: 'se-switch' },
		h(Check, { label, checked: value, onchange: event => {
			settings.set({ [name]: event.target.checked });
			onchange?.(event.target.checked);
		} }), hint ? h('div', { class: 'field-hint' }, hint) : null);
}

/* A text that counts when the field is left, or on Enter. */
function TextSetting({ label, hint, value, check = () => '', onset, ...rest }) {
	const [text, setText] = useState(value);
	const [error, setError] = useState('');
	useEffect(() => setText(value), [value]);
	/* What stands in the field: what was drawn may be a frame behind. */
	const take = ({ target }) => {
		const why = check(target.value);
		setError(why);
		if (!why && target.value !== value)
			onset(target.value);
	};
	return h(Field, { label, hint, error },
		h(Input, { ...rest, value: text, oninput: event => setText(event.target.value), onchange: take, onkeydown: event => event.key === 'Enter' && take(event) }));
}

function filterError(text) {
	const { unread } = parseMatchers(text);
	return unread === null ? '' : `This could not be read: ${unread}`;
}

function DefaultFilter({ value }) {
	const own = value !== null;
	const site = siteFilter();
	return h('div', { class: 'se-filter' },
		h(Field, { label: 'What Alerts begins with' },
			h(Select, { value: own ? 'own' : 'site', options: [['site', site ? `The site's filter: ${site}` : 'All alerts'], ['own', 'A filter of my own']],
				onchange: event => settings.set({ defaultFilter: event.target.value === 'own' ? site : null }) })),
		own ? h(TextSetting, { label: 'My filter', value, check: filterError, class: 'mono', placeholder: '{team="db", severity=~"critical|warning"}',
			hint: 'As in the filter field of Alerts; empty for all alerts.', onset: text => settings.set({ defaultFilter: formatMatchers(parseMatchers(text).matchers) }) }) : null);
}

function Attention({ sound, notify, criticalOnly }) {
	const [heard, setHeard] = useState('');
	const why = whyNoNotification();
	const test = async () => setHeard(await ring() ? 'Two tones were played.' : 'This browser plays no sound here.');
	const allow = async on => {
		if (on && !await askToNotify()) {
			settings.set({ notify: false });
			setHeard('The browser did not allow notifications.');
		}
	};
	return h(Section, { title: 'Attention' },
		h('p', { class: 'meta' }, 'For alerts that nobody has acknowledged. A group that called is quiet for five minutes.'),
		h('div', { class: 'row-flex' }, h(Switch, { label: 'Sound', name: 'sound', value: sound }), h(Button, { icon: 'sound', onclick: test }, 'Test')),
		why ? h('div', { class: 'row-flex' }, h(Check, { label: 'Desktop notification', checked: false, disabled: true }), h('span', { class: 'reason' }, why))
			: h(Switch, { label: 'Desktop notification', name: 'notify', value: notify, onchange: allow }),
		h(Switch, { label: 'Only for critical alerts', name: 'criticalOnly', value: criticalOnly }),
		h('p', { class: 'meta', role: 'status' }, heard));
}

function CreatorSetting({ creator }) {
	if (boot.me.name !== null)
		return h(Section, { title: 'You' }, h(Field, { label: 'Name', hint: 'The server knows who you are, and writes it on what you do.' }, h(Input, { value: boot.me.name, readonly: true })));
	return h(Section, { title: 'You' }, h(TextSetting, { label: 'Name', hint: 'Stands as creator on silences and acknowledgements. Alertmanager\'s page uses the same.', value: creator, autocomplete: 'username', onset: text => settings.set({ creator: text.trim() }) }));
}

function Transfer() {
	const [text, setText] = useState('');
	const [said, setSaid] = useState(null);
	const [asking, ask] = useState(false);
	const take = () => {
		const why = settings.importText(text);
		setSaid(why === null ? { kind: 'ok', text: 'Taken over.' } : { kind: 'error', text: why });
		if (why === null)
			setText('');
	};
	const reset = () => {
		settings.set(DEFAULTS);
		ask(false);
		setSaid({ kind: 'ok', text: 'All settings are as in the beginning.' });
	};
	return h(Section, { title: 'Take along' },
		h('p', { class: 'meta' }, 'Settings, saved filters and templates of this browser as JSON, for another one.'),
		h('div', { class: 'row-flex' }, h(Copy, { text: () => settings.exportText(), label: 'Copy the settings' }), h(Button, { kind: 'quiet', onclick: () => ask(true) }, 'Begin anew…')),
		h(Field, { label: 'Settings to take over' }, h(Input, { lines: 4, value: text, class: 'mono', oninput: event => setText(event.target.value), placeholder: '{"tocsin.v1": {…}}' })),
		h('div', { class: 'row-flex' }, h(Button, { onclick: take, reason: text.trim() === '' ? 'Paste them first.' : '' }, 'Take over')),
		said ? h(Notice, { kind: said.kind, role: said.kind === 'error' ? 'alert' : 'status' }, said.text) : null,
		asking ? h(Dialog, { title: 'Begin anew?', onclose: () => ask(false), actions: [h(Button, { key: 'no', onclick: () => ask(false) }, 'Keep them'), h(Button, { key: 'yes', kind: 'danger', onclick: reset }, 'Forget all settings')] },
			h('p', null, 'Settings, saved filters, templates and last comments of this browser are forgotten.')) : null);
}

/** The page `#/settings`. */
export function SettingsPage() {
	const s = useStore(settings);
	return h('div', { class: 'se-page' },
		h('h1', { tabindex: -1 }, 'Settings'),
		h('p', { class: 'dim' }, 'For this browser alone. A change counts at once.'),
		settings.kept() ? null : h(Notice, { kind: 'warning' }, 'This browser keeps no settings for this address: they are forgotten when the page is closed.'),
		h(Section, { title: 'Look' },
			h(Choice, { label: 'Colours', name: 'theme', value: s.theme, options: [['auto', 'As the device'], ['light', 'Light'], ['dark', 'Dark']] }),
			h(Choice, { label: 'Rows', name: 'density', value: s.density, options: [['normal', 'Normal'], ['dense', 'Dense']], hint: 'On phones rows are always high enough for a thumb.' })),
		h(Section, { title: 'Times' },
			h(Choice, { label: 'Zone', name: 'utc', value: s.utc, options: [[false, `Local (${zoneWord()})`], [true, 'UTC']], hint: 'The key t changes it anywhere.' }),
			h(Choice, { label: 'Clock', name: 'hours24', value: s.hours24, options: [[true, '24 hours'], [false, '12 hours']] }),
			h(Choice, { label: 'The week begins on', name: 'firstDay', value: s.firstDay, options: [['monday', 'Monday'], ['sunday', 'Sunday'], ['saturday', 'Saturday']] })),
		h(Section, { title: 'Alerts' },
			h(DefaultFilter, { value: s.defaultFilter }),
			h(Choice, { label: 'Groups are', name: 'groups', value: s.groups, options: [['open', 'Open'], ['collapsed', 'Collapsed'], ['phones', 'Collapsed on phones']] }),
			h(Switch, { label: 'Live', name: 'live', value: s.live, hint: 'Lists follow what happens. The key p pauses it for a while.', onchange: on => setPaused(!on) })),
		h(Attention, s),
		h(Section, { title: 'Keyboard' }, h(Switch, { label: 'Single keys', name: 'keys', value: s.keys, hint: 'Such as a to acknowledge and / for the filter. The key ? shows all of them.' })),
		h(CreatorSetting, { creator: s.creator }),
		h(Transfer, null));
}

function zoneWord() {
	try {
		return Intl.DateTimeFormat().resolvedOptions().timeZone || 'unknown';
	} catch {
		return 'unknown';
	}
}
