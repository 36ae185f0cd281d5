/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/url.h - URLs and query strings, as Go's net/url reads and writes them.
 */
#ifndef TEXT_URL_H
#define TEXT_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"

/* All members live in the arena given to url_parse. */
struct url {
	struct str scheme;	/* in lower case */
	struct str opaque;	/* of "mailto:x": what follows the colon */
	bool has_user, has_password;
	struct str user, password;	/* decoded */
	struct str host;	/* with port, IPv6 in brackets, as Go's URL.Host */
	bool omit_host;		/* "s:/p": no // although there is a scheme */
	struct str path;	/* decoded */
	struct str raw_path;	/* as given, when its default encoding differs; else empty */
	bool force_query;	/* a lone "?" at the end */
	struct str query;	/* raw, without ? */
	struct str fragment;	/* decoded */
	struct str raw_fragment;	/* as given, when its default encoding differs; else empty */
};

/* url.Parse. Errors: parse "ftp://[": missing ']' in host. */
bool url_parse(struct arena *a, struct str s, struct url *out, struct err *e) MUST_CHECK;
/*
 * url.ParseRequestURI: an absolute URL or a path that begins with '/'; no
 * fragments. Errors: parse "x": invalid URI for request.
 */
bool url_parse_request(struct arena *a, struct str s, struct url *out, struct err *e) MUST_CHECK;
/* URL.String. */
void url_format(struct sbuf *b, const struct url *u);
/* URL.Hostname (without brackets) and URL.Port. Slices of u->host. */
struct str url_hostname(const struct url *u);
struct str url_port(const struct url *u);
/* The path as it goes onto the wire: raw_path if it fits path, else path encoded (URL.EscapedPath). */
void url_escaped_path(struct sbuf *b, const struct url *u);
/*
 * base with one more path segment sequence appended and cleaned: "http://h/a/"
 * and "../b//c" give path /b/c (URL.JoinPath).
 */
struct url url_join(struct arena *a, const struct url *base, struct str elem);

/* Percent-encodes all but what RFC 3986 calls unreserved and the characters of `keep`. */
void url_percent_encode(struct sbuf *b, struct str s, const char *keep);
/* url.QueryEscape (space becomes +) and url.PathEscape. */
void url_query_escape(struct sbuf *b, struct str s);
void url_path_escape(struct sbuf *b, struct str s);
/* Errors: invalid URL escape "%zz". Text decoded before the error stays in b. */
bool url_query_unescape(struct sbuf *b, struct str s, struct err *e) MUST_CHECK;
bool url_path_unescape(struct sbuf *b, struct str s, struct err *e) MUST_CHECK;

struct url_param {
	struct str key, value;
};

/* Parameters in the order they came. */
struct url_query {
	struct url_param *v;
	size_t n;
};

/*
 * url.ParseQuery: pairs that cannot be read (bad escape, a semicolon) are left
 * out. The return value says whether there were none such; the rest is there
 * in either case, and e has the first mistake.
 */
bool url_query_parse(struct arena *a, struct str query, struct url_query *out, struct err *e);
/* The first value of key, or NULL. */
const struct str *url_query_get(const struct url_query *q, const char *key);
/* The last value of key, or NULL. */
const struct str *url_query_last(const struct url_query *q, const char *key);
/* The next value of key from *pos on (start with 0), or NULL at the end. */
const struct str *url_query_each(const struct url_query *q, const char *key, size_t *pos);
/* Appends key=value, escaped, with & in front unless it is the first of the query. */
void url_query_add(struct sbuf *b, bool *first, struct str key, struct str value);

#endif
