// SPDX-License-Identifier: Apache-2.0
/** What the server wrote into the page: who asks, what the site wants, and the first overview. */

function readBoot() {
	const element = typeof document === 'undefined' ? null : document.getElementById('boot');
	let given = null;
	try {
		given = element && JSON.parse(element.textContent);
	} catch {
		given = null;
	}
	const b = given && typeof given === 'object' ? given : {};
	const me = b.me && typeof b.me === 'object' ? b.me : {};
	return {
		prefix: String(b.prefix || '/'),
		external_url: String(b.external_url || ''),
		version: String(b.version || ''),
		instance: String(b.instance || ''),
		assets: String(b.assets || ''),
		me: { name: typeof me.name === 'string' && me.name ? me.name : null, source: me.source || null, can: Array.isArray(me.can) ? me.can : [] },
		ui: b.ui && typeof b.ui === 'object' ? b.ui : {},
		overview: b.overview && typeof b.overview === 'object' ? b.overview : null,
	};
}

/** The boot block {prefix, external_url, version, instance, assets, me: {name, source, can}, ui, overview}. */
export const boot = readBoot();

/** Whether who sits here may do it: 'silence', 'ack', 'test', 'reload'. */
export const can = what => boot.me.can.includes(what);
