/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http/header.h - the grammar of header fields (RFC 9110 5.5, 5.6), and Go's form of their names.
 */
#ifndef HTTP_HEADER_H
#define HTTP_HEADER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "http/msg.h"

/* A character of a token: of verbs and of header names. */
bool http_is_token_char(unsigned char c);
/* At least one character, and all of tokens. */
bool http_is_token(struct str s);
/* Nothing that could end the value: no control character but the tab. May be empty. */
bool http_is_header_value(struct str s);
/* Without spaces and tabs at both ends. */
struct str http_trim(struct str s);
/* Takes the next line from the headers of a message; one without a colon is all name. False: there is none left. */
bool http_header_next(struct str *head, struct http_header *out);
/* The name as Go's textproto writes it, x-foo as X-Foo, in the arena; what is no token comes back as it is. */
struct str http_canonical_name(struct arena *a, struct str name);
/*
 * Takes the next element, trimmed and maybe empty, from a comma-separated list. False: there is none
 * left, and *element is not set. An empty element at the very end is none.
 */
bool http_list_next(struct str *list, struct str *element);

#endif
