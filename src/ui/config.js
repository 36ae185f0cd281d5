// SPDX-License-Identifier: Apache-2.0
// The configuration in force, as text: what API v2 gives, where the server has hidden all secrets already. Nothing else is shown here.

import { get } from './api.js';
import { Icon } from './icons.js';
import { Button, Copy, Empty, ErrorBox, IconButton, Input, Skeleton } from './kit.js';
import { useLive } from './live.js';
import { Fragment, h, useEffect, useLayout, useMemo, useRef, useState } from './render.js';
import { go, href } from './route.js';
import { seen } from './value.js';
import { findLines, markFound, readYaml, tokensOf } from './yaml.js';

/* Up to so many lines are all there, and the browser's own search finds them; of more, these around what is seen. */
const PLAIN_LINES = 2000;
const WINDOW = 400;
const LONGEST_LINE = 4000;

const KIND_CLASSES = new Map([['key', 'cf-key'], ['secret', 'cf-secret'], ['mark', 'cf-dim'], ['comment', 'cf-dim'], ['dash', 'cf-dim'], ['colon', 'cf-dim']]);

const shownText = text => seen(text).map((part, i) => (typeof part === 'string' ? part : h('span', { key: i, class: 'unseen' }, part.code)));

function Piece({ token }) {
	const inner = shownText(token.text);
	if (token.found)
		return h('mark', { class: 'cf-found' }, ...inner);
	const name = token.top ? 'cf-top' : KIND_CLASSES.get(token.kind);
	return name ? h('span', { class: name }, ...inner) : h(Fragment, null, ...inner);
}

function Line({ number, text, inBlock, needle, current, query }) {
	const cut = text.length > LONGEST_LINE ? text.slice(0, LONGEST_LINE) + '…' : text;
	const pieces = markFound(tokensOf(cut, inBlock), needle);
	if (pieces[0]?.kind === 'key')
		pieces[0].top = true;
	return h('div', { class: 'cf-line' + (current ? ' cf-current' : ''), 'aria-current': current ? 'true' : undefined },
		h('a', { class: 'cf-no', href: href({ page: 'config', line: number, q: query }), tabindex: -1, 'aria-label': `Line ${number}` }, number),
		h('code', { class: 'cf-text' }, ...pieces.map((token, i) => h(Piece, { key: i, token }))));
}

/* The text in a box of its own that scrolls both ways. `line` is brought into view when it changes. */
function ConfigText({ lines, block, needle, line, query }) {
	const box = useRef(null);
	const sample = useRef(null);
	const [top, setTop] = useState(0);
	const [height, setHeight] = useState(20);
	const plain = lines.length <= PLAIN_LINES;
	const first = plain ? 0 : Math.max(0, Math.min(Math.floor(top / height) - WINDOW / 4, lines.length - WINDOW));
	const last = plain ? lines.length : Math.min(lines.length, first + WINDOW);
	useLayout(() => {
		const real = sample.current?.getBoundingClientRect().height / 10;
		if (real > 1 && Math.abs(real - height) > 0.01)
			setHeight(real);
	});
	useLayout(() => {
		if (!line)
			return;
		const want = Math.max(0, (line - 1) * height - box.current.clientHeight / 3);
		box.current.scrollTop = want;
		setTop(want);
	}, [line, height, lines]);
	const onscroll = () => {
		/* In steps, so that lines are not made anew with every pixel. */
		const step = height * (WINDOW / 8);
		setTop(Math.floor(box.current.scrollTop / step) * step);
	};
	return h('div', { ref: box, class: 'cf-box', tabindex: 0, role: 'region', 'aria-label': 'Text of the configuration', onscroll: plain ? undefined : onscroll },
		h('div', { ref: sample, class: 'cf-sample', 'aria-hidden': 'true' }, ...Array.from({ length: 10 }, (_, i) => h('div', { key: i, class: 'cf-line' }, h('code', null, 'x')))),
		h('div', { class: 'cf-lines', style: { 'padding-top': `${first * height}px`, 'padding-bottom': `${(lines.length - last) * height}px`, '--cf-digits': String(String(lines.length).length) } },
			...lines.slice(first, last).map((text, i) => {
				const number = first + i + 1;
				return h(Line, { key: number, number, text, inBlock: block[number - 1] === 1, needle, current: number === line, query });
			})));
}

