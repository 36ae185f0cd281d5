/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_rig.h - an HTTP server on the loop of a test.
 */
#ifndef LIB_RIG_H
#define LIB_RIG_H

#include <check.h>

#include "base/log.h"
#include "base/sbuf.h"
#include "lib_suite.h"
#include "serve/http_server.h"

struct rig {
	struct event_base *base;
	struct http_server *server;
	unsigned port;		/* on loopback */
	struct sbuf logged;	/* what the server said */
	struct log log;
};

/* A server of these options that listens; the loop and the log are the rig's, and so is the clock unless they name one. */
void rig_start(struct rig *r, struct http_server_options o);
void rig_stop(struct rig *r);

#endif
