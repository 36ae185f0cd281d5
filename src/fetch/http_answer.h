/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/http_answer.h - an answer of HTTP/1 (RFC 9112), read as it comes.
 *
 * The answer to a webhook has four headers that matter and a body of a few bytes, so this reader keeps no lists: it puts
 * the status, those headers and the body into the hop. It is as strict as Go's: names of headers are tokens,
 * lengths agree with each other, and of codings there is only `chunked`. Answers of 1xx are passed over. All that comes is
 * bounded. Pure: it sees bytes, and no connection.
 */
#ifndef FETCH_HTTP_ANSWER_H
#define FETCH_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "http_hop.h"

enum answer_part {
	ANSWER_HEAD,
	ANSWER_COUNTED,		/* its body, by Content-Length */
	ANSWER_TO_END,		/* … as long as the connection lasts */
	ANSWER_CHUNK_SIZE,
	ANSWER_CHUNK_REST,	/* of the line with the size */
	ANSWER_CHUNK,
	ANSWER_CHUNK_END,	/* the line break behind a chunk */
	ANSWER_TRAILER,
	ANSWER_OVER,
};

/* Zeroed it waits for the first byte. */
struct answer {
	enum answer_part part;
	struct sbuf head;	/* as much of it as came, if not all at once */
	uint64_t left;		/* of the body, or of the chunk */
	size_t line;		/* characters of the present one: of a chunk's size, of a trailer */
	size_t aside;		/* bytes beside body and head, so far */
	size_t rest;		/* what came behind the answer in the same piece */
	unsigned informed;	/* answers of 1xx that came before it */
	bool keep;		/* other requests may follow on the connection */
};

enum answer_got {
	ANSWER_MORE,		/* there is more to come */
	ANSWER_COMPLETE,
	ANSWER_MALFORMED,	/* its head is no such thing */
	ANSWER_CUT,		/* its status and headers are known; its body is longer than anyone wants, or cannot be read */
};

/* Takes the next piece, which goes into `hop`: status, headers, body. After anything but ANSWER_MORE there is no further call. */
enum answer_got answer_take(struct answer *a, struct http_hop *hop, struct str piece) MUST_CHECK;
/* The connection has ended in peace. Whether that is the end of the answer, too. */
bool answer_ends(const struct answer *a);
/* Something of the body may be missing, but the head is complete. */
static inline bool
answer_has_head(const struct answer *a)
{
	return a->part != ANSWER_HEAD;
}
void answer_fini(struct answer *a);

#endif
