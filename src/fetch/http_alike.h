/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/http_alike.h - requests like those before: what is made of their URL and headers is made once.
 *
 * A receiver is told in the same way again and again, and only the body is another. The parsed URL and the lines of
 * headers of the last requests are found by the text of both, where nothing else has a say: no credentials, no headers
 * of the configuration (whose files may change), no trace. Loop thread only.
 */
#ifndef FETCH_HTTP_ALIKE_H
#define FETCH_HTTP_ALIKE_H

#include "base/hmap.h"
#include "base/list.h"
#include "http_hop.h"
#include "http_form.h"

/* Ready to be sent from; nothing in it changes. */
struct alike_request {
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
	struct http_form form;
};

/* Zeroed, nothing is known. */
struct alike_requests {
	struct hmap by_url;
	struct list order;
};

/* For the first hop of r: a reference, which alike_leave gives back. NULL: it is to be made by itself, which also tells what is wrong with it. */
struct alike_request *alike_get(struct alike_requests *all, const struct fetch_request *r);
void alike_leave(struct alike_request **k);	/* sets *k to NULL, which it may be already */
void alike_fini(struct alike_requests *all);

#endif
