/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/negotiate.h (private) - what a request of API v2 says about itself before its handler is asked:
 * origins of browsers (CORS), the types of its body and of the answer.
 */
#ifndef API_NEGOTIATE_H
#define API_NEGOTIATE_H

#include <stdbool.h>

#include "base/str.h"

struct call;

/* Adds the headers for browsers on other origins; true: it was a preflight, and is answered (204). */
bool cors_answered(struct call *c);
/* Is the body said to be JSON? */
bool names_json_content(const struct call *c);
/* Does one element of a comma-separated header name `what`, and not with q=0? */
bool header_names(struct str header, const char *what);
/* Does the client have the answer of this entity tag (If-None-Match)? Empty: there is no tag. */
bool has_entity(const struct call *c, struct str tag);
/* Can the client take JSON? false: answered 406. */
bool accepts_json(struct call *c);

#endif
