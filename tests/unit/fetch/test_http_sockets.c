/* SPDX-License-Identifier: Apache-2.0 */
/* The sockets of libcurl, where the system has no memory to watch them. */
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "lib_receiver.h"
#include "suite.h"

static bool unwatched;	/* sockets of the client: */
static int refused;	/* so often that was asked for */

static bool
is_of_client(evutil_socket_t fd)
{
	struct sockaddr_in own = { 0 };
	socklen_t n = sizeof(own);

	return fd >= 0 && getsockname(fd, (struct sockaddr *)&own, &n) == 0 && own.sin_family == AF_INET &&
	    ntohs(own.sin_port) != strtol(strrchr(receiver.url, ':') + 1, NULL, 10);
}

/* In front of libevent's. */
int
event_add(struct event *ev, const struct timeval *after)
{
	int (*real)(struct event *, const struct timeval *) =
	    (int (*)(struct event *, const struct timeval *))dlsym(RTLD_NEXT, "event_add");

	if (unwatched && is_of_client(event_get_fd(ev))) {
		refused++;
		return -1;
	}
	return real(ev, after);
}

START_TEST(sockets_that_are_not_watched_are_looked_at)
{
	struct fetch_request r;

	receiver_begin(0);
	unwatched = true;
	r = receiver_post();
	receiver_run(&r);
	unwatched = false;
	ck_assert_msg(!receiver.got.resp.transport_error, "%s", receiver.got.error.p);
	ck_assert_int_eq(receiver.got.resp.status, 200);
	ck_assert_int_gt(refused, 0);
	receiver_end();
}
END_TEST

int
main(void)
{
	return RUN("http_sockets", sockets_that_are_not_watched_are_looked_at);
}
