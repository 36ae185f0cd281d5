/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include <stdarg.h>
#include <stdio.h>

enum failure
judge_failure(int status)
{
	if (status == 401 || status == 403)
		return FAILURE_AUTH;
	if (status == 429)
		return FAILURE_RATE_LIMITED;
	if (status / 100 == 4)
		return FAILURE_CLIENT_ERROR;
	if (status / 100 == 5)
		return FAILURE_SERVER_ERROR;
	return FAILURE_OTHER;
}

static bool
is_among(int status, const int *list)
{
	for (size_t i = 0; list != NULL && list[i] != 0; i++)
		if (list[i] == status)
			return true;
	return false;
}

enum step
judge_http(struct attempt *a, const struct response *r, const struct judge *j, struct err *e)
{
	struct str body;
	bool retry;

	if (r->transport_error) {
		a->failure = FAILURE_OTHER;
		err_set(e, r->timed_out ? ERR_TIMEOUT : ERR_IO, "%.*s", STR_ARG(r->error));
		return STEP_RETRY;
	}
	if (r->status / 100 == 2)
		return STEP_DONE;
	retry = r->status / 100 == 5 || is_among(r->status, j->retry);
	body = j->details != NULL ? j->details(a->arena, r) : r->body;
	a->failure = judge_failure(r->status);
	if (retry)
		a->retry_after = r->retry_after;
	err_set(e, ERR_IO, "unexpected status code %d%s%.*s", r->status, body.n > 0 ? ": " : "", STR_ARG(body));
	return retry ? STEP_RETRY : STEP_FAIL;
}

enum step
judge_retry(struct attempt *a, enum failure f, struct err *e, const char *fmt, ...)
{
	char text[2000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(e, ERR_IO, "%s", text);
	a->failure = f;
	return STEP_RETRY;
}

enum step
judge_fail(struct attempt *a, enum failure f, struct err *e, const char *fmt, ...)
{
	char text[2000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(e, ERR_INVALID, "%s", text);
	a->failure = f;
	return STEP_FAIL;
}
