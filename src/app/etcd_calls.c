/* SPDX-License-Identifier: Apache-2.0 */
#include "etcd_calls.h"

#include "base/list.h"
#include "base/mem.h"

#define CONNECT_TIMEOUT (2 * SPAN_S)
/* The session gives up by itself. */
#define NO_DEADLINE (10 * 365 * 24 * SPAN_HOUR)
#define REFUSAL_MAX ((size_t)64 << 10)

struct etcd_calls {
	struct etcd_calls_options o;
	struct http_config http;
	struct list list;
};

struct flying {
	struct list_node place;
	struct etcd_calls *calls;
	struct etcd *e;
	uint64_t id;
	struct fetch_request request;
	struct fetch_sink sink;
	struct http_header headers[4];
	struct http_call *call;
};

struct etcd_calls *
etcd_calls_new(const struct etcd_calls_options *o)
{
	struct etcd_calls *c = NEW(struct etcd_calls);

	c->o = *o;
	c->http.tls_config = o->tls;
	return c;
}

void
etcd_calls_free(struct etcd_calls **cp)
{
	mem_free(*cp);
	*cp = NULL;
}

static struct mono
mono_now(const struct etcd_calls *c)
{
	return c->o.clock->now(c->o.clock).mono;
}

static bool
on_piece(struct fetch_sink *s, struct str piece, struct err *e)
{
	struct flying *f = CONTAINER_OF(s, struct flying, sink);

	if (!etcd_bytes(f->e, f->id, piece, mono_now(f->calls)))
		return err_set(e, ERR_LIMIT, "the answer makes no sense");
	f->calls->o.heard(f->calls->o.arg);
	return true;
}

static void
on_done(void *arg, const struct fetch_response *r)
{
	struct flying *f = arg;
	struct etcd_calls *c = f->calls;

	list_remove(&c->list, &f->place);
	etcd_answered(f->e, f->id, r, mono_now(c));
	mem_free(f);
	c->o.heard(c->o.arg);
}

void
etcd_calls_ask(struct etcd_calls *c, struct etcd *e, const struct etcd_request *r)
{
	struct flying *f = NEW(struct flying);
	size_t n = 0;

	f->calls = c;
	f->e = e;
	f->id = r->id;
	f->sink.put = on_piece;
	f->headers[n++] = (struct http_header){ STR("Content-Type"), STR("application/json") };
	f->headers[n++] = (struct http_header){ STR("User-Agent"), c->o.user_agent };
	if (r->token.n > 0)
		f->headers[n++] = (struct http_header){ STR("Authorization"), r->token };
	if (r->needs_leader)
		f->headers[n++] = (struct http_header){ STR("Grpc-Metadata-Hasleader"), STR("true") };
	f->request = (struct fetch_request){
		.method = STR("POST"),
		.url = r->url,
		.body = r->body,
		.headers = f->headers,
		.headers_n = n,
		.http = &c->http,
		.connect_timeout = CONNECT_TIMEOUT,
		.keep_method = true,
		.body_max = REFUSAL_MAX,
		.sink = &f->sink,
	};
	list_append(&c->list, &f->place);
	f->call = http_client_start(c->o.http, &f->request, mono_add(mono_now(c), NO_DEADLINE), on_done, f);
}

void
etcd_calls_give_up(struct etcd_calls *c, uint64_t id)
{
	LIST_EACH(&c->list, node) {
		struct flying *f = CONTAINER_OF(node, struct flying, place);

		if (f->id != id)
			continue;
		http_client_cancel(&f->call);
		list_remove(&c->list, &f->place);
		mem_free(f);
		return;
	}
}
