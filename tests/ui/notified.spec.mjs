// SPDX-License-Identifier: Apache-2.0
// The way from a message to the page: every link of the default templates leads to the alerts of its receiver.
import assert from 'node:assert/strict';
import { eventually, see, site } from './harness.mjs';

const names = ['ops team', 'ops+x', 'b&c=d', 'plain'];
const config = `
route:
  receiver: plain
  group_by: [alertname]
  group_wait: 1s
  routes:
${names.map((n) => `  - {receiver: ${JSON.stringify(n)}, matchers: [${JSON.stringify(`to=${JSON.stringify(n)}`)}]}`).join('\n')}
receivers: [${names.map((n) => `{name: ${JSON.stringify(n)}}`).join(', ')}]
`;
const external = 'http://127.0.0.1:1/am';

/** Templates that are, or hold, the link of the message. */
const templates = [['slack.default.titlelink'], ['mattermost.default.titlelink'], ['rocketchat.default.titlelink'], ['pagerduty.default.clientURL'],
	['opsgenie.default.source'], ['pushover.default.url'], ['wechat.default.message'], ['slack.default.fallback'], ['mattermost.default.fallback'],
	['email.default.html', 'html'], ['email.default.text']];

site('notified', { config, flags: [`--web.external-url=${external}`, '--web.route-prefix=/'] }, ({ test, visit, server }) => {
	async function linksOf(template, type, receiver) {
		const { output } = await server.post('/api/ext/v1/templates/preview', { template, receiver, ...(type ? { type } : {}) });

		assert.equal(typeof output, 'string', template);
		return [...output.matchAll(/http:\/\/127\.0\.0\.1:1\/am[^\s"<|]*/g)].map((m) => m[0].replaceAll('&amp;', '&').replaceAll('&#43;', '+'));
	}

	test('every default link is the one that its receiver has', async () => {
		for (const receiver of names) {
			const [wanted] = await linksOf('slack.default.titlelink', '', receiver);

			for (const [template, type] of templates) {
				const links = await linksOf(template, type, receiver);

				assert.ok(links.includes(wanted), `${template}: ${links}`);
				// A mail leads to its alerts, too, and to the form of a silence for what they have in common.
				const others = template.startsWith('email.') ? /#\/(alert|group)\/[0-9a-f]{16}$|#\/alerts$|#\/silences\/new\?filter=%7B/ : /^$/;

				assert.ok(links.every((l) => l === wanted || l === external || others.test(l)), `${template}: ${links}`);
			}
		}
	});

	test('it shows the alerts of that receiver and no others', async () => {
		await server.alert(...names.map((to) => ({ alertname: `for ${to}`, to })));
		await eventually(async () => (await server.get('/api/v2/alerts/groups')).length === names.length);
		const page = await visit('#/status');

		for (const receiver of names) {
			const [link] = await linksOf('pagerduty.default.clientURL', '', receiver);

			await page.goto(server.url + link.slice(external.length));
			await see(page, `for ${receiver}`);
			for (const other of names.filter((n) => n !== receiver))
				await eventually(async () => (await page.locator('main').getByText(`for ${other}`, { exact: true }).count()) === 0, `${receiver}: no ${other}`);
		}
		// The foot of a mail has the address alone, without a slash and a fragment.
		await page.goto(server.url);
		await see(page, 'for plain');
	});
});
