/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url_escape.h - percent-encoding, by part of the URL (Go net/url).
 */
#ifndef TEXT_URL_ESCAPE_H
#define TEXT_URL_ESCAPE_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"

enum url_part { URL_PATH, URL_SEGMENT, URL_HOST, URL_ZONE, URL_USER, URL_QUERY, URL_FRAGMENT };

bool url_should_escape(unsigned char byte, enum url_part part);
void url_escape(struct sbuf *b, struct str s, enum url_part part);
/* Escapes all but what RFC 3986 calls unreserved and the characters of `keep`. */
void url_escape_but(struct sbuf *b, struct str s, const char *keep);
bool url_unescape(struct sbuf *b, struct str s, enum url_part part, struct err *e) MUST_CHECK;

#endif
