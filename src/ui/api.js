// SPDX-License-Identifier: Apache-2.0
/** Requests to the server this page came from. Addresses are relative to the document, so that any proxy path works. */

/** Milliseconds after which an answer is given up; a waiting request has its own. */
const ANSWER_PATIENCE = 20000;

/**
 * Why there is no answer. `kind`: 'server' (it refused or failed, and says why), 'network' (no or half an answer), 'html' (a page
 * instead of data: a proxy wants a sign-in), 'auth' (401), 'busy' (503, again after `retryAfter` seconds), 'expired' (410), 'aborted'.
 */
export class ApiError extends Error {
	constructor(kind, message, more = {}) {
		super(message);
		this.name = 'ApiError';
		this.kind = kind;
		this.status = more.status || 0;
		this.code = more.code || '';
		this.field = more.field || '';
		this.index = typeof more.index === 'number' ? more.index : null;
		this.retryAfter = more.retryAfter || 0;
		/** The whole error object of the server, for codes that carry more (already_acked: owner, id, since). */
		this.detail = more.detail || {};
	}
}

/** What get() gives; live.js tells it from data of a page's own by this class. */
export class Answer {
	constructor(data, etag, notModified, headers) {
		this.data = data;
		this.etag = etag;
		this.notModified = notModified;
		this.headers = headers;
	}
}

const listeners = new Set();

/** Calls fn(error|null) for every request that ended, by an answer of the server (null) or without one. Returns how to stop. */
export function onOutcome(fn) {
	listeners.add(fn);
	return () => listeners.delete(fn);
}

const tellOutcome = error => {
	for (const fn of listeners) fn(error);
};

/* ---- the server's clock ---- */

// A Date header has whole seconds: each answer says that the offset lies within a second and the time it took.
// What all answers allow is narrow after a few; when nothing is left, one of the clocks was set, and it begins anew.
let low = -Infinity;
let high = Infinity;

function learnClock(header, sent, got) {
	const date = Date.parse(header || '');
	if (!Number.isFinite(date)) return;
	const a = date - got;
	const b = date + 1000 - sent;
	const l = Math.max(low, a);
	const u = Math.min(high, b);
	[low, high] = l <= u ? [l, u] : [a, b];
}

/** Milliseconds by which the server's clock is ahead of this one; 0 while unknown. */
export const clockOffset = () => (low === -Infinity ? 0 : Math.round((low + high) / 2));

/** Now by the server's clock, in milliseconds. */
export const serverNow = () => Date.now() + clockOffset();

/* ---- what an answer has ---- */

/** A list where one is wanted, whatever came. */
export const listOf = v => (Array.isArray(v) ? v : []);

/** An object, or null. */
export const objectOf = v => (typeof v === 'object' && v !== null && !Array.isArray(v) ? v : null);

/* ---- requests ---- */

/**
 * The address of a resource below api/ext/v1/, or with `v2:` before it below api/v2/.
 * @param {string} path
 * @param {object} [params] value or array of values; undefined and null are left out
 */
export function address(path, params) {
	const query = [];
	for (const [name, value] of Object.entries(params || {})) {
		for (const v of Array.isArray(value) ? value : [value]) {
			if (v !== undefined && v !== null) query.push(encodeURIComponent(name) + '=' + encodeURIComponent(v));
		}
	}
	const base = path.startsWith('v2:') ? 'api/v2/' + path.slice(3) : 'api/ext/v1/' + path;
	return base + (query.length ? (base.includes('?') ? '&' : '?') + query.join('&') : '');
}

/** Questions under way, and those that wait for their turn: the server answers few at once, and others ask as well. */
const AT_ONCE = 3;
const begun = new Set();
const queue = [];

// What is patient (counts beside a list) does not slow down what a person waits for.
const mayBegin = one => begun.size < AT_ONCE && !(one.patient && [...begun].some(b => !b.patient));

function wakeNext() {
	for (const one of [...queue].sort((a, b) => a.patient - b.patient)) {
		if (!mayBegin(one)) return;
		queue.splice(queue.indexOf(one), 1);
		begun.add(one);
		one.go();
	}
}

async function inTurn(ask, { signal, patient = false }) {
	const one = { patient, go: null };
	const turn = new Promise(resolve => {
		one.go = resolve;
	});
	queue.push(one);
	const leave = () => {
		const i = queue.indexOf(one);
		if (i >= 0) queue.splice(i, 1);
		one.go();
	};
	if (signal) signal.addEventListener('abort', leave);
	wakeNext();
	try {
		await turn;
		if (!begun.has(one)) throw new ApiError('aborted', 'The request was given up.');
		return await ask();
	} finally {
		begun.delete(one);
		if (signal) signal.removeEventListener('abort', leave);
		wakeNext();
	}
}

