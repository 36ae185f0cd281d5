/* SPDX-License-Identifier: Apache-2.0 */
#include "acceptor.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "loop/timer.h"
#include "loop/turn.h"
#include "net.h"

/* Until it is tried again when no descriptor, or no memory of the kernel's, was left. */
#define AGAIN (100 * SPAN_MS)

struct acceptor {
	struct acceptor_options o;
	int fd;
	struct event *readable;
	struct timer again;
};

static bool
is_shortage(int why)
{
	return why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM;
}

static void
on_readable(evutil_socket_t listening, short what, void *arg)
{
	struct acceptor *a = arg;
	TURN(a->o.turn);

	(void)what;
	for (unsigned i = 0; i < a->o.at_once; i++) {
		struct sockaddr_storage from = { 0 };
		struct gossip_address other;
		socklen_t n = sizeof(from);
		int fd = accept4(listening, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && is_shortage(errno)) {
			/* The loop would come back at once, and for nothing. */
			event_del(a->readable);
			timer_in(&a->again, AGAIN);
		}
		if (fd < 0)
			return;
		net_from_socket(&from, &other);
		a->o.take(a->o.arg, fd, &other);
	}
}

static void
on_again(void *arg)
{
	struct acceptor *a = arg;

	if (event_add(a->readable, NULL) != 0)
		timer_in(&a->again, AGAIN);
}

struct acceptor *
acceptor_new(const struct acceptor_options *o, int fd, struct err *e)
{
	struct acceptor *a = NEW(struct acceptor);

	a->o = *o;
	a->fd = fd;
	timer_init(&a->again, o->base, o->turn, on_again, a);
	a->readable = event_new(o->base, fd, EV_READ | EV_PERSIST, on_readable, a);
	if (a->readable == NULL || event_add(a->readable, NULL) != 0) {
		err_set(e, ERR_IO, "cannot watch a socket");
		acceptor_free(&a);
	}
	return a;
}

void
acceptor_free(struct acceptor **acceptor)
{
	struct acceptor *a = *acceptor;

	if (a == NULL)
		return;
	timer_fini(&a->again);
	if (a->readable != NULL)
		event_free(a->readable);
	close(a->fd);
	mem_free(a);
	*acceptor = NULL;
}
