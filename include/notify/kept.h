/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify/kept.h - what was rendered for a notification, kept for its further attempts.
 *
 * All attempts tell the same of the same alerts, and what templates make of them is most of what an attempt costs: 5,700
 * instructions an alert for a webhook. So results of templates, and the message of webhooks, are found here by what they were made of.
 * All else that goes into a request is made for each attempt: secrets, headers and tokens that may have changed meanwhile, dates,
 * signatures, and what each of several recipients is sent. A text that asked for the time is not kept.
 *
 * One thread at a time.
 */
#ifndef NOTIFY_KEPT_H
#define NOTIFY_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sbuf.h"
#include "base/str.h"

struct kept_text;

/* Zeroed, it has nothing. */
struct kept {
	struct kept_text *first;
	size_t bytes;		/* of memory, that its texts take */
	bool shortened;		/* they tell of the first ATTEMPT_FEW alerts, as all were too much */
};

enum kept_form { KEPT_TEXT, KEPT_HTML, KEPT_MESSAGE, KEPT_SHORT_MESSAGE };

/* The source of a text, and what else it depends on. */
struct kept_key {
	enum kept_form form;
	struct str source;	/* a template, or the version of a message */
	size_t alerts;		/* of the first so many */
	unsigned brevity;	/* of the data's brief */
};

/* False: there is none. Else *out lives as long as k keeps it, and *steps is what it took to make. */
bool kept_get(const struct kept *k, const struct kept_key *key, struct str *out, uint64_t *steps);
/* Copies. */
void kept_put(struct kept *k, const struct kept_key *key, struct str text, uint64_t steps);
/* The bytes of b, which is empty afterwards; they live as long as k keeps them. */
struct str kept_take(struct kept *k, const struct kept_key *key, struct sbuf *b);
/* It has nothing any more. */
void kept_fini(struct kept *k);

#endif
