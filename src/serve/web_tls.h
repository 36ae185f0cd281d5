/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve/web_tls.h - the server's side of TLS, as a web configuration has it.
 */
#ifndef SERVE_WEB_TLS_H
#define SERVE_WEB_TLS_H

#include <openssl/ssl.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "config/web_conf.h"

struct bufferevent;
struct event_base;

/* Reads the certificates, too. NULL and e on failure. */
SSL_CTX *web_tls_new(const struct web_tls *t, struct err *e) MUST_CHECK;
/* A connection over a connected socket (-1: it will be set later); with TLS unless ctx is NULL. */
struct bufferevent *web_tls_accept(SSL_CTX *ctx, struct event_base *base, int fd);
/*
 * The common name of the client's certificate, in the arena. Empty without TLS, without a certificate, when
 * it was not verified against the configured authorities, or when its name has a NUL.
 */
struct str web_tls_client(struct bufferevent *bev, struct arena *a);

#endif
