/* SPDX-License-Identifier: Apache-2.0 */
#include "direct_write.h"

#include <assert.h>
#include <errno.h>
#include <linux/fs.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <event2/event.h>

#include "loop/turn.h"

static void
over(struct direct_write *d, const struct io_event *e)
{
	d->busy = false;
	d->done(d->arg, e->res >= 0 && (size_t)e->res == d->n);
}

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	TURN("store");
	struct direct_write *d = arg;
	struct io_event e;

	(void)fd;
	(void)what;
	/* It is not read: each write that ends wakes us once. */
	if (d->busy && aio_next(&d->aio, &e))
		over(d, &e);
}

bool
direct_write_init(struct direct_write *d, struct event_base *base, void (*done)(void *arg, bool ok), void *arg)
{
	*d = (struct direct_write){ .fd = -1, .done = done, .arg = arg };
	if (!aio_init(&d->aio, 1))
		return false;
	d->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d->fd >= 0)
		d->ev = event_new(base, d->fd, EV_READ | EV_ET | EV_PERSIST, on_event, d);
	if (d->ev != NULL && event_add(d->ev, NULL) == 0)
		return true;
	direct_write_fini(d);
	return false;
}

void
direct_write_fini(struct direct_write *d)
{
	if (d->ev != NULL)
		event_free(d->ev);
	if (d->fd >= 0)
		close(d->fd);
	/* Which waits. */
	aio_fini(&d->aio);
	*d = (struct direct_write){ .fd = -1 };
}

bool
direct_write_begin(struct direct_write *d, int fd, const void *p, size_t n, off_t at)
{
	struct iocb one = {
		.aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = (uint32_t)fd, .aio_buf = (uintptr_t)p, .aio_nbytes = n, .aio_offset = at,
		.aio_flags = IOCB_FLAG_RESFD, .aio_resfd = (uint32_t)d->fd, .aio_rw_flags = RWF_DSYNC | RWF_NOWAIT,
	};
	struct iocb *all[] = { &one };

	assert(!d->busy && (uintptr_t)p % DIRECT_BLOCK == 0 && n % DIRECT_BLOCK == 0 && (size_t)at % DIRECT_BLOCK == 0);
	if (d->ev == NULL)
		return false;
	d->n = n;
	d->busy = aio_submit(&d->aio, all, 1) == 1;
	return d->busy;
}

void
direct_write_wait(struct direct_write *d)
{
	struct io_event e;

	if (!d->busy)
		return;
	/* Nobody knows: as if it had failed. */
	if (!aio_wait(&d->aio, &e))
		e.res = -EIO;
	over(d, &e);
}

bool
direct_write_probe(int fd, const void *p, size_t n)
{
	struct iovec v = { (void *)(uintptr_t)p, n };
	ssize_t written = pwritev2(fd, &v, 1, 0, RWF_DSYNC | RWF_NOWAIT);

	return written == (ssize_t)n || (written < 0 && errno == EAGAIN);
}
