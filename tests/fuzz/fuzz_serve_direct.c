/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same bytes for two servers, one of which leaves all to evhttp, as there is a file of web settings: nobody can tell
 * which is which, neither the client nor the handler. The byte 0xff ends what is sent at once, and with 0xfe in front of that no
 * answer is released that waits for the disk: at the end the client goes, whether one waits or not.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "base/sbuf.h"
#include "base/time.h"
#include "serve/http_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SERVERS 2
#define LARGE ((size_t)64 << 10)	/* not written at once */
#define PATIENCE 4		/* rounds of the loop in which nothing more comes */

static struct event_base *base;
static bool holds;	/* nothing is durable */

static struct side {
	struct http_server *server;
	uint64_t tickets;
	struct sbuf seen, got;
	int fd;
	bool ended;		/* the server has closed, or broken, the connection */
} sides[SERVERS];

struct labour {
	struct http_later later;
	struct str body;	/* borrowed */
	int steps;
};

static bool
step(struct http_later *later, struct http_response *out, struct work *work, struct moment now)
{
	struct labour *l = CONTAINER_OF(later, struct labour, later);

	(void)work;
	(void)now;
	if (--l->steps > 0)
		return false;
	out->status = 200;
	sbuf_str(&out->body, l->body);
	return true;
}

static void
drop(struct http_later *later)
{
	mem_free(CONTAINER_OF(later, struct labour, later));
}

static void
handle(void *arg, const struct http_request *r, struct moment now, struct http_response *out)
{
	struct side *s = arg;

	(void)now;
	sbuf_printf(&s->seen, "%.*s %.*s?%.*s\n", STR_ARG(r->method), STR_ARG(r->path), STR_ARG(r->query));
	for (size_t i = 0; i < r->headers_n; i++)
		sbuf_printf(&s->seen, "%.*s=%.*s\n", STR_ARG(r->headers[i].name), STR_ARG(r->headers[i].value));
	sbuf_str(&s->seen, r->body);
	out->handler = STR("fuzz");
	out->status = r->path.n > 2 ? 404 : 200;
	out->wait_durable = str_chr(r->path, 'd') < r->path.n;
	if (str_chr(r->path, 'n') < r->path.n)
		out->status = 204;
	if (str_chr(r->path, 'l') < r->path.n) {
		struct labour *l = NEW(struct labour);

		*l = (struct labour){ { .step = step, .drop = drop }, r->body, 3 };
		out->later = &l->later;
	} else if (str_chr(r->path, 'b') < r->path.n && sbuf_reserve(&out->body, LARGE)) {
		memset(out->body.p, 'x', LARGE);
		out->body.n = LARGE;
	} else {
		sbuf_str(&out->body, r->path);
	}
}

static uint64_t
ticket(void *arg)
{
	return ++((struct side *)arg)->tickets;
}

static struct moment
now_always(struct clock *c)
{
	(void)c;
	return (struct moment){ .wall.s = 1000000000 };
}

static void
start(void)
{
	static struct clock standing = { .now = now_always };
	static char settings[] = "/tmp/fuzz_serve_direct.XXXXXX";
	struct err e = { 0 };
	int fd = mkstemp(settings);

	if (fd < 0)
		abort();
	close(fd);
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	base = event_base_new();
	for (int i = 0; i < SERVERS; i++) {
		struct http_server_options o = { .base = base, .clock = &standing, .handle = handle, .ticket = ticket,
			.arg = &sides[i], .max_header = 4096, .max_body = 4096 };

		if (i > 0)
			o.web_config = str_from(settings);
		sides[i].seen.max = sides[i].got.max = SBUF_UNLIMITED;
		sides[i].server = http_server_new(&o, &e);
		if (sides[i].server == NULL || !http_server_listen(sides[i].server, STR("127.0.0.1:0"), &e))
			abort();
		http_server_serve(sides[i].server);
	}
	unlink(settings);
}

static void
enter(struct side *s)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	s->ended = false;
	sbuf_reset(&s->seen);
	sbuf_reset(&s->got);
	sa.sin_port = htons((uint16_t)http_server_port(s->server, 0));
	if (connect(s->fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

/* Whether something came. */
static bool
hear(struct side *s)
{
	static char piece[LARGE];
	ssize_t n = recv(s->fd, piece, sizeof(piece), MSG_DONTWAIT);

	if (n > 0)
		sbuf_put(&s->got, piece, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		s->ended = true;
	return n > 0;
}

static void
listen_to_all(void)
{
	for (int quiet = 0; quiet < PATIENCE; quiet++) {
		for (int i = 0; i < SERVERS && !holds; i++)
			http_server_release(sides[i].server, sides[i].tickets);
		event_base_loop(base, EVLOOP_NONBLOCK);
		for (int i = 0; i < SERVERS; i++)
			if (!sides[i].ended && hear(&sides[i]))
				quiet = 0;
	}
}

/* That of evhttp's own answers is no clock's of ours. */
static void
blank_dates(struct sbuf *b)
{
	static const struct str name = STR("\r\nDate: ");
	size_t at = 0;

	while ((at += str_find(str_sub(sbuf_get(b), at, b->n), name)) < b->n)
		for (at += name.n; at < b->n && b->p[at] != '\r'; at++)
			b->p[at] = ' ';
}

static bool
are_alike(struct side *a, struct side *b)
{
	blank_dates(&a->got);
	blank_dates(&b->got);
	return str_eq(sbuf_get(&a->seen), sbuf_get(&b->seen)) && str_eq(sbuf_get(&a->got), sbuf_get(&b->got)) && a->ended == b->ended;
}

static void
compare(void)
{
	/* A busy kernel may keep something back. */
	for (int i = 0; i < 1000 && !are_alike(&sides[0], &sides[1]); i++) {
		usleep(1000);
		listen_to_all();
	}
	if (are_alike(&sides[0], &sides[1]))
		return;
	for (int i = 0; i < SERVERS; i++)
		fprintf(stderr, "== side %d, %s, saw\n%.*s\n-- said\n%.*s\n", i, sides[i].ended ? "ended" : "open",
		    STR_ARG(sbuf_get(&sides[i].seen)), (int)(sides[i].got.n < 4000 ? sides[i].got.n : 4000), sides[i].got.p);
	abort();
}

static void
leave(struct side *s)
{
	struct linger reset = { 1, 0 };

	/* No port is to stay occupied. */
	setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(s->fd);
	for (int i = 0; i < 50 && http_server_connections(s->server) > 0; i++) {
		http_server_release(s->server, s->tickets);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	assert(http_server_connections(s->server) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };

	if (base == NULL)
		start();
	for (int i = 0; i < SERVERS; i++)
		enter(&sides[i]);
	while (text.n > 0) {
		struct str part = str_split(&text, '\xff');

		holds = str_ends(part, STR("\xfe"));
		part.n -= holds;
		for (int i = 0; i < SERVERS; i++)
			if (!sides[i].ended)
				(void)!send(sides[i].fd, part.p, part.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		listen_to_all();
		compare();
	}
	for (int i = 0; i < SERVERS && !holds; i++)
		shutdown(sides[i].fd, SHUT_WR);
	listen_to_all();
	compare();
	for (int i = 0; i < SERVERS; i++)
		leave(&sides[i]);
	return 0;
}
