/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/heard.h - what a gateway tells by a request of its own, as values: the fate of messages, or words of people.
 */
#ifndef CORE_HEARD_H
#define CORE_HEARD_H

#include <stddef.h>

#include "base/str.h"

enum heard_state { HEARD_UNDER_WAY, HEARD_DELIVERED, HEARD_FAILED };

struct heard_report {
	struct str id;		/* the gateway's of the message */
	enum heard_state state;
	struct str error;	/* with FAILED; may be empty */
};

struct heard_reply {
	struct str from, text;
	struct str id;		/* the gateway's of it; may be empty */
};

/* So many of one request are heard. */
#define HEARD_MAX 1000
/* Requests with longer bodies are refused. */
#define HEARD_BODY_MAX ((size_t)256 << 10)

/* All in the arena of the call that fills it in. */
struct heard {
	struct heard_report *reports;
	size_t reports_n;
	struct heard_reply *replies;
	size_t replies_n;
	struct str once;	/* of the request: no other one has it; empty: there is no such thing */
};

#endif