function countText(found, at) {
	if (found.length === 0)
		return 'Not found';
	return at >= 0 ? `${at + 1} of ${found.length}` : `${found.length} ${found.length === 1 ? 'line' : 'lines'}`;
}

/* Search by text, and by the number of a line as `:42`. */
function Search({ lines, view, found }) {
	const [text, setText] = useState(view.q);
	const timer = useRef(0);
	useEffect(() => setText(view.q), [view.q]);
	useEffect(() => () => clearTimeout(timer.current), []);
	const at = found.indexOf(view.line);
	const step = by => {
		if (found.length === 0)
			return;
		const next = at >= 0 ? (at + by + found.length) % found.length : Math.max(0, found.findIndex(n => n >= (view.line ?? 1)));
		go({ page: 'config', q: view.q, line: found[next] }, { replace: true });
	};
	const apply = value => {
		const number = /^:(\d{1,7})$/.exec(value.trim());
		if (number)
			return go({ page: 'config', line: Math.min(lines.length, Math.max(1, Number(number[1]))) }, { replace: true });
		const hits = findLines(lines, value, 1e6);
		go({ page: 'config', q: value, line: hits.find(n => n >= (view.line ?? 1)) ?? hits[0] ?? null }, { replace: true });
	};
	const onkeydown = event => {
		if (event.key !== 'Enter')
			return;
		event.preventDefault();
		clearTimeout(timer.current);
		/* What stands in the field: what was drawn may be a frame behind. */
		if (event.target.value !== view.q)
			apply(event.target.value);
		else
			step(event.shiftKey ? -1 : 1);
	};
	const oninput = event => {
		const { value } = event.target;
		setText(value);
		clearTimeout(timer.current);
		timer.current = setTimeout(apply, 200, value);
	};
	return h('div', { class: 'cf-search', role: 'search' },
		h(Input, { type: 'search', value: text, placeholder: 'Search, or :42 for a line', 'aria-label': 'Search the configuration', oninput, onkeydown }),
		view.q ? h('span', { class: 'cf-count', role: 'status' }, countText(found, at)) : null,
		view.q ? h(IconButton, { icon: 'up', label: 'Previous (Shift+Enter)', onclick: () => step(-1) }) : null,
		view.q ? h(IconButton, { icon: 'down', label: 'Next (Enter)', onclick: () => step(1) }) : null);
}

/** The page `#/config`: text with line numbers, search, and an address for each line. */
export function ConfigPage({ view }) {
	const { data, error, reload } = useLive('config', ({ signal }) => get('v2:status', null, { signal }), []);
	const text = typeof data?.config?.original === 'string' ? data.config.original : null;
	const { lines, block, sections } = useMemo(() => readYaml(text ?? ''), [text]);
	const found = useMemo(() => findLines(lines, view.q, 1e6), [lines, view.q]);
	return h('div', { class: 'cf-page' },
		h('div', { class: 'cf-head' },
			h('h1', { tabindex: -1 }, 'Configuration'),
			text ? h('span', { class: 'meta' }, `${lines.length} lines, secrets are hidden`) : null,
			h('span', { class: 'cf-space' }),
			text ? h(Copy, { text, label: 'Copy all' }) : null,
			h(Button, { href: href({ page: 'status' }), kind: 'quiet' }, h(Icon, { name: 'left' }), 'Status')),
		error ? h(ErrorBox, { error, onretry: reload }) : null,
		text === null ? (error ? null : h(Skeleton, { rows: 12 })) : text === '' ? h(Empty, { title: 'The server shows no configuration.' }) : [
			h('div', { key: 'tools', class: 'cf-tools' },
				h(Search, { lines, view, found }),
				h('nav', { class: 'cf-sections', 'aria-label': 'Sections' }, ...sections.slice(0, 30).map(s => h('a', { key: s.line, class: 'cf-section', href: href({ page: 'config', line: s.line }) }, s.name)))),
			h(ConfigText, { key: 'text', lines, block, needle: view.q, line: view.line, query: view.q }),
		]);
}
