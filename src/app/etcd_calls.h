/* SPDX-License-Identifier: Apache-2.0 */
/*
 * etcd_calls.h (private) - carries the requests of an etcd session out by the HTTP client.
 */
#ifndef ETCD_CALLS_H
#define ETCD_CALLS_H

#include "etcd/etcd.h"
#include "fetch/http_client.h"

struct etcd_calls;

struct etcd_calls_options {
	struct http_client *http;	/* borrowed, as are clock and tls */
	struct clock *clock;
	struct tls_config *tls;		/* NULL: as usual */
	struct str user_agent;
	/* Something was heard: there may be things to read, and another time to tick. */
	void (*heard)(void *arg);
	void *arg;
};

struct etcd_calls *etcd_calls_new(const struct etcd_calls_options *o) MUST_CHECK;
/* No request may be under way. Sets *c to NULL, which it may be already. */
void etcd_calls_free(struct etcd_calls **c);
/* The answers go to e. */
void etcd_calls_ask(struct etcd_calls *c, struct etcd *e, const struct etcd_request *r);
void etcd_calls_give_up(struct etcd_calls *c, uint64_t id);

#endif
