/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/json_write.h - JSON onto a byte buffer, value by value.
 *
 *	struct json_writer w;
 *	json_writer_init(&w, &body, JSON_HTML_ESCAPED);
 *	json_object_begin(&w);
 *	json_put_str(&w, "status", STR("firing"));
 *	json_key(&w, STR("alerts"));
 *	json_array_begin(&w);
 *	...
 *	json_array_end(&w);
 *	json_object_end(&w);
 *
 * Commas and colons are set by the writer. No spaces are written; the result is
 * what Go's encoding/json gives: control characters as \n \r \t \b \f or \u00XX,
 * U+2028 and U+2029 escaped, malformed UTF-8 as \ufffd. Errors: only the buffer's
 * own overflow flag.
 */
#ifndef TEXT_JSON_WRITE_H
#define TEXT_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sbuf.h"
#include "base/str.h"
#include "base/time.h"

enum json_html {
	JSON_HTML_ESCAPED,	/* < > & as \u003c …: Go's default */
	JSON_HTML_PLAIN,
};

struct json_writer {
	struct sbuf *b;		/* borrowed */
	enum json_html html;
	bool comma;		/* a value stands before the next one */
};

void json_writer_init(struct json_writer *w, struct sbuf *b, enum json_html html);

void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key(struct json_writer *w, struct str key);

void json_str(struct json_writer *w, struct str s);
/* As json_str, but that each malformed byte becomes U+FFFD itself, as Go writes it today. */
void json_str_repaired(struct json_writer *w, struct str s);
void json_int(struct json_writer *w, int64_t v);
void json_uint(struct json_writer *w, uint64_t v);
/* JSON has no infinities: they and NaN are written as null. */
void json_double(struct json_writer *w, double v);
void json_bool(struct json_writer *w, bool v);
/* null; libjansson has the name json_null. */
void json_nil(struct json_writer *w);
/* A value that is JSON already. */
void json_raw(struct json_writer *w, struct str json);
/* RFC 3339 with nanoseconds, trailing zeros dropped (Go time.Time.MarshalJSON). */
void json_wall(struct json_writer *w, struct wall t);

/* A key and a string, in one go; json_pair_repaired: as json_str_repaired. */
void json_pair(struct json_writer *w, struct str key, struct str v);
void json_pair_repaired(struct json_writer *w, struct str key, struct str v);
/* A key and its value. */
void json_put_str(struct json_writer *w, const char *key, struct str v);
void json_put_int(struct json_writer *w, const char *key, int64_t v);
void json_put_uint(struct json_writer *w, const char *key, uint64_t v);
void json_put_bool(struct json_writer *w, const char *key, bool v);
void json_put_null(struct json_writer *w, const char *key);
void json_put_raw(struct json_writer *w, const char *key, struct str json);
void json_put_wall(struct json_writer *w, const char *key, struct wall t);

/* Is nothing of s escaped, even for HTML's sake? */
bool json_is_plain(struct str s);
/* Only a string literal with its quotes, without a writer. */
void json_quote(struct sbuf *b, struct str s, enum json_html html);
/* As json_str_repaired. */
void json_quote_repaired(struct sbuf *b, struct str s);
/* The text between the quotes, of a string that is written piece by piece, each of whole runes. */
void json_quote_part(struct sbuf *b, struct str s, enum json_html html);

#endif
