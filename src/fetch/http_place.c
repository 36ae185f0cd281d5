/* SPDX-License-Identifier: Apache-2.0 */
#include "http_place.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define KNOWN_FOR (60 * SPAN_S)
#define PLACES_MAX 1024

static uint64_t
hash_of(const struct url *u)
{
	return hash_seeded(u->host.p, u->host.n);
}

struct place *
place_find(const struct hmap *places, const struct url *u)
{
	for (struct hmap_node *n = hmap_first(places, hash_of(u)); n != NULL; n = hmap_next(n)) {
		struct place *p = CONTAINER_OF(n, struct place, node);

		if (str_eq(p->key, u->host))
			return p;
	}
	return NULL;
}

bool
place_is_known(const struct place *p, struct mono now)
{
	return mono_sub(now, p->learned) < KNOWN_FOR;
}

void
place_free(struct hmap *places, struct place *p)
{
	char *key;

	hmap_remove(places, &p->node);
	memcpy(&key, &p->key.p, sizeof(key));
	mem_free(key);
	mem_free(p);
}

/* Those that would have to be learned anew anyway. */
static void
drop_old(struct hmap *places, struct mono now)
{
	HMAP_EACH(places, n) {
		struct place *p = CONTAINER_OF(n, struct place, node);

		if (p->idle.first == NULL && p->busy == 0 && !place_is_known(p, now))
			place_free(places, p);
	}
}

void
place_learn(struct hmap *places, const struct url *u, const char *ip, long port, struct mono now)
{
	struct place *p = place_find(places, u);

	if (!str_is(u->scheme, "http") || strlen(ip) >= sizeof(p->ip) || port <= 0 || port > UINT16_MAX)
		return;
	if (p == NULL) {
		if (places->n >= PLACES_MAX)
			drop_old(places, now);
		if (places->n >= PLACES_MAX)
			return;
		p = NEW(struct place);
		p->key = (struct str){ mem_strndup(u->host.p, u->host.n), u->host.n };
		hmap_insert(places, &p->node, hash_of(u));
	}
	memcpy(p->ip, ip, strlen(ip) + 1);
	p->port = (uint16_t)port;
	p->learned = now;
}
