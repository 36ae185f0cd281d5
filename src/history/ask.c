/* SPDX-License-Identifier: Apache-2.0 */
/* Questions: one job of a reading thread makes a page; an export is many pages, each when the last was taken. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/hex.h"
#include "base/mem.h"
#include "history_private.h"
#include "show.h"
#include "stats.h"

/* Events on a page of an export. */
#define EXPORT_PAGE 1000

struct ask {
	struct http_stream stream;
	struct job job;
	struct history *h;
	struct question q;
	size_t left;			/* that may still be shown; SIZE_MAX: no limit */
	struct config *config;			/* of stats; owned reference or NULL */

	/* The reading thread's while it runs. */
	struct reader *reader;
	uint64_t generation;
	struct sbuf out;
	struct json_writer w;
	struct found found;
	bool ok;
	struct err err;

	bool running, gone;
	size_t sent;			/* of out */
	bool over;			/* out has the end */
};

void
cursor_format(const struct history *h, uint64_t before, char out[CURSOR_MAX])
{
	uint64_t parts[2] = { before, hash_keyed(h->key, &before, sizeof(before)) };

	hex_encode(parts, sizeof(parts), out);
}

bool
cursor_parse(const struct history *h, struct str text, uint64_t *before)
{
	uint64_t parts[2];

	if (text.n != CURSOR_MAX - 1 || !hex_decode(text.p, sizeof(parts), parts) ||
	    parts[1] != hash_keyed(h->key, &parts[0], sizeof(parts[0])) || parts[0] == 0)
		return false;
	*before = parts[0];
	return true;
}

static void
show_one(void *arg, const struct row *row)
{
	struct ask *a = arg;

	switch (a->q.q.format) {
	case PAST_PAGE:
	case PAST_JSON:
	case PAST_ITEMS:
		show_json(a->reader, row, !a->q.q.bare, &a->w);
		break;
	case PAST_NDJSON:
		json_writer_init(&a->w, &a->out, JSON_HTML_ESCAPED);
		show_json(a->reader, row, true, &a->w);
		sbuf_putc(&a->out, '\n');
		break;
	case PAST_CSV:
		show_csv(a->reader, row, &a->out);
		break;
	case PAST_STATS:
		break;
	}
}

/* Reading thread. */
static void
run(struct job *j)
{
	struct ask *a = CONTAINER_OF(j, struct ask, job);

	a->ok = reader_open(a->reader, a->h->writer.path, a->generation, &a->err) && reader_begin(a->reader, &a->err);
	if (!a->ok)
		return;
	if (a->q.q.format == PAST_STATS)
		a->ok = stats_run(a->reader, &a->q, a->config, a->h->o.clock, &a->out, &a->err);
	else
		a->ok = search_run(a->reader, &a->q, a->h->o.clock, &a->found, &a->err);
	reader_end(a->reader);
}

static void
begin_answer(struct ask *a)
{
	switch (a->q.q.format) {
	case PAST_PAGE:
	case PAST_JSON:
		json_writer_init(&a->w, &a->out, JSON_HTML_ESCAPED);
		json_object_begin(&a->w);
		json_key(&a->w, STR("items"));
		json_array_begin(&a->w);
		break;
	case PAST_ITEMS:
		json_writer_init(&a->w, &a->out, JSON_HTML_ESCAPED);
		json_array_begin(&a->w);
		break;
	case PAST_CSV:
		show_csv_head(&a->out);
		break;
	case PAST_NDJSON:
	case PAST_STATS:
		break;
	}
}

static void
end_answer(struct ask *a, struct moment now)
{
	struct past_health health = history_health(a->h, now);
	char cursor[CURSOR_MAX];

	a->over = true;
	if (a->q.q.format == PAST_ITEMS)
		json_array_end(&a->w);
	if (a->q.q.format != PAST_PAGE && a->q.q.format != PAST_JSON)
		return;
	json_array_end(&a->w);
	cursor_format(a->h, a->found.next, cursor);
	if (a->found.next != 0 && a->q.q.format == PAST_PAGE)
		json_put_str(&a->w, "next", str_from(cursor));
	else
		json_put_null(&a->w, "next");
	if (wall_is_zero(health.oldest))
		json_put_null(&a->w, "oldest");
	else
		show_time(&a->w, "oldest", a->h->oldest);
	json_key(&a->w, STR("lag_seconds"));
	json_double(&a->w, (double)(health.lag / SPAN_MS) / 1000);
	json_put_uint(&a->w, "missing", a->h->missing);
	json_object_end(&a->w);
	sbuf_putc(&a->out, '\n');
}

static void done(struct job *j);

static bool
submit(struct ask *a)
{
	struct history *h = a->h;
	unsigned at = 0;

	for (unsigned i = 1; i < READERS; i++)
		if (workers_pending(h->reading[i]) < workers_pending(h->reading[at]))
			at = i;
	a->reader = &h->readers[at];
	a->generation = h->generation;
	a->job = (struct job){ .run = run, .done = done };
	a->found = (struct found){
		.show = show_one, .arg = a, .limit = a->q.q.format == PAST_PAGE ? a->left : EXPORT_PAGE
	};
	if (a->found.limit > a->left)
		a->found.limit = a->left;
	if (!workers_submit(h->reading[at], &a->job))
		return false;
	a->running = true;
	h->asked++;
	return true;
}

static void
ask_free(struct ask *a)
{
	if (a->config != NULL)
		config_unref(a->config);
	arena_free(&a->q.arena);
	sbuf_fini(&a->out);
	mem_free(a);
}

