/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tocsin alert add --stdin: alerts as JSON objects, one a line.
 *
 * Lines are posted in lists: when there are many, or when the oldest has waited
 * for a moment. A batch that the server refuses is posted again in halves until
 * it is known which lines are at fault, so that a bad line costs no other
 * alert. While the server cannot be reached reading stops, and the writer of
 * the pipe waits. A signal ends the reading; what was read is posted before the
 * process ends, if the server takes it at once.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/vec.h"
#include "cli.h"
#include "loop/clock_real.h"

#define BATCH_LINES 500
#define BATCH_BYTES ((size_t)4 << 20)
#define LINE_MAX_BYTES ((size_t)16 << 20)
#define PATIENCE (200 * SPAN_MS)
#define BACKOFF_FIRST (100 * SPAN_MS)
#define BACKOFF_MAX (5 * SPAN_S)

struct line {
	size_t number;
	size_t at, n;	/* in the batch */
};

struct stream {
	struct cli *c;
	span retry;		/* how long to try to reach the server */
	struct sbuf in;		/* read, the end of its line not yet seen */
	struct sbuf batch;	/* the bytes of lines */
	VEC(struct line) lines;
	struct mono due;	/* when the batch is to be posted; of use when it is not empty */
	size_t number;		/* of lines so far */
	size_t refused;
};

enum sent { SENT, REFUSED, LOST };

static struct mono
now(void)
{
	struct clock *clock = clock_real();

	return clock->now(clock).mono;
}

static bool
is_text(const struct json *j)
{
	return j == NULL || j->kind == JSON_STRING || j->kind == JSON_NULL;
}

/* An object whose members are all strings. */
static bool
is_pairs(const struct json *j)
{
	if (j == NULL || j->kind != JSON_OBJECT)
		return false;
	for (size_t i = 0; i < j->n; i++)
		if (j->v[i].kind != JSON_STRING)
			return false;
	return true;
}

/* Tells mistakes that would make the server refuse the whole list. */
static bool
check_line(struct cli *c, struct str line, struct err *e)
{
	const struct json *j = json_parse(c->arena, line, JSON_DOCUMENT, e), *annotations;

	if (j == NULL)
		return false;
	if (j->kind != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "an object is wanted, not %s", json_kind_name(j->kind));
	annotations = json_get_fold(j, "annotations");
	if (!is_pairs(json_get_fold(j, "labels")))
		return err_set(e, ERR_INVALID, "\"labels\" has to be an object of strings");
	if (annotations != NULL && annotations->kind != JSON_NULL && !is_pairs(annotations))
		return err_set(e, ERR_INVALID, "\"annotations\" has to be an object of strings");
	if (!is_text(json_get_fold(j, "startsAt")) || !is_text(json_get_fold(j, "endsAt")) ||
	    !is_text(json_get_fold(j, "generatorURL")))
		return err_set(e, ERR_INVALID, "\"startsAt\", \"endsAt\" and \"generatorURL\" have to be strings");
	return true;
}

/* Once; c->e says what was wrong. */
static enum sent
post(struct stream *s, size_t from, size_t to)
{
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);
	struct str ignored;
	bool ok;

	for (size_t i = from; i < to; i++) {
		sbuf_putc(&body, i == from ? '[' : ',');
		sbuf_put(&body, s->batch.p + s->lines.v[i].at, s->lines.v[i].n);
	}
	sbuf_putc(&body, ']');
	err_clear(&s->c->e);
	ok = cli_call(s->c, "POST", STR("/api/v2/alerts"), sbuf_get(&body), &ignored);
	sbuf_fini(&body);
	if (ok)
		return SENT;
	return s->c->status == 400 || s->c->status == 413 || s->c->status == 422 ? REFUSED : LOST;
}

/* Whether another attempt may do better: nobody answered, or somebody with troubles of his own. */
static bool
may_pass(const struct stream *s)
{
	return s->c->status == 0 || s->c->status == 429 || s->c->status >= 500;
}

static enum sent
post_until(struct stream *s, size_t from, size_t to)
{
	struct mono give_up = mono_add(now(), s->retry);
	span wait = BACKOFF_FIRST;
	enum sent sent;

	for (bool told = false; (sent = post(s, from, to)) == LOST && may_pass(s); told = true) {
		struct pollfd signals = { .fd = cli_signals_fd(), .events = POLLIN };

		if (cli_signals_came() || mono_sub(give_up, now()) <= wait)
			break;
		if (!told)
			cli_complain("%s; trying again", s->c->e.text);
		poll(&signals, 1, (int)(wait / SPAN_MS));
		wait = wait * 2 < BACKOFF_MAX ? wait * 2 : BACKOFF_MAX;
	}
	return sent;
}

