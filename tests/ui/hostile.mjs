// SPDX-License-Identifier: Apache-2.0
// What a page must bear wherever others choose a text: labels, annotations, names, comments, addresses.

/** Each is harmless as text, and something else when it is taken for HTML, an address, a template, a formula or a name. */
export const hostile = [
	'<img src=x onerror=window.pwn=1>',
	'"><script>window.pwn=1</script>',
	'\'"><svg/onload=window.pwn=1>',
	'javascript:window.pwn=1',
	'data:text/html,<script>window.pwn=1</script>',
	'//evil.example',
	'https://user@evil.example/',
	'{{constructor.constructor(\'window.pwn=1\')()}}',
	'${window.pwn=1}',
	'__proto__',
	'constructor',
	'hasOwnProperty',
	'</script><!--',
	'left \u202Eright to left\u2066 \u200Bzero',
	'e' + '\u0301'.repeat(500),
	'=HYPERLINK("https://evil.example","x")',
	'nul \u0000 bell \u0007 escape \u001B[31m',
	'\n\n\n',
	'\u{1F469}\u200D\u{1F692}\u{1F3F4}\u200D\u2620\uFE0F',
	'%', '50%', '%00', '&quot;', '&amp;lt;', ' ', '\\', '\'', '`', '$&', 'a'.repeat(100 * 1024),
];

/** Half of a pair, as JSON may have it; the server makes U+FFFD of it. It cannot be in a string that is encoded on the way. */
export const loneSurrogates = '"\\ud800 \\udc00"';

/** Short ones, for where there is a bound. */
export const short = hostile.filter((v) => v.length < 300);

const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString'];

/** Alerts with all of it: a value each, annotations and addresses, names of labels that objects have. */
export function hostileAlerts() {
	const alerts = hostile.map((value, i) => ({
		labels: { alertname: value.trim() === '' ? 'blank' : value, n: String(i), severity: ['critical', 'warning', 'info', value][i % 4] || 'x',
			...Object.fromEntries(names.map((name) => [name, value])) },
		annotations: { summary: value, description: `see ${value} and https://evil.example/${i}`, runbook_url: value, dashboard_url: 'javascript:window.pwn=1',
			__proto__x: value, constructor: value },
		generatorURL: /^https?:/.test(value) ? value : 'http://prometheus.example/graph?g0.expr=%3Cimg%20src=x%20onerror=window.pwn=1%3E',
	}));

	// An object literal would set the prototype instead.
	for (const { labels } of alerts)
		Object.defineProperty(labels, '__proto__', { value: labels.n, enumerable: true, configurable: true, writable: true });
	return alerts;
}

/** A configuration whose names are hostile as well. */
export const hostileConfig = `
route:
  receiver: ${JSON.stringify(hostile[0])}
  group_by: [alertname, __proto__]
  group_wait: 1s
  group_interval: 1s
  routes:
${short.slice(0, 12).map((v, i) => `  - {receiver: ${JSON.stringify(v.includes('\u0000') ? 'nul' : v)}, matchers: ['n="${i}"'], continue: true, group_by: ['...']}`).join('\n')}
receivers:
${[...new Set([hostile[0], ...short.slice(0, 12)])].map((v) => `- {name: ${JSON.stringify(v)}}`).join('\n')}
inhibit_rules:
- {name: ${JSON.stringify(hostile[1])}, source_matchers: ['n="1"'], target_matchers: ['n="2"']}
time_intervals:
- {name: ${JSON.stringify(hostile[2])}, time_intervals: [{weekdays: ['monday:friday']}]}
ui:
  title: ${JSON.stringify(hostile[1])}
  annotations: {first: [summary, __proto__, constructor], buttons: [runbook_url, dashboard_url]}
  hide_labels: [hasOwnProperty]
  links: [{regex: '(window)', url: 'https://tickets.example/$1'}]
  silence: {templates: [{name: ${JSON.stringify(hostile[0])}, matchers: ['a="<b>"'], comment: ${JSON.stringify(hostile[1])}}]}
  heartbeats: [{name: ${JSON.stringify(hostile[0])}, matchers: ['a="<i>"']}]
`;

/** Puts it all into a server: alerts, silences in each state, an acknowledgement. Resolves to the ids of the silences. */
export async function fill(server) {
	await server.alert(...hostileAlerts());
	const ids = [];

	for (const [i, value] of short.entries()) {
		if (value.trim() === '')
			continue;
		ids.push(await server.silence({ matchers: [{ name: 'n', value: String(i + 100), isRegex: false, isEqual: true },
			{ name: '__proto__', value, isRegex: false, isEqual: false }] }, { by: value, comment: value, starts: i % 3 === 2 ? 3600 : 0 }));
	}
	await server.ask('DELETE', `/api/v2/silence/${ids[0]}`);
	await server.post('/api/ext/v1/ack', { matchers: [{ name: 'n', value: '3', isRegex: false, isEqual: true }], owner: hostile[0], comment: hostile[1] });
	return ids;
}
