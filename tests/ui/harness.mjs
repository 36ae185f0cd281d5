// SPDX-License-Identifier: Apache-2.0
// One server and one Chromium for each file of tests, and pages that are watched: see tests/README.md.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, test as nodeTest } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Server } from './server.mjs';

export { Server };

const require = createRequire(import.meta.url);
// As a module of ours its source would be searched for what it exports, which takes as long as to run it.
const { chromium } = require('playwright-core');
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

// No page lives for so long that what its scripts cost were worth to be compiled well: a twelfth of all.
const scripts = '--js-flags=--no-opt --no-maglev';

/** Chromium with a fresh profile; `args` are more of its flags. */
export async function launch(args = []) {
	return chromium.launch({
		executablePath: process.env.CHROMIUM ?? chromiums.find(existsSync),
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update',
			'--disable-sync', '--no-first-run', scripts, ...args],
	});
}

// Runs in the page before all else. The console is where the harness listens.
function watchPolicy() {
	document.addEventListener('securitypolicyviolation', (e) => {
		console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile ?? ''}:${e.lineNumber}`);
	});
}

// All that must not happen goes to page.problems; page.requests holds what was asked of the server.
function watch(page) {
	const note = (text) => page.problems.push(text);

	page.on('requestfinished', (r) => page.unanswered.delete(r));
	page.on('requestfailed', (r) => page.unanswered.delete(r));
	/** Waits until all questions but the one that waits for changes are answered. */
	page.answered = () => eventually(() => ![...page.unanswered].some((r) => /\/api\//.test(r.url()) && !/\/changes\?/.test(r.url())));
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
		page.unanswered.add(r);
		if (!r.url().startsWith(page.origin + '/') && !/^(data|blob|about):/.test(r.url()))
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

/* A page in a context of its own, where nothing is loaded yet. */
async function blank(browser, { size = 'wide', scheme = 'light', context: more = {} }) {
	const context = await browser.newContext({ ...sizes[size], colorScheme: scheme, locale: 'en-GB', timezoneId: 'Europe/Istanbul',
		serviceWorkers: 'block', ...more });

	context.setDefaultTimeout(patience);
	await context.addInitScript(watchPolicy);
	const page = await context.newPage();

	watch(page);
	if (throttle > 1)
		await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: throttle });
	return page;
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
 * @param {import('playwright-core').Page} [used] one that `cleared` gave back, to be used again
 */
export async function openPage(browser, url, hash = '', options = {}, used = null) {
	const { storage = {}, script = null, clock = null, timers = null, wait = true } = options;
	const page = used ?? await blank(browser, options);

	Object.assign(page, { origin: new URL(url).origin, problems: [], expected: [], requests: [], unanswered: new Set() });
	// What was there before the first page is all that one finds; later ones in the same tab find what that left.
	const first = await page.addInitScript((items) => {
		localStorage.clear();
		sessionStorage.clear();
		for (const [key, value] of Object.entries(items))
			localStorage.setItem(key, value);
	}, storage);

	if (script !== null)
		await page.context().addInitScript(script);
	if (clock !== null)
		await page.clock.setFixedTime(clock);
	if (timers !== null)
		await page.clock.install({ time: Date.now() + timers });
	await page.goto(`${url}/${hash}`, { waitUntil: 'domcontentloaded' });
	await first.dispose();
	if (wait)
		await page.locator('h1').first().waitFor({ state: 'attached' });
	return page;
}

/*
 * Pages that are kept for the next test, by size: a process of Chromium, which is thrown away with its context, costs twice as much
 * as what a page does in it. What an open context cannot take back has one of its own.
 */
const kept = { wide: [], phone: [] };
const ordinary = ({ own = false, script = null, clock = null, timers = null, context = null }) =>
	!own && script === null && clock === null && timers === null && context === null;

/* Like openPage, with a page that is kept where there is one. */
async function lend(browser, url, hash, options) {
	const { size = 'wide', scheme = 'light' } = options;
	const used = (ordinary(options) && kept[size].pop()) || null;

	await used?.emulateMedia({ media: null, colorScheme: scheme, forcedColors: 'none', reducedMotion: 'no-preference', contrast: 'no-preference' });
	const page = await openPage(browser, url, hash, options, used);

	page.keptAs = ordinary(options) ? size : null;
	return page;
}

/* The page is left, and cleared for the next test, or goes with its context. */
async function giveBack(page) {
	const context = page.context();

	if (page.keptAs === null || page.isClosed() || context.pages().length > 1)
		return context.close();
	await page.unrouteAll({ behavior: 'ignoreErrors' });
	await page.goto('about:blank');
	await page.mouse.move(-1, -1);
	await page.setViewportSize(sizes[page.keptAs].viewport);
	const session = await context.newCDPSession(page);

	await session.send('Page.resetNavigationHistory');
	await session.detach();
	return kept[page.keptAs].push(page);
}

/* One for all files of a process, see run.mjs: to load Playwright and start a browser costs as much as some tests. */
let browser = null;

export const files = {
	/** The browser stays when a file is done, for the next. */
	follow: false,
	/** Resolved when the tests of the file that was loaded last are done. */
	done: Promise.resolve(),
};

export async function closeBrowser() {
	await browser?.close();
	browser = null;
	Object.values(kept).forEach((pages) => pages.splice(0));
}

/**
 * A file's tests with one server, in one browser.
 * @param {string} name
 * @param {object} options config, flags and env of the server (server.mjs)
 * @param {(t: {test: Function, visit: Function, server: Server}) => void} body
 * calls test(name, async () => …); in it visit(hash, options) opens a page (openPage), which is watched, checked and cleared or
 * closed behind the test; with own: true none that others have had or will have. `server` is started before the first test.
 */
export function site(name, options, body) {
	let done = null;

	files.done = new Promise((resolve) => { done = resolve; });
	describe(name, () => {
		const server = new Server(options);
		const open = [];

		const visit = async (hash = '', how = {}) => {
			const page = await lend(browser, how.url ?? server.url + (how.prefix ?? ''), hash, how);

			open.push(page);
			return page;
		};
		const test = (title, run) => nodeTest(title, { timeout: 900000 }, async () => {
			try {
				await run();
				for (const page of open)
					await check(page);
				for (const page of open.splice(0))
					await giveBack(page);
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
			const begun = await Promise.allSettled([browser ?? launch().then((b) => { browser = b; }), server.start()]);
			const failed = begun.find((one) => one.status === 'rejected');

			if (failed === undefined)
				return;
			// No after follows.
			if (!files.follow)
				await closeBrowser();
			done();
			throw failed.reason;
		});
		after(async () => {
			try {
				if (!files.follow)
					await closeBrowser();
				await server.stop();
			} finally {
				done();
			}
		});
		body({ test, visit, server });
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
