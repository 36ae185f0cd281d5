// SPDX-License-Identifier: Apache-2.0
// All tests of the web page: node tests/ui/run.mjs [processes]. Each process takes one file after the other, with one browser for all.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const self = fileURLToPath(import.meta.url);
const here = path.dirname(self);
const named = (folder, end) => readdirSync(path.join(here, folder)).filter((name) => name.endsWith(end)).map((name) => path.join(here, folder, name));
/* First those that take longest: by their size, and access looks at each page. The modules without a browser are one. */
const size = (file) => (path.basename(file) === 'access.spec.mjs' ? Infinity : statSync(file).size);
const jobs = [...named('.', '.spec.mjs').sort((a, b) => size(b) - size(a)).map((file) => [file]), named('unit', '.test.mjs')];

/* Of several processes one has it. */
function claimed(folder, name) {
	try {
		closeSync(openSync(path.join(folder, name), 'wx'));
		return true;
	} catch (error) {
		if (error.code === 'EEXIST')
			return false;
		throw error;
	}
}

async function work(folder) {
	const { closeBrowser, files } = await import('./harness.mjs');

	files.follow = true;
	for (const [number, list] of jobs.entries()) {
		if (!claimed(folder, `${number} begun`))
			continue;
		for (const file of list)
			await import(file);
		await files.done;
		claimed(folder, `${number} done`);
	}
	await closeBrowser();
}

async function lead(processes) {
	const folder = mkdtempSync(path.join(tmpdir(), 'tocsin-ui-'));
	const children = Array.from({ length: processes }, () => {
		const child = spawn(process.execPath, ['--test-reporter=spec', self, 'work', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
		let said = '';

		child.stdout.on('data', (bytes) => { said += bytes; });
		return new Promise((done) => {
			child.on('close', (status) => {
				process.stdout.write(said);
				done(status);
			});
		});
	});
	const failed = (await Promise.all(children)).some((status) => status !== 0);
	const left = jobs.filter((_, number) => claimed(folder, `${number} done`));

	rmSync(folder, { recursive: true });
	for (const list of left)
		console.log(`not run to the end: ${list.join(' ')}`);
	process.exitCode = failed || left.length > 0 ? 1 : 0;
}

if (process.argv[2] === 'work')
	await work(process.argv[3]);
else
	await lead(Number(process.argv[2] ?? 3));
