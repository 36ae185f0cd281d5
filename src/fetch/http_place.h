/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/http_place.h (private) - what is known of hosts that have answered over plain connections.
 */
#ifndef FETCH_HTTP_PLACE_H
#define FETCH_HTTP_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hmap.h"
#include "base/list.h"
#include "base/str.h"
#include "base/time.h"
#include "text/url.h"

/* A host:port that answered. */
struct place {
	struct hmap_node node;
	struct str key;
	char ip[64];
	uint16_t port;
	struct mono learned;
	struct list idle;		/* http_plain.c's: connections, the last used first */
	size_t busy;			/* … and how many others there are */
};

/* The place of the URL; NULL: none. */
struct place *place_find(const struct hmap *places, const struct url *u);
/* Whether its address may still be used: for as long as libcurl keeps what a name means. */
bool place_is_known(const struct place *p, struct mono now);
/* Places of http alone, and only as many as there may be. */
void place_learn(struct hmap *places, const struct url *u, const char *ip, long port, struct mono now);
/* It has no connections. */
void place_free(struct hmap *places, struct place *p);

#endif
