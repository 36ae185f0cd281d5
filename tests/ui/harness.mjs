// SPDX-License-Identifier: Apache-2.0
// One server and one Chromium for each file of tests, and pages that are watched: see tests/README.md.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, test as nodeTest } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Server } from './server.mjs';

export { Server };

const require = createRequire(import.meta.url);
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const shots = process.env.UI_SHOTS ?? path.join(root, 'build/dev/ui');
const patience = 60000;
// By how much the CPU of Chromium is slowed: what a test or the page leaves to luck fails then.
const throttle = Number(process.env.UI_THROTTLE ?? 1);

const sizes = {
	wide: { viewport: { width: 1440, height: 900 } },
	phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
};

// The shell is Chromium without its windows: a page costs it half the CPU.
const chromiums = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];

/** Chromium with a fresh profile; `args` are more of its flags. */
export async function launch(args = []) {
	return chromium.launch({
		executablePath: process.env.CHROMIUM ?? chromiums.find(existsSync),
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update',
			'--disable-sync', '--no-first-run', ...args],
	});
}

// Runs in the page before all else. The console is where the harness listens.
function watchPolicy() {
	document.addEventListener('securitypolicyviolation', (e) => {
		console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile ?? ''}:${e.lineNumber}`);
	});
}

// All that must not happen goes to page.problems; page.requests holds what was asked of the server.
function watch(page, origin) {
	const note = (text) => page.problems.push(text);

	const unanswered = new Set();

	page.problems = [];
	page.expected = [];
	page.requests = [];
	/** Waits until all questions but the one that waits for changes are answered. */
	page.answered = () => eventually(() => ![...unanswered].some((r) => /\/api\//.test(r.url()) && !/\/changes\?/.test(r.url())));
	page.on('requestfinished', (r) => unanswered.delete(r));
	page.on('requestfailed', (r) => unanswered.delete(r));
	/** From here on a problem that fits is none: a test that breaks the connection expects the browser to say so. */
	page.expectProblem = (pattern) => page.expected.push(pattern);
	page.on('console', (m) => { if (m.type() === 'error') note(`console: ${m.text()} (${m.location().url})`); });
	page.on('pageerror', (e) => note(`error: ${e.stack ?? e}`));
	page.on('crash', () => note('the page crashed'));
	page.on('dialog', (d) => {
		note(`dialog: ${d.message()}`);
		d.dismiss().catch(() => {});
	});
	page.on('request', (r) => {
		page.requests.push({ method: r.method(), url: r.url() });
		unanswered.add(r);
		if (!r.url().startsWith(origin + '/') && !/^(data|blob|about):/.test(r.url()))
			note(`a request to another origin: ${r.url()}`);
	});
}

async function check(page) {
	const left = page.problems.filter((p) => !page.expected.some((pattern) => pattern.test(p)));

	if (!page.isClosed() && page.url().startsWith('http')) {
		const pwn = await page.evaluate(() => typeof window.pwn).catch(() => 'undefined');

		if (pwn !== 'undefined')
			left.push('a hostile value was run: window.pwn is set');
	}
	assert.deepEqual(left, []);
}

/**
 * Opens a view in a context of its own.
 * @param {import('playwright-core').Browser} browser
 * @param {string} url of the server, with a prefix where there is one
 * @param {string} hash the view, '#/alerts?…'
 * @param {object} options size: 'wide' (1440×900) or 'phone' (390×844, touch); scheme: 'light' or 'dark'; storage: what
 * localStorage holds before, by key; script: a function that runs in the page before its own; clock: a time at which the page's
 * clock stands; timers: by how many ms its clock is ahead, and page.clock.fastForward makes time pass; context: more options of Playwright's newContext (timezoneId, forcedColors, reducedMotion, httpCredentials …);
 * wait: false does not wait for the page to have drawn something
 */
export async function openPage(browser, url, hash = '', options = {}) {
	const { size = 'wide', scheme = 'light', storage = null, script = null, clock = null, timers = null, context: more = {}, wait = true } = options;
	const context = await browser.newContext({ ...sizes[size], colorScheme: scheme, locale: 'en-GB', timezoneId: 'Europe/Istanbul',
		serviceWorkers: 'block', ...more });

	context.setDefaultTimeout(patience);
	await context.addInitScript(watchPolicy);
	if (storage !== null)
		await context.addInitScript((items) => {
			if (sessionStorage.getItem('harness') === null) {
				sessionStorage.setItem('harness', '1');
				for (const [key, value] of Object.entries(items))
					localStorage.setItem(key, value);
			}
		}, storage);
	if (script !== null)
		await context.addInitScript(script);
	const page = await context.newPage();

	watch(page, new URL(url).origin);
	if (throttle > 1)
		await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: throttle });
	if (clock !== null)
		await page.clock.setFixedTime(clock);
	if (timers !== null)
		await page.clock.install({ time: Date.now() + timers });
	await page.goto(`${url}/${hash}`, { waitUntil: 'domcontentloaded' });
	if (wait)
		await page.locator('h1').first().waitFor({ state: 'attached' });
	return page;
}

/**
 * A file's tests with one server and one browser.
 * @param {string} name
 * @param {object} options config, flags and env of the server (server.mjs); args: flags of Chromium; server: false starts none
 * @param {(t: {test: Function, visit: Function, server: Server, browser: () => import('playwright-core').Browser}) => void} body
 * calls test(name, async () => …); in it visit(hash, options) opens a page (openPage), which is watched, checked and closed
 * behind the test. `server` is started before the first test.
 */
export function site(name, options, body) {
	describe(name, () => {
		const server = options.server === false ? null : new Server(options);
		const open = [];
		let browser = null;

		const visit = async (hash = '', how = {}) => {
			const page = await openPage(browser, how.url ?? server.url + (how.prefix ?? ''), hash, how);

			open.push(page);
			return page;
		};
		const test = (title, run) => nodeTest(title, { timeout: 900000 }, async () => {
			try {
				await run();
				for (const page of open)
					await check(page);
			} catch (e) {
				for (const page of open.filter((p) => !p.isClosed()))
					await shot(page, `failed/${name} ${title}`.replace(/[^\w/]+/g, '-')).catch(() => {});
				throw e;
			} finally {
				for (const page of open.splice(0))
					await page.context().close().catch(() => {});
			}
		});

		before(async () => {
			[browser] = await Promise.all([launch(options.args), server?.start()]);
		});
		after(async () => {
			await browser?.close();
			await server?.stop();
		});
		body({ test, visit, server, browser: () => browser });
	});
}

/** Waits until the text is to be seen somewhere on the page (or inside `within`, a locator). */
export async function see(page, text, within = page) {
	await within.getByText(text).first().waitFor({ state: 'visible' });
}

/** Waits until `probe`, a function run in the page with `arg`, gives something true. */
export async function until(page, probe, arg) {
	await page.waitForFunction(probe, arg, { timeout: patience });
}

/** Waits until `probe`, run here, gives something true, and gives it back. */
export async function eventually(probe, what = String(probe)) {
	for (const end = Date.now() + patience; ;) {
		const value = await probe();

		if (value)
			return value;
		assert.ok(Date.now() < end, `in vain: ${what}`);
		await new Promise((done) => setTimeout(done, 30));
	}
}

const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/**
 * No finding of axe-core that is serious or critical: rules that find lesser things only are not run.
 * @param {string} [include] a selector; absent, the whole page
 * @param {string[]} [only] the names of rules; absent, all: what has been looked at in one scheme has other colours in the other
 */
export async function accessible(page, include, only) {
	if (await page.evaluate(() => window.axe === undefined))
		await page.evaluate(`${axeSource}; undefined`);
	const found = await page.evaluate(async ([selector, values]) => {
		const lesser = window.axe._audit.rules.filter((r) => r.impact === 'minor' || r.impact === 'moderate').map((r) => [r.id, { enabled: false }]);
		// Nothing is preloaded: the sheets and sound files that one experimental rule and one about sound would fetch again.
		const { violations } = await window.axe.run(selector ?? document, { resultTypes: ['violations'], preload: false,
			...(values === null ? { rules: Object.fromEntries(lesser) } : { runOnly: { type: 'rule', values } }) });

		return violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
			.map((v) => `${v.id}: ${v.help}\n  ${v.nodes.slice(0, 5).map((n) => `${n.target} ${n.html.slice(0, 200)} ${n.any[0]?.message ?? ''}`).join('\n  ')}`);
	}, [include ?? null, only ?? null]);

	assert.deepEqual(found, []);
}

/** Nothing sticks out at the side: the page itself does not scroll sideways. */
export async function fits(page) {
	const [content, window_] = await page.evaluate(() => [document.scrollingElement.scrollWidth, window.innerWidth]);

	assert.ok(content <= window_, `the content is ${content} px wide, the window ${window_}`);
}

/** A screenshot for people, build/dev/ui/NAME.png. */
export async function shot(page, name) {
	const file = path.join(shots, `${name}.png`);

	mkdirSync(path.dirname(file), { recursive: true });
	await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' });
	return file;
}