async function request(url, init, { signal, patience = ANSWER_PATIENCE } = {}) {
	const control = new AbortController();
	const stop = () => control.abort();
	let late = false;
	const timer = setTimeout(() => {
		late = true;
		stop();
	}, patience);
	if (signal) {
		if (signal.aborted) stop();
		signal.addEventListener('abort', stop);
	}
	const sent = Date.now();
	try {
		const response = await fetch(url, { ...init, signal: control.signal, cache: 'no-store', credentials: 'same-origin', redirect: 'manual' });
		learnClock(response.headers.get('Date'), sent, Date.now());
		const text = await response.text();
		const out = readAnswer(response, text);
		tellOutcome(null);
		return out;
	} catch (error) {
		const told = error instanceof ApiError ? error
			: signal && signal.aborted ? new ApiError('aborted', 'The request was given up.')
				: new ApiError('network', late ? `tocsin did not answer within ${patience / 1000} s.` : 'tocsin could not be reached.');
		// An answer that refuses is an answer: the connection is well.
		if (told.kind !== 'aborted') tellOutcome(told.kind === 'server' || told.kind === 'expired' ? null : told);
		throw told;
	} finally {
		clearTimeout(timer);
		if (signal) signal.removeEventListener('abort', stop);
	}
}

function readAnswer(response, text) {
	const { status } = response;
	if (response.type === 'opaqueredirect') throw new ApiError('html', 'The answer was a page, not data: you may have to sign in again.');
	const isPage = (response.headers.get('Content-Type') || '').includes('text/html');
	if (isPage && status >= 500) throw new ApiError('network', `A proxy answers that tocsin is not there (${status}).`, { status });
	if (status === 401) throw new ApiError('auth', 'You have to sign in.', { status });
	if (isPage) throw new ApiError('html', 'The answer was a page, not data: you may have to sign in again.', { status });
	if (status === 304) return { response, data: undefined };
	let data;
	let isJson = true;
	try {
		data = text === '' ? null : JSON.parse(text);
	} catch {
		isJson = false;
	}
	if (response.ok && !isJson) throw new ApiError('network', 'The answer was cut off.', { status });
	if (response.ok) return { response, data };
	throw refusal(response, isJson ? data : text);
}

function refusal(response, data) {
	const { status } = response;
	const detail = data && typeof data === 'object' && data.error && typeof data.error === 'object' ? data.error : {};
	const message = detail.message || (typeof data === 'string' && data.trim()) || (data && typeof data.message === 'string' && data.message) || `${status} ${response.statusText}`;
	const wait = Number(response.headers.get('Retry-After'));
	const busy = status === 503 && (wait > 0 || /^Limit of concurrent GET/.test(message));
	const kind = busy ? 'busy' : status === 410 ? 'expired' : (status === 502 || status === 504) && !detail.code ? 'network' : 'server';
	return new ApiError(kind, message, { ...detail, status, detail, retryAfter: wait > 0 ? wait : busy ? 2 : 0 });
}

/**
 * Asks for a resource.
 * @param {string} path below api/ext/v1/ ('groups'), or 'v2:status'
 * @param {object} [params] see address()
 * @param {{signal?: AbortSignal, etag?: string, patience?: number, patient?: boolean}} [options] with etag, an unchanged answer has
 *   notModified and no data; `patient`: after what is not
 * @returns {Promise<Answer>} {data, etag, notModified, headers}
 * @throws {ApiError}
 */
export async function get(path, params, options = {}) {
	const headers = { Accept: 'application/json' };
	if (options.etag) headers['If-None-Match'] = options.etag;
	const ask = () => request(address(path, params), { headers }, options);
	// The one that waits for changes has a place of its own.
	const { response, data } = await (path === 'changes' ? ask() : inTurn(ask, options));
	return new Answer(data, response.headers.get('ETag'), response.status === 304, response.headers);
}

/**
 * Changes something.
 * @param {'POST'|'PUT'|'DELETE'} method
 * @param {string} path as in get()
 * @param {object} [body]
 * @param {{signal?: AbortSignal, patience?: number}} [options]
 * @returns {Promise<*>} the body of the answer
 * @throws {ApiError}
 */
export async function send(method, path, body, options = {}) {
	const init = { method, headers: { Accept: 'application/json', 'Content-Type': 'application/json' } };
	if (body !== undefined) init.body = JSON.stringify(body);
	return (await request(address(path), init, { patience: 60000, ...options })).data;
}
