/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve/web_config.h - the file of --web.config.file: TLS, users, headers, rate
 * limit (Prometheus exporter-toolkit web/).
 *
 * The file is read again within a second after it or a certificate changes; a
 * change that is wrong is logged and what was in force stays.
 */
#ifndef SERVE_WEB_CONFIG_H
#define SERVE_WEB_CONFIG_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "http/msg.h"

struct bufferevent;
struct event_base;
struct web_config;

/* base, clock and log are borrowed. NULL and e when the file is wrong. */
struct web_config *web_config_new(struct event_base *base, struct clock *clock, const struct log *log,
    struct str path, struct err *e) MUST_CHECK;
/* No admission may be under way. Sets *w to NULL; *w may be NULL already. */
void web_config_free(struct web_config **w);
/* All below take NULL for "no such file". */
/* Looks at once whether the file has changed. */
void web_config_refresh(struct web_config *w);
bool web_config_tls(const struct web_config *w);
/* Takes a connected socket (-1: it will be set later), with TLS if so configured. */
struct bufferevent *web_config_accept(struct web_config *w, struct event_base *base, int fd);
/* Adds the configured headers to a response. */
void web_config_headers(const struct web_config *w, struct http_response *r);

enum admission { ADMISSION_GRANTED, ADMISSION_DENIED };
/*
 * Judges a request by rate limit and credentials; `done` is called at once or,
 * when a password has to be verified, later and from the loop: then *pending is set
 * until the call. When denied, `denial` was filled in. `fd` is the client's socket, or -1.
 */
void web_config_admit(struct web_config *w, const struct http_request *r, int fd, struct http_response *denial,
    void (*done)(void *arg, enum admission a), void *arg, void **pending);
/* `done` will not be called. Sets *pending to NULL. */
void web_config_abandon(void **pending);

#endif
