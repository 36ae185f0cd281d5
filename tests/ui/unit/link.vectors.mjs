// SPDX-License-Identifier: Apache-2.0
// Links as they are found in public templates, bots and programs, and what each has to give. Used by the test of link.js and,
// end to end, in the browser.

export const RECEIVERS = ['ops team', 'ops+x', 'b'];

const filters = [
	[['%7Ba%3D%22A%22%2C+b%3D%22c%22%7D'], ['a=A', 'b=c']],
	[['{a="A"}', '%7Ba%3D"A"%7D', '%7Ba%3D&quot;A&quot;%7D', 'a%3D%22A%22', '%7Ba%3DA%7D', '%7Ba%3D%22A%22%2C%20%7D', '%7Ba%3D%26quot;A%26quot;%7D'.replaceAll('%26', '&'),
		'&#34;a&#34;=&#34;A&#34;', '{a%3D%22A%22', 'a=A', '%7Ba%3D%22A%22%2C%2C%7D'], ['a=A']],
	[['%7Ba%3D%22x%20y+z%22%7D'], ['a=x y+z']],
	[['%7Ba%3D%2250%%22%7D'], ['a=50%']],
	[['%7Bm%3D"a#b"%7D'], ['m=a#b']],
	[['%7Bm%3D%22%22Hello%22%22%7D'], ['m="Hello"']],
	[['%7B%22host.name%22%3D~%22a%7Cb%22%7D', '%7Bhost.name%3D~%22a%7Cb%22%7D'], ['host.name=~a|b']],
	[['%7B', '%7B%7D', ''], []],
	[['%7Bm%3D%22%22Hello%22%22%2C%20n%3D%221%22%7D'], ['m="Hello"', 'n=1']],
	[['%7Ba%3D%22%22%2C%20b%3D%22c%2Cd%3D%5C%22e%5C%22%22%7D'], ['a=', 'b=c,d="e"']],
	[['%7Bp%3D%22C%3A%5C%5Cx%22%7D'], ['p=C:\\x']],
	[['%7Bp%3D~%22a%5C.b%22%7D'], ['p=~a\\.b']],
	[['%7Bm%3D"a&b&c%22%7D', '%7Bm%3D%22a&amp;b&amp;c%22%7D'], ['m=a&b&c']],
	[['{{range}}alertname%3D"X"%7D'.replace('{{range}}', '%7Bteam%3D"a b"%2C%20')], ['team=a b', 'alertname=X']],
	[['%7Bn%3D%22%E4%22%7D'], ['n=%E4']],
	[['%7Bn%3D%22%C3%BC%22%7D', '%7Bn%3D%22ü%22%7D'], ['n=ü']],
];

export const VECTORS = [
	...['ops+team', 'ops%20team', 'ops%5C+team', 'ops%5C%20team'].map(r => ({ hash: `#/alerts?receiver=${r}`, want: { page: 'alerts', receiver: { name: 'ops team' } } })),
	...['ops%5C%2Bx', 'ops%2Bx', 'ops+x'].map(r => ({ hash: `#/alerts?receiver=${r}`, want: { receiver: { name: 'ops+x' } } })),
	{ hash: '#/alerts?receiver=o.*', want: { receiver: { regex: 'o.*' } } },
	{ hash: '#/alerts?receiver=b', want: { receiver: { name: 'b' } } },
	...filters.flatMap(([texts, filter]) => texts.map(text => ({ hash: `#/alerts?filter=${text}`, want: { filter, unread: null } }))),
	{ hash: '#/alerts?filter=%7Bm%3D"a&b"%7D&silenced=0', want: { filter: ['m=a&b'], unread: null, silenced: true } },
	{ hash: '#/alerts?filter=map%5Ba%3Ab%5D', want: { filter: [], unread: 'map[a:b]' } },
	{ hash: '#/alerts?filter=%7B%0Aa%3D%22A%22%2C%0A%7D&foo=1&filter=%7Bb%3D%22B%22%7D', want: { filter: ['a=A', 'b=B'], unread: null } },
	{ hash: '#/alerts?group=team,env&customGrouping=false', want: { group: ['team', 'env'], custom: true } },
	{ hash: '#/alerts?silenced=false&inhibited=false&active=true&filter=%7Ba%3D%22A%22%7D', want: { filter: ['a=A'], silenced: false, inhibited: false, active: true } },
	{ hash: '#/silences/new?filter=%7Bteam%3D%22a%22%7D&comment=hello%20world', want: { page: 'silence-new', filter: ['team=a'], comment: 'hello world', createdBy: '', duration: '' } },
	{ hash: '#/silences/new?silenced=false&inhibited=false&active=true&filter=%7Bteam%3D%22a%22%7D', want: { page: 'silence-new', filter: ['team=a'] } },
	{ hash: '#/silences/00000000-0000-0000-0000-000000000000', want: { page: 'silence', id: '00000000-0000-0000-0000-000000000000' } },
	{ hash: '#/silences?filter=%7Ba%3D%22A%22%7D', want: { page: 'silences', filter: ['a=A'] } },
];

/* Values and names that somebody will have. */
export const HOSTILE = ['', ' ', 'a', '"', '""', '\\', 'C:\\temp\\x', 'a\\.b', '\\d+', 'a,b', '}', '{', '"}', '", b="c', '50%', '%22', '&quot;', 'a&b', '#', '?', '+', 'a+b c',
	"o'brien", '`', 'line\nbreak', 'tab\tulator', '\u0000', '\u007f', '\u202e', 'ğüşöçİ', '日本', '👩‍👩‍👧', '\ufeff', '__proto__', '<img src=x onerror=window.pwn=1>',
	'javascript:window.pwn=1', '${x}', '{{x}}', 'a="b"', '=~', 'x'.repeat(5000), '\u2028', '\\n', '\\u0041', '\\"'];
