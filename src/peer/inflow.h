/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inflow.h (private) - the bytes of a message as they come in, which never move once they are many.
 *
 * A buffer that grows copies what it has, and for tens of megabytes that takes longer than a turn may. So one that is not
 * small any more gets addresses for all that may come; memory it takes as it is filled. Any thread, one at a time.
 */
#ifndef INFLOW_H
#define INFLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/str.h"

/* Up to here it is a buffer as others are. */
#define INFLOW_SMALL ((size_t)64 << 10)

/* Zeroed: empty. */
struct inflow {
	char *p;
	size_t n, room;
};

/* Where `more` bytes can be written behind the n that are there, with up to `max` of all. NULL: that is too many, or memory was refused. */
char *inflow_room(struct inflow *f, size_t more, size_t max) MUST_CHECK;
struct str inflow_get(const struct inflow *f);
/* Long for many bytes. */
void inflow_fini(struct inflow *f);

#endif
