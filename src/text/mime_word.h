/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mime_word.h - encoded words of RFC 2047, for the parser and printer of addresses.
 */
#ifndef TEXT_MIME_WORD_H
#define TEXT_MIME_WORD_H

#include "base/sbuf.h"
#include "base/str.h"

enum mime_word {
	MIME_WORD_PLAIN,	/* no encoded word, or a malformed one */
	MIME_WORD_DECODED,	/* appended to b */
	MIME_WORD_CHARSET,	/* in a character set that we do not know */
};

enum mime_word mime_word_decode(struct sbuf *b, struct str word, struct str *charset);
/* s as base64 words in UTF-8. */
void mime_b_encode(struct sbuf *b, struct str s);

#endif
