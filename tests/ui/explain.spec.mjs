// SPDX-License-Identifier: Apache-2.0
// The page Explain: the sentence is the API's, the stages and the routes are what it says, and the routes stand alone without a question.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { accessible, eventually, fits, see, shot, site, until } from './harness.mjs';
import { DISK, DOWN, LAG, SLOW, historyConfig, startSink } from './history_data.mjs';

const sink = await startSink();
after(() => sink.stop());

const brace = (labels) => encodeURIComponent(`{${Object.entries(labels).map(([n, v]) => `${n}=${JSON.stringify(v)}`).join(', ')}}`);
const sentence = (page) => page.locator('.ex-sentence').innerText();
// The page speaks of times in its own zone, which these visits set to UTC.
const utc = { context: { timezoneId: 'UTC' } };
const seconds = (text) => text.replace(/((\d{4}-\d\d-\d\d|Mon|Tue|Wed|Thu|Fri|Sat|Sun)[T ])?\d\d:\d\d:\d\d( UTC|\.\d+Z)?/g, 'TIME');
const mark = async (page, title) => (await page.locator('.ex-stage', { hasText: title }).first().getAttribute('class')).match(/ex-mark-(\w+)/)[1];

site('explain', { config: historyConfig(sink.url) }, ({ test, visit, server }) => {
	const ask = (body) => server.post('/api/ext/v1/explain', body);

	test('the sentence is the API’s, and each stage says whether the alert passes', async () => {
		await server.alert(DISK, DOWN, SLOW);
		await server.silence({ alertname: 'DiskFull' }, { by: 'jo', comment: 'disk ordered' });
		const page = await visit('#/explain', utc);

		for (const [labels, verdict, decides] of [[SLOW, 'suppressed', 'Inhibition'], [DISK, 'suppressed', 'Silences'], [{ alertname: 'New', team: 'db', instance: 'x' }, 'notified', null],
			[{ alertname: 'New', team: 'night' }, 'suppressed', 'Time intervals'], [{ alertname: 'New', team: 'db', severity: 'info' }, 'no_receiver', null]]) {
			await page.evaluate((hash) => { location.hash = hash; }, `#/explain?labels=${brace(labels)}`);
			await page.locator('.ex-stages', { hasText: labels.instance ?? labels.severity ?? labels.team }).waitFor();
			const said = await ask({ labels });

			assert.equal(said.verdict, verdict);
			assert.equal(seconds(await sentence(page)), seconds(said.say));
			assert.equal(await page.locator('.ex-stage.decides').count(), decides ? 1 : 0);
			if (decides) {
				await see(page, decides, page.locator('.ex-stage.decides'));
				assert.equal(await mark(page, 'Deduplication'), 'none');
			}
			if (verdict === 'notified') {
				assert.equal(await page.locator('.ex-message').count(), 2);
				assert.ok((await page.locator('.ex-message pre').allInnerTexts()).includes('New firing'));
				await shot(page, 'explain-wide-light');
			}
		}
		await accessible(page, 'main');
	});

	test('a question is asked by rows, by pasted text, and by an alert; its address is the question', async () => {
		const page = await visit('#/explain');

		await see(page, 'Give labels or choose an alert.');
		await page.getByLabel('Name of label 1').fill('alertname');
		await page.getByLabel('Value of alertname').fill('Lag');
		await page.getByLabel('Name of label 2').fill('alertname');
		await page.keyboard.press('Control+Enter');
		await see(page, 'alertname is there twice.');
		await page.getByLabel('Name of label 2').fill('team');
		await page.getByLabel('Value of team').fill('web');
		await page.keyboard.press('Enter');
		await see(page, /^slack-web will be told/);
		assert.equal(await page.evaluate(() => decodeURIComponent(location.hash)), '#/explain?labels={alertname="Lag", team="web"}');
		await page.getByRole('button', { name: 'Write as text' }).click();
		await page.getByLabel('Labels as text').fill('{alertname="Lag", team=~"db"}');
		await page.keyboard.press('Control+Enter');
		await see(page, /A label has one value/);
		await page.getByLabel('Labels as text').fill('{"labels":{"alertname":"Slow","team":"db","empty":""}}');
		await page.keyboard.press('Control+Enter');
		await see(page, /The label empty has no value/);
		await see(page, /^pager-db will be told/);
		const fp = (await server.get('/api/v2/alerts?filter=alertname%3D%22DiskFull%22'))[0].fingerprint;

		await page.evaluate((id) => { location.hash = `#/explain?alert=${id}`; }, fp);
		await see(page, 'This alert is there now.');
		assert.equal(await page.getByLabel('Value of alertname').inputValue(), 'DiskFull');
		await page.getByRole('link', { name: 'History of it' }).click();
		await until(page, () => /^#\/history\?alert=/.test(location.hash));
	});

	test('of the past is said what history knows, and what is not known any more', async () => {
		await server.alert(LAG);
		const at = await eventually(async () => (await server.ask('GET', '/api/ext/v1/history?kind=notification&filter=alertname%3D%22Lag%22')).data?.items?.[0]?.at, 'Lag to be told');
		const then = new Date(Date.parse(at) + 1).toISOString();
		const page = await visit(`#/explain?labels=${brace(LAG)}&at=${encodeURIComponent(then)}`);

		await page.locator('.ex-sentence').waitFor();
		assert.equal(seconds(await sentence(page)), seconds((await ask({ labels: LAG, at: then })).say));
		assert.doesNotMatch(await sentence(page), /UTC|T\d\d:/);
		await see(page, 'Times are of this device (UTC+3).', page.locator('.ex-say'));
		await see(page, /are not known any more/);
		await see(page, /from history/);
		await page.locator('.ex-stage .hi-row').first().waitFor();
		await accessible(page, 'main');
		await page.getByLabel('When').fill('someday');
		await page.keyboard.press('Enter');
		await see(page, 'This time cannot be read: someday');
		await page.getByLabel('When').fill('');
		await page.keyboard.press('Enter');
		await see(page, /^slack-web/);
		page.expectProblem(/404/);
		await page.evaluate(() => { location.hash = '#/explain?alert=0000000000000001'; });
		await see(page, 'This alert is not there now.');
		await page.getByRole('link', { name: 'What history knows' }).click();
		await see(page, 'History knows nothing of this alert before that time.');
	});

	test('the tree by keys: the way is lit, what refused is struck through', async () => {
		const page = await visit(`#/explain?labels=${brace(SLOW)}`);
		const focused = (text) => until(page, (t) => document.activeElement.querySelector('.ex-node-line')?.textContent.includes(t), text);

		await page.locator('.ex-takes').waitFor();
		assert.match(await page.locator('.ex-takes').innerText(), /team=~"db\|cache"/);
		assert.deepEqual(await page.locator('s.ex-no .value').allInnerTexts(), ['team="web"', 'cluster="eu"', 'severity="info"']);
		await see(page, 'continue', page.locator('.ex-tree'));
		assert.ok(await page.locator('.ex-tree .inherited').count() > 5);
		await page.locator('[role=treeitem][tabindex="0"]').focus();
		await focused('all alerts');
		await page.keyboard.press('ArrowRight');
		await focused('team="web"');
		await page.keyboard.press('ArrowDown');
		await page.keyboard.press('ArrowLeft');
		await until(page, () => document.activeElement.getAttribute('aria-expanded') === 'false');
		await page.keyboard.press('Enter');
		await until(page, () => document.activeElement.getAttribute('aria-expanded') === 'true');
		await page.keyboard.press('End');
		await focused('team="night"');
		await page.keyboard.press('ArrowLeft');
		await focused('all alerts');
		await page.keyboard.press('ArrowUp');
		await focused('all alerts');
		assert.equal(await page.locator('[role=treeitem][tabindex="0"]').count(), 1);
	});

	test('10,000 routes: closed but for the way, and searched', async () => {
		const page = await visit('#/settings');
		const route = (path, receiver, more = {}) => ({ path, receiver, matchers: [{ name: 'team', value: path, isEqual: true, isRegex: false }], continue: false, group_by: ['alertname'],
			wait: 30, interval: 300, repeat: 14400, mute: [], active: [], inherited: ['wait'], groups: 0, alerts: 0, line: 1, ...more });
		const all = [route('0', 'ops', { matchers: [] })];

		for (let i = 0; i < 5000; i++)
			all.push(route(`0/${i}`, `r${i}`), route(`0/${i}/0`, `deep${i}`));
		await page.route((url) => url.pathname.endsWith('/api/ext/v1/routes'), (r) => {
			const from = Number(new URL(r.request().url()).searchParams.get('cursor') ?? 0);

			return r.fulfill({ contentType: 'application/json', body: JSON.stringify({ items: all.slice(from, from + 1000), next: from + 1000 < all.length ? String(from + 1000) : null, total: all.length }) });
		});
		await page.evaluate(() => { location.hash = '#/explain'; });
		await page.getByLabel('Search the routes').waitFor();
		assert.ok(await page.evaluate(() => document.querySelectorAll('*').length) < 3000);
		await page.getByLabel('Search the routes').fill('deep4321');
		await see(page, '1 found');
		await see(page, 'deep4321', page.locator('.ex-hit'));
		assert.equal(await page.locator('[role=treeitem]').count(), 3);
		await page.getByLabel('Search the routes').fill('nothing');
		await see(page, 'No route has this.');
	});

	test('on a phone the sentence stands first; errors and hostile labels are text', async () => {
		const bad = '"><img src=x onerror=window.pwn=1>';
		const labels = { alertname: bad, team: 'web', constructor: 'javascript:window.pwn=1', rtl: '\u202eevil', long: 'x'.repeat(3000) };
		const page = await visit(`#/explain?labels=${brace(labels)}`, { size: 'phone', scheme: 'dark' });

		await page.locator('.ex-sentence').waitFor();
		await see(page, bad, page.locator('.ex-message'));
		await fits(page);
		const [say, form, tree] = await Promise.all(['.ex-say', '.ex-input', '.ex-tree'].map((s) => page.locator(s).boundingBox()));

		assert.ok(say.y < form.y && form.y < tree.y);
		await page.getByRole('button', { name: 'Change the question' }).tap();
		await page.getByLabel('Value of alertname').fill('Other');
		await page.getByRole('button', { name: 'Explain', exact: true }).tap();
		await until(page, () => location.hash.includes('Other'));
		await accessible(page, 'main');
		await shot(page, 'explain-phone-dark');
		page.expectProblem(/503/);
		await page.route((url) => url.pathname.endsWith('/api/ext/v1/explain'), (r) => r.fulfill({ status: 503, contentType: 'application/json', body: JSON.stringify({ error: { code: 'starting', message: `no configuration ${bad}` } }) }));
		await page.getByRole('button', { name: 'Ask again' }).tap();
		await see(page, /no configuration/);
		await fits(page);
	});
});
