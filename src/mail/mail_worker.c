/* SPDX-License-Identifier: Apache-2.0 */
/* The main of a mail worker process: one job after the other until the other end is closed. */
#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "mail_child.h"
#include "mail_session.h"

static bool
write_all(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		s = str_sub(s, (size_t)n, s.n);
	}
	return true;
}

static bool
read_exactly(int fd, char *p, size_t n)
{
	while (n > 0) {
		ssize_t got = read(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

static bool
say(int fd, enum frame_kind kind)
{
	struct sbuf b = SBUF_INIT(100);
	bool sent;

	mail_wire_word(&b, kind);
	sent = write_all(fd, sbuf_get(&b));
	sbuf_fini(&b);
	return sent;
}

void
mail_session_connected(struct mail_session *s)
{
	if (s->d.connected)
		return;
	s->d.connected = true;
	/* If the parent is gone, the next read says so. */
	(void)say(s->fd, FRAME_CONNECTED);
}

void
mail_session_ends_message(struct mail_session *s)
{
	char head[FRAME_HEAD];
	enum frame_kind kind;
	size_t n;
	bool bad;

	if (!s->job->gated || s->asked)
		return;
	s->asked = true;
	/* A parent that says no ends this process; if it is gone, nobody allows it. */
	if (!say(s->fd, FRAME_MAY) || !read_exactly(s->fd, head, sizeof(head)) ||
	    !mail_wire_head((struct str){ head, sizeof(head) }, &kind, &n, &bad) || kind != FRAME_GO || n != 0)
		_exit(EXIT_FAILURE);
}

static bool
report(struct mail_session *s, bool ok, enum worker_next next)
{
	struct sbuf b = SBUF_INIT(FRAME_MAX);
	struct mail_result r = { .ok = ok, .next = next, .code = s->d.final_code, .begun = s->d.begun,
		.codes = s->d.rcpt_codes, .codes_n = s->job->r.to_n };
	bool sent;

	if (s->d.err.kind != ERR_NONE)
		r.error = str_from(s->d.err.text);
	if (s->d.rcpt_codes == NULL)
		r.codes_n = 0;
	mail_wire_result(&b, &r);
	sent = write_all(s->fd, sbuf_get(&b));
	sbuf_fini(&b);
	s->told = true;
	return sent;
}

void
mail_session_accepted(struct mail_session *s)
{
	if (!s->told)
		(void)report(s, true, WORKER_QUITS);
}

/* From inside a library that would carry on: the parent has the error, and starts another worker. */
static void NORETURN
on_stop(struct smtp_dialog *d)
{
	struct mail_session *s = d->arg;

	if (!s->told)
		report(s, false, WORKER_ENDS);
	_exit(EXIT_SUCCESS);
}

static bool
has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return true;
	return false;
}

/* Text that becomes part of a command line must not become two. */
static bool
check_lines(const struct mail_request *m, struct err *e)
{
	bool bad = has_control(m->from) || has_control(m->hello) || has_control(m->smarthost.host) ||
	    has_control(m->smarthost.port);

	for (size_t i = 0; i < m->to_n && !bad; i++)
		bad = has_control(m->to[i]);
	return !bad || err_set(e, ERR_INVALID, "smtp: A line must not contain CR or LF");
}

static bool
do_job(int fd, struct str payload)
{
	struct arena *a = arena_new();
	struct mail_job job;
	struct mail_session s = { .fd = fd, .arena = a, .job = &job };
	const struct mail_request *m = &job.r;
	bool ok, alive = false;

	s.d.r = m;
	s.d.arena = a;
	s.d.stop = on_stop;
	s.d.arg = &s;
	if (!mail_wire_read_job(payload, a, &job))
		goto out;
	if (!check_lines(m, &s.d.err)) {
		ok = false;
	} else if (m->implicit_tls || m->identity.n > 0 || str_chr(m->smarthost.host, ':') < m->smarthost.host.n) {
		ok = smtp_by_curl(&s);
	} else {
		s.d.rewrite = true;
		ok = smtp_by_esmtp(&s);
	}
	alive = s.told ? say(s.fd, FRAME_FREE) : report(&s, ok, WORKER_FREE);
	smtp_dialog_end(&s.d);
out:
	arena_free(&a);
	return alive;
}

int
mail_worker_main(int fd)
{
	char head[FRAME_HEAD];
	enum frame_kind kind;
	size_t n;
	bool bad, alive;

	(void)prctl(PR_SET_NAME, "tocsin-mail");
	alive = say(fd, FRAME_FREE);
	while (alive && read_exactly(fd, head, sizeof(head))) {
		char *payload;

		if (!mail_wire_head((struct str){ head, sizeof(head) }, &kind, &n, &bad) || kind != FRAME_JOB)
			return EXIT_FAILURE;
		payload = mem_alloc(n);
		alive = read_exactly(fd, payload, n) && do_job(fd, (struct str){ payload, n });
		explicit_bzero(payload, n);
		mem_free(payload);
	}
	return EXIT_SUCCESS;
}
