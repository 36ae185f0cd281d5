// SPDX-License-Identifier: Apache-2.0
// Addresses in the browser: what the browser makes of a fragment, what the page understands of it, and what it asks for then.
import assert from 'node:assert/strict';
import { eventually, see, site } from './harness.mjs';
import { quoteReceiver } from '../../src/ui/link.js';
import { formatMatcher } from '../../src/ui/matcher.js';
import { RECEIVERS, VECTORS } from './unit/link.vectors.mjs';

const config = `
route: {receiver: b, group_by: [alertname], group_wait: 1s}
receivers: [${RECEIVERS.map((name) => `{name: ${JSON.stringify(name)}}`).join(', ')}]
`;

/* Goes to a fragment the way a click does: the view as the page understood it, and its own form of the link. */
function follow(page, hash) {
	return page.evaluate(async (to) => {
		const { view, href } = await import(document.querySelector('script[type=module]').src);
		const went = new Promise((done) => { addEventListener('hashchange', () => setTimeout(done), { once: true }); });

		if (location.hash !== to) {
			location.hash = to;
			await went;
		}
		return { view: view.get(), link: href(view.get()) };
	}, hash);
}

/* Whether a request asks for what the view shows: its matchers, and its receiver by name or as it is. */
function asksFor({ url }, view) {
	const { searchParams } = new URL(url);
	const receiver = view.receiver === null ? null : view.receiver.name === undefined ? view.receiver.regex : quoteReceiver(view.receiver.name);

	return searchParams.get('receiver') === receiver
		&& JSON.stringify(searchParams.getAll('filter')) === JSON.stringify(view.filter.map(formatMatcher))
		&& (searchParams.get('silenced') !== 'false') === view.silenced;
}

const texts = (list) => list.map((m) => `${m.name}${m.op}${m.value}`);

function fits(view, want) {
	return Object.entries(want).every(([member, value]) => {
		try {
			assert.deepEqual(member === 'filter' ? texts(view.filter) : view[member], value);
			return true;
		} catch {
			return false;
		}
	});
}

/* Views follow one another faster than a busy server hears that the one before was left. */
site('link', { config, flags: ['--web.get-concurrency=1000'] }, ({ test, visit, server }) => {
	test('all kinds of links lead to the right view, and the link of that view to the same', async () => {
		const page = await visit('#/alerts');

		/* The silence that nobody has. */
		page.expectProblem(/status of 404.*silence\/00000000/);
		await eventually(() => page.requests.some((r) => r.url.includes('/ext/v1/groups?')));
		for (const { hash, want } of VECTORS) {
			/* The names of receivers arrive a moment after the first link with one. */
			const { view, link } = await eventually(async () => {
				const got = await follow(page, hash);

				return fits(got.view, want) ? got : null;
			}, hash);

			if (view.page === 'alerts')
				await eventually(() => asksFor(page.requests.findLast((r) => r.url.includes('/ext/v1/groups?')), view), `a request for ${hash}`);
			if (view.page === 'alerts' && view.unread !== null)
				await see(page, 'Part of this link could not be read');
			const again = (await follow(page, link)).view;

			assert.ok(fits(again, want.unread === undefined ? want : { ...want, unread: null }), `${hash} → ${link}`);
		}
	});

	test('paths that are no fragments lead there too', async () => {
		for (const [path, hash] of [['/alerts?filter=x', '#/alerts?filter=x'], ['/silences', '#/silences'], ['/status', '#/status'], ['/config', '#/config'], ['/ui', '#/alerts'], ['/ui/alerts', '#/alerts']]) {
			const { status, headers } = await server.ask('GET', path);

			assert.equal(status, 302, path);
			assert.equal(headers.get('location').replace(/^\.+\//, '').replace(/^\//, ''), hash, path);
		}
	});

	test('the empty fragment is alerts, and what is none is said', async () => {
		const page = await visit('');

		assert.equal((await follow(page, '')).view.page, 'alerts');
		await follow(page, '#/nothing/%3Cimg%20src=x%3E');
		await page.getByText('There is no such page.').waitFor();
	});
});
