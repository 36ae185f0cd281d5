/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/direct_write.h (private) - a durable write that nobody has to wait for, not even a thread.
 *
 * The kernel takes the bytes past its page cache, has the disk write them down, and wakes the loop
 * (Linux AIO, io_submit(2), with RWF_DSYNC). Between two processors each wake-up costs as much as the
 * write itself, and a thread that writes takes two of them. With RWF_NOWAIT what would hold the loop is refused instead: where blocks of the
 * file have yet to be found, and on file systems that cannot do it. One write at a time. Loop thread only.
 */
#ifndef STORE_DIRECT_WRITE_H
#define STORE_DIRECT_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "loop/aio.h"

struct event;
struct event_base;

/* Memory, places and sizes are multiples of it. */
#define DIRECT_BLOCK ((size_t)4096)

struct direct_write {
	struct aio aio;
	int fd;				/* eventfd: a write is over */
	struct event *ev;		/* NULL: there is no such thing here */
	bool busy;
	size_t n;			/* bytes under way */
	void (*done)(void *arg, bool ok);
	void *arg;
};

/* False: the kernel has none for us, and direct_write_begin will always refuse. Borrows `base`. */
bool direct_write_init(struct direct_write *d, struct event_base *base, void (*done)(void *arg, bool ok), void *arg);
/* Waits for what is under way; `done` is not called. */
void direct_write_fini(struct direct_write *d);
/*
 * The file is open with O_DIRECT. The bytes have to stay until `done` is called, from the loop: ok, all of them are on disk.
 * False: refused, nothing was begun.
 */
bool direct_write_begin(struct direct_write *d, int fd, const void *p, size_t n, off_t at) MUST_CHECK;
/* Waits, and calls `done` if something was under way. */
void direct_write_wait(struct direct_write *d);
/* Can a file that is open with O_DIRECT be written like this? Writes n bytes at its beginning, waiting. False with errno. */
bool direct_write_probe(int fd, const void *p, size_t n) MUST_CHECK;

#endif
