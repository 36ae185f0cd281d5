/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop/aio.h - reads and writes that the kernel is asked for with one call: Linux AIO, io_submit(2).
 *
 * A write to a socket that makes nobody wait is over when the call returns; one past the page cache is over
 * when the disk says so. Which are over stands in memory that the kernel shares with us, so asking costs no call.
 * One thread at a time.
 */
#ifndef LOOP_AIO_H
#define LOOP_AIO_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/aio_abi.h>

#include "base/compiler.h"

struct aio {
	aio_context_t context;		/* the kernel's; 0: there is none, and nothing is taken */
};

/* For so many at a time. False: the kernel has none for us. */
bool aio_init(struct aio *a, unsigned most) MUST_CHECK;
/* Waits for what is under way. Idempotent. */
void aio_fini(struct aio *a);
/* How many of them, from the first on, were taken; what these point to has to stay until they are over. */
size_t aio_submit(struct aio *a, struct iocb **all, size_t n) MUST_CHECK;
/* One that is over: fills *out, whose `data` is what the iocb had as aio_data. False: none is as yet. */
bool aio_next(struct aio *a, struct io_event *out) MUST_CHECK;
/* … waits for one, of which some must be under way. False: the kernel would not say. */
bool aio_wait(struct aio *a, struct io_event *out) MUST_CHECK;

#endif
