// SPDX-License-Identifier: Apache-2.0
// Silences: the list, one silence, and the form that makes it.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { accessible, eventually, fits, see, shot, site } from './harness.mjs';

const config = `
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 1s
  group_interval: 1s
  repeat_interval: 1h
  routes: [{matchers: ['team="db"'], receiver: pager-db}]
receivers: [{name: ops}, {name: pager-db}]
rule_files: ['maintenance.yml']
`;
const maintenance = `
silences:
- name: move
  matchers: [team = moved]
  starts_at: 2020-01-01T00:00:00Z
  ends_at: 2099-01-01T00:00:00Z
  created_by: ops
  comment: from a file
`;
const hostile = ['<img src=x onerror=window.pwn=1>', '"><script>window.pwn=1</script>', 'javascript:window.pwn=1', 'https://user@evil.example/', '{{constructor.constructor(\'window.pwn=1\')()}}', '__proto__',
	'</script><!--', '\u202etext', 'x'.repeat(5000), `a${'\u0301'.repeat(100)}`, '=HYPERLINK("x")', '\n\n\n', '%', '&quot;', ' '];
const idOf = (page) => /#\/silences\/([0-9a-f-]{36})$/.exec(page.url())?.[1];

async function saved(page) {
	return eventually(() => idOf(page), 'the page of the new silence');
}

