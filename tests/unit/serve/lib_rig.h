/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_rig.h - an HTTP server on the loop of a test.
 */
#ifndef LIB_RIG_H
#define LIB_RIG_H

#include <check.h>

#include "base/log.h"
#include "base/sbuf.h"
#include "serve/http_server.h"
#include "suite.h"

struct rig {
	struct event_base *base;
	struct http_server *server;
	unsigned port;		/* on loopback */
	struct sbuf logged;	/* what the server said */
	struct log log;
	struct sbuf seen;	/* the requests of rig_saw */
	uint64_t ticket;	/* of answers that wait until something is durable */
	int observed;		/* requests that are over */
};

/*
 * A server of these options that listens; the loop and the log are the rig's, and so are, unless the options name others, the clock,
 * tickets and what observes requests.
 */
void rig_start(struct rig *r, struct http_server_options o);
void rig_stop(struct rig *r);
/* Adds "METHOD path?query body\n" to what was seen; a body of over 100 bytes is left out. */
void rig_saw(struct rig *r, const struct http_request *request);
/* Runs the loop until the server has so many connections; fails the test after 60 s. */
void rig_expect_connections(struct rig *r, size_t n);

#endif
