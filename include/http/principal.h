/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http/principal.h - who asks, as far as the server has made sure of it, and what that one may do.
 */
#ifndef HTTP_PRINCIPAL_H
#define HTTP_PRINCIPAL_H

#include <stdbool.h>

#include "base/str.h"

/* A permission that a request needs and a principal has. */
enum scope {
	SCOPE_READ = 1,		/* to look */
	SCOPE_WRITE = 2,	/* to change alerts and silences */
	SCOPE_ADMIN = 4,	/* to reload and to copy all there is */
};
#define SCOPE_ALL ((unsigned)(SCOPE_READ | SCOPE_WRITE | SCOPE_ADMIN))

struct principal {
	struct str name;	/* the user's, or the common name of a verified certificate; empty: nobody was asked */
	const char *source;	/* of the name: "basic", "certificate"; NULL: there is none */
	unsigned scopes;	/* of enum scope; zeroed, a principal may do nothing */
};

static inline bool
principal_may(const struct principal *p, enum scope s)
{
	return (p->scopes & (unsigned)s) != 0;
}

#endif
