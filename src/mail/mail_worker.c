/* SPDX-License-Identifier: Apache-2.0 */
/* The main of a mail worker process: one job after the other until the other end is closed. */
#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "mail_child.h"
#include "mail_names.h"
#include "mail_session.h"

#define MESSAGES_MAX 100	/* in one session: servers like an end */

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
	s->d.connected = true;
	if (s->heard)
		return;
	s->heard = true;
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
		.auth_refused = s->d.auth_refused,
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
	if (s->told)
		return;
	s->may_keep &= ++s->taken < MESSAGES_MAX;
	(void)report(s, true, s->may_keep ? WORKER_KEEPS : WORKER_QUITS);
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

/* Addresses and names fit into lines of ASCII, or of UTF-8 where a server likes it. */
static bool
check(struct mail_session *s)
{
	struct mail_request *m = &s->job->r;

	return check_lines(m, &s->d.err) && mail_names_to_ascii(s->arena, m, &s->d.needs_smtputf8, &s->d.err);
}

static void
drop_payload(struct mail_session *s)
{
	explicit_bzero(s->payload, s->payload_n);
	mem_free(s->payload);
	s->payload = NULL;
}

/* The next word of the parent; with a job its payload is the session's. False: there will be none. */
static bool
hear(struct mail_session *s, enum frame_kind *kind)
{
	char head[FRAME_HEAD];
	bool bad;

	if (!read_exactly(s->fd, head, sizeof(head)) ||
	    !mail_wire_head((struct str){ head, sizeof(head) }, kind, &s->payload_n, &bad))
		return false;
	if (*kind != FRAME_JOB)
		return *kind == FRAME_LEAVE && s->payload_n == 0;
	s->payload = mem_alloc(s->payload_n);
	return read_exactly(s->fd, s->payload, s->payload_n) &&
	    mail_wire_read_job((struct str){ s->payload, s->payload_n }, s->arena, s->job);
}

bool
mail_session_next(struct mail_session *s)
{
	enum frame_kind kind;

	if (!s->may_keep)
		return false;
	drop_payload(s);
	if (!hear(s, &kind))
		_exit(EXIT_SUCCESS);
	if (kind != FRAME_JOB)
		return false;
	s->heard = s->told = s->asked = false;
	s->reused = true;
	smtp_dialog_next(&s->d);
	/* Addresses of the other kind are for the other library. */
	return check(s) && !(s->d.rewrite && s->d.needs_smtputf8);
}

static bool
run(struct mail_session *s)
{
	const struct mail_request *m = &s->job->r;

	s->d = (struct smtp_dialog){ .r = m, .arena = s->arena, .stop = on_stop, .arg = s };
	s->heard = s->reused = false;
	s->taken = 0;
	if (!check(s))
		return false;
	if (m->implicit_tls || m->identity.n > 0 || s->d.needs_smtputf8 || str_chr(m->smarthost.host, ':') < m->smarthost.host.n)
		return smtp_by_curl(s);
	s->d.rewrite = true;
	return smtp_by_esmtp(s);
}

/* A session that was kept for this job broke off before any of it was accepted: nothing was wrong but the wait. */
static bool
deserves_another(const struct mail_session *s)
{
	return s->reused && !s->told && !s->d.begun && s->d.accepted == 0;
}

/* Jobs until the session is over. False: the parent is gone. */
static bool
do_jobs(int fd)
{
	struct mail_job job;
	struct mail_session s = { .fd = fd, .arena = arena_new(), .job = &job };
	enum frame_kind kind = FRAME_LEAVE;
	bool ok, again, alive = hear(&s, &kind) && kind == FRAME_JOB;

	for (again = alive; again;) {
		ok = run(&s);
		again = !ok && deserves_another(&s);
		if (!again)
			alive = s.told ? say(fd, FRAME_FREE) : report(&s, ok, WORKER_FREE);
		smtp_dialog_end(&s.d);
	}
	if (s.payload != NULL)
		drop_payload(&s);
	arena_free(&s.arena);
	return alive;
}

int
mail_worker_main(int fd)
{
	bool alive;

	(void)prctl(PR_SET_NAME, "tocsin-mail");
	alive = say(fd, FRAME_FREE);
	while (alive)
		alive = do_jobs(fd);
	return EXIT_SUCCESS;
}
