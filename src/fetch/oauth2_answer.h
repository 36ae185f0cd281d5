/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/oauth2_answer.h - what a token server answers (RFC 6749 5), as a value.
 */
#ifndef FETCH_OAUTH2_ANSWER_H
#define FETCH_OAUTH2_ANSWER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"
#include "http/fetch.h"

struct oauth2_grant {
	struct str authorization;	/* what the header says: "Bearer abc"; in the arena */
	span lasts;			/* 0: for ever */
};

/* Reads an answer with a status of 2xx. */
bool oauth2_answer_read(const struct fetch_response *r, struct arena *a, struct oauth2_grant *out, struct err *e) MUST_CHECK;
/* Says why any other answer gives no token. */
void oauth2_answer_refusal(const struct fetch_response *r, struct err *e);

#endif