site('silences', { config }, ({ test, visit, server }) => {
	writeFileSync(path.join(server.dir, 'maintenance.yml'), maintenance);
	/* Alerts that go on for as long as the tests may take. */
	const fire = (...sets) => server.alert(...sets.map((labels) => ({ labels, endsAt: new Date(Date.now() + 86400000).toISOString() })));
	const disks = [{ alertname: 'DiskFull', team: 'db', instance: 'a', severity: 'critical' }, { alertname: 'DiskFull', team: 'db', instance: 'b' }];
	const silences = async (query = 'state=active&state=pending&state=expired') => (await server.get(`/api/ext/v1/silences?limit=1000&${query}`)).items;
	const silence = async (id) => (await silences()).find((s) => s.id === id);
	const make = async (body) => (await server.post('/api/ext/v1/silences', { duration: 3600, createdBy: 'jo', comment: 'c', ...body })).silenceID;

	test('a link of Alertmanager: the preview is what is then silenced; a double click makes one', async () => {
		await fire(...disks, { alertname: 'Lag', team: 'data' }, { alertname: 'Lag', team: 'web' });
		const page = await visit('#/silences/new?filter=%7Bteam%3D%22db%22%2C%20alertname%3D~%22Disk.*%22%7D&comment=hello%20world', { context: { timezoneId: 'Europe/Istanbul' } });

		await see(page, /Covers 2 alerts now: 1 critical/);
		await see(page, 'Receivers that will not hear of them');
		await see(page, /until (\w{3} )?\d\d:\d\d \((\w{3} )?\d\d:\d\d UTC\), 2 h/);
		await page.getByLabel('Creator').fill('jo');
		await page.getByRole('button', { name: 'Create' }).dblclick();
		const id = await saved(page);
		await see(page, 'The silence is made.');
		await see(page, 'Covers 2 alerts now');
		const made = await silences('q=hello');
		assert.deepEqual(made.map((s) => [s.id, s.createdBy, s.comment, Math.round((Date.parse(s.endsAt) - Date.parse(s.startsAt)) / 1000)]), [[id, 'jo', 'hello world', 7200]]);
		const covered = (await server.get('/api/ext/v1/alerts?limit=100')).items.filter((a) => a.silenced_by.includes(id));
		assert.deepEqual(covered.map((a) => a.labels.instance).sort(), ['a', 'b']);
		assert.equal(await page.evaluate(() => localStorage.getItem('defaultCreator')), 'jo');
	});

	test('with keys only: completion, what is missing, make, change, end', async () => {
		await fire({ alertname: 'Lag', team: 'data' }, { alertname: 'Lag', team: 'web' });
		const page = await visit('#/silences');
		const keys = page.keyboard;

		await keys.press('n');
		await page.getByRole('heading', { name: 'New silence' }).waitFor();
		await page.getByLabel('Label of matcher 1').focus();
		await keys.type('tea');
		await page.getByRole('option', { name: /^team/ }).waitFor();
		await keys.press('ArrowDown');
		await keys.press('Enter');
		await page.waitForFunction(() => document.activeElement.getAttribute('aria-label') === 'Value of matcher 1');
		await keys.type('da');
		await page.getByRole('option', { name: /^data/ }).waitFor();
		await keys.press('ArrowDown');
		await keys.press('Tab');
		await see(page, 'Covers 1 alert now');
		await keys.press('Control+Enter');
		await see(page, 'Who silences?');
		await page.waitForFunction(() => document.activeElement.id === 'si-f-createdBy');
		await keys.type('ann');
		await keys.press('Tab');
		await keys.type('by hand');
		await keys.press('Control+Enter');
		const id = await saved(page);
		await page.waitForFunction(() => document.activeElement.tagName === 'H1');

		await page.getByRole('link', { name: 'Edit' }).focus();
		await keys.press('Enter');
		await page.getByRole('heading', { name: 'Edit silence' }).waitFor();
		assert.equal(await page.getByLabel('Value of matcher 1').inputValue(), 'data');
		await page.getByLabel('Comment', { exact: true }).fill('by hand, and changed');
		await keys.press('Control+Enter');
		await see(page, 'The silence is changed.');
		assert.equal(idOf(page), id);

		await page.getByRole('link', { name: 'Edit' }).click();
		await page.getByLabel('Value of matcher 1').fill('web');
		await page.getByRole('button', { name: 'Save' }).click();
		await see(page, 'has another id');
		const other = await saved(page);
		assert.notEqual(other, id);
		assert.equal((await silence(id)).status.state, 'expired');

		await page.getByRole('button', { name: 'Expire' }).focus();
		await keys.press('Enter');
		await page.getByRole('button', { name: 'Expire now: 1 alert will be told' }).waitFor();
		assert.equal((await silence(other)).status.state, 'active');
		await keys.press('Enter');
		await page.getByRole('link', { name: 'Recreate' }).waitFor();
		assert.equal((await silence(other)).status.state, 'expired');
		await page.getByRole('link', { name: 'Recreate' }).click();
		await page.getByRole('heading', { name: 'New silence' }).waitFor();
		assert.equal(await page.getByLabel('Comment', { exact: true }).inputValue(), 'by hand, and changed');
		assert.equal(await page.getByLabel('Value of matcher 1').inputValue(), 'web');
	});

	test('pasted matchers, expressions by the server’s word, and what leaves nothing out', async () => {
		const page = await visit('#/silences/new?createdBy=jo&comment=c');

		await page.getByLabel('Label of matcher 1').focus();
		await page.evaluate(() => {
			const data = new DataTransfer();
			data.setData('text', '{a="x, y", b!~"z.*"}');
			document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
		});
		await page.getByLabel('Label of matcher 2').waitFor();
		assert.equal(await page.getByLabel('Value of matcher 1').inputValue(), 'x, y');
		assert.equal(await page.getByLabel('Operator of matcher 2').inputValue(), '!~');
		await eventually(() => page.url().includes(encodeURIComponent('{a="x, y", b!~"z.*"}')), 'the address holds the matchers');
		await page.getByLabel('Value of matcher 2').fill('z(');
		await see(page, /missing closing \)/, page.getByRole('group', { name: 'Matcher 2' }));
		await page.getByRole('button', { name: 'Create' }).click();
		assert.equal(await page.getByLabel('Value of matcher 2').getAttribute('aria-invalid'), 'true');
		await page.getByRole('button', { name: 'Remove matcher 2' }).click();
		await page.getByLabel('Label of matcher 1').fill('alertname');
		await page.getByLabel('Operator of matcher 1').selectOption('=~');
		await page.getByLabel('Value of matcher 1').fill('.+');
		await see(page, 'It leaves nothing out');
		await page.getByRole('button', { name: 'Create' }).click();
		await see(page, 'Type the word if that is meant.');
		assert.equal((await silences('state=active&q=c&created_by=jo')).filter((s) => s.matchers[0].value === '.+').length, 0);
		await page.getByLabel(/type the word/).fill('everything');
		await page.keyboard.press('Control+Enter');
		const id = await saved(page);
		await server.ask('DELETE', `/api/v2/silence/${id}`);
	});

	test('refusals stand at their fields, and a lost connection loses nothing', async () => {
		const page = await visit('#/silences/new?createdBy=jo&comment=c&filter=%7Ba%3D%22b%22%7D&ends=2020-01-01');
		const create = page.getByRole('button', { name: 'Create' });

		await create.click();
		await see(page, 'The end lies in the past.');
		await page.getByLabel('Duration or end').fill('2h30m');
		await see(page, '2 h 30 min');
		await page.getByLabel('Starts').fill('whenever');
		await create.click();
		await see(page, 'This is no time.');
		await page.getByLabel('Starts').fill('');
		await page.getByLabel('Recurring').check();
		await page.getByLabel('Time zone').fill('Mars/Olympus');
		page.expectProblem(/400/);
		await create.click();
		await see(page, 'unknown time zone "Mars/Olympus"');
		await page.getByLabel('For a time').check();
		await page.getByLabel('Operator of matcher 1').selectOption('=~');
		await page.getByLabel('Value of matcher 1').fill('.*');
		await see(page, 'at least one matcher must not match the empty string');
		await page.getByLabel('Value of matcher 1').fill('lost');
		page.expectProblem(/ERR_FAILED/);
		await page.route('**/api/ext/v1/silences', (route) => route.abort());
		await create.click();
		await see(page, 'The form is kept as it is');
		assert.equal(await page.getByLabel('Value of matcher 1').inputValue(), 'lost');
		await page.unroute('**/api/ext/v1/silences');
		await page.getByRole('button', { name: 'Try again' }).last().click();
		const made = await silence(await saved(page));
		assert.equal(made.matchers[0].value, 'lost');
		assert.equal(Math.round((Date.parse(made.endsAt) - Date.parse(made.startsAt)) / 1000), 9000);
	});

	for (const [zone, offset] of [['Europe/Berlin', /Thu 1 Jul 2027 12:00 UTC\+2, now UTC\+1 \(10:00 UTC\)/], ['Asia/Kathmandu', /Thu 1 Jul 2027 12:00 \(06:15 UTC\)/]]) {
		test(`clocks of ${zone}: an end behind a clock change, and a silence that comes again`, async () => {
			const page = await visit('#/silences/new?createdBy=jo&comment=c&filter=%7Bjob%3D%22backup%22%7D', { context: { timezoneId: zone } });

			await page.getByLabel('Duration or end').fill('2027-07-01 12:00');
			await see(page, offset);
			await page.getByLabel('Recurring').check();
			assert.equal(await page.getByLabel('Time zone').inputValue(), zone);
			await page.getByLabel('Wed').uncheck();
			await page.getByLabel('From', { exact: true }).fill('01:30');
			await page.getByLabel('To', { exact: true }).fill('03:30');
			const next = /Next: .*?\((?:\w{3} )?(\d\d:\d\d) UTC\)|Now, until/.exec(await page.locator('.si-spelled').innerText());
			await page.getByRole('button', { name: 'Create' }).click();
			const made = await silence(await saved(page));
			const [window, ...others] = made.schedule.windows;
			assert.deepEqual([made.schedule.location, made.schedule.until, others], [zone, null, []]);
			assert.deepEqual([window.weekdays.sort().join(), window.from, window.to], ['fri,mon,sat,sun,thu,tue', '01:30', '03:30']);
			if (next[1] !== undefined)
				assert.equal(made.startsAt.slice(11, 16), next[1]);
			await see(page, 'recurring');
			await page.getByRole('link', { name: 'Edit' }).click();
			await page.getByLabel('From', { exact: true }).waitFor();
			assert.equal(await page.getByLabel('To', { exact: true }).inputValue(), '03:30');
		});
	}

	test('it ends with the alert; annotations; a template of one’s own', async () => {
		const page = await visit('#/silences/new?createdBy=jo&filter=%7Bteam%3D%22web%22%7D&comment=deploying&ends=alert&duration=4h&notify=true');

		await see(page, 'when what it covers has resolved, at the latest until');
		await page.getByRole('button', { name: 'Annotations' }).click();
		await page.getByLabel('Name of annotation 1').fill('ticket');
		await page.getByLabel('Value of annotation 1').fill('OPS-1');
		await page.getByRole('button', { name: 'Templates' }).click();
		await page.getByRole('menuitem', { name: 'Save this as a template …' }).click();
		await page.getByLabel('Name of the template').fill('deploy');
		await page.keyboard.press('Enter');
		await page.getByRole('button', { name: 'Create' }).click();
		const made = await silence(await saved(page));
		assert.deepEqual([made.ends_with, made.notify_resolved, made.annotations], ['alert', true, { ticket: 'OPS-1' }]);
		await page.getByRole('link', { name: 'New silence' }).first().click();
		await page.getByRole('button', { name: 'deploying' }).waitFor();
		await page.getByRole('button', { name: 'Templates' }).click();
		await page.getByRole('menuitem', { name: 'deploy', exact: true }).click();
		assert.equal(await page.getByLabel('Value of matcher 1').inputValue(), 'web');
		assert.equal(await page.getByLabel('Comment', { exact: true }).inputValue(), 'deploying');
		assert.equal(await page.getByLabel('Creator').inputValue(), 'jo');
	});

	test('the list: tabs, kinds, filters, from a file, several at once', async () => {
		const [a, b] = [await make({ matchers: ['bulk="a"'], comment: 'first of the bulk' }), await make({ matchers: ['bulk="b"'], comment: 'second of the bulk', createdBy: 'max' })];
		const page = await visit('#/silences');
		const row = (id) => page.locator(`tr[data-id="${id}"]`);

		await row(a).waitFor();
		await see(page, 'maintenance.yml');
		const file = page.locator('tr', { hasText: 'maintenance.yml' });
		assert.equal(await file.getByRole('button', { name: 'Expire' }).count(), 0);
		await page.getByRole('link', { name: 'From files' }).click();
		await row(a).waitFor({ state: 'detached' });
		assert.match(page.url(), /kind=file/);
		await page.getByRole('link', { name: 'All', exact: true }).click();
		await row(b).getByRole('link', { name: 'by max' }).click();
		await row(a).waitFor({ state: 'detached' });
		await page.goBack();
		await page.getByLabel('Matches nothing').check();
		await row(a).waitFor();

		await row(a).getByRole('checkbox').check();
		await row(b).getByRole('checkbox').check();
		await file.getByRole('checkbox').check();
		const bar = page.getByRole('region', { name: 'Selected silences' });
		await bar.getByRole('button', { name: 'Extend by 4h' }).click();
		await see(page, '2 silences extended. 1 silence not:');
		await see(page, /declared in/);
		const left = async (id) => (Date.parse((await silence(id)).endsAt) - Date.now()) / 3600000;
		assert.ok(await left(a) > 4.5 && await left(b) > 4.5);
		await see(page, '1 of');
		await file.getByRole('checkbox').uncheck();
		await row(a).getByRole('checkbox').check();
		await row(b).getByRole('checkbox').check();
		await bar.getByRole('button', { name: 'Expire' }).click();
		await bar.getByRole('button', { name: /Expire 2 now/ }).click();
		await row(a).waitFor({ state: 'detached' });
		await page.getByRole('link', { name: /^Expired/ }).click();
		await row(b).getByRole('link', { name: 'Recreate' }).waitFor();
	});

	test('a row’s own end in two steps, and its menu', async () => {
		await fire({ alertname: 'Lag', team: 'data' });
		const id = await make({ matchers: ['team="data"'], comment: 'for one row' });
		const page = await visit('#/silences?q=for+one+row');
		const row = page.locator(`tr[data-id="${id}"]`);

		await row.getByRole('button', { name: 'More for' }).click();
		await page.getByRole('menuitem', { name: 'Extend by 1 d' }).click();
		await see(page, '1 silence extended.');
		assert.ok(Date.parse((await silence(id)).endsAt) - Date.now() > 24 * 3600000);
		await row.getByRole('button', { name: 'Expire' }).click();
		await row.getByRole('button', { name: 'Expire now: 1 alert will be told' }).click();
		await see(page, 'No silence matches.');
		assert.equal((await silence(id)).status.state, 'expired');
	});

	test('an id that nobody knows, and one from a file', async () => {
		const page = await visit('#/silences/00000000-0000-0000-0000-000000000000');

		page.expectProblem(/404/);
		await see(page, 'There is no silence with this id.');
		const file = (await silences()).find((s) => s.read_only);
		const other = await visit(`#/silence/${file.id}`);
		await see(other, 'It is declared in');
		assert.equal(await other.getByRole('link', { name: 'Edit' }).count(), 0);
		const edit = await visit(`#/silences/${file.id}/edit`);
		await see(edit, 'declared in a file');
	});

	test('hostile values, on a phone and at a desk', async () => {
		const ids = [];
		for (const value of hostile)
			ids.push(await make({ matchers: [{ name: 'hostile', value: value.trim() === '' ? `x${value}` : value }], createdBy: value.trim() === '' ? 'x' : value.slice(0, 200), comment: value, annotations: { note: value.trim() === '' ? 'x' : value } }));
		await fire(...hostile.map((value, i) => ({ alertname: `H${i}`, hostile: `x${value}` })));
		const page = await visit('#/silences', { size: 'phone' });
		await page.locator(`[data-id="${ids[0]}"]`).waitFor();
		await fits(page);
		for (const id of ids.slice(0, 2)) {
			await page.evaluate((i) => { location.hash = `#/silences/${i}`; }, id);
			await page.locator('.si-facts').waitFor();
			await fits(page);
			await page.evaluate((i) => { location.hash = `#/silences/${i}/edit`; }, id);
			await page.getByLabel('Label of matcher 1').waitFor();
			await fits(page);
		}
		const wide = await visit('#/silences/new?filter=%7Bhostile%3D~%22x.%2B%22%7D');
		await see(wide, /Covers \d+ alerts now/);
		await fits(wide);
		for (const id of ids)
			await server.ask('DELETE', `/api/v2/silence/${id}`);
	});

	for (const size of ['wide', 'phone']) {
		test(`for everybody, in light and dark: ${size}`, async () => {
			await fire(...disks);
			const id = await make({ matchers: ['team=~"d.*"'], comment: 'new disk ordered, see https://tickets.example/OPS-77', duration: 1800 });
			const page = await visit('#/silences', { size });
			const both = async (name) => {
				for (const colorScheme of ['light', 'dark']) {
					await page.emulateMedia({ colorScheme });
					await accessible(page, undefined, colorScheme === 'dark' ? ['color-contrast'] : undefined);
					await shot(page, `${name}-${size}-${colorScheme}`);
				}
				await fits(page);
			};

			await page.locator(`[data-id="${id}"]`).waitFor();
			await both('silences');
			await page.evaluate((i) => { location.hash = `#/silences/${i}`; }, id);
			await page.locator('.si-alerts').waitFor();
			await both('silence');
			await page.evaluate(() => { location.hash = '#/silences/new?filter=%7Bteam%3D~%22d.*%22%7D'; });
			await page.getByText(/covers \d+ alert/i).first().waitFor();
			await page.getByRole('button', { name: 'Create' }).click();
			await see(page, 'Who silences?');
			await both('silence-new');
		});
	}
});
