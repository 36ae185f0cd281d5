// SPDX-License-Identifier: Apache-2.0
// Commands to paste into a shell. A value decides what the command says, never what the shell does.

import { formatMatcher } from './matcher.js';

/* C0, C1, line and paragraph separators, and what turns the direction of text: a terminal acts on these or hides what stands there. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const PLAIN_WORD = /^[A-Za-z0-9_@%+:,./-]+$/;

function codeOf(c) {
	return 'U+' + c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0');
}

/**
 * A word for sh: as it is where that is safe, else in single quotes.
 * @param {string} text
 * @returns {string}
 * @throws {RangeError} it holds a control character; the message says which
 */
export function shQuote(text) {
	const word = String(text);
	const bad = UNSAFE.exec(word);
	if (bad !== null)
		throw new RangeError(`A value holds the control character ${codeOf(bad[0])}, which is not safe in a shell.`);
	return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * A command line of tocsin.
 * @param {string} command such as 'silence add'; not from data
 * @param {Object<string, string|number|boolean|null|undefined>} [options] long options without their dashes; true is a bare one, null, undefined and false are left out
 * @param {string[]} [args] what follows
 * @returns {{text: string, reason: null}|{text: null, reason: string}} `reason`: why there is none, to be shown
 */
export function tocsinCommand(command, options = {}, args = []) {
	const words = ['tocsin', command];
	try {
		for (const [name, value] of Object.entries(options))
			if (value === true)
				words.push(`--${name}`);
			else if (value !== null && value !== undefined && value !== false)
				words.push(`--${name}=${shQuote(value)}`);
		/* What looks like an option would be taken for one. */
		if (args.some(a => String(a).startsWith('-')))
			words.push('--');
		for (const arg of args)
			words.push(shQuote(arg));
	} catch (e) {
		return { text: null, reason: e.message };
	}
	return { text: words.join(' '), reason: null };
}

/**
 * The command that makes a silence.
 * @param {{matchers: import('./matcher.js').Matcher[], comment?: string, createdBy?: string, duration?: string, end?: string, url?: string}} silence
 *        `duration` and `end` as the command reads them: 2h30m, RFC 3339
 * @returns {{text: string|null, reason: string|null}}
 */
export function silenceCommand({ matchers, comment, createdBy, duration, end, url }) {
	return tocsinCommand('silence add', {
		'alertmanager.url': url || null,
		author: createdBy || null,
		comment: comment || null,
		duration: duration || null,
		end: end || null,
	}, matchers.map(formatMatcher));
}
