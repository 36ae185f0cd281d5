/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext.h (private) - what the routes of /api/ext/v1 have in common (surface EXT of routes.def).
 *
 * Errors are {"error":{"code","message"[,"field"[,"index"]]}}. Times are RFC 3339 in UTC with milliseconds, durations
 * numbers of seconds. Bodies of requests are JSON objects; members that nobody knows are refused, so that a
 * misspelt one is not taken for a wish that was granted. Answers over a kilobyte are packed for clients that take gzip.
 */
#ifndef API_EXT_H
#define API_EXT_H

#include "handlers.h"
#include "packed.h"
#include "text/json_tree.h"

/* Answers with an error; `code` is a word like "bad_matcher", for programs. */
void ext_error(struct call *c, int status, const char *code, struct str message);
/* The same about one parameter or member; index: of several of that name, or -1. */
void ext_error_at(struct call *c, int status, const char *code, struct str message, const char *field, int index);
/* The same with more members, which stand between the two. */
void ext_error_begin(struct call *c, int status, const char *code, struct str message, struct json_writer *w);
void ext_error_end(struct call *c, struct json_writer *w);
/* An error of the engine: 404, 409, or 400. */
void ext_refused(struct call *c, const struct err *e);
/* False: so much waits for the disk that the client was told to come again (503). */
bool ext_has_room(struct call *c);

/* Query parameters. Each function is false when it has answered 400. */
bool ext_query_known(struct call *c, const char *const *known, size_t n);	/* there are none but these n */
bool ext_query_matchers(struct call *c, const char *name, struct matchers *out);	/* free with matchers_fini */
bool ext_query_uint(struct call *c, const char *name, uint64_t max, uint64_t *value);	/* absent: left alone */
bool ext_query_bool(struct call *c, const char *name, bool *value);	/* "true" or "false"; absent: left alone */
bool ext_query_time(struct call *c, const char *name, struct wall *value);	/* RFC 3339; absent: left alone */
bool ext_query_word(struct call *c, const char *name, const char *const *words, size_t *index);	/* absent: left alone */
struct str ext_query_str(const struct call *c, const char *name);	/* the last one; absent: STR_NONE */
/* ?limit=: how many items of a list; 100 when absent. */
#define EXT_LIMIT_MAX 1000
bool ext_query_limit(struct call *c, size_t *limit);

/*
 * The body as an object in the request's arena. `known` are the names of its members, ends with NULL.
 * NULL: answered 400, or 413 when it is longer than EXT_BODY_MAX.
 */
#define EXT_BODY_MAX ((size_t)2 << 20)
const struct json *ext_body(struct call *c, const char *const *known);
/* The same question of an object within the body. False: it has others, and 400 is answered. */
bool ext_known(struct call *c, const struct json *o, const char *const *known);
/* Its members; absent and null leave *out alone. False: of another kind, and answered 400. */
bool ext_member_str(struct call *c, const struct json *o, const char *name, struct str *out);
bool ext_member_bool(struct call *c, const struct json *o, const char *name, bool *out);
bool ext_member_uint(struct call *c, const struct json *o, const char *name, uint64_t max, uint64_t *out);
bool ext_member_seconds(struct call *c, const struct json *o, const char *name, span *out);	/* a number > 0; up to 10 years */
bool ext_member_time(struct call *c, const struct json *o, const char *name, struct wall *out);
/* The member must be of that kind; *out is NULL when it is absent. */
bool ext_member_array(struct call *c, const struct json *o, const char *name, const struct json **out);
bool ext_member_object(struct call *c, const struct json *o, const char *name, const struct json **out);
/* The member as the label set of an alert, checked, without empty values; a new reference, NULL when absent. */
bool ext_member_labels(struct call *c, const struct json *o, const char *name, struct labels **out);
/* [{"name","value","isRegex","isEqual"}] as in API v2, or ["name=value", …]; at most MATCHERS_MAX. Absent: none. */
bool ext_member_matchers(struct call *c, const struct json *o, const char *name, struct matchers *out);
/* One of them; false: e says what is wrong with it. */
bool ext_matcher(struct call *c, const struct json *v, struct matcher *out, struct err *e) MUST_CHECK;
/* The author: the principal, else the one that the member names, which may not be left out then. */
bool ext_member_author(struct call *c, const struct json *o, const char *name, struct str *out);

/* The call for who answers later (http_later): what is borrowed of the request, which may end before, is copied. */
struct call ext_kept(const struct call *c);

/*
 * Gives the answer, which must depend on the query and the revision of alerts alone, its ETag. True: the client has that
 * very answer, and 304 was answered.
 */
bool ext_unchanged(struct call *c);
/* A small answer that is known at once: 200 and JSON. */
void ext_reply_begin(struct call *c, struct json_writer *w);
void ext_reply_end(struct call *c);
/* The headers of one that is made in slices, for packed_reply. */
void ext_reply_later(struct call *c);

/* A time in milliseconds with Z; null for WALL_ZERO. */
void ext_put_time(struct json_writer *w, const char *key, struct wall t);
/* A span in seconds, with a fraction where it has one. */
void ext_put_seconds(struct json_writer *w, const char *key, span s);
/* 16 hexadecimal digits. */
void ext_put_fingerprint(struct json_writer *w, const char *key, uint64_t fingerprint);
/* [{"name","value","isRegex","isEqual"}] */
void ext_put_matchers(struct json_writer *w, const char *key, const struct matchers *ms);
void ext_put_labels(struct json_writer *w, const char *key, const struct labels *l);

#endif
