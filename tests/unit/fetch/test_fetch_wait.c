/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>

#include "fetch/fetch_wait.h"
#include "config/http_config.h"
#include "suite.h"

/* A server of one thread; paths: /ok answers, /hang does not until the client goes, /stop makes `stop` readable and hangs. */
static struct {
	int listener, stop[2];
	pthread_t thread;
	int connections;
	char url[64];
	struct fetch_waiter *waiter;
	struct arena *arena;
} w;

/* False at the end of the connection. */
static bool
answer(int fd)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
	char in[2000] = "";
	size_t n = 0;

	while (strstr(in, "\r\n\r\n") == NULL) {
		ssize_t got = read(fd, in + n, sizeof(in) - n - 1);

		if (got <= 0)
			return false;
		n += (size_t)got;
		in[n] = '\0';
	}
	if (strstr(in, "GET /ok ") != NULL)
		return write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1;
	if (strstr(in, "GET /stop ") != NULL)
		ck_assert_int_eq(write(w.stop[1], "", 1), 1);
	return read(fd, in, 1) > 0;
}

static void *
serve(void *arg)
{
	int fd;

	while ((fd = accept(w.listener, NULL, NULL)) >= 0) {
		w.connections++;
		while (answer(fd))
			;
		close(fd);
	}
	return arg;
}

static void
begin(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(in);
	struct sockaddr sa;
	struct err e = { 0 };

	memset(&w, 0, sizeof(w));
	memcpy(&sa, &in, n);
	w.listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(w.listener, &sa, n), 0);
	ck_assert_int_eq(listen(w.listener, 10), 0);
	ck_assert_int_eq(getsockname(w.listener, &sa, &n), 0);
	memcpy(&in, &sa, n);
	snprintf(w.url, sizeof(w.url), "http://127.0.0.1:%d", ntohs(in.sin_port));
	ck_assert_int_eq(pipe(w.stop), 0);
	ck_assert_int_eq(pthread_create(&w.thread, NULL, serve, NULL), 0);
	w.waiter = fetch_waiter_new(&e);
	ck_assert_ptr_nonnull(w.waiter);
	w.arena = arena_new();
}

static void
end(void)
{
	fetch_waiter_free(&w.waiter);
	ck_assert_ptr_null(w.waiter);
	shutdown(w.listener, SHUT_RDWR);
	pthread_join(w.thread, NULL);
	close(w.listener);
	close(w.stop[0]);
	close(w.stop[1]);
	arena_free(&w.arena);
}

static bool
get(const char *path, span timeout, struct fetch_response *out, struct err *e)
{
	static const struct http_config plain = { .follow_redirects = true };
	struct fetch_request r = { .method = STR("GET"), .http = &plain, .timeout = timeout };

	r.url = arena_printf(w.arena, "%s%s", w.url, path);
	return fetch_wait(w.waiter, &r, w.stop[0], w.arena, out, e);
}

START_TEST(an_answer_is_waited_for)
{
	struct fetch_response one, two;
	struct err e = { 0 };

	begin();
	ck_assert_msg(get("/ok", 20 * SPAN_S, &one, &e), "%s", e.text);
	ck_assert_msg(get("/ok", 0, &two, &e), "%s", e.text);
	/* Both stay, and came over one connection. */
	ck_assert_int_eq(one.status, 200);
	ck_assert(str_is(one.body, "hello") && str_is(two.body, "hello") && str_is(one.content_type, "text/plain"));
	end();
	ck_assert_int_eq(w.connections, 1);
}
END_TEST

START_TEST(time_passes)
{
	struct fetch_response r;
	struct err e = { 0 };
	char want[200];

	begin();
	ck_assert(!get("/hang", 50 * SPAN_MS, &r, &e));
	ck_assert_int_eq(e.kind, ERR_TIMEOUT);
	snprintf(want, sizeof(want), "Get \"%s/hang\": context deadline exceeded: request timeout reached (50ms)", w.url);
	ck_assert_str_eq(e.text, want);
	/* And the next one is answered. */
	ck_assert_msg(get("/ok", 20 * SPAN_S, &r, &e), "%s", e.text);
	end();
}
END_TEST

START_TEST(it_can_be_stopped)
{
	struct fetch_response r;
	struct err e = { 0 };
	char byte;

	begin();
	ck_assert(!get("/stop", 0, &r, &e));
	ck_assert_int_eq(e.kind, ERR_CANCELED);
	ck_assert_str_eq(e.text, "interrupted");
	/* A caller that can be stopped says when that is over. */
	ck_assert(!get("/ok", 0, &r, &e));
	ck_assert_int_eq(read(w.stop[0], &byte, 1), 1);
	ck_assert_msg(get("/ok", 20 * SPAN_S, &r, &e), "%s", e.text);
	end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, an_answer_is_waited_for);
	tcase_add_test(tc, time_passes);
	tcase_add_test(tc, it_can_be_stopped);
}

int
main(void)
{
	return run_suite("fetch_wait", add);
}
