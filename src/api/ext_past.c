/* SPDX-License-Identifier: Apache-2.0 */
#include "ext_past.h"

static void
on_ready(void *arg)
{
	struct past_part *p = arg;

	if (p->outer->stream.ready != NULL)
		p->outer->stream.ready(p->outer->stream.ready_arg);
}

bool
past_part_ask(struct past_part *p, struct api *a, struct packed *outer, struct past_query *q, size_t max, struct moment now,
    struct err *e)
{
	past_part_end(p);
	p->outer = outer;
	p->text = (struct sbuf)SBUF_INIT(max);
	if (a->env.past == NULL)
		return err_set(e, ERR_IO, "no history is kept: --history.enabled");
	p->inner = a->env.past(a->env.arg, q, now, e);
	return p->inner != NULL;
}

enum http_more
past_part_read(struct past_part *p, struct work *w, struct moment now, struct err *e)
{
	enum http_more more;

	p->inner->ready = on_ready;
	p->inner->ready_arg = p;
	more = p->inner->next(p->inner, &p->text, w, now, e);
	if (!p->text.overflow)
		return more;
	err_set(e, ERR_LIMIT, "what history has of it is too much");
	return HTTP_FAILED;
}

void
past_part_end(struct past_part *p)
{
	if (p->inner != NULL)
		p->inner->drop(p->inner);
	sbuf_fini(&p->text);
	*p = (struct past_part){ 0 };
}

void
past_refused(struct call *c, const struct err *e)
{
	if (c->api->env.past == NULL)
		ext_error(c, 501, "no_history", str_from(e->text));
	else
		ext_error(c, 503, e->kind == ERR_LIMIT ? "too_many_questions" : "no_history", str_from(e->text));
}
