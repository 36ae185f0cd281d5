/* SPDX-License-Identifier: Apache-2.0 */
#include "core/notification.h"

#include <assert.h>

#include "core/ports.h"

const char *
reason_text(enum reason r)
{
	switch (r) {
	case REASON_NONE:
		return "none";
	case REASON_FIRST:
		return "first notification";
	case REASON_NEW_ALERTS:
		return "new alerts added";
	case REASON_SOME_RESOLVED:
		return "some alerts resolved";
	case REASON_ALL_RESOLVED:
		return "all alerts resolved";
	case REASON_REPEAT:
		return "repeat interval elapsed";
	case REASON_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *
unsure_text(enum unsure_cause c)
{
	static const char *const texts[UNSURE_N] = {
		[UNSURE_ABANDONED] = "abandoned",
		[UNSURE_UNCLAIMED] = "etcd_unavailable",
		[UNSURE_UNANSWERED] = "unanswered",
	};

	return texts[c];
}

const char *
recipient_state_text(enum recipient_state s)
{
	static const char *const texts[] = {
		[RECIPIENT_PENDING] = "pending",
		[RECIPIENT_DONE] = "accepted",
		[RECIPIENT_FAILED] = "failed",
		[RECIPIENT_UNKNOWN] = "unknown",
		[RECIPIENT_SUPPRESSED] = "suppressed",
	};

	return s <= RECIPIENT_SUPPRESSED ? texts[s] : texts[RECIPIENT_UNKNOWN];
}

const char *
failure_text(enum failure f)
{
	static const char *const texts[FAILURE_N] = {
		[FAILURE_OTHER] = "other",
		[FAILURE_CLIENT_ERROR] = "clientError",
		[FAILURE_SERVER_ERROR] = "serverError",
		[FAILURE_CONTEXT_CANCELED] = "contextCanceled",
		[FAILURE_CONTEXT_DEADLINE] = "contextDeadlineExceeded",
		[FAILURE_AUTH] = "authError",
		[FAILURE_RATE_LIMITED] = "rateLimited",
	};

	assert(f >= 0 && f < FAILURE_N);
	return texts[f];
}

const char *
mute_cause_text(enum mute_cause c)
{
	static const char *const texts[MUTE_N] = {
		[MUTE_NONE] = "none",
		[MUTE_SILENCE] = "silence",
		[MUTE_INHIBITION] = "inhibition",
		[MUTE_TIME_INTERVAL] = "mute_time_interval",
		[MUTE_ACTIVE_TIME_INTERVAL] = "active_time_interval",
	};

	assert(c >= 0 && c < MUTE_N);
	return texts[c];
}

void
notification_hold(struct notification *n)
{
	if (n->life != NULL)
		n->life->holds++;
}

void
notification_let_go(struct notification *n)
{
	struct notification_life *life = n->life;

	if (life == NULL)
		return;
	assert(life->holds > 0);
	if (--life->holds == 0 && life->over != NULL)
		life->over(life);
}
