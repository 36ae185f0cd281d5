/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/rfc3339.h - time stamps in and out.
 */
#ifndef BASE_RFC3339_H
#define BASE_RFC3339_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"

/*
 * A date-time as API v2 accepts it: RFC 3339 with an optional zone (none means
 * UTC), seconds or fraction; without seconds the zone can only be Z, and with a
 * blank for the T there is none; a date alone. The empty string is
 * 1970-01-01T00:00:00Z. Errors are worded as Go's time.Parse words them.
 */
bool strfmt_time_parse(struct str s, struct wall *out, struct err *e) MUST_CHECK;
/* RFC 3339 as Go's time.RFC3339Nano layout parses it. */
bool rfc3339_parse(struct str s, struct wall *out, struct err *e) MUST_CHECK;

#define RFC3339_MAX 48
/* 2006-01-02T15:04:05.000Z07:00, milliseconds cut off. NUL-terminated; returns the length. */
size_t strfmt_time_format(struct wall w, char out[RFC3339_MAX]);
/* The same where the text of another time, of n bytes, stands already: of times near each other most digits are the same. */
size_t strfmt_time_format_over(struct wall w, struct wall other, char text[RFC3339_MAX], size_t n);
/* 2006-01-02T15:04:05.999999999Z07:00, trailing zeros dropped (Go RFC3339Nano). */
size_t rfc3339_format(struct wall w, char out[RFC3339_MAX]);

#endif
