/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/http_known.h - requests like those before: what is made of their URL and headers is made once.
 *
 * A receiver is told in the same way again and again, and only the body is another. The parsed URL and the lines of
 * headers of the last requests are found by the text of both, where nothing else has a say: no credentials, no headers
 * of the configuration (whose files may change), no trace. Loop thread only.
 */
#ifndef FETCH_HTTP_KNOWN_H
#define FETCH_HTTP_KNOWN_H

#include "base/hmap.h"
#include "base/list.h"
#include "http_hop.h"
#include "http_plain.h"

/* Ready to be sent from; nothing in it changes. */
struct known_request {
	struct hmap_node node;		/* by its URL */
	struct list_node place;		/* the one that was asked for last is the first */
	struct arena *arena;		/* it is in there, and all of it */
	unsigned refs;
	bool listed;			/* in the table still */
	struct str text;		/* the URL as it was written */
	const struct http_header *asked;	/* the headers, likewise */
	size_t asked_n;
	struct url url;
	struct curl_slist *headers;
	struct plain_form form;
};

/* Zeroed, nothing is known. */
struct known_requests {
	struct hmap by_url;
	struct list order;
};

/* For the first hop of r: a reference, which known_leave gives back. NULL: it is to be made by itself, which also tells what is wrong with it. */
struct known_request *known_get(struct known_requests *all, const struct fetch_request *r);
void known_leave(struct known_request **k);	/* sets *k to NULL, which it may be already */
void known_fini(struct known_requests *all);

#endif
