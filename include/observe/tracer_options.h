/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe/tracer_options.h - what a tracer and the export of its spans are made from.
 */
#ifndef OBSERVE_TRACER_OPTIONS_H
#define OBSERVE_TRACER_OPTIONS_H

#include <stdint.h>

#include "base/log.h"
#include "base/str.h"
#include "core/ports.h"

struct clock;
struct event_base;
struct http_client;

struct tracer_options {
	struct event_base *base;	/* borrowed, as are the rest */
	struct clock *clock;
	const struct log *log;
	struct http_client *http;
	struct str user_agent, version, instance;
	uint64_t seed;			/* of ids */
	struct port *port;		/* whose events it hears, while it is on */
};

#endif
