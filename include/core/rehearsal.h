/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/rehearsal.h - a made-up notification that is sent once, or only rendered, beside the engine.
 *
 * No group, no log entry and no figure of notifications knows of it. The notification is of who
 * made it, who keeps it in place as notification_life says. Loop thread only.
 */
#ifndef CORE_REHEARSAL_H
#define CORE_REHEARSAL_H

#include "base/err.h"
#include "core/notification.h"

/* Recipients whose answers are told. */
#define REHEARSED_RECIPIENTS_MAX 100

struct rehearsed_recipient {
	struct str to;
	bool ok;
	int status;		/* of the answer to it; 0: it had none of its own */
	struct str answer;	/* the gateway's words, cut */
};

/* All borrowed for the call that tells it. */
struct rehearsal_result {
	bool ok;		/* and so for each recipient */
	bool retry;		/* not ok: a notification would be tried again */
	int status;		/* of the last answer; 0: there was none */
	struct str answer;	/* what the other side said last, cut; empty: it is not to be shown, or there was none */
	struct str error;	/* not ok: why */
	span took;
	const struct rehearsed_recipient *recipients;	/* of kinds that have several */
	size_t recipients_n;
};

/* One attempt; in memory of who wants it. */
struct rehearsal {
	/* Called once, from a later turn of the loop, unless it is called off. */
	void (*over)(struct rehearsal *r, const struct rehearsal_result *result);
	uint64_t number;	/* of who carries it out */
};

/* One template, rendered in another thread. */
struct tmpl_preview {
	/* Called once, from a later turn of the loop, unless it is called off; output is borrowed; e is NULL when it was rendered. */
	void (*over)(struct tmpl_preview *p, struct str output, const struct err *e);
	struct preview_job *job;	/* of who carries it out */
};

#endif
