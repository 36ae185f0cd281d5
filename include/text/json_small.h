/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/json_small.h - small JSON that other programs answer, read by jansson.
 *
 * Takes what Go's encoding/json takes and refuses the rest in its words, as
 * the program's own reader does (text/json_read.h): malformed UTF-8 and lone
 * surrogates become U+FFFD, the last of equal keys is meant, a number may be of
 * any size. Values nest 2048 deep at most, the innermost counted.
 *
 * A document is freed by who parsed it. Its values and their strings are
 * borrowed and go with it: arena_str what is to stay. One thread at a time may
 * use a document; different ones share nothing.
 */
#ifndef TEXT_JSON_SMALL_H
#define TEXT_JSON_SMALL_H

#include "text/json_read.h"

/* As much as is read of an answer. */
#define JSON_SMALL_MAX ((size_t)1 << 20)

struct json_t;	/* jansson's */

/*
 * Once, before there are threads: jansson allocates by base/mem.h from now on,
 * and its hashes are seeded from /dev/urandom, which does not block. Without
 * it (tests) jansson uses malloc and seeds itself when the first object is read.
 */
void json_small_init(void);

/* NULL and e (which may be NULL) on a mistake; ERR_LIMIT when `in` is longer than JSON_SMALL_MAX or nests too deep. */
struct json_t *json_small_parse(struct str in, enum json_mode mode, struct err *e) MUST_CHECK;
/* Sets *doc to NULL; it may be NULL already. */
void json_small_free(struct json_t **doc);

/*
 * A member as Go fills a struct's field: ASCII case is ignored, the last one
 * wins (of one spelling the last value, of several the one that came last
 * anew). NULL when there is none, and when j is no object or NULL.
 */
struct json_t *json_small_get(struct json_t *j, const char *name);
/* Conveniences with a default for absence, null and other kinds; an integer has no fraction, no exponent, 64 bits. */
struct str json_small_str(struct json_t *j, const char *name, struct str otherwise);
int64_t json_small_int(struct json_t *j, const char *name, int64_t otherwise);
bool json_small_bool(struct json_t *j, const char *name, bool otherwise);

/* j itself; NULL is of no kind. */
bool json_small_is_object(const struct json_t *j);
struct str json_small_text(const struct json_t *j, struct str otherwise);
int64_t json_small_whole(const struct json_t *j, int64_t otherwise);
/* Elements; 0 for what is no array. */
size_t json_small_count(const struct json_t *j);
struct json_t *json_small_at(const struct json_t *j, size_t i);

#endif
