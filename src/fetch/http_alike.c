/* SPDX-License-Identifier: Apache-2.0 */
#include "http_alike.h"

#include "base/hash.h"
#include "config/http_config.h"

/* So many are remembered, and none that is longer. */
#define ALIKE_MAX 64
#define ALIKE_BYTES 2000

static bool
is_for_here(const struct fetch_request *r)
{
	const struct http_config *h = r->http;
	size_t bytes = r->url.n;

	for (size_t i = 0; i < r->headers_n; i++)
		bytes += r->headers[i].name.n + r->headers[i].value.n;
	return bytes <= ALIKE_BYTES && r->traceparent.n == 0 && h->http_headers.n == 0 && !h->basic_auth.present &&
	    !h->authorization.present && !h->oauth2.present && (h->tls_config == NULL || h->tls_config->server_name.n == 0);
}

static bool
is_alike(const struct alike_request *k, const struct fetch_request *r)
{
	if (!str_eq(k->text, r->url) || k->asked_n != r->headers_n)
		return false;
	for (size_t i = 0; i < r->headers_n; i++)
		if (!str_eq(k->asked[i].name, r->headers[i].name) || !str_eq(k->asked[i].value, r->headers[i].value))
			return false;
	return true;
}

static struct alike_request *
find(const struct alike_requests *all, const struct fetch_request *r, uint64_t hash)
{
	for (struct hmap_node *n = hmap_first(&all->by_url, hash); n != NULL; n = hmap_next(n)) {
		struct alike_request *k = CONTAINER_OF(n, struct alike_request, node);

		if (is_alike(k, r))
			return k;
	}
	return NULL;
}

static const struct http_header *
copy_headers(struct arena *a, const struct fetch_request *r)
{
	struct http_header *v = ARENA_ARRAY(a, r->headers_n, struct http_header);

	for (size_t i = 0; i < r->headers_n; i++)
		v[i] = (struct http_header){ arena_str(a, r->headers[i].name), arena_str(a, r->headers[i].value) };
	return v;
}

/* NULL: something is wrong with it. */
static struct alike_request *
make(const struct fetch_request *r)
{
	struct arena *a = arena_new();
	struct alike_request *k = ARENA_NEW(a, struct alike_request);
	struct fetch_request copy = *r;
	struct err e = { 0 };
	struct http_hop hop = { .arena = a, .r = &copy, .error = &e };

	k->arena = a;
	k->text = copy.url = arena_str(a, r->url);
	k->asked = copy.headers = (struct http_header *)(uintptr_t)copy_headers(a, r);
	k->asked_n = r->headers_n;
	if (!url_parse(a, k->text, &k->url, &e) || !http_hop_prepare(&hop, &e)) {
		arena_free(&a);
		return NULL;
	}
	sbuf_fini(&hop.body);
	k->headers = hop.headers;
	form_make(&k->form, a, &k->url, k->headers);
	return k;
}

static void
unlist(struct alike_requests *all, struct alike_request *k)
{
	hmap_remove(&all->by_url, &k->node);
	list_remove(&all->order, &k->place);
	k->listed = false;
	alike_leave(&k);
}

static void
enlist(struct alike_requests *all, struct alike_request *k, uint64_t hash)
{
	while (all->by_url.n >= ALIKE_MAX)
		unlist(all, LIST_ITEM(all->order.last, struct alike_request, place));
	hmap_insert(&all->by_url, &k->node, hash);
	list_prepend(&all->order, &k->place);
	k->listed = true;
	k->refs = 1;
}

struct alike_request *
alike_get(struct alike_requests *all, const struct fetch_request *r)
{
	uint64_t hash = hash_seeded(r->url.p, r->url.n);
	struct alike_request *k;

	if (!is_for_here(r))
		return NULL;
	k = find(all, r, hash);
	if (k == NULL && (k = make(r)) == NULL)
		return NULL;
	if (!k->listed) {
		enlist(all, k, hash);
	} else if (all->order.first != &k->place) {
		list_remove(&all->order, &k->place);
		list_prepend(&all->order, &k->place);
	}
	k->refs++;
	return k;
}

void
alike_leave(struct alike_request **kp)
{
	struct alike_request *k = *kp;
	struct arena *a;

	*kp = NULL;
	if (k == NULL || --k->refs > 0)
		return;
	a = k->arena;
	arena_free(&a);
}

void
alike_fini(struct alike_requests *all)
{
	while (all->order.first != NULL)
		unlist(all, LIST_ITEM(all->order.first, struct alike_request, place));
	hmap_fini(&all->by_url);
}
