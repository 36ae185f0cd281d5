/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/supervisor.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/timer.h"

/* More would be no watchdog. */
#define WATCHDOG_MAX SPAN_HOUR

struct supervisor {
	int fd;		/* -1: there is nobody to tell */
	span interval;	/* of the watchdog; 0: there is none */
	struct timer watchdog;
};

/* -1: there is no such socket. */
static int
dial(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = path != NULL ? strlen(path) : 0;
	int fd;

	if (n == 0 || n >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
		return -1;
	memcpy(to.sun_path, path, n);
	/* An abstract one. */
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* A message that finds no room is not told again: the next one says more. */
static void
tell(const struct supervisor *s, const char *text)
{
	if (s->fd >= 0)
		(void)send(s->fd, text, strlen(text), MSG_NOSIGNAL);
}

static void
on_watchdog(void *arg)
{
	struct supervisor *s = arg;

	tell(s, "WATCHDOG=1");
	timer_in(&s->watchdog, s->interval);
}

/* Half of the time after which systemd would give up; 0: it does not wait, or for another process. */
static span
watchdog_interval(void)
{
	const char *pid = getenv("WATCHDOG_PID"), *us = getenv("WATCHDOG_USEC");
	long long n = us != NULL ? strtoll(us, NULL, 10) : 0;

	if (pid != NULL && strtoll(pid, NULL, 10) != (long long)getpid())
		return 0;
	return n > 0 && n <= WATCHDOG_MAX / SPAN_US ? n * SPAN_US / 2 : 0;
}

struct supervisor *
supervisor_new(struct event_base *base)
{
	struct supervisor *s = NEW(struct supervisor);

	s->fd = dial(getenv("NOTIFY_SOCKET"));
	if (s->fd >= 0)
		s->interval = watchdog_interval();
	timer_init(&s->watchdog, base, "watchdog", on_watchdog, s);
	return s;
}

void
supervisor_free(struct supervisor **sp)
{
	struct supervisor *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	timer_fini(&s->watchdog);
	if (s->fd >= 0)
		close(s->fd);
	mem_free(s);
}

void
supervisor_ready(struct supervisor *s)
{
	if (s == NULL)
		return;
	tell(s, "READY=1");
	if (s->interval > 0 && !timer_is_set(&s->watchdog))
		on_watchdog(s);
}

void
supervisor_reloading(struct supervisor *s, struct mono now)
{
	char text[80];

	if (s == NULL)
		return;
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, now.ns / SPAN_US);
	tell(s, text);
}

void
supervisor_stopping(struct supervisor *s)
{
	if (s != NULL)
		tell(s, "STOPPING=1");
}
