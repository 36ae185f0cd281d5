/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/ext/v1/deliveries: the fate of messages to single recipients, the newest first. */
#include <stdio.h>

#include "core/delivery.h"
#include "core/view.h"
#include "ext.h"

/* So many are looked at for one answer, which says where to go on. */
#define LOOK_MAX 20000

struct deliveries_page {
	struct json_writer *w;
	struct str recipient, receiver, gateway;
	size_t state;		/* DELIVERY_STATES: any */
	size_t limit, n, looked;
	uint64_t last;		/* the id that was looked at last */
	bool more;		/* there are others behind it */
};

static void
write_delivery(struct json_writer *w, const struct delivery *d)
{
	char text[80];
	int n = snprintf(text, sizeof(text), "%.*s[%u]", STR_ARG(d->integration), d->index);

	json_object_begin(w);
	json_put_uint(w, "id", d->id);
	json_put_str(w, "recipient", d->recipient);
	json_put_str(w, "state", str_from(delivery_state_text(d->state)));
	json_put_str(w, "receiver", d->receiver);
	json_put_str(w, "integration", (struct str){ text, n > 0 ? (size_t)n : 0 });
	json_put_str(w, "gateway", d->gateway);
	json_put_str(w, "provider_id", d->provider_id);
	json_pair_repaired(w, STR("error"), d->error);
	json_put_uint(w, "tries", d->tries);
	json_put_uint(w, "segments", d->segments);
	json_put_bool(w, "digest", d->digest);
	json_put_bool(w, "digested", d->digested);
	json_put_uint(w, "notification", d->notification);
	json_put_str(w, "group_key", d->group_key);
	ext_put_labels(w, "group", d->labels);
	ext_put_time(w, "created", d->created);
	ext_put_time(w, "changed", d->changed);
	json_object_end(w);
}

static bool
passes(const struct deliveries_page *p, const struct delivery *d)
{
	return (p->state == DELIVERY_STATES || d->state == (enum delivery_state)p->state) &&
	    (p->recipient.n == 0 || str_eq(p->recipient, d->recipient)) &&
	    (p->receiver.n == 0 || str_eq(p->receiver, d->receiver)) &&
	    (p->gateway.n == 0 || str_eq(p->gateway, d->gateway));
}

static bool
visit(void *arg, const struct delivery *d)
{
	struct deliveries_page *p = arg;

	p->more = p->n == p->limit || p->looked == LOOK_MAX;
	if (p->more)
		return false;
	p->looked++;
	p->last = d->id;
	if (passes(p, d)) {
		write_delivery(p->w, d);
		p->n++;
	}
	return true;
}

void
api_ext_deliveries(struct call *c)
{
	static const char *const known[] = { "recipient", "state", "receiver", "gateway", "limit", "cursor" };
	const char *words[DELIVERY_STATES + 1] = { NULL };
	struct deliveries_page p = { .state = DELIVERY_STATES };
	uint64_t before = UINT64_MAX;
	struct json_writer w;

	for (int i = 0; i < DELIVERY_STATES; i++)
		words[i] = delivery_state_text((enum delivery_state)i);
	if (!ext_query_known(c, known, ARRAY_LEN(known)) || !ext_query_limit(c, &p.limit) ||
	    !ext_query_uint(c, "cursor", UINT64_MAX, &before) || !ext_query_word(c, "state", words, &p.state))
		return;
	p.recipient = ext_query_str(c, "recipient");
	p.receiver = ext_query_str(c, "receiver");
	p.gateway = ext_query_str(c, "gateway");
	p.w = &w;
	ext_reply_begin(c, &w);
	json_object_begin(&w);
	json_key(&w, STR("items"));
	json_array_begin(&w);
	view_deliveries(c->api->env.engine, before, visit, &p);
	json_array_end(&w);
	if (p.more)
		json_put_str(&w, "next", arena_printf(c->arena, "%llu", (unsigned long long)p.last));
	else
		json_put_null(&w, "next");
	json_object_end(&w);
	ext_reply_end(c);
}
