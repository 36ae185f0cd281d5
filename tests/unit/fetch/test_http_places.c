/* SPDX-License-Identifier: Apache-2.0 */
/* The choice of requests for the places among those under way. */
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "fetch/http_client.h"
#include "loop/clock_real.h"
#include "suite.h"

#define HOSTS 4
#define EACH 8

/* Connections are made with it, and never answered. */
static int
listener(unsigned *port_out)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 200), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	*port_out = ntohs(at.sin_port);
	return fd;
}

static void
on_done(void *arg, const struct fetch_response *resp)
{
	(void)arg;
	ck_abort_msg("nobody answers: %.*s", STR_ARG(resp->error));
}

/* Hosts that hang take less and less of what is left: the next one finds a place. */
START_TEST(many_hosts_that_hang_leave_a_place)
{
	static const struct http_config plain;
	struct http_client_options o = { .base = event_base_new(), .clock = clock_real(), .in_all = HOSTS * EACH };
	struct mono deadline = mono_add(o.clock->now(o.clock).mono, 10 * SPAN_S);
	struct err e = { 0 };
	struct http_client *c = http_client_new(&o, &e);
	struct http_call *calls[HOSTS * EACH + 1];
	struct fetch_request r[HOSTS + 1];
	char urls[HOSTS + 1][64];
	struct pollfd wanted = { .events = POLLIN };
	int fds[HOSTS + 1];

	ck_assert_ptr_nonnull(c);
	for (int i = 0; i <= HOSTS; i++) {
		unsigned port;

		fds[i] = listener(&port);
		snprintf(urls[i], sizeof(urls[i]), "http://127.0.0.1:%u/", port);
		r[i] = (struct fetch_request){ .method = STR("POST"), .url = str_from(urls[i]), .body = STR("x"), .http = &plain };
	}
	for (int i = 0; i < HOSTS * EACH; i++)
		calls[i] = http_client_start(c, &r[i % HOSTS], deadline, on_done, NULL);
	/* In each turn some of them begin. */
	for (int i = 0; i < HOSTS * EACH; i++)
		event_base_loop(o.base, EVLOOP_NONBLOCK);
	calls[HOSTS * EACH] = http_client_start(c, &r[HOSTS], deadline, on_done, NULL);
	wanted.fd = fds[HOSTS];
	while (poll(&wanted, 1, 0) == 0)
		event_base_loop(o.base, EVLOOP_ONCE);
	for (int i = 0; i <= HOSTS * EACH; i++)
		http_client_cancel(&calls[i]);
	http_client_free(&c);
	event_base_free(o.base);
	for (int i = 0; i <= HOSTS; i++)
		close(fds[i]);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, many_hosts_that_hang_leave_a_place);
}

int
main(void)
{
	return run_suite("http_places", add);
}
