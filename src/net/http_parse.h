/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http_parse.h - the grammar of HTTP/1.1 requests, strictly (RFC 9112).
 *
 * Pure: bytes in, values out. What two parsers might read differently (both
 * lengths, folded lines, blanks before a colon, bare CR) is refused, because
 * that is how requests are smuggled past proxies. Lines may end in a lone LF.
 */
#ifndef NET_HTTP_PARSE_H
#define NET_HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/msg.h"
#include "base/arena.h"
#include "base/sbuf.h"
#include "base/str.h"

#define HTTP_HEADERS_MAX 2000

/* Strings are slices of the block parsed; the array is in the arena. */
struct http_head {
	struct str method;
	struct str path, query;		/* raw; path is "*" for OPTIONS *, host:port for CONNECT */
	int minor;			/* of HTTP/1.minor */
	struct api_header *headers;
	size_t headers_n;
	bool keep_alive;		/* what the client wants */
	bool expect_continue;
	bool chunked;
	uint64_t length;		/* of the body, unless chunked */
};

/*
 * How many of the n bytes the head takes, blank line included; 0: it has not
 * ended yet. *scanned (0 at first) remembers how far the search got.
 */
size_t http_head_end(const char *p, size_t n, size_t *scanned);
/* 0, or the status to answer with and *why, static, for its text ("" for none). */
int http_head_parse(struct arena *a, struct str block, struct http_head *out, const char **why);

/* A body in chunks; zeroed to begin with. */
struct chunk_reader {
	int state;
	uint64_t left;		/* of the chunk */
	unsigned digits;
	size_t line;		/* bytes of the line being read; of all trailers */
	bool cr, blank;
};
enum chunk_result {
	CHUNK_MORE,
	CHUNK_DONE,
	CHUNK_BAD,
	CHUNK_TOO_LONG,	/* `body` is full */
};
/* Reads from `in`, of which *used is taken, into `body`. Trailers are dropped. */
enum chunk_result chunk_read(struct chunk_reader *c, struct str in, size_t *used, struct sbuf *body);

#endif
