/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other ends of a server that is measured: they cost so little that they do not disturb.
 *
 *	load send PORT CONNECTIONS RATE REQUESTS TIMES
 *	load sink ARRIVALS N
 *
 * `send` sends the requests of the file REQUESTS (each behind its length, 4 bytes, of this machine), in their order, each
 * connection with one under way; RATE a second, 0: as soon as a connection is free. Answers have a Content-Length, or end with the
 * connection, which is then opened anew. TIMES gets three doubles for each request: when it was sent, when the first and
 * the last byte of its answer came, in seconds of CLOCK_MONOTONIC.
 *
 * `sink` takes webhooks, answers each with 200, and says on standard output which port it listens on. ARRIVALS is
 * N + 1 doubles: how many came, and behind it for each the time when its first byte came, by the label n="…" that it
 * carries first (webhooks without are only counted).
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define HEAD_MAX 8192
#define READ 65536

struct times {
	double sent, first, last;
};

struct request {
	const char *bytes;
	uint32_t n;
};

struct connection {
	int fd;			/* -1: closed */
	bool busy;
	size_t request;		/* under way */
	uint32_t written;
	char *head;		/* of what is being read, HEAD_MAX bytes and a NUL */
	size_t head_n;
	bool in_body;
	long long left;		/* of the body; -1: until the end */
	double began;		/* when the first byte came; 0: none has */
};

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *
map_file(const char *path, int prot, size_t *n)
{
	struct stat st;
	int fd = open(path, prot & PROT_WRITE ? O_RDWR : O_RDONLY);
	void *p;

	if (fd < 0 || fstat(fd, &st) != 0)
		die(path);
	*n = (size_t)st.st_size;
	p = mmap(NULL, *n, prot, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		die(path);
	close(fd);
	return p;
}

static void
watch(int epoll, int op, int fd, uint32_t events, struct connection *c)
{
	struct epoll_event ev = { .events = events, .data.ptr = c };

	if (epoll_ctl(epoll, op, fd, &ev) != 0)
		die("epoll_ctl");
}

static void
begin_message(struct connection *c)
{
	c->head_n = 0;
	c->in_body = false;
	c->began = 0;
}

static void
connection_init(struct connection *c)
{
	*c = (struct connection){ .fd = -1, .head = malloc(HEAD_MAX + 1) };
	if (c->head == NULL)
		die("malloc");
}

static long long
content_length(const char *head, long long absent)
{
	for (const char *line = head; (line = strstr(line, "\r\n")) != NULL; line += 2)
		if (strncasecmp(line + 2, "content-length:", 15) == 0)
			return strtoll(line + 17, NULL, 10);
	return absent;
}

/* Takes n bytes of a message, a body without a length being `absent` long. True: the message is whole; there is nothing behind it. */
static bool
take(struct connection *c, const char *bytes, size_t n, long long absent)
{
	const char *end;
	size_t copied;

	if (c->began == 0)
		c->began = now();
	if (!c->in_body) {
		copied = n < HEAD_MAX - c->head_n ? n : HEAD_MAX - c->head_n;
		memcpy(c->head + c->head_n, bytes, copied);
		c->head_n += copied;
		c->head[c->head_n] = '\0';
		end = strstr(c->head, "\r\n\r\n");
		if (end == NULL) {
			if (c->head_n == HEAD_MAX)
				die("a head is too long");
			return false;
		}
		c->in_body = true;
		c->left = content_length(c->head, absent);
		n -= (size_t)(end + 4 - c->head) - (c->head_n - copied);
	}
	if (c->left >= 0)
		c->left -= (long long)n;
	return c->left <= 0 && c->left != -1;
}

/* send */

struct sender {
	int epoll, port;
	struct request *requests;
	struct times *times;
	size_t n, begun, done;
	double start, rate;
	struct connection connections[CONNECTIONS_MAX];
	int connections_n;
};

static void
open_connection(struct sender *s, struct connection *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0)
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0)
		die("fcntl");
	watch(s->epoll, EPOLL_CTL_ADD, c->fd, EPOLLIN, c);
}

static void
push(struct sender *s, struct connection *c)
{
	const struct request *r = &s->requests[c->request];
	ssize_t n = send(c->fd, r->bytes + c->written, r->n - c->written, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN)
		die("send");
	c->written += n > 0 ? (uint32_t)n : 0;
	watch(s->epoll, EPOLL_CTL_MOD, c->fd, c->written < r->n ? EPOLLIN | EPOLLOUT : EPOLLIN, c);
}

static void
begin(struct sender *s, struct connection *c)
{
	if (c->fd < 0)
		open_connection(s, c);
	c->busy = true;
	c->request = s->begun++;
	c->written = 0;
	begin_message(c);
	s->times[c->request].sent = now();
	push(s, c);
}

static void
end_connection(struct connection *c)
{
	close(c->fd);
	c->fd = -1;
}

static void
answered(struct sender *s, struct connection *c)
{
	if (strncmp(c->head, "HTTP/1.1 200", 12) != 0) {
		fprintf(stderr, "load: an answer is %.*s\n", 300, c->head);
		exit(1);
	}
	s->times[c->request].first = c->began;
	s->times[c->request].last = now();
	c->busy = false;
	s->done++;
	if (strcasestr(c->head, "\r\nconnection: close") != NULL)
		end_connection(c);
}

