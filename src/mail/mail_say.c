/* SPDX-License-Identifier: Apache-2.0 */
/* The pool's words to its workers. */
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "mail_pool.h"

void
mail_say(struct mail_worker *w, enum frame_kind word)
{
	struct sbuf b = SBUF_INIT(100);

	mail_wire_word(&b, word);
	if (bufferevent_write(w->bev, b.p, b.n) != 0)
		abort();	/* out of memory */
	sbuf_fini(&b);
}

static void
stays_with_its_owner(const void *data, size_t n, void *arg)
{
	(void)data;
	(void)n;
	(void)arg;
}

void
mail_say_job(struct mail_worker *w, const struct mail_request *r, span time)
{
	struct sbuf b = SBUF_INIT(FRAME_MAX);
	int bad;

	mail_wire_job(&b, r, time);
	bad = bufferevent_write(w->bev, b.p, b.n);
	bad |= evbuffer_add_reference(bufferevent_get_output(w->bev), r->message.p, r->message.n, stays_with_its_owner, NULL);
	bad |= bufferevent_write(w->bev, "", 1);
	if (bad != 0)
		abort();	/* out of memory */
	explicit_bzero(b.p, b.n);
	sbuf_fini(&b);
}

/* The bufferevent outlives its end by a turn, and must not hold a message that is gone. */
void
mail_unsay(struct mail_worker *w)
{
	struct evbuffer *out = bufferevent_get_output(w->bev);

	evbuffer_unfreeze(out, 1);
	evbuffer_drain(out, evbuffer_get_length(out));
	evbuffer_freeze(out, 1);
}
