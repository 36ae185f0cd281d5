/* SPDX-License-Identifier: Apache-2.0 */
#include "heartbeats.h"

#include <string.h>

#include "base/mem.h"
#include "config/ui_conf.h"

struct heartbeats {
	struct heartbeat *v;	/* owned, as the last walk left them */
	size_t n;
	/* The walk under way: */
	struct config *config;	/* owned reference; NULL: there is none */
	struct heartbeat *found;	/* owned */
	size_t found_n;
	size_t at;		/* the heartbeat that is compared with … */
	struct labels *examined;	/* … these; owned reference */
	struct match_run run;
};

struct heartbeats *
heartbeats_new(void)
{
	return NEW(struct heartbeats);
}

static void
free_list(struct heartbeat **v, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		mem_free((*v)[i].name);
	mem_free(*v);
	*v = NULL;
	*n = 0;
}

static void
leave_alert(struct heartbeats *h)
{
	match_run_reset(&h->run);
	labels_unref(h->examined);
	h->examined = NULL;
	h->at = 0;
}

static void
leave_walk(struct heartbeats *h)
{
	leave_alert(h);
	free_list(&h->found, &h->found_n);
	config_unref(h->config);
	h->config = NULL;
}

void
heartbeats_free(struct heartbeats **hp)
{
	struct heartbeats *h = *hp;

	if (h == NULL)
		return;
	leave_walk(h);
	free_list(&h->v, &h->n);
	mem_free(h);
	*hp = NULL;
}

static struct wall
known_end(const struct heartbeats *h, struct str name)
{
	for (size_t i = 0; i < h->n; i++)
		if (str_is(name, h->v[i].name))
			return h->v[i].ended;
	return WALL_ZERO;
}

void
heartbeats_begin(struct heartbeats *h, struct config *c)
{
	const struct ui_conf *u = config_ui(c);

	leave_walk(h);
	h->config = config_ref(c);
	h->found_n = u->heartbeats_n;
	if (h->found_n == 0)
		return;
	h->found = mem_calloc(h->found_n, sizeof(h->found[0]));
	for (size_t i = 0; i < h->found_n; i++) {
		h->found[i].name = mem_strndup(u->heartbeats[i].name.p, u->heartbeats[i].name.n);
		h->found[i].ended = known_end(h, u->heartbeats[i].name);
	}
}

static void
count(struct heartbeat *b, const struct alert *a, struct moment now)
{
	if (!alert_resolved_at(a, now.wall))
		b->ok = true;
	else if (wall_is_zero(b->ended) || wall_after(alert_ends(a), b->ended))
		b->ended = alert_ends(a);
}

bool
heartbeats_see(struct heartbeats *h, const struct alert *a, struct moment now, struct work *w)
{
	const struct ui_conf *u;

	if (h->found_n == 0)
		return true;
	u = config_ui(h->config);
	if (h->examined != a->labels) {
		leave_alert(h);
		h->examined = labels_ref(a->labels);
	}
	for (; h->at < h->found_n; h->at++) {
		enum match m = MATCH_NO;

		if (!h->found[h->at].ok)
			m = matchers_match_some(&u->heartbeats[h->at].compiled, a->labels, &h->run, w);
		if (m == MATCH_LATER)
			return false;
		if (m == MATCH_YES)
			count(&h->found[h->at], a, now);
	}
	return true;
}

void
heartbeats_end(struct heartbeats *h)
{
	free_list(&h->v, &h->n);
	h->v = h->found;
	h->n = h->found_n;
	h->found = NULL;
	h->found_n = 0;
	leave_walk(h);
}

const struct heartbeat *
heartbeats_get(const struct heartbeats *h, size_t i)
{
	return i < h->n ? &h->v[i] : NULL;
}
