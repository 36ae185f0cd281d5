/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/json_read.h - JSON from bytes, token by token.
 *
 * Accepts and refuses what Go's encoding/json does, with its error texts:
 * malformed UTF-8 and lone surrogates in strings become U+FFFD, duplicate keys
 * are all reported (the last one is meant), at most 10,000 levels.
 */
#ifndef TEXT_JSON_READ_H
#define TEXT_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"

#define JSON_DEPTH_MAX 10000

enum json_token {
	JSON_T_ERROR,		/* see json_reader_err; stays */
	JSON_T_END,		/* after the value; stays */
	JSON_T_OBJECT_BEGIN,
	JSON_T_OBJECT_END,
	JSON_T_ARRAY_BEGIN,
	JSON_T_ARRAY_END,
	JSON_T_KEY,
	JSON_T_STRING,
	JSON_T_NUMBER,
	JSON_T_TRUE,
	JSON_T_FALSE,
	JSON_T_NULL,
};

enum json_mode {
	/* json.Unmarshal: bytes after the value are an error. */
	JSON_DOCUMENT,
	/* json.Decoder: they are ignored; input that ends early is "unexpected EOF", empty input "EOF". */
	JSON_FIRST_VALUE,
};

/*
 * No memory is allocated per token. The members are the reader's, but for
 * `text` and `escaped`, which describe the token that json_next returned last.
 */
struct json_reader {
	/* KEY and STRING: the bytes between the quotes as they stand; NUMBER: the literal. Slices of the input. */
	struct str text;
	/* KEY and STRING: `text` needs json_unescape (a backslash or malformed UTF-8). */
	bool escaped;

	const char *start, *p, *end;
	const char *limit;	/* of the input; `end` is that of the window */
	enum json_mode mode;
	uint8_t state;
	unsigned depth;
	uint64_t objects[JSON_DEPTH_MAX / 64 + 1];	/* which levels are objects */
	const char *what;	/* error */
	const char *at;
};

/* Borrows `in` for the life of the reader and of the slices it hands out. */
void json_reader_init(struct json_reader *r, struct str in, enum json_mode mode);
enum json_token json_next(struct json_reader *r);
/*
 * For who reads long input in small parts: what comes next, until this is called again, has to end
 * within n bytes, blanks included. Else it is an error, which json_reader_is_cut tells from others.
 */
void json_reader_window(struct json_reader *r, size_t n);
/* Passes blanks before what comes next, and a comma between values: at most n bytes. True: there may be more of them. */
bool json_pass_blanks(struct json_reader *r, size_t n);
bool json_reader_is_cut(const struct json_reader *r);
/* After a token that begins a value (or a key): skips to its end. False after an error. */
bool json_skip(struct json_reader *r, enum json_token t) MUST_CHECK;
/* Sets e from a reader that returned JSON_T_ERROR; returns false. line and col are set, but for what is a megabyte behind the start. */
bool json_reader_err(const struct json_reader *r, struct err *e);
/*
 * Within an object whose values are strings: the next key and its string, if they are there and as plain as they mostly are, of
 * ASCII without escapes; the reader is then as behind json_next for that string. False: nothing has been taken, and json_next tells
 * what there is.
 */
bool json_next_plain_pair(struct json_reader *r, struct str *key, struct str *value);
/*
 * After JSON_T_OBJECT_BEGIN: reads the object to its end if it has these keys and no others, in this order and without blanks, and plain
 * strings as values (as above). A key is given as its text, from the opening quote to the colon. The reader is then as behind
 * JSON_T_OBJECT_END. False: nothing has been taken.
 *
 * pairs (NULL: none): texts that are expected, from the key's quote to the value's: *same has the bits of those that are there, the lowest
 * for the first; n is at most 32 then.
 */
bool json_known_object(struct json_reader *r, const struct str *keys, const struct str *pairs, size_t n, struct str *values, uint32_t *same);
/*
 * Steps through what is expected, written as most programs do, without blanks. Each is as json_next for the same bytes. False: it is
 * something else, nothing has been taken, and json_next tells what there is.
 *
 * The next key of an object, given as its text as above. Then, where a value stands: an object, which is entered; any plain string; the plain string
 * that is the same as `value`, which has been read as one and is not empty.
 */
bool json_pass_key(struct json_reader *r, struct str key);
bool json_enter_object(struct json_reader *r);
bool json_plain_value(struct json_reader *r, struct str *value);
bool json_known_value(struct json_reader *r, struct str value);
/*
 * After JSON_T_OBJECT_BEGIN: the bytes from its brace to the first closing one, wherever that
 * stands; STR_NONE: there is none. For who knows that they were an object before: then they are one again.
 */
struct str json_object_text(const struct json_reader *r);
/* Passes the object, which is this text: as reading it to its end does. */
void json_pass_object(struct json_reader *r, struct str text);
/* Byte offset in the input behind the last token. */
size_t json_offset(const struct json_reader *r);

/* Appends what the escaped text of a string stands for. */
void json_unescape(struct sbuf *b, struct str text);
/* The value of the reader's string or key: a slice of the input when nothing is escaped, else in a. */
struct str json_text(const struct json_reader *r, struct arena *a) MUST_CHECK;

/* Whether the whole input is one JSON value. */
bool json_valid(struct str in);
/* Integers as Go decodes into int64: no fraction, no exponent, in range. */
bool json_number_int(struct str literal, int64_t *out) MUST_CHECK;

#endif
