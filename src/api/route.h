/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/route.h (private) - the table of routes, and how a path finds its row.
 */
#ifndef API_ROUTE_H
#define API_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "http/msg.h"
#include "http/principal.h"

struct call;

/* The API whose manners an answer has; routes.def tells more. */
enum route_surface { ROUTE_PLAIN, ROUTE_V2, ROUTE_EXT };

struct route_entry {
	enum route_surface surface;
	const char *method;
	const char *path;	/* below the prefix; also the metrics' label */
	size_t path_n;
	bool has_params;	/* segments of the path are variable */
	void (*handle)(struct call *c);
	enum scope scope;
	enum http_places place;	/* that a GET takes */
};

/* The variable segments of one path. */
#define ROUTE_PARAMS_MAX 2

struct route_param {
	const char *name;
	struct str value;	/* as it was sent, percent-encoded */
};

struct route_match {
	const struct route_entry *entry;	/* NULL: no route has this method */
	const struct route_entry *any;		/* a route of the path with whatever method; NULL: the path is unknown */
	struct route_param params[ROUTE_PARAMS_MAX];
	size_t params_n;
};

/* Looks for method and path among the routes of one surface. */
struct route_match route_find(enum route_surface surface, struct str method, struct str path);
/* The type that a parameter must have ("uuid"), and whether the decoded value is of it; NULL: any text will do. */
struct route_type {
	const char *name;
	bool (*fits)(struct str value);
};
const struct route_type *route_param_type(const char *name);

#endif
