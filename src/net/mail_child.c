/* SPDX-License-Identifier: Apache-2.0 */
#include "mail_child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/vec.h"
#include "errno_text.h"
#include "net/mail.h"

extern char **environ;

struct graveyard {
	struct event *timer;
	VEC(pid_t) dying;
};

/* The child has its standard streams and its end of the pair, and nothing else of ours. */
static int
spawn(const char *program, int fd, pid_t *pid_out)
{
	char name[] = "tocsin", flag[] = MAIL_WORKER_FLAG;
	char *const argv[] = { name, flag, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int bad;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_adddup2(&actions, fd, MAIL_WORKER_FD);
	posix_spawn_file_actions_addclosefrom_np(&actions, MAIL_WORKER_FD + 1);
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

bool
mail_child_start(const char *program, pid_t *pid_out, int *fd_out, struct err *e)
{
	int ends[2], bad;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_set(e, ERR_IO, "socketpair: %s", errno_text(errno).s);
	/* dup2 of a descriptor onto itself would leave it to be closed on exec. */
	if (ends[1] == MAIL_WORKER_FD) {
		int moved = fcntl(ends[1], F_DUPFD_CLOEXEC, MAIL_WORKER_FD + 1);

		close(ends[1]);
		ends[1] = moved;
	}
	bad = ends[1] < 0 ? EMFILE : spawn(program, ends[1], pid_out);
	if (ends[1] >= 0)
		close(ends[1]);
	if (bad != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) {
		close(ends[0]);
		return err_set(e, ERR_IO, "cannot start %s: %s", program, errno_text(bad != 0 ? bad : errno).s);
	}
	*fd_out = ends[0];
	return true;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval again = { 0, 200000 };
	struct graveyard *g = arg;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < g->dying.n;) {
		pid_t got = waitpid(g->dying.v[i], NULL, WNOHANG);

		if (got == 0 || (got < 0 && errno == EINTR))
			i++;
		else
			g->dying.v[i] = g->dying.v[--g->dying.n];
	}
	if (g->dying.n > 0)
		evtimer_add(g->timer, &again);
}

struct graveyard *
graveyard_new(struct event_base *base)
{
	struct graveyard *g = NEW(struct graveyard);

	g->timer = evtimer_new(base, on_timer, g);
	assert(g->timer != NULL);
	return g;
}

void
graveyard_bury(struct graveyard *g, pid_t pid)
{
	static const struct timeval soon = { 0, 20000 };

	(void)kill(pid, SIGKILL);	/* it may be dead already */
	VEC_PUSH(&g->dying, pid);
	evtimer_add(g->timer, &soon);
}

void
graveyard_free(struct graveyard **g)
{
	if (*g == NULL)
		return;
	for (size_t i = 0; i < (*g)->dying.n; i++)
		while (waitpid((*g)->dying.v[i], NULL, 0) < 0 && errno == EINTR)
			;
	VEC_FINI(&(*g)->dying);
	event_free((*g)->timer);
	mem_free(*g);
	*g = NULL;
}
