/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers that wait until what they promise is on disk. One commit may free those of thousands of connections: they
 * go out in slices, in the order in which they came.
 */
#include "http_private.h"

/* Writing one to its socket. */
#define ANSWER_UNITS 300

/* One that was held later has a verdict of its own, also when its ticket is the same. */
static bool
is_meant(const struct held_verdict *v, const struct exchange *x)
{
	return x->ticket <= v->upto && x->held_no <= v->held_no;
}

/* True: none is held any more for which this is the verdict. */
static bool
carry_out(struct http_server *s, const struct held_verdict *v, struct work *w, struct moment now)
{
	struct str why = v->why != NULL ? str_from(v->why) : STR_NONE;
	struct http_conn *c;

	if (v->why == NULL)
		gather_begin(s);
	while ((c = conn_first(&s->lists[CONN_HELD])) != NULL && is_meant(v, c->x) && !work_used_up(w)) {
		work_spend(w, ANSWER_UNITS);
		exchange_release(c, why, now);
	}
	if (v->why == NULL)
		gather_end(s);
	return c == NULL || !is_meant(v, c->x);
}

static void
forget_first(struct http_held *h, size_t n)
{
	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		mem_free(h->verdicts.v[i].why);
	h->verdicts.n -= n;
	memmove(h->verdicts.v, h->verdicts.v + n, h->verdicts.n * sizeof(h->verdicts.v[0]));
}

static void
go_on(struct http_server *s, struct work *w, struct moment now)
{
	struct http_held *h = &s->held;
	size_t over = 0;

	while (over < h->verdicts.n && carry_out(s, &h->verdicts.v[over], w, now))
		over++;
	forget_first(h, over);
	if (h->verdicts.n > 0)
		task_ready(s->tasks, &h->slice);
}

static void
run_slice(struct task *t, struct work *w, struct moment now)
{
	go_on(CONTAINER_OF(t, struct http_server, held.slice), w, now);
}

void
held_init(struct http_server *s)
{
	s->held.slice.run = run_slice;
}

void
held_fini(struct http_server *s)
{
	task_cancel(s->tasks, &s->held.slice);
	forget_first(&s->held, s->held.verdicts.n);
	VEC_FINI(&s->held.verdicts);
}

void
held_add(struct http_conn *c, struct moment now)
{
	c->x->held_no = ++c->server->held.last;
	guard_move_at(c, CONN_HELD, now.mono);
}

/* Behind those that are not carried out yet; owns why. */
static void
judge(struct http_server *s, uint64_t upto, char *why)
{
	struct http_held *h = &s->held;
	struct held_verdict *last = h->verdicts.n > 0 ? &h->verdicts.v[h->verdicts.n - 1] : NULL;
	struct work w = { WORK_TURN };

	if (last != NULL && last->why == NULL && why == NULL)
		*last = (struct held_verdict){ upto, h->last, NULL };
	else
		VEC_PUSH(&h->verdicts, ((struct held_verdict){ upto, h->last, why }));
	if (!h->slice.ready)
		go_on(s, &w, s->o.clock->now(s->o.clock));
}

void
http_server_release(struct http_server *s, uint64_t upto)
{
	judge(s, upto, NULL);
}

void
http_server_refuse(struct http_server *s, uint64_t upto, struct str why)
{
	if (why.n == 0)
		why = STR("not stored");
	judge(s, upto, mem_strndup(why.p, why.n));
}
