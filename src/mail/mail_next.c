/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which mail gets which worker: servers that are known to be good find one that
 * is ready, however many others there are to be tried.
 */
#include "mail_pool.h"

#define STARTS_MAX 2	/* workers started in one turn: the loop stands still meanwhile */
#define STARTING_MAX 3	/* at a time: the processors are not theirs alone */

struct mail_worker *
mail_next_idle(const struct mail_pool *p)
{
	struct mail_worker *found = NULL;

	LIST_EACH(&p->workers, node) {
		struct mail_worker *w = CONTAINER_OF(node, struct mail_worker, place);

		if (w->server == NULL && w->kept == NULL && (found == NULL || (w->ready && !found->ready)))
			found = w;
	}
	return found;
}

bool
mail_next_must_wait(const struct mail_pool *p)
{
	return p->starts >= STARTS_MAX || p->starting >= STARTING_MAX;
}

static bool
is_last_idle(const struct mail_pool *p, const struct mail_worker *idle)
{
	LIST_EACH(&p->workers, node) {
		const struct mail_worker *w = CONTAINER_OF(node, struct mail_worker, place);

		if (w != idle && w->server == NULL && w->kept == NULL && w->ready)
			return false;
	}
	return true;
}

/* While more workers can be had, mails for good servers go first, and one that is idle is kept for them. */
struct mail_turn *
mail_next_turn(struct mail_pool *p, struct mail_worker **idle)
{
	struct mail_turn *t;

	if (p->servers.good == 0 || p->workers_n >= p->o.workers_max)
		return mail_servers_next(&p->servers);
	t = mail_servers_next_good(&p->servers);
	if (t != NULL)
		return t;
	if (*idle == NULL) {
		p->want_spare |= p->servers.waiting > 0;
		return NULL;
	}
	if (is_last_idle(p, *idle)) {
		if (mail_next_must_wait(p))
			return NULL;
		*idle = NULL;
	}
	return mail_servers_next(&p->servers);
}
