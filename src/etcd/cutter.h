/* SPDX-License-Identifier: Apache-2.0 */
/*
 * etcd/cutter.h (private) - JSON objects out of a stream of bytes that is split anywhere.
 *
 * Answers of the gateway are objects, one or (of a watch) many; what they are long with are arrays of objects: kvs, events,
 * responses. Objects right in the outermost array are cut out and handed over one by one, and then the object without them, so
 * that no answer is ever in memory as a whole. Strings that are too long lose their end. All else has bounds, beyond which
 * the stream fails.
 */
#ifndef ETCD_CUTTER_H
#define ETCD_CUTTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"

/* Bytes of a string, with its escapes; of an object with its strings; of one without those that were cut out. */
#define CUTTER_STRING_MAX ((size_t)700 << 10)
#define CUTTER_ELEMENT_MAX ((size_t)1 << 20)
#define CUTTER_OBJECT_MAX ((size_t)64 << 10)
#define CUTTER_DEPTH_MAX 16

enum cutter_piece {
	CUTTER_ELEMENT,	/* an object of the outermost array */
	CUTTER_OBJECT,	/* the object around them, which ends */
};

/* Zeroed but for the hook: at the beginning. */
struct cutter {
	/* `cut`: a string in it lost its end. Borrowed for the call. */
	void (*piece)(void *arg, enum cutter_piece what, struct str json, bool cut);
	void *arg;
	struct sbuf object, element;	/* as far as they have come */
	unsigned depth;			/* brackets that are open */
	unsigned array_at, element_at;	/* the depth inside of the outermost array, and of an object in it; 0: not there */
	bool in_string, escaped, cut;
	size_t string_n;
	size_t nothing;			/* blanks and commas that nothing is kept of, since the last piece */
};

/* False, and the cutter is of no use any more: it is not JSON, or beyond a bound. */
bool cutter_put(struct cutter *c, struct str piece, struct err *e) MUST_CHECK;
/* Whether the bytes so far end with an object, or are none. */
bool cutter_is_between(const struct cutter *c);
void cutter_fini(struct cutter *c);

#endif
