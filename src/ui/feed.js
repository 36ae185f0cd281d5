// SPDX-License-Identifier: Apache-2.0
/**
 * A long list of the server, page by page, that follows its changes. Only the pages that are looked at, and their neighbours, are
 * asked for again; a page that no longer begins where the one before it ends is asked for when it comes into view.
 */
import { get } from './api.js';

/** Pages of one question. `fetch` is get() of api.js, or what a test puts in its place. */
export class Feed {
	/**
	 * @param {string} path below api/ext/v1/
	 * @param {Object} params without limit and cursor
	 * @param {{limit: number, most: number}} bounds items of a page; items in all
	 */
	constructor(path, params, { limit, most }, fetch = get) {
		Object.assign(this, { path, params, limit, most, ask: fetch });
		/** [{cursor, next, etag, items, head}] */
		this.pages = [];
		/** First and last item that is seen. */
		this.seen = [0, 0];
		this.busy = false;
	}

	/** What is there: {feed, items, next, total, total_alerts, full}. The same object as long as nothing changed. */
	snapshot() {
		const last = this.pages[this.pages.length - 1];
		const items = [];
		const had = new Set();
		for (const page of this.pages) {
			for (const item of page.items) {
				const id = item.id || item.fp;
				if (had.has(id)) continue;
				had.add(id);
				items.push(item);
			}
		}
		const { total, total_alerts } = this.pages[0].head;
		return { feed: this, items, next: last.next, total, total_alerts, full: last.next !== null && items.length >= this.most };
	}

	async page(cursor, old, signal) {
		const params = { ...this.params, limit: this.limit, cursor: cursor || undefined };
		const answer = await this.ask(this.path, params, { signal, etag: old && old.cursor === cursor ? old.etag : undefined });
		if (answer.notModified) return old;
		const { items, next, ...head } = answer.data;
		return { cursor, next, etag: answer.etag || undefined, items, head };
	}

	pageOf(index) {
		let at = 0;
		for (let i = 0; i < this.pages.length; i++) {
			at += this.pages[i].items.length;
			if (index < at) return i;
		}
		return Math.max(0, this.pages.length - 1);
	}

	/** Loads what is seen again, or the first page. Gives the snapshot. */
	async refresh(signal) {
		if (!this.pages.length) {
			this.pages = [await this.page('', null, signal)];
			return this.last = this.snapshot();
		}
		const pages = [...this.pages];
		// The first page is always among them: it has the counts of all.
		const from = Math.max(0, this.pageOf(this.seen[0]) - 1);
		const to = Math.min(pages.length - 1, this.pageOf(this.seen[1]) + 1);
		let changed = false;
		for (let i = 0; i <= to; i++) {
			const cursor = i === 0 ? '' : pages[i - 1].next;
			if (i > 0 && cursor === null) {
				pages.length = i;
				changed = true;
				break;
			}
			if (i > 0 && i < from && cursor === pages[i].cursor) continue;
			try {
				const page = await this.page(cursor, pages[i], signal);
				changed = changed || page !== pages[i];
				pages[i] = page;
			} catch (error) {
				if (error.kind !== 'expired' && error.code !== 'bad_cursor') throw error;
				pages.length = i;
				changed = true;
				break;
			}
		}
		if (!changed) return this.last;
		const end = pages.findIndex(p => p.next === null);
		if (end >= 0) pages.length = end + 1;
		this.pages = pages.length ? pages : [await this.page('', null, signal)];
		return this.last = this.snapshot();
	}

	/** Loads the next page; null when there is none, or one is on its way. */
	async more(signal) {
		const last = this.pages[this.pages.length - 1];
		if (this.busy || !last || last.next === null || this.last.items.length >= this.most) return null;
		this.busy = true;
		try {
			const page = await this.page(last.next, null, signal);
			if (this.pages[this.pages.length - 1] !== last) return null;
			this.pages = [...this.pages, page];
			return this.last = this.snapshot();
		} finally {
			this.busy = false;
		}
	}
}
