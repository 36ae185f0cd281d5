/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_state.h - where a reader stands, for its two ways: token by token (json_read.c) and through what is plain (json_plain.c).
 */
#ifndef TEXT_JSON_STATE_H
#define TEXT_JSON_STATE_H

#include "text/json_read.h"

enum json_state {
	JSON_STATE_VALUE,
	JSON_STATE_VALUE_OR_END,	/* behind [ */
	JSON_STATE_KEY,
	JSON_STATE_KEY_OR_END,	/* behind { */
	JSON_STATE_AFTER,		/* behind a value in an array or object */
	JSON_STATE_DONE,
	JSON_STATE_ERROR,
};

static inline const char *
json_skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* Behind the end of an object or array. */
static inline void
json_leave_level(struct json_reader *r)
{
	r->depth--;
	r->state = r->depth == 0 ? JSON_STATE_DONE : JSON_STATE_AFTER;
}

static inline bool
json_in_object(const struct json_reader *r)
{
	unsigned level = r->depth - 1;

	return (r->objects[level / 64] >> (level % 64) & 1) != 0;
}

#endif
