/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/oauth2.h - tokens for receivers that want OAuth 2.0 (RFC 6749 client
 * credentials, RFC 7523 JWT bearer grants), as golang.org/x/oauth2 gets them.
 *
 * A token is kept until shortly before it expires and shared by all requests
 * with the same settings; those that come while it is being fetched wait for
 * the one answer.
 */
#ifndef FETCH_OAUTH2_H
#define FETCH_OAUTH2_H

#include "base/err.h"
#include "base/str.h"
#include "http/fetch.h"

struct http_client;
struct oauth2_cache;
struct oauth2_wait;

struct oauth2_cache *oauth2_cache_new(struct http_client *c);
/* Nobody may be waiting. Sets *cache to NULL. */
void oauth2_cache_free(struct oauth2_cache **cache);
/*
 * Calls `done` with the value of the Authorization header, or with e set. It
 * may be called before this returns; else *wait is set until it is.
 */
void oauth2_get(struct oauth2_cache *cache, const struct fetch_request *r,
    void (*done)(void *arg, struct str authorization, const struct err *e), void *arg, struct oauth2_wait **wait);
/* `done` will not be called. Sets *wait to NULL. */
void oauth2_abandon(struct oauth2_wait **wait);

#endif
