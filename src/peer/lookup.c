/* SPDX-License-Identifier: Apache-2.0 */
#include "lookup.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "loop/errno_text.h"
#include "loop/turn.h"
#include "net.h"

/* The thread's, and the loop's: the one who comes last frees it. */
struct question {
	atomic_int users;
	int fd;
	struct str *peers;
	size_t peers_n;
	struct gossip_address *found;
	size_t found_n;
	struct err missing;
};

struct lookup {
	struct question *q;
	struct event *answered;
	void (*done)(void *arg, const struct gossip_address *found, size_t n, struct str missing);
	void *arg;
};

static void
question_drop(struct question *q)
{
	if (atomic_fetch_sub(&q->users, 1) != 1)
		return;
	close(q->fd);
	for (size_t i = 0; i < q->peers_n; i++)
		mem_free((void *)(uintptr_t)q->peers[i].p);
	mem_free(q->peers);
	mem_free(q->found);
	mem_free(q);
}

static void
add(struct question *q, const struct gossip_address *a)
{
	for (size_t i = 0; i < q->found_n; i++) {
		if (gossip_address_eq(&q->found[i], a))
			return;
	}
	if (q->found_n < LOOKUP_ADDRESSES_MAX)
		q->found[q->found_n++] = *a;
}

static void
resolve(struct question *q, struct str host, uint16_t port, struct str peer)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char *name = mem_strndup(host.p, host.n);
	int bad = getaddrinfo(name, NULL, &hints, &found);

	if (bad != 0)
		err_set(&q->missing, ERR_IO, "lookup %.*s: %s", STR_ARG(peer), gai_strerror(bad));
	for (const struct addrinfo *i = found; i != NULL; i = i->ai_next) {
		struct sockaddr_storage ss = { 0 };
		struct gossip_address a;

		memcpy(&ss, i->ai_addr, i->ai_addrlen);
		net_from_socket(&ss, &a);
		a.port = port;
		if (a.n != 0)
			add(q, &a);
	}
	if (found != NULL)
		freeaddrinfo(found);
	mem_free(name);
}

static void
look_up(struct question *q)
{
	for (size_t i = 0; i < q->peers_n; i++) {
		struct gossip_address a;
		struct str host;
		uint16_t port;

		if (!net_split(q->peers[i], &host, &port, &q->missing))
			continue;
		if (net_parse_ip(host, port, &a))
			add(q, &a);
		else
			resolve(q, host, port, q->peers[i]);
	}
}

static void *
thread(void *arg)
{
	struct question *q = arg;
	uint64_t one = 1;

	look_up(q);
	if (write(q->fd, &one, sizeof(one)) < 0)
		q->found_n = 0; /* cannot be: the counter is at zero */
	question_drop(q);
	return NULL;
}

static void
on_answered(evutil_socket_t fd, short what, void *arg)
{
	TURN("cluster names");
	struct lookup *l = arg;
	uint64_t one;

	(void)what;
	/* It also orders what the thread has written before what is read here. */
	if (read(fd, &one, sizeof(one)) < 0)
		return;
	l->done(l->arg, l->q->found, l->q->found_n, str_from(l->q->missing.text));
}

/* Signals are the loop's. */
static bool
start(struct question *q, struct err *e)
{
	pthread_attr_t attr;
	pthread_t t;
	sigset_t all, before;
	int bad;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	bad = pthread_create(&t, &attr, thread, q);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return bad == 0 || err_set(e, ERR_IO, "cannot start a thread: %s", errno_text(bad).s);
}

struct lookup *
lookup_new(struct event_base *base, const struct str *peers, size_t n,
    void (*done)(void *arg, const struct gossip_address *found, size_t n, struct str missing), void *arg, struct err *e)
{
	struct lookup *l = NEW(struct lookup);
	struct question *q = NEW(struct question);

	l->q = q;
	l->done = done;
	l->arg = arg;
	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	q->peers = mem_calloc(n + 1, sizeof(q->peers[0]));
	q->found = mem_calloc(LOOKUP_ADDRESSES_MAX, sizeof(q->found[0]));
	for (size_t i = 0; i < n; i++)
		q->peers[q->peers_n++] = (struct str){ mem_strndup(peers[i].p, peers[i].n), peers[i].n };
	l->answered = q->fd >= 0 ? event_new(base, q->fd, EV_READ, on_answered, l) : NULL;
	atomic_store(&q->users, 2);
	if (l->answered == NULL || event_add(l->answered, NULL) != 0)
		err_set(e, ERR_IO, "cannot watch a descriptor");
	else if (start(q, e))
		return l;
	question_drop(q);
	lookup_free(&l);
	return NULL;
}

void
lookup_free(struct lookup **l)
{
	if (*l == NULL)
		return;
	if ((*l)->answered != NULL)
		event_free((*l)->answered);
	question_drop((*l)->q);
	mem_free(*l);
	*l = NULL;
}
