/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve/web_config.h - the web configuration in force: config/web_conf.h, read again when it changes.
 *
 * The file is read again within a second after it or a certificate changes, by the first connection or
 * request that comes then; a change that is wrong is logged and what was in force stays.
 */
#ifndef SERVE_WEB_CONFIG_H
#define SERVE_WEB_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "http/msg.h"

struct admission;
struct bufferevent;
struct event_base;
struct web_config;

/* base, clock and log are borrowed. NULL and e when the file is wrong. */
struct web_config *web_config_new(struct event_base *base, struct clock *clock, const struct log *log,
    struct str path, struct err *e) MUST_CHECK;
/* No admission may be under way. Sets *w to NULL; *w may be NULL already. */
void web_config_free(struct web_config **w);
/* The admission in force now; borrowed, for as long as w is there. Here w is not NULL. */
struct admission *web_config_admission(struct web_config *w);
/* All below take NULL for "no such file". */
/* Looks at once whether the file has changed. */
void web_config_refresh(struct web_config *w);
bool web_config_tls(const struct web_config *w);
/* When the certificate in force ends, in seconds since 1970; 0 without TLS. */
int64_t web_config_certificate_ends(const struct web_config *w);
/* Takes a connected socket (-1: it will be set later), with TLS if so configured. */
struct bufferevent *web_config_accept(struct web_config *w, struct event_base *base, int fd);
/* Adds the configured headers to a response, in place of what it has of those names. New values are in the arena. */
void web_config_headers(const struct web_config *w, struct http_response *r, struct arena *a);

#endif
