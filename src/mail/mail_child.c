/* SPDX-License-Identifier: Apache-2.0 */
#include "mail_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "base/vec.h"
#include "loop/errno_text.h"
#include "loop/timer.h"
#include "loop/turn.h"
#include "mail/mail.h"

extern char **environ;

/* Helpers that take no more requests, until they are dead. */
struct graveyard {
	struct timer timer;
	VEC(pid_t) dying;
};

static void
on_timer(void *arg)
{
	struct graveyard *g = arg;

	for (size_t i = 0; i < g->dying.n;) {
		pid_t got = waitpid(g->dying.v[i], NULL, WNOHANG);

		if (got == 0 || (got < 0 && errno == EINTR))
			i++;
		else
			g->dying.v[i] = g->dying.v[--g->dying.n];
	}
	if (g->dying.n > 0)
		timer_in(&g->timer, 200 * SPAN_MS);
}

static struct graveyard *
graveyard_new(struct event_base *base)
{
	struct graveyard *g = NEW(struct graveyard);

	timer_init(&g->timer, base, "mail", on_timer, g);
	return g;
}

static void
graveyard_free(struct graveyard **g)
{
	for (size_t i = 0; i < (*g)->dying.n; i++) {
		(void)kill((*g)->dying.v[i], SIGKILL);	/* it may be dead already */
		while (waitpid((*g)->dying.v[i], NULL, 0) < 0 && errno == EINTR)
			;
	}
	VEC_FINI(&(*g)->dying);
	timer_fini(&(*g)->timer);
	mem_free(*g);
	*g = NULL;
}

/* It still looks after the workers that it has, and ends with the last of them. */
static void
retire(struct mail_children *c)
{
	if (c->helper == 0)
		return;
	VEC_PUSH(&c->graveyard->dying, c->helper);
	timer_in(&c->graveyard->timer, 20 * SPAN_MS);
	event_free(c->gone);
	close(c->fd);
	c->helper = 0;
}

static void
on_gone(evutil_socket_t fd, short what, void *arg)
{
	TURN("mail");
	(void)fd;
	(void)what;
	retire(arg);	/* it never says anything */
}

/* The child has its standard streams and its end of the pair, and nothing else of ours. */
static int
spawn(const char *program, int fd, pid_t *pid_out)
{
	char name[] = "tocsin", flag[] = MAIL_HELPER_FLAG;
	char *const argv[] = { name, flag, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int bad;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_adddup2(&actions, fd, MAIL_HELPER_FD);
	posix_spawn_file_actions_addclosefrom_np(&actions, MAIL_HELPER_FD + 1);
	/* A group of its own: what a terminal sends to ours is not for it. */
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	bad = posix_spawn(pid_out, program, &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return bad;
}

static bool
make_pair(int type, int ends[2], struct err *e)
{
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) == 0)
		return true;
	return err_set(e, ERR_IO, "socketpair: %s", errno_text(errno).s);
}

static bool
start_helper(struct mail_children *c, struct err *e)
{
	int ends[2], bad;

	if (!make_pair(SOCK_SEQPACKET, ends, e))
		return false;
	/* dup2 of a descriptor onto itself would leave it to be closed on exec. */
	if (ends[1] == MAIL_HELPER_FD) {
		int moved = fcntl(ends[1], F_DUPFD_CLOEXEC, MAIL_HELPER_FD + 1);

		close(ends[1]);
		ends[1] = moved;
	}
	bad = ends[1] < 0 ? EMFILE : spawn(c->program, ends[1], &c->helper);
	if (ends[1] >= 0)
		close(ends[1]);
	if (bad != 0) {
		c->helper = 0;
		close(ends[0]);
		return err_set(e, ERR_IO, "cannot start %s: %s", c->program, errno_text(bad).s);
	}
	c->fd = ends[0];
	c->gone = event_new(c->base, c->fd, EV_READ, on_gone, c);
	if (c->gone == NULL || event_add(c->gone, NULL) != 0)
		abort();	/* out of memory */
	return true;
}

/* False with errno set. */
static bool
hand_over(struct mail_children *c, enum mail_ask what, int fd)
{
	char byte = (char)what;
	struct iovec iov = { &byte, 1 };
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(fd))];
	} control;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };

	memset(&control, 0, sizeof(control));
	control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(fd)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

static bool
ask(struct mail_children *c, enum mail_ask what, int fd, struct err *e)
{
	if (c->helper != 0 && hand_over(c, what, fd))
		return true;
	if (c->helper != 0 && errno != EPIPE && errno != ECONNRESET)
		return err_set(e, ERR_IO, "cannot ask for a mail worker: %s", errno_text(errno).s);
	/* There is none yet, or it is gone and the loop has not told us. */
	retire(c);
	if (!start_helper(c, e))
		return false;
	return hand_over(c, what, fd) || err_set(e, ERR_IO, "cannot ask for a mail worker: %s", errno_text(errno).s);
}

bool
mail_children_start(struct mail_children *c, bool tls, int *fd_out, struct err *e)
{
	int ends[2];
	bool ok;

	if (!make_pair(SOCK_STREAM, ends, e))
		return false;
	ok = fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 || err_set(e, ERR_IO, "fcntl: %s", errno_text(errno).s);
	ok = ok && ask(c, tls ? MAIL_ASK_TLS : MAIL_ASK_PLAIN, ends[1], e);
	close(ends[1]);
	if (ok)
		*fd_out = ends[0];
	else
		close(ends[0]);
	return ok;
}

void
mail_children_begin(struct mail_children *c, struct event_base *base, const char *program)
{
	*c = (struct mail_children){ .base = base, .program = program, .fd = -1, .graveyard = graveyard_new(base) };
}

void
mail_children_end(struct mail_children *c)
{
	retire(c);
	graveyard_free(&c->graveyard);
}
