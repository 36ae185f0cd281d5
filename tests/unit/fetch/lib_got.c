/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_got.h"

void
got_init(struct got *g)
{
	g->body.max = g->error.max = SBUF_UNLIMITED;
}

void
got_fini(struct got *g)
{
	sbuf_fini(&g->body);
	sbuf_fini(&g->error);
}

void
got_answer(void *arg, const struct fetch_response *r)
{
	struct got *g = arg;

	g->answered = true;
	g->answers++;
	g->resp = *r;
	sbuf_reset(&g->body);
	sbuf_reset(&g->error);
	sbuf_str(&g->body, r->body);
	sbuf_str(&g->error, r->error);
}
