/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a client, in all kinds of pieces: requests that reach the handler are sane, and nothing is left behind. */
#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "http/header.h"
#include "http_request.h"
#include "loop/clock_real.h"
#include "serve/http_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_BODY 4096

static struct event_base *base;
static struct http_server *server;
static uint64_t tickets;

static void
handle(void *arg, const struct http_request *r, struct moment now, struct http_response *out)
{
	size_t hosts = 0;

	(void)arg;
	(void)now;
	assert(r->method.n > 0 && r->path.n > 0 && r->body.n <= MAX_BODY);
	for (size_t i = 0; i < r->path.n; i++)
		assert((unsigned char)r->path.p[i] > ' ');
	for (size_t i = 0; i < r->headers_n; i++) {
		assert(r->headers[i].name.n > 0);
		for (size_t k = 0; k < r->headers[i].name.n; k++)
			assert(http_is_token_char((unsigned char)r->headers[i].name.p[k]));
		for (size_t k = 0; k < r->headers[i].value.n; k++)
			assert((unsigned char)r->headers[i].value.p[k] >= ' ' || r->headers[i].value.p[k] == '\t');
		hosts += str_caseeq(r->headers[i].name, STR("Host"));
	}
	assert(hosts <= 1);
	out->status = r->path.n > 2 ? 404 : 200;
	out->wait_durable = r->query.n > 0;
	sbuf_str(&out->body, r->body);
}

static uint64_t
ticket(void *arg)
{
	(void)arg;
	return ++tickets;
}

static void
start(void)
{
	struct http_server_options o = { .clock = clock_real(), .handle = handle, .ticket = ticket,
		.max_header = 4096, .max_body = MAX_BODY };
	struct err e = { 0 };

	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	base = o.base = event_base_new();
	server = http_server_new(&o, &e);
	assert(server != NULL);
	if (!http_server_listen(server, STR("127.0.0.1:0"), &e))
		abort();
	http_server_serve(server);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct linger reset = { 1, 0 };
	char answer[4096];
	size_t step;
	int fd;

	if (base == NULL)
		start();
	if (size < 1)
		return 0;
	step = data[0] % 16 == 0 ? 1 : (size_t)(data[0] & 0x7f) * 16;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	sa.sin_port = htons((uint16_t)http_server_port(server, 0));
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		event_base_loop(base, EVLOOP_NONBLOCK);
	for (size_t at = 1; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;

		if (send(fd, data + at, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	http_server_release(server, tickets);
	if (data[0] & 0x80)
		shutdown(fd, SHUT_WR);
	for (int i = 0; i < 3; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0)
		;
	/* No port is to stay occupied. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	for (int i = 0; i < 50 && http_server_connections(server) > 0; i++) {
		http_server_release(server, tickets);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	assert(http_server_connections(server) == 0);
	return 0;
}
