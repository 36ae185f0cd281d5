/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve/known_head.h - the head of a request that was read last.
 *
 * A sender sends the same head over and over, but for the length of what follows; and so do all senders of one make, mostly. Nobody
 * need take one apart again that is the same byte by byte.
 */
#ifndef SERVE_KNOWN_HEAD_H
#define SERVE_KNOWN_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "http/msg.h"

#define KNOWN_HEADERS 16
/* A longer one is not remembered. */
#define KNOWN_HEAD_MAX 1024

/* Zeroed: none is known. */
struct known_head {
	size_t n;
	size_t length_at, length_n;	/* the digits of its Content-Length */
	struct http_request read;	/* method, path, query and headers; in `text` */
	struct http_header headers[KNOWN_HEADERS];
	char text[KNOWN_HEAD_MAX];	/* with the empty line */
};

/* Remembers a head of which `read` was found, with KNOWN_HEADERS at most, and strings that are in it. Others are forgotten. */
void known_head_set(struct known_head *k, struct str head, const struct http_request *read);
/*
 * Does text begin with the known head, with whatever length? Fills *length, and method, path, query and headers of *out, in its
 * arena; returns how long the head is, 0: it is another one.
 */
size_t known_head_read(const struct known_head *k, struct str text, struct http_request *out, uint64_t *length) MUST_CHECK;

#endif
