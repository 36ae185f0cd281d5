/* SPDX-License-Identifier: Apache-2.0 */
#include "http_host.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "http_call.h"

/* scheme://host */
static struct str
key_of(const struct url *u, struct arena *a)
{
	size_t n = u->scheme.n + strlen("://") + u->host.n;
	char *key = arena_alloc(a, n + 1);

	memcpy(key, u->scheme.p, u->scheme.n);
	memcpy(key + u->scheme.n, "://", 3);
	memcpy(key + u->scheme.n + 3, u->host.p, u->host.n);
	return (struct str){ key, n };
}

struct http_host *
http_host_of(struct http_client *c, const struct url *u, struct arena *a)
{
	struct str key = key_of(u, a);
	uint64_t hash = hash_seeded(key.p, key.n);
	struct http_host *h;

	for (struct hmap_node *n = hmap_first(&c->hosts, hash); n != NULL; n = hmap_next(n)) {
		h = CONTAINER_OF(n, struct http_host, node);
		if (str_eq(h->key, key))
			return h;
	}
	h = NEW(struct http_host);
	h->key = (struct str){ mem_strndup(key.p, key.n), key.n };
	hmap_insert(&c->hosts, &h->node, hash);
	return h;
}

void
http_host_drop_unused(struct http_client *c, struct http_host *h)
{
	char *key;

	if (h->running > 0 || h->waiting.first != NULL)
		return;
	hmap_remove(&c->hosts, &h->node);
	memcpy(&key, &h->key.p, sizeof(key));
	mem_free(key);
	mem_free(h);
}

bool
http_host_has_place(const struct http_client *c, const struct http_host *h)
{
	unsigned left = c->o.in_all - c->running, share = left / 8;

	return left > 0 && c->launched < HTTP_LAUNCHES_MAX && h->running < c->o.per_host && (h->running == 0 || h->running < share);
}

void
http_host_wait(struct http_call *call)
{
	struct http_client *c = call->client;
	struct http_host *h = call->host;

	call->state = CALL_WAITING;
	if (h->waiting.first == NULL)
		list_append(&c->waiting, &h->place);
	list_append(&h->waiting, &call->place);
}

void
http_host_leave(struct http_call *call)
{
	struct http_client *c = call->client;
	struct http_host *h = call->host;

	list_remove(&h->waiting, &call->place);
	if (h->waiting.first == NULL)
		list_remove(&c->waiting, &h->place);
}
