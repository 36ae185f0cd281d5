/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secure.h (private) - connections with TLS, as the file of --cluster.tls-config has it.
 *
 * The file and those that it names are looked at again before a connection is made, once a second at most; when they
 * cannot be read any more, what was read before stays in force. Loop thread only.
 */
#ifndef SECURE_H
#define SECURE_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "gossip/address.h"

struct bufferevent;
struct event_base;
struct secure;

/* Borrows clock and log. NULL and e: a file cannot be read, or is not what it should be. */
struct secure *secure_new(struct event_base *base, struct clock *clock, const struct log *log, struct str path,
    struct err *e) MUST_CHECK;
/* Sets *s to NULL; it may be NULL already. Connections may outlive it. */
void secure_free(struct secure **s);
/* Over a connection that came in, which it closes when it is freed; NULL: out of memory, and fd is closed. */
struct bufferevent *secure_accept(struct secure *s, int fd);
/* To be connected to `to`. NULL: out of memory. */
struct bufferevent *secure_dial(struct secure *s, const struct gossip_address *to);
/* Appends bytes that are written as one record: Alertmanager loses what is behind a frame in its record. */
void secure_put(struct bufferevent *bev, struct str bytes);
/* When the certificate that members are shown ends, in seconds since 1970. */
int64_t secure_certificate_ends(const struct secure *s);
/* Why a connection ended, in OpenSSL's words or the system's: `why` is errno. */
void secure_error(struct bufferevent *bev, int why, struct err *e);

#endif
