/* SPDX-License-Identifier: Apache-2.0 */
/* signals.c - SIGINT and its like wait while something is half done. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli.h"

static const int wanted[] = { SIGINT, SIGTERM, SIGHUP };

/* Signals are the process's, and so is this. */
static struct {
	unsigned depth;
	int fd;			/* readable when one waits; -1: cannot be had */
	int came;		/* the first one; 0: none */
	sigset_t before;
	struct sigaction pipe_before;
} held = { .fd = -1 };

/* Signals that the caller of the program has ignored (nohup) are not for us. */
static bool
is_ignored(int number)
{
	struct sigaction now;

	return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void
cli_signals_hold(void)
{
	sigset_t set;

	if (held.depth++ > 0)
		return;
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		if (!is_ignored(wanted[i]))
			sigaddset(&set, wanted[i]);
	held.came = 0;
	held.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	/* A process that cannot hear of them is better ended by them. */
	if (held.fd < 0)
		sigemptyset(&set);
	sigprocmask(SIG_BLOCK, &set, &held.before);
	/* A connection that breaks is an error like others. */
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, &held.pipe_before);
}

void
cli_signals_let_go(void)
{
	if (--held.depth > 0)
		return;
	cli_signals_came();
	if (held.fd >= 0)
		close(held.fd);
	held.fd = -1;
	sigaction(SIGPIPE, &held.pipe_before, NULL);
	sigprocmask(SIG_SETMASK, &held.before, NULL);
	if (held.came == 0)
		return;
	fflush(stdout);
	raise(held.came);
}

int
cli_signals_fd(void)
{
	return held.fd;
}

bool
cli_signals_came(void)
{
	struct signalfd_siginfo info;
	ssize_t n;

	if (held.came != 0 || held.fd < 0)
		return held.came != 0;
	do
		n = read(held.fd, &info, sizeof(info));
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(info))
		held.came = (int)info.ssi_signo;
	return held.came != 0;
}
