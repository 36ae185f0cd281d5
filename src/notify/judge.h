/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge.h - what an HTTP answer means (Alertmanager notify/util.go, Retrier).
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "notify/notifier.h"

struct judge {
	/* Statuses worth a retry besides 5xx; ends with 0; NULL: none. */
	const int *retry;
	/* The text to give instead of the body (may be empty); NULL: the body. */
	struct str (*details)(struct arena *a, const struct response *r);
};

/* The verdict on r by its status alone: DONE for 2xx; else e, a->failure and a->retry_after are set. */
enum step judge_http(struct attempt *a, const struct response *r, const struct judge *j, struct err *e);
/* The failure that a status stands for. */
enum failure judge_failure(int status);
/* Sets e and a->failure; returns the step. */
enum step judge_retry(struct attempt *a, enum failure f, struct err *e, const char *fmt, ...) PRINTF(4, 5);
enum step judge_fail(struct attempt *a, enum failure f, struct err *e, const char *fmt, ...) PRINTF(4, 5);

#endif
