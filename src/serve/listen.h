/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve/listen.h - sockets that listen.
 *
 * All descriptors are non-blocking and closed on exec; the caller closes them.
 */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"

/* "host:port", ":port", "[v6]:port"; port 0 takes a free one. */
bool listen_on(struct str address, int *fd_out, struct err *e) MUST_CHECK;
/* How many sockets systemd passed (0: none), beginning with LISTEN_FIRST. They are made ours. */
#define LISTEN_FIRST 3
int listen_systemd(void);
/* Appends the local address of a socket as Go prints it, "127.0.0.1:9093"; *port_out is 0 if it has none. */
void listen_address(int fd, struct sbuf *b, unsigned *port_out);
/* Raises the limit of open descriptors as far as allowed and returns it. */
unsigned long listen_raise_limit(void);

#endif