static void
read_answer(struct sender *s, struct connection *c)
{
	static char bytes[READ];
	ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);

	if (n < 0) {
		if (errno != EAGAIN)
			die("recv");
		return;
	}
	if (n == 0) {
		if (c->busy && (!c->in_body || c->left >= 0))
			die("an answer is cut off");
		if (c->busy)
			answered(s, c);
		if (c->fd >= 0)
			end_connection(c);
	} else if (take(c, bytes, (size_t)n, -1)) {
		answered(s, c);
	}
}

/* Begins what is due and has a connection; milliseconds until more is, -1: an answer must come first. */
static int
begin_due(struct sender *s)
{
	for (int i = 0; i < s->connections_n && s->begun < s->n; i++) {
		double wait = s->rate > 0 ? s->start + (double)s->begun / s->rate - now() : 0;

		if (wait > 0)
			return (int)(wait * 1e3) + 1;
		if (!s->connections[i].busy)
			begin(s, &s->connections[i]);
	}
	return -1;
}

static struct request *
requests_of(const char *path, size_t *n_out)
{
	size_t n = 0, size, room = 0;
	const char *p = map_file(path, PROT_READ, &size), *end = p + size;
	struct request *r = NULL;

	while (p < end) {
		if (n == room) {
			room = room * 2 + 1024;
			r = realloc(r, room * sizeof *r);
			if (r == NULL)
				die("realloc");
		}
		memcpy(&r[n].n, p, sizeof r[n].n);
		r[n].bytes = p + sizeof r[n].n;
		p = r[n].bytes + r[n].n;
		n++;
	}
	*n_out = n;
	return r;
}

static int
send_main(char **argv)
{
	static struct sender s;
	struct epoll_event events[64];
	FILE *out;

	s.port = atoi(argv[0]);
	s.connections_n = atoi(argv[1]);
	s.rate = atof(argv[2]);
	s.requests = requests_of(argv[3], &s.n);
	s.times = calloc(s.n + 1, sizeof *s.times);
	s.epoll = epoll_create1(0);
	if (s.times == NULL || s.epoll < 0 || s.connections_n < 1 || s.connections_n > CONNECTIONS_MAX)
		die("send");
	for (int i = 0; i < s.connections_n; i++) {
		connection_init(&s.connections[i]);
		open_connection(&s, &s.connections[i]);
	}
	s.start = now();
	while (s.done < s.n) {
		int n = epoll_wait(s.epoll, events, 64, begin_due(&s));

		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;

			if (c->fd >= 0 && events[i].events & EPOLLOUT)
				push(&s, c);
			if (c->fd >= 0 && events[i].events & ~(uint32_t)EPOLLOUT)
				read_answer(&s, c);
		}
	}
	out = fopen(argv[4], "wb");
	if (out == NULL || fwrite(s.times, sizeof *s.times, s.n, out) != s.n || fclose(out) != 0)
		die(argv[4]);
	return 0;
}

/* sink */

struct sink {
	double *arrivals;
	size_t n;
	size_t number;		/* of the message that is being read; n: not found yet */
};

/* The first label n in some bytes of a body; n of the sink: there is none. One that lies across two reads is not found. */
static size_t
number_in(const struct sink *s, const char *bytes, size_t n)
{
	const char *p = memmem(bytes, n, "\"n\":\"", 5);
	size_t number = 0;

	if (p == NULL)
		return s->n;
	for (p += 5; p < bytes + n && isdigit((unsigned char)*p); p++)
		number = number * 10 + (size_t)(*p - '0');
	return number < s->n ? number : s->n;
}

static void
read_webhook(struct sink *s, struct connection *c)
{
	static const char yes[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	static char bytes[READ];
	ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);
	bool whole;

	if (n <= 0) {
		close(c->fd);
		free(c->head);
		free(c);
		return;
	}
	whole = take(c, bytes, (size_t)n, 0);
	if (c->request == SIZE_MAX) {
		size_t number = number_in(s, bytes, (size_t)n);

		if (number < s->n) {
			c->request = number;
			s->arrivals[1 + number] = c->began;
		}
	}
	if (!whole)
		return;
	s->arrivals[0] += 1;
	begin_message(c);
	c->request = SIZE_MAX;
	if (send(c->fd, yes, sizeof yes - 1, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
		die("send");
}

static int
sink_main(char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t at_n = sizeof at;
	struct epoll_event events[64];
	int fd = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0);
	struct sink s = { .n = (size_t)atol(argv[1]) };
	size_t size;

	s.arrivals = map_file(argv[0], PROT_READ | PROT_WRITE, &size);
	if (size != (s.n + 1) * sizeof *s.arrivals || fd < 0 || epoll < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
	    listen(fd, 4096) != 0 || getsockname(fd, (struct sockaddr *)&at, &at_n) != 0)
		die("sink");
	watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, NULL);
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(epoll, events, 64, -1);

		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;

			if (c != NULL) {
				read_webhook(&s, c);
				continue;
			}
			c = malloc(sizeof *c);
			if (c == NULL)
				die("malloc");
			connection_init(c);
			c->request = SIZE_MAX;
			c->fd = accept(fd, NULL, NULL);
			if (c->fd < 0)
				die("accept");
			watch(epoll, EPOLL_CTL_ADD, c->fd, EPOLLIN, c);
		}
	}
}

int
main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "send") == 0)
		return send_main(argv + 2);
	if (argc == 4 && strcmp(argv[1], "sink") == 0)
		return sink_main(argv + 2);
	fprintf(stderr, "load send PORT CONNECTIONS RATE REQUESTS TIMES | load sink ARRIVALS N\n");
	return 1;
}
