/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve/chunk_scan.h - whether the chunks of a body are written as RFC 9112 7.1 has them.
 *
 * evhttp reads sizes as strtoll does (0x21, +5, a blank in front), passes over what stands behind one, takes a lone LF for the end
 * of a line and needs none behind a chunk. A proxy in front that reads them otherwise would see other requests than evhttp does.
 * This runs ahead of it over the same bytes.
 */
#ifndef SERVE_CHUNK_SCAN_H
#define SERVE_CHUNK_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum chunk_state {
	CHUNK_NONE,	/* the body has no chunks, or they are over: trailers are evhttp's */
	CHUNK_SIZE,
	CHUNK_BLANK,	/* behind a size: some senders fill it up with blanks */
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
};

/* Zeroed: CHUNK_NONE. It begins with CHUNK_SIZE. */
struct chunk_scan {
	enum chunk_state state;
	unsigned digits;
	uint64_t size, left;	/* of the chunk at hand */
	size_t back;		/* so many bytes before the one at hand its size ended, or its last digit is */
};

/* Takes the next n bytes; the place of the first that should not be there, n if there is none. Not to be called again behind one. */
size_t chunk_scan(struct chunk_scan *s, const char *p, size_t n);

#endif
