/* SPDX-License-Identifier: Apache-2.0 */
#include "post.h"

#include "senders.h"

/* The work that api_handle may do of it: about one batch of a Prometheus. */
#define AT_ONCE (5 * WORK_TURN / 2)
/* A post keeps so many bytes of what it read, and all together so many. */
#define KEPT_MAX ((size_t)2 << 20)
#define KEPT_ALL ((size_t)64 << 20)

bool
post_may_keep(const struct post *p, size_t bytes)
{
	const struct api *api = p->call.api;
	size_t max = api->env.post.kept > 0 ? api->env.post.kept : KEPT_MAX;

	return bytes <= max && api->posts_kept - p->counted + bytes <= KEPT_ALL;
}

static void
count_kept(struct post *p, size_t bytes)
{
	p->call.api->posts_kept += bytes - p->counted;
	p->counted = bytes;
}

/* The engine bounds its own part of the work. */
static void
ingest(struct post *p, struct moment now)
{
	if (p->made.n == 0)
		return;
	engine_ingest(p->call.api->env.engine, p->made.v, p->made.n, now);
	for (size_t i = 0; i < p->made.n; i++)
		alert_unref(p->made.v[i]);
	p->call.api->last_received = now.wall;
	senders_count(p->call.api->senders, p->sender, p->made.n, now.wall);
	p->taken += p->made.n;
	p->made.n = 0;
}

static bool
step(struct post *p, struct work *w, struct moment now)
{
	bool over = p->step(p, w);

	ingest(p, now);
	if (!over) {
		count_kept(p, p->kept);
		return false;
	}
	if (p->failed)
		return true;
	p->call.resp->wait_durable = p->taken > 0;
	p->answer(p);
	return true;
}

static bool
later_step(struct http_later *l, struct http_response *out, struct work *w, struct moment now)
{
	struct post *p = CONTAINER_OF(l, struct post, later);

	p->call.resp = out;
	return step(p, w, now);
}

static void
drop(struct http_later *l)
{
	struct post *p = CONTAINER_OF(l, struct post, later);

	count_kept(p, 0);
	for (size_t i = 0; i < p->made.n; i++)
		alert_unref(p->made.v[i]);
	VEC_FINI(&p->made);
	sbuf_fini(&p->refused);
	p->fini(p);
}

void
post_begin(struct call *c, struct post *p)
{
	int64_t units = c->api->env.post.units;
	struct work w = { units > 0 ? units : AT_ONCE };

	p->later = (struct http_later){ .step = later_step, .drop = drop };
	p->call = *c;
	p->sender = senders_enter(c->api->senders, c->req->client, http_request_header(c->req, "User-Agent"), c->now.wall);
	p->refused.max = 1 << 20;
	if (step(p, &w, c->now))
		drop(&p->later);
	else
		c->resp->later = &p->later;
}

const struct alert *
post_make(struct post *p, struct alert_draft *d, span resolve_timeout, struct err *e)
{
	struct api *api = p->call.api;
	bool firing = true;
	struct alert *a = alert_make(d, resolve_timeout, api->env.naming, p->call.now.wall, &firing, e);

	*(firing ? &api->received_firing : &api->received_resolved) += 1;
	if (a != NULL)
		VEC_PUSH(&p->made, a);
	return a;
}

void
post_refuse(struct post *p, struct str where, const struct err *e)
{
	p->call.api->invalid++;
	sbuf_puts(&p->refused, p->refused.n > 0 ? "\n" : "");
	sbuf_str(&p->refused, where);
	sbuf_puts(&p->refused, e->text);
}

bool
post_has_refused(struct post *p, const char *message)
{
	struct call *c = &p->call;

	if (p->refused.n == 0)
		return false;
	LOG(c->api->env.log, LOG_ERROR, message, F_CSTR("component", "api"), F_STR("err", sbuf_get(&p->refused)));
	return true;
}
