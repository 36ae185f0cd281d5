// SPDX-License-Identifier: Apache-2.0
// What stands around the pages: counters, title and icon, keys, help, and what is seen when the connection is gone.
import assert from 'node:assert/strict';
import { accessible, fits, see, shot, site, until } from './harness.mjs';

const fire = (name, severity) => ({ alertname: name, severity, instance: `${name}-1` });
const icon = page => page.locator('#favicon').getAttribute('href');
const lostSoon = page => page.locator('.bar-lost').waitFor();
const titleIs = (page, text) => until(page, t => document.title === t, text);

site('frame', {}, ({ test, visit, server }) => {
	test('counters, title and icon follow what fires, in whatever words', async () => {
		const page = await visit('#/status');
		await see(page, 'nothing fires');
		assert.match(await icon(page), /icon-calm/);
		await server.alert(fire('DiskFull', 'page'), fire('Lag', 'warning'));
		await titleIs(page, '(2) Status · tocsin');
		assert.match(await icon(page), /icon-burning/);
		await page.getByRole('link', { name: '1 critical' }).click();
		await until(page, () => location.hash.includes(encodeURIComponent('{severity="page"}')));
		await server.silence({ instance: 'DiskFull-1' });
		await server.silence({ instance: 'Lag-1' });
		await until(page, () => /icon-silenced/.test(document.getElementById('favicon').getAttribute('href')));
		await server.resolve(fire('DiskFull', 'page'), fire('Lag', 'warning'));
		await see(page, 'nothing fires');
	});

	test('keys, help, focus and menus', async () => {
		const page = await visit('#/settings');
		await page.keyboard.press('g');
		await page.keyboard.press('i');
		await until(page, () => location.hash === '#/status' && document.activeElement.matches('main h1'));
		await page.keyboard.press('?');
		await page.getByRole('dialog', { name: 'Help' }).waitFor();
		await accessible(page);
		await page.keyboard.press('n'); // nothing while a dialog is open
		await page.keyboard.press('Escape');
		await until(page, () => !document.querySelector('dialog') && document.activeElement.matches('main h1'));
		assert.equal(await page.evaluate(() => location.hash), '#/status');
		const help = page.getByRole('button', { name: 'Help' });
		await help.click();
		await page.getByRole('button', { name: 'Close' }).click();
		await until(page, () => document.activeElement.getAttribute('aria-label') === 'Help');
		await page.keyboard.press('p');
		await see(page, 'Paused.');
		await page.keyboard.press('p');
		await page.keyboard.press('t');
		assert.equal(await page.evaluate(() => JSON.parse(localStorage.getItem('tocsin.v1')).utc), true);
		await page.evaluate(() => document.querySelector('.skip').focus());
		await page.keyboard.press('Enter');
		await until(page, () => document.activeElement.matches('main h1'));
		await page.goBack();
		await until(page, () => location.hash === '#/settings');
	});

	test('single keys can be switched off', async () => {
		const page = await visit('#/settings', { storage: { 'tocsin.v1': '{"keys":false}' } });
		await page.keyboard.press('n');
		await page.keyboard.press('?');
		await page.getByRole('button', { name: 'Help' }).click();
		await see(page, 'Single keys are switched off');
		assert.equal(await page.evaluate(() => location.hash), '#/settings');
	});

	test('the phone has a bar at the bottom, and More behind it', async () => {
		const page = await visit('#/settings', { size: 'phone', scheme: 'dark' });
		await page.getByRole('button', { name: 'More' }).tap();
		await page.getByRole('menuitem', { name: 'Status' }).waitFor();
		await accessible(page);
		await shot(page, 'frame-menu-phone-dark');
		await page.keyboard.press('Escape');
		await until(page, () => !document.querySelector('[role=menu]') && document.activeElement.getAttribute('aria-haspopup') === 'menu');
		await page.getByRole('button', { name: 'More' }).tap();
		await page.getByRole('menuitem', { name: 'Receivers' }).tap();
		await until(page, () => location.hash === '#/receivers' && document.activeElement.matches('main h1'));
		await page.setViewportSize({ width: 320, height: 600 });
		await fits(page);
		await page.evaluate(() => document.documentElement.style.setProperty('font-size', '32px'));
		await fits(page);
	});

	test('a menu opens, moves and closes by keys and by the same button', async () => {
		const page = await visit('#/settings', { size: 'phone' });
		const more = page.getByRole('button', { name: 'More' });
		await more.focus();
		await page.keyboard.press('ArrowDown');
		await until(page, () => document.activeElement.textContent === 'Receivers');
		await page.keyboard.press('s');
		assert.match(await page.evaluate(() => document.activeElement.textContent), /^S/);
		await page.keyboard.press('End');
		assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Help');
		await page.keyboard.press('Enter');
		await page.getByRole('dialog', { name: 'Help' }).waitFor();
		await page.keyboard.press('Escape');
		await more.click();
		await page.getByRole('menu').waitFor();
		await more.click({ force: true });
		await until(page, () => !document.querySelector('[role=menu]'));
	});

	test('no finding in the frame: light, forced colours, without motion', async () => {
		for (const context of [{}, { forcedColors: 'active', reducedMotion: 'reduce' }]) {
			const page = await visit('#/nowhere', { context });
			await see(page, 'There is no such page.');
			await accessible(page);
		}
	});

	test('a server that dies and comes back', async () => {
		const page = await visit('#/status');
		page.expectProblem(/ERR_|Failed to load/);
		await server.kill();
		await lostSoon(page);
		await see(page, /No connection to tocsin since \d\d:\d\d:\d\d\. What you see is/);
		await titleIs(page, '(!) Status · tocsin');
		assert.match(await icon(page), /icon-lost/);
		await accessible(page);
		await shot(page, 'frame-lost');
		assert.ok(await page.locator('main h1').isVisible());
		await server.start();
		// Another page has its answer: the bar does not wait for its next attempt.
		await page.evaluate(() => { location.hash = '#/receivers'; });
		await see(page, 'The connection is back.');
		await until(page, () => !document.querySelector('.bar-lost'));
		await until(page, () => !document.querySelector('.bar-ok'));
	});

	test('a network that is gone is noticed at once when it is back', async () => {
		const page = await visit('#/status', { own: true });
		page.expectProblem(/ERR_|Failed to load/);
		await page.context().setOffline(true);
		await lostSoon(page);
		await page.context().setOffline(false);
		await see(page, 'The connection is back.');
	});

	test('a page instead of data, no sign-in, half an answer, and a server that wants to be left alone', async () => {
		const page = await visit('#/status');
		page.expectProblem(/Failed to load resource/);
		const answer = async how => {
			await page.unroute('**/api/ext/v1/**');
			if (how) await page.route('**/api/ext/v1/**', route => route.fulfill(how));
			await page.keyboard.press('r');
		};
		await answer({ status: 200, contentType: 'text/html', body: '<h1>Sign in</h1>' });
		await see(page, 'The answer was a page, not data: you may have to sign in again.');
		await titleIs(page, '(!) Status · tocsin');
		await page.getByRole('button', { name: 'Reload' }).waitFor();
		await answer({ status: 401, contentType: 'text/plain', body: 'no' });
		await see(page, 'You have to sign in.');
		await answer({ status: 302, headers: { location: '/login' } });
		await see(page, 'The answer was a page');
		await answer(null);
		await page.locator('.bar-lost').waitFor({ state: 'detached' });
		await answer({ status: 503, headers: { 'retry-after': '1' }, contentType: 'text/plain', body: 'busy' });
		await see(page, 'asked this page to wait');
		await answer({ status: 200, contentType: 'application/json', body: '{"instance":"x","rev' });
		await see(page, 'No connection to tocsin since');
		await answer(null);
		await page.locator('.bar-lost').waitFor({ state: 'detached' });
	});

	test('an upgrade is offered, and never by itself', async () => {
		const page = await visit('#/status');
		page.expectProblem(/ERR_|Failed to load resource/);
		await page.route('**/assets/**/icon-calm.svg', route => route.fulfill({ status: 404, body: '404 page not found\n' }));
		await page.evaluate(() => { window.same = true; });
		await server.kill();
		await server.start();
		await see(page, 'tocsin was updated.');
		assert.equal(await page.evaluate(() => window.same), true);
		await page.unroute('**/assets/**/icon-calm.svg');
		await page.getByRole('button', { name: 'Reload' }).click();
		await until(page, () => window.same === undefined && document.querySelector('h1'));
	});

	test('a device whose clock is wrong is told, and shows the server’s time', async () => {
		const page = await visit('#/status', { clock: Date.now() - 600000 });
		await see(page, /The clock of this device is (9 min \d+ s|10 min.*) behind the server’s/);
	});

	test('a hidden tab asks for no lists until it is seen again, and goes on counting', async () => {
		const page = await visit('#/status', { script: () => {
			let hidden = false;
			Object.defineProperty(document, 'hidden', { get: () => hidden });
			window.hide = h => {
				hidden = h;
				document.dispatchEvent(new Event('visibilitychange'));
			};
		} });
		await until(page, () => document.querySelector('main h1'));
		await page.answered();
		await page.evaluate(() => window.hide(true));
		const from = page.requests.length;
		await server.alert(fire('Hidden', 'critical'));
		await server.reload((await import('node:fs')).readFileSync(server.configFile, 'utf8') + '# again\n');
		await titleIs(page, '(1) Status · tocsin');
		assert.deepEqual(page.requests.slice(from).filter(r => /\/api\//.test(r.url) && !/\/changes\?/.test(r.url)), []);
		await page.evaluate(() => window.hide(false));
		await page.waitForRequest(/ext\/v1\/status/);
	});

	test('a fault in a page leaves the frame', async () => {
		const page = await visit('#/status');
		page.expectProblem(/broken/);
		await page.evaluate(async () => {
			const { h, mount, Guard } = await import(document.querySelector('script[type=module]').src);
			const box = document.createElement('div');
			document.querySelector('main').append(box);
			mount(h(Guard, { name: 'Alerts' }, h(function List() { throw new Error('broken'); }, null)), box);
		});
		await see(page, 'Alerts cannot be shown: a mistake in the page.');
		await see(page, 'in List, tocsin');
		await page.getByRole('button', { name: 'Copy' }).waitFor();
	});
});
