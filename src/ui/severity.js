// SPDX-License-Identifier: Apache-2.0
/** Words for severities, as the server maps them: whatever word a sender has, it is one of four. Pure. */
import { quoteRegex } from './matcher.js';

const SEVERITY_ALIASES = new Map([
	['critical', ['critical', 'crit', 'page', 'p1', 'sev1', 'emergency', 'fatal', 'disaster']],
	['warning', ['warning', 'warn', 'p2', 'p3', 'minor', 'major', 'medium']],
	['info', ['info', 'information', 'notice', 'low', 'p4', 'p5', 'none']],
]);
const LEVELS = new Map([...SEVERITY_ALIASES].flatMap(([level, words]) => words.map(word => [word, level])));

/** 'critical', 'warning', 'info' or 'other' of a word. */
export const levelOf = word => LEVELS.get(String(word).toLowerCase()) || 'other';

/** The matcher of a label for these words of a severity: '=' for one, '=~' for several. */
export function severityMatcher(name, words) {
	if (words.length === 1) return { name, op: '=', value: words[0] };
	return { name, op: '=~', value: words.map(quoteRegex).join('|') };
}