static void
done(struct job *j)
{
	struct ask *a = CONTAINER_OF(j, struct ask, job);

	a->running = false;
	a->h->bad += a->found.bad;
	a->h->asked_failed += !a->ok;
	if (a->gone) {
		ask_free(a);
		return;
	}
	a->q.before = a->found.next;
	if (a->left != SIZE_MAX)
		a->left -= a->found.n;
	if (a->ok && (a->q.q.format == PAST_PAGE || a->found.next == 0 || a->left == 0))
		end_answer(a, a->h->o.clock->now(a->h->o.clock));
	if (a->stream.ready != NULL)
		a->stream.ready(a->stream.ready_arg);
}

static enum http_more
next(struct http_stream *stream, struct sbuf *out, struct work *w, struct moment now, struct err *e)
{
	struct ask *a = CONTAINER_OF(stream, struct ask, stream);
	struct str some;

	(void)now;
	if (a->running)
		return HTTP_WAIT;
	if (!a->ok) {
		*e = a->err;
		return HTTP_FAILED;
	}
	some = str_sub(sbuf_get(&a->out), a->sent, a->sent + HTTP_PIECE);
	sbuf_str(out, some);
	work_spend(w, (int64_t)some.n / 8 + 1);
	a->sent += some.n;
	if (a->sent < a->out.n)
		return HTTP_MORE;
	if (a->over)
		return HTTP_END;
	sbuf_reset(&a->out);
	a->sent = 0;
	if (submit(a))
		return HTTP_WAIT;
	err_set(e, ERR_LIMIT, "too many questions about the past at a time");
	return HTTP_FAILED;
}

static void
drop(struct http_stream *stream)
{
	struct ask *a = CONTAINER_OF(stream, struct ask, stream);

	if (a->running)
		a->gone = true;
	else
		ask_free(a);
}

static bool
refuse(struct past_query *q, const char *name, struct str value, struct err *e)
{
	q->bad = name;
	return err_set(e, ERR_INVALID, "\"%.*s\" is no %s of history", STR_ARG(str_sub(value, 0, 100)), name);
}

static bool
masks(struct past_query *q, struct question *out, struct err *e)
{
	for (size_t i = 0; i < q->kinds_n; i++) {
		unsigned kind = kind_of(q->kinds[i]);

		if (kind == 0)
			return refuse(q, "kind", q->kinds[i], e);
		out->kinds |= UINT64_C(1) << kind;
	}
	for (size_t i = 0; i < q->outcomes_n; i++) {
		unsigned outcome = outcome_of(q->outcomes[i]);

		if (outcome == OUTCOME_NONE)
			return refuse(q, "outcome", q->outcomes[i], e);
		out->outcomes |= UINT64_C(1) << outcome;
	}
	return true;
}

static int64_t
bound(struct wall t, int64_t none)
{
	return wall_is_zero(t) ? none : t.s * 1000 + t.ns / 1000000;
}

static const struct str *
copy_list(struct arena *a, const struct str *v, size_t n)
{
	struct str *copy = ARENA_ARRAY(a, n, struct str);

	for (size_t i = 0; i < n; i++)
		copy[i] = arena_str(a, v[i]);
	return copy;
}

static const uint64_t *
copy_ids(struct arena *a, const uint64_t *v, size_t n)
{
	uint64_t *copy = ARENA_ARRAY(a, n, uint64_t);

	if (n > 0)
		memcpy(copy, v, n * sizeof(v[0]));
	return copy;
}

static void
copy_question(struct question *q)
{
	struct past_query *p = &q->q;
	struct arena *a = arena_new();

	q->arena = a;
	p->matchers = copy_list(a, p->matchers, p->matchers_n);
	p->receiver = arena_str(a, p->receiver);
	p->integration = arena_str(a, p->integration);
	p->actor = arena_str(a, p->actor);
	p->groups = copy_ids(a, p->groups, p->groups_n);
	p->fingerprints = copy_ids(a, p->fingerprints, p->fingerprints_n);
}

struct http_stream *
history_ask(struct history *h, struct past_query *q, struct moment now, struct err *e)
{
	struct question question = { .q = *q, .mode = h->o.matcher_mode };
	int64_t kept = bound(wall_add(wall_utc(now.wall), -h->o.retention), 0);
	struct ask *a;

	if (!masks(q, &question, e))
		return NULL;
	if (q->cursor.n > 0 && !cursor_parse(h, q->cursor, &question.before)) {
		q->bad = "cursor";
		err_set(e, ERR_INVALID, "this is not a cursor of this history; leave it out to begin anew");
		return NULL;
	}
	if (!h->opened) {
		err_set(e, ERR_IO, "there is no history at this moment: %s",
		    h->problem.kind != ERR_NONE ? h->problem.text :
			   h->upgrading                     ? "its database is being upgraded from an earlier version" :
							      "its database is being opened");
		return NULL;
	}
	question.from = bound(q->from, INT64_MIN);
	question.from = question.from > kept ? question.from : kept;
	question.to = bound(q->to, INT64_MAX);
	a = NEW(struct ask);
	a->h = h;
	a->q = question;
	copy_question(&a->q);
	if (q->format == PAST_STATS && h->config != NULL)
		a->config = config_ref(h->config);
	a->left = q->limit > 0 ? q->limit : SIZE_MAX;
	a->out = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
	a->stream = (struct http_stream){ .size = HTTP_STREAM_UNKNOWN, .next = next, .drop = drop };
	begin_answer(a);
	if (submit(a))
		return &a->stream;
	ask_free(a);
	err_set(e, ERR_LIMIT, "too many questions about the past at a time; try again");
	return NULL;
}