/* False when the server cannot be reached; lines refused are told and counted. */
static bool
post_range(struct stream *s, size_t from, size_t to)
{
	size_t middle = from + (to - from) / 2;
	enum sent sent = post_until(s, from, to);

	if (sent != REFUSED)
		return sent == SENT;
	if (to - from > 1)
		return post_range(s, from, middle) && post_range(s, middle, to);
	cli_complain("line %zu: %s", s->lines.v[from].number, s->c->e.text);
	s->refused++;
	return true;
}

static bool
flush(struct stream *s)
{
	bool ok = s->lines.n == 0 || post_range(s, 0, s->lines.n);

	s->lines.n = 0;
	sbuf_reset(&s->batch);
	arena_reset(s->c->arena);
	return ok;
}

static bool
take_line(struct stream *s, struct str text)
{
	struct err e = { 0 };
	struct str line = str_trim(text);

	s->number++;
	if (line.n == 0)
		return true;
	if (!check_line(s->c, line, &e)) {
		cli_complain("line %zu: %s", s->number, e.text);
		s->refused++;
		/* There may be nothing but such lines. */
		if (s->lines.n == 0)
			arena_reset(s->c->arena);
		return true;
	}
	if (s->lines.n == 0)
		s->due = mono_add(now(), PATIENCE);
	VEC_PUSH(&s->lines, ((struct line){ s->number, s->batch.n, line.n }));
	sbuf_str(&s->batch, line);
	return s->lines.n < BATCH_LINES && s->batch.n < BATCH_BYTES ? true : flush(s);
}

/* Takes the whole lines of what was read; at the end of input the last one too. */
static bool
take_lines(struct stream *s, bool end)
{
	struct str rest = sbuf_get(&s->in);
	size_t taken = 0, n;

	while ((n = str_chr(rest, '\n')) < rest.n || (end && rest.n > 0)) {
		if (!take_line(s, str_sub(rest, 0, n)))
			return false;
		taken += n < rest.n ? n + 1 : n;
		rest = str_sub(rest, n + 1, rest.n);
	}
	if (taken > 0) {
		memmove(s->in.p, s->in.p + taken, s->in.n - taken);
		sbuf_cut(&s->in, s->in.n - taken);
	}
	return true;
}

/* Whether there is something to read (or the end); false when the batch is due before, or a signal came. */
static bool
wait_input(const struct stream *s)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = cli_signals_fd(), .events = POLLIN } };
	int n;

	do {
		span left = s->lines.n > 0 ? mono_sub(s->due, now()) : 0;

		n = poll(fds, 2, s->lines.n == 0 ? -1 : left <= 0 ? 0 : (int)((left + SPAN_MS - 1) / SPAN_MS));
	} while (n < 0 && errno == EINTR);
	return n > 0 && fds[0].revents != 0;
}

/* After a signal: one try for what was read. */
static bool
stop(struct stream *s)
{
	s->retry = 0;
	return flush(s);
}

static bool
run(struct stream *s)
{
	char piece[65536];
	ssize_t n;

	for (;;) {
		if (cli_signals_came())
			return stop(s);
		if (s->lines.n > 0 && mono_sub(s->due, now()) <= 0 && !flush(s))
			return false;
		if (!wait_input(s))
			continue;
		n = read(STDIN_FILENO, piece, sizeof(piece));
		if (n < 0 && errno == EINTR)
			continue;
		/* Lines that came before that are posted. */
		if (n < 0)
			return flush(s) && err_set(&s->c->e, ERR_IO, "cannot read standard input");
		sbuf_put(&s->in, piece, (size_t)n);
		if (s->in.overflow)
			return flush(s) && err_set(&s->c->e, ERR_LIMIT, "line %zu is longer than %zu bytes", s->number + 1,
			    LINE_MAX_BYTES);
		if (!take_lines(s, n == 0))
			return false;
		if (n == 0)
			return flush(s);
	}
}

bool
cli_stream_alerts(struct cli *c, span retry)
{
	struct stream s = { .c = c, .retry = retry, .in.max = LINE_MAX_BYTES, .batch.max = SBUF_UNLIMITED };
	struct arena *kept = c->arena;
	bool ok = cli_dial(c);

	if (!ok)
		return false;
	cli_signals_hold();
	/* A stream may go on for months. */
	c->arena = arena_new();
	ok = run(&s);
	arena_free(&c->arena);
	c->arena = kept;
	if (ok && s.refused > 0)
		ok = err_set(&c->e, ERR_INVALID, "%zu of %zu lines were refused", s.refused, s.number);
	/* The process may end here. */
	if (!ok && cli_signals_came())
		cli_complain("%s; the last of %zu lines may not have been posted", c->e.text, s.number);
	cli_signals_let_go();
	sbuf_fini(&s.in);
	sbuf_fini(&s.batch);
	VEC_FINI(&s.lines);
	return ok;
}
