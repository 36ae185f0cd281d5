// SPDX-License-Identifier: Apache-2.0
// A tocsin process under test.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const binary = path.resolve(process.env.TOCSIN ?? path.join(root, 'build/dev/tocsin'));
const sanitizer = /AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|Assertion/;

const plainConfig = `
route: {receiver: ops, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: ops}]
`;

/** A directory of its own; the caller removes it. */
export function scratch() {
	return mkdtempSync(path.join(tmpdir(), 'tocsin-ui-'));
}

/** A server on a free port, with a directory of its own. */
export class Server {
	/**
	 * @param {{config?: string, flags?: string[], env?: object}} options the text of the configuration file, flags of the
	 * command line, the environment
	 */
	constructor({ config = plainConfig, flags = [], env = {} } = {}) {
		this.dir = scratch();
		this.flags = flags;
		this.env = env;
		this.log = '';
		this.port = 0;
		this.headers = {};
		writeFileSync(this.configFile, config);
	}

	get configFile() {
		return path.join(this.dir, 'tocsin.yml');
	}

	/** Starts it, the second time on the port that it had, and waits until it listens. */
	async start() {
		const flags = [`--config.file=${this.configFile}`, `--storage.path=${this.dir}/data`,
			`--web.listen-address=127.0.0.1:${this.port}`, '--cluster.listen-address=', ...this.flags];

		// Without the authorities of the system, which cost more to read than the rest of a start.
		this.process = spawn(binary, flags, { cwd: this.dir, env: { ...process.env, TZ: 'UTC', SSL_CERT_FILE: '/dev/null', SSL_CERT_DIR: '/dev/null', ...this.env },
			stdio: ['ignore', 'ignore', 'pipe'] });
		this.ended = new Promise((done) => { this.process.on('exit', (status, signal) => done(status ?? signal)); });
		let from = this.log.length;

		await new Promise((done, fail) => {
			this.process.on('error', fail);
			this.process.stderr.on('data', (bytes) => {
				this.log += bytes;
				const line = /Listening on.*address=([^\s"]+):(\d+)/.exec(this.log.slice(from));

				if (line !== null && from >= 0) {
					this.port = Number(line[2]);
					done();
				}
			});
			this.ended.then(() => fail(new Error(`tocsin ended:\n${this.log}`)));
		});
		this.url = `http://127.0.0.1:${this.port}`;
		return this;
	}

	/** The end without a warning. */
	async kill() {
		this.process.kill('SIGKILL');
		await this.ended;
	}

	/** A clean end, which is checked; its directory goes. */
	async stop() {
		if (this.process.exitCode === null && this.process.signalCode === null) {
			this.process.kill('SIGTERM');
			assert.equal(await this.ended, 0, this.log);
		}
		rmSync(this.dir, { recursive: true, force: true });
		assert.doesNotMatch(this.log, sanitizer);
	}

	/**
	 * A request below the root; an object as body is sent as JSON.
	 * @returns {Promise<{status: number, headers: Headers, text: string, data: any}>} data is null where the answer is no JSON
	 */
	async ask(method, where, body) {
		const answer = await fetch(this.url + where, { method, redirect: 'manual', body: body === undefined ? undefined : JSON.stringify(body),
			headers: { ...this.headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) } });
		const text = await answer.text();
		let data = null;

		try {
			data = JSON.parse(text);
		} catch {
			// No JSON.
		}
		return { status: answer.status, headers: answer.headers, text, data };
	}

	/** The answer's data; a status that is not 200 fails the test. */
	async get(where) {
		const { status, text, data } = await this.ask('GET', where);

		assert.equal(status, 200, `GET ${where}: ${text}`);
		return data;
	}

	async post(where, body) {
		const { status, text, data } = await this.ask('POST', where, body);

		assert.equal(status, 200, `POST ${where}: ${text}`);
		return data;
	}

	/** Posts firing alerts: each is an object of labels, or a whole alert with `labels`, `annotations`, `generatorURL` … in it. */
	async alert(...alerts) {
		await this.post('/api/v2/alerts', alerts.map((a) => (typeof a.labels === 'object' ? a : { labels: a })));
	}

	/** Ends the alerts of these label sets. */
	async resolve(...labels) {
		const now = Date.now();

		await this.post('/api/v2/alerts', labels.map((l) => ({ labels: l, startsAt: new Date(now - 60000).toISOString(),
			endsAt: new Date(now).toISOString() })));
	}

	/**
	 * Makes a silence by API v2.
	 * @param {object} labels one `=` matcher for each, or {matchers: […]} as the API wants them
	 * @returns {Promise<string>} its id
	 */
	async silence(labels, { seconds = 3600, by = 'tester', comment = 'test', starts = 0 } = {}) {
		const matchers = labels.matchers ?? Object.entries(labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }));
		const now = Date.now();

		return (await this.post('/api/v2/silences', { matchers, createdBy: by, comment,
			startsAt: new Date(now + starts * 1000).toISOString(),
			endsAt: new Date(now + (starts + seconds) * 1000).toISOString() })).silenceID;
	}

	/** Another configuration, in force when this returns. */
	async reload(config) {
		writeFileSync(this.configFile, config);
		const { status, text } = await this.ask('POST', '/-/reload');

		assert.equal(status, 200, text);
	}
}
