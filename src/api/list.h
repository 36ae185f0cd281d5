/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/list.h (private) - JSON arrays that are written piece by piece.
 *
 * A list keeps a place in the engine's order and nothing of what it shows, so
 * it costs as little for a client that reads slowly as for any other, and
 * nothing is to be undone when one hangs up.
 * COMPAT: Alertmanager shows all as of one moment; here each alert is shown as it is when it is written.
 */
#ifndef API_LIST_H
#define API_LIST_H

#include "handlers.h"

/* Embed as the first member; zeroed but for step and fini. */
struct list {
	struct http_stream stream;
	struct api *api;
	struct json_writer w;
	struct arena *scratch;	/* empty at each step */
	bool begun;
	/*
	 * Writes the next item, or a part of it, or several, or passes some over, and spends what that takes: for what
	 * it writes by list_spend. HTTP_MORE: and wants to be called again; HTTP_LATER: w is used up.
	 */
	enum http_more (*step)(struct list *l, struct work *w, struct moment now, struct err *e);
	void (*fini)(struct list *l);	/* of what is behind this struct */
};

/* Writing so many bytes. */
void list_spend(struct work *w, size_t bytes);
/* Answers c with l, which is to be freed with mem_free and has been filled by the caller. */
void list_reply(struct call *c, struct list *l);

#endif
