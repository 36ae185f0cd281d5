/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve/head_scan.h - where the head of an HTTP request ends.
 *
 * Runs ahead of evhttp over the same bytes, so that the time for a head and
 * the time for a body can be told apart, and notices what evhttp hides from
 * its user: NUL bytes and folded headers, which two parsers may read
 * differently (RFC 9112 2.2, 5.2), and verbs that are none.
 */
#ifndef SERVE_HEAD_SCAN_H
#define SERVE_HEAD_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#define HEAD_VERB_MAX 23

/* Zeroed to begin with. */
struct head_scan {
	char verb[HEAD_VERB_MAX + 1];	/* as far as it was seen; evhttp forgets those it does not know */
	unsigned char verb_n;	/* more than HEAD_VERB_MAX: it is longer */
	size_t n;		/* bytes seen */
	bool within;		/* … of a line that has begun, apart from a CR */
	bool cr;		/* the byte before was one */
	bool verb_done, first_done;	/* the verb, the request line is over */
	unsigned char coding;	/* bytes of "transfer-encoding:" that the line began with; more than there are: it did not */
	bool coded;		/* there is such a line */
	bool bad;		/* do not trust this head */
};

/*
 * Takes the next n bytes; true as soon as the blank line after the headers is
 * over (what follows was not looked at). Not to be called again after that.
 */
bool head_scan(struct head_scan *h, const char *p, size_t n);
/* How many bytes of blank lines precede a request (RFC 9112 2.2): they are to be skipped. */
size_t head_blank(const char *p, size_t n);

#endif
