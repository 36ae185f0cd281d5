/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main of the mail helper, which forks workers. One thread, and nothing in
 * its memory but what this program has at the start: it never sees a mail.
 *
 * A fork has the addresses of all its siblings. So that whoever crashes a worker
 * learns nothing about the next, a helper retires when one has crashed, and the
 * next is the program started anew.
 */
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "base/compiler.h"
#include "loop/errno_text.h"
#include "loop/sandbox.h"
#include "mail/mail.h"
#include "mail_child.h"
#include "mail_wire.h"
#include "tls/store.h"

/* More than a pool has: those that were killed take a moment to die. */
#define CHILDREN_MAX 256

struct child {
	pid_t pid;
	int fd;		/* the worker's end; -1: it was killed because the other end is closed */
};

struct helper {
	struct child children[CHILDREN_MAX];
	size_t n;
	bool crashed;	/* one of the children */
	bool tls;	/* the library is ready for it */
};

/* So that SIGCHLD interrupts ppoll. */
static void
on_child(int signal)
{
	(void)signal;
}

static void
prepare(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, child = { .sa_handler = on_child };
	sigset_t set;

	/* Only the parent says when it is over, by closing its end. */
	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		sigaction(ignored[i], &ignore, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGCHLD, &child, NULL);
	(void)prctl(PR_SET_NAME, "tocsin-mailer");
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* libESMTP looks for files in there and fails on any that is not as it likes: there are none. */
	setenv("XDG_CONFIG_DIR", "/nonexistent", 1);
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	/* libcurl reads domain names that are not ASCII as the locale has it. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	/* Once, here, rather than in each worker. */
	(void)OPENSSL_init_ssl(0, NULL);
}

/* The worker that cannot be says why, in place of one that runs. */
static void
refuse(int fd, int why)
{
	struct sbuf b = SBUF_INIT(1000), text = SBUF_INIT(500);
	struct mail_result r = { .next = WORKER_ENDS };

	sbuf_printf(&text, "cannot start a mail worker: %s", errno_text(why).s);
	r.error = sbuf_get(&text);
	mail_wire_result(&b, &r);
	(void)send(fd, b.p, b.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	sbuf_fini(&b);
	sbuf_fini(&text);
	close(fd);
}

static void NORETURN
be_worker(int fd, pid_t helper)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	/* Neither requests nor the sockets of others are its business. */
	if (dup2(fd, MAIL_HELPER_FD) < 0)
		_exit(EXIT_FAILURE);
	closefrom(MAIL_HELPER_FD + 1);
	/* A session that hangs, in the resolver even for ever, is not to outlive a parent that was killed. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != helper)
		_exit(EXIT_FAILURE);
	sigaction(SIGCHLD, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	_exit(mail_worker_main(MAIL_HELPER_FD));
}

static void
fork_worker(struct helper *h, int fd)
{
	pid_t self = getpid(), pid;

	if (h->n == CHILDREN_MAX) {
		refuse(fd, EAGAIN);
		return;
	}
	pid = fork();
	if (pid == 0)
		be_worker(fd, self);
	if (pid < 0)
		refuse(fd, errno);
	else
		h->children[h->n++] = (struct child){ pid, fd };
}

/* The state of TLS that all workers from now on share. */
static void
prepare_tls(struct helper *h)
{
	/* Parsed again only when the file is another one. */
	X509_STORE_free(tls_store_system());
	/* The first one looks for algorithms, for 20 ms. */
	if (!h->tls)
		SSL_CTX_free(SSL_CTX_new(TLS_client_method()));
	h->tls = true;
}

enum got { GOT_NOTHING, GOT_REQUEST, GOT_END };

static enum got
read_request(struct helper *h, int control)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} space;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = space.bytes,
		.msg_controllen = sizeof(space.bytes) };
	ssize_t n = recvmsg(control, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c;
	int fd;

	if (n == 0)
		return GOT_END;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? GOT_NOTHING : GOT_END;
	c = CMSG_FIRSTHDR(&m);
	/* None: we have no room for another descriptor, and the worker's socket is closed. */
	if (c == NULL || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(fd)))
		return GOT_REQUEST;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	if (byte == MAIL_ASK_TLS)
		prepare_tls(h);
	fork_worker(h, fd);
	return GOT_REQUEST;
}

/* Only now does the parent see the end of their sockets. */
static void
reap(struct helper *h)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		size_t i = 0;

		while (i < h->n && h->children[i].pid != pid)
			i++;
		if (i == h->n)
			continue;
		if (h->children[i].fd >= 0) {
			h->crashed |= status != 0;
			close(h->children[i].fd);
		}
		h->children[i] = h->children[--h->n];
	}
}

static void
kill_child(struct child *c)
{
	(void)kill(c->pid, SIGKILL);
	close(c->fd);
	c->fd = -1;
}

/* Waits for a request, a death, or a worker that is not wanted any more. True: look for requests. */
static bool
wait_for_work(struct helper *h, int control)
{
	struct pollfd fds[CHILDREN_MAX + 1];
	sigset_t none;

	for (size_t i = 0; i < h->n; i++)
		fds[i] = (struct pollfd){ .fd = h->children[i].fd };
	fds[h->n] = (struct pollfd){ .fd = control, .events = POLLIN };
	sigemptyset(&none);
	if (ppoll(fds, h->n + 1, NULL, &none) <= 0)
		return false;
	for (size_t i = 0; i < h->n; i++)
		if (fds[i].revents != 0)
			kill_child(&h->children[i]);
	return fds[h->n].revents != 0;
}

int
mail_helper_main(int control)
{
	static struct helper h;
	struct sandbox nothing = { 0 };
	struct err e = { 0 };

	prepare();
	/* Workers talk to strangers, and no mail is left unsent for a kernel that refuses. */
	if (!sandbox_enter(&nothing, &e))
		fprintf(stderr, "tocsin: mail: %s\n", e.text);
	for (;;) {
		enum got got = GOT_NOTHING;

		if (control < 0 && h.n == 0)
			return EXIT_SUCCESS;
		if (wait_for_work(&h, control))
			got = read_request(&h, control);
		reap(&h);
		/* Requests that came before it retires are still met. */
		if (h.crashed && control >= 0 && got != GOT_END) {
			(void)shutdown(control, SHUT_RD);
			while ((got = read_request(&h, control)) == GOT_REQUEST)
				;
			got = GOT_END;
		}
		if (got == GOT_END) {
			close(control);
			control = -1;
		}
	}
}
