/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/aio.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A context is the address of one (fs/aio.c of Linux): we move the head, the kernel the tail. */
struct ring {
	unsigned id, n;
	_Atomic(unsigned) head, tail;
	unsigned magic, features, unknown_features, head_bytes;
	struct io_event events[];
};

#define RING_MAGIC 0xa10a10a1U

bool
aio_init(struct aio *a, unsigned most)
{
	a->context = 0;
	return syscall(SYS_io_setup, (long)most, &a->context) == 0;
}

void
aio_fini(struct aio *a)
{
	if (a->context != 0)
		syscall(SYS_io_destroy, a->context);
	a->context = 0;
}

size_t
aio_submit(struct aio *a, struct iocb **all, size_t n)
{
	long taken = a->context != 0 ? syscall(SYS_io_submit, a->context, (long)n, all) : 0;

	return taken > 0 ? (size_t)taken : 0;
}

static bool
ask(struct aio *a, long at_least, struct io_event *out)
{
	long n;

	do
		n = syscall(SYS_io_getevents, a->context, at_least, 1L, out, NULL);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

bool
aio_next(struct aio *a, struct io_event *out)
{
	struct ring *r = (struct ring *)(uintptr_t)a->context;
	unsigned head;

	if (r == NULL)
		return false;
	if (r->magic != RING_MAGIC || r->unknown_features != 0)
		return ask(a, 0, out);
	head = atomic_load_explicit(&r->head, memory_order_relaxed);
	if (head == atomic_load_explicit(&r->tail, memory_order_acquire))
		return false;
	*out = r->events[head];
	atomic_store_explicit(&r->head, (head + 1) % r->n, memory_order_release);
	return true;
}

bool
aio_wait(struct aio *a, struct io_event *out)
{
	return a->context != 0 && ask(a, 1, out);
}
