/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/http_host.h (private) - hosts, and the calls that wait for their turn at one.
 */
#ifndef FETCH_HTTP_HOST_H
#define FETCH_HTTP_HOST_H

#include <stdbool.h>

#include "base/arena.h"
#include "text/url.h"

struct http_call;
struct http_client;
struct http_host;

#define HTTP_LAUNCHES_MAX 4	/* in one turn of the loop: a connection by TLS takes a millisecond to begin */

/* The host of the URL; a new one until http_host_drop_unused. */
struct http_host *http_host_of(struct http_client *c, const struct url *u, struct arena *a);
/* Frees it unless calls run or wait there. */
void http_host_drop_unused(struct http_client *c, struct http_host *h);
/*
 * A host may have an eighth of the places that are free: however many of them
 * hang, the next one finds a place. And only so many begin in one turn.
 */
bool http_host_has_place(const struct http_client *c, const struct http_host *h);
/* The call waits at its host, from here… */
void http_host_wait(struct http_call *call);
/* …to here. */
void http_host_leave(struct http_call *call);

#endif
