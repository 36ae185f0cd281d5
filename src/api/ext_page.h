/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_page.h (private) - one page of a long list: {"items":[…],"next":CURSOR|null,"total":n,…}.
 *
 * All that may be in the list is looked at in slices, and what belongs on the page is kept: the `limit` items that
 * come first behind the cursor in the order of their keys. So a page costs one walk and the memory of its own items,
 * whatever its order is. The walk sees what comes and goes meanwhile or does not; nothing comes twice.
 *
 * A cursor says behind which key the page begins, so it stays right while things change. It is of one process
 * and one query: 410 cursor_expired for another process, 400 bad_cursor for what is none or of another query.
 *
 * With ?format=json or csv the answer is all of the list, as a file: many pages, one behind the other.
 */
#ifndef API_EXT_PAGE_H
#define API_EXT_PAGE_H

#include "base/sbuf.h"
#include "ext.h"

/* Names of parameters that page_init reads of every list; "format" is one more of those that are given as files. */
#define PAGE_PARAMETERS "limit", "cursor"

/* The part of a sort key's text that counts, in bytes. */
#define PAGE_TEXT_MAX 96

/* A time as page_key.n, in ms. */
static inline int64_t
page_time(struct wall t)
{
	return t.s * 1000 + t.ns / 1000000;
}

/* Items are in the order of n, then of the text, then of the ids, which no two have in common. */
struct page_key {
	int64_t n;
	struct str text;	/* cut to PAGE_TEXT_MAX where it is kept */
	uint64_t id, id2;
};

struct page_item {
	int64_t n;
	uint64_t id, id2;
	uint8_t text_n;
	char text[PAGE_TEXT_MAX];
	void *what;		/* an owned reference, see page_kind.drop */
};

struct page;

enum page_format { PAGE_JSON, PAGE_FILE, PAGE_CSV };

/* One kind of list. */
struct page_kind {
	/*
	 * Looks at what comes next and offers what passes (page_offer); returns false when w is used up, true at the
	 * end of the list.
	 */
	bool (*look)(struct page *p, struct work *w, struct moment now);
	/* Writes an item (as a line of CSV where format says so), or a part of it; false: w is used up, and the next call goes on. Items gone meanwhile are left out. */
	bool (*write)(struct page *p, void *what, struct work *w, struct moment now);
	/* Further members behind "total"; may be NULL. */
	void (*more)(struct page *p);
	/* The walk begins anew: sums go to zero. NULL: there are none, or no file. */
	void (*rewind)(struct page *p);
	const char *file;	/* the name of the file, without its ending; NULL: this list is not given as one */
	const char *columns;	/* the first line of CSV */
	enum { PAGE_OF_ALERTS, PAGE_OF_SILENCES, PAGE_OF_CONFIG } of;	/* its revision */
	/* The item is on the page for good; may be NULL. Every one that page_offer took is dropped, before or after. */
	void (*keep)(void *what);
	void (*drop)(void *what);
	void (*fini)(struct page *p);	/* of what is behind struct page */
	bool single;		/* no list: its only item alone is the answer, 404 when there is none */
	bool unsteady;		/* it depends on more than revision and query: no ETag */
};

/* Embed as the first member; zeroed. */
struct page {
	struct packed body;
	const struct page_kind *kind;
	struct api *api;
	struct json_writer w;	/* for kind->write */
	struct arena *scratch;	/* of one slice */
	struct moment now;	/* of the request */
	size_t limit, total;
	enum page_format format;

	/* Private to ext_page.c. */
	struct page_item *heap;	/* the last of those kept is on top; sorted when written */
	size_t n, at;
	size_t behind;		/* items behind the cursor */
	struct page_item after;
	bool has_after;
	uint64_t query;		/* what the cursor must be of */
	enum { PAGE_LOOK, PAGE_WRITE } phase;
	bool begun, wrote;
	size_t left;		/* items that the file may still have */
	uint64_t revision;
};

/* Reads limit and cursor; false: answered. `p` is in memory of mem_alloc; on false the caller frees it. */
bool page_init(struct page *p, struct call *c, const struct page_kind *kind);
/* Answers c with the page, which frees it. */
void page_reply(struct page *p, struct call *c);
/*
 * An item that passes all filters. True: it is on the page as things stand, and `what` was taken; it may be
 * dropped again for others. False: it is not, and `what` is still the caller's. Counts it in either case.
 */
bool page_offer(struct page *p, const struct page_key *key, void *what);

#endif
