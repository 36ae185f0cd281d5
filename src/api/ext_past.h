/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_past.h (private) - what history answers, as a part of another answer.
 */
#ifndef API_EXT_PAST_H
#define API_EXT_PAST_H

#include "core/past.h"
#include "ext.h"

/* A question under way, and its answer; zeroed: nothing was asked. */
struct past_part {
	struct http_stream *inner;
	struct packed *outer;	/* who waits for it */
	struct sbuf text;
};

/* Asks; the answer may have `max` bytes. `outer` goes on when there is some of it. False and e: as api_env.past. */
bool past_part_ask(struct past_part *p, struct api *a, struct packed *outer, struct past_query *q, size_t max, struct moment now,
    struct err *e) MUST_CHECK;
/* Takes what there is. HTTP_END: all of it is in p->text. */
enum http_more past_part_read(struct past_part *p, struct work *w, struct moment now, struct err *e);
/* Forgets question and answer. */
void past_part_end(struct past_part *p);
/* Answers that history could not be asked. */
void past_refused(struct call *c, const struct err *e);

#endif
