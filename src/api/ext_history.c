/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/ext/v1/history: what happened, a page at a time or all of it. */
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "ext_past.h"

/* Values of one condition. */
#define VALUES_MAX 100
#define RANGE_MAX (366 * 24 * SPAN_HOUR)

/* The answer, packed on its way. */
struct past {
	struct packed packed;
	struct http_stream *inner;
};

static void
on_ready(void *arg)
{
	struct past *p = arg;

	if (p->packed.stream.ready != NULL)
		p->packed.stream.ready(p->packed.stream.ready_arg);
}

static enum http_more
make(struct packed *packed, struct work *w, struct moment now, struct err *e)
{
	struct past *p = CONTAINER_OF(packed, struct past, packed);

	p->inner->ready = on_ready;
	p->inner->ready_arg = p;
	return p->inner->next(p->inner, &packed->plain, w, now, e);
}

static void
fini(struct packed *packed)
{
	struct past *p = CONTAINER_OF(packed, struct past, packed);

	p->inner->drop(p->inner);
}

/* All values of a parameter, each of which may be a list with commas; in the arena. */
static bool
read_list(struct call *c, const char *name, const struct str **out, size_t *n_out)
{
	struct str *v = ARENA_ARRAY(c->arena, VALUES_MAX, struct str);
	const struct str *value;
	size_t pos = 0, n = 0;

	while ((value = url_query_each(&c->query, name, &pos)) != NULL) {
		struct str rest = *value;

		while (rest.n > 0 && n < VALUES_MAX)
			v[n++] = str_split(&rest, ',');
		if (rest.n == 0)
			continue;
		ext_error_at(c, 400, "bad_parameter", STR("there may be 100 values at most"), name, -1);
		return false;
	}
	*out = v;
	*n_out = n;
	return true;
}

static bool
read_ids(struct call *c, const char *name, const uint64_t **out, size_t *n_out)
{
	const struct str *texts;
	uint64_t *ids;

	if (!read_list(c, name, &texts, n_out))
		return false;
	ids = ARENA_ARRAY(c->arena, *n_out, uint64_t);
	for (size_t i = 0; i < *n_out; i++)
		if (!fingerprint_parse(texts[i], &ids[i])) {
			ext_error_at(c, 400, "bad_parameter",
			    arena_printf(c->arena, "\"%.*s\" is not 1 to 16 hexadecimal digits",
				STR_ARG(str_sub(texts[i], 0, 100))),
			    name, -1);
			return false;
		}
	*out = ids;
	return true;
}

/* The texts: who looks for them reads them anew, in a thread of its own. */
static bool
read_matchers(struct call *c, struct past_query *q)
{
	struct matchers checked;
	struct str *texts;
	const struct str *value;
	size_t pos = 0, n = 0;

	if (!ext_query_matchers(c, "filter", &checked))
		return false;
	texts = ARENA_ARRAY(c->arena, checked.n, struct str);
	matchers_fini(&checked);
	while ((value = url_query_each(&c->query, "filter", &pos)) != NULL)
		texts[n++] = *value;
	q->matchers = texts;
	q->matchers_n = n;
	return true;
}

static bool
check_receiver(struct call *c, struct str pattern)
{
	struct err e = { 0 };
	struct regex *re = pattern.n > 0 ? regex_compile(pattern, REGEX_ANCHORED, &e) : NULL;

	regex_free(&re);
	if (e.kind == ERR_NONE)
		return true;
	ext_error_at(c, 400, "bad_parameter", str_from(e.text), "receiver", -1);
	return false;
}

static bool
read_format(struct call *c, enum past_format *out)
{
	static const char *const names[] = {
		[PAST_JSON] = "json",
		[PAST_NDJSON] = "ndjson",
		[PAST_CSV] = "csv",
	};
	struct str name = ext_query_str(c, "format");

	*out = PAST_PAGE;
	if (name.n == 0)
		return true;
	for (unsigned i = PAST_JSON; i < ARRAY_LEN(names); i++)
		if (str_is(name, names[i])) {
			*out = (enum past_format)i;
			return true;
		}
	ext_error_at(c, 400, "bad_parameter", STR("format must be json, ndjson or csv"), "format", -1);
	return false;
}

/* A page has a limit, as all lists; all of it has one only if it is given. */
static bool
read_limit(struct call *c, struct past_query *q)
{
	uint64_t n = 0;

	if (q->format == PAST_PAGE)
		return ext_query_limit(c, &q->limit);
	if (!ext_query_uint(c, "limit", UINT32_MAX, &n))
		return false;
	q->limit = (size_t)n;
	return true;
}

static bool
read_query(struct call *c, struct past_query *q)
{
	static const char *const known[] = { "filter", "receiver", "integration", "actor", "kind", "outcome", "group",
		"fingerprint", "from", "to", "limit", "cursor", "format" };

	*q = (struct past_query){
		.receiver = ext_query_str(c, "receiver"),
		.integration = ext_query_str(c, "integration"),
		.actor = ext_query_str(c, "actor"),
		.cursor = ext_query_str(c, "cursor"),
		.from = WALL_ZERO,
		.to = WALL_ZERO,
	};
	return ext_query_known(c, known, ARRAY_LEN(known)) && read_matchers(c, q) && check_receiver(c, q->receiver) &&
	    read_list(c, "kind", &q->kinds, &q->kinds_n) && read_list(c, "outcome", &q->outcomes, &q->outcomes_n) &&
	    read_ids(c, "group", &q->groups, &q->groups_n) &&
	    read_ids(c, "fingerprint", &q->fingerprints, &q->fingerprints_n) && ext_query_time(c, "from", &q->from) &&
	    ext_query_time(c, "to", &q->to) && read_format(c, &q->format) && read_limit(c, q);
}

static void
refuse(struct call *c, const struct past_query *q, const struct err *e)
{
	if (e->kind == ERR_INVALID)
		ext_error_at(c, 400, q->cursor.n > 0 && strcmp(q->bad, "cursor") == 0 ? "bad_cursor" : "bad_parameter",
		    str_from(e->text), q->bad, -1);
	else
		past_refused(c, e);
}

static void
reply_head(struct call *c, enum past_format format)
{
	switch (format) {
	case PAST_PAGE:
	case PAST_ITEMS:
	case PAST_STATS:
		ext_reply_later(c);
		return;
	case PAST_JSON:
		ext_reply_later(c);
		http_response_header(c->resp, "Content-Disposition", STR("attachment; filename=\"history.json\""));
		return;
	case PAST_NDJSON:
		http_response_header(c->resp, "Content-Type", STR("application/x-ndjson"));
		http_response_header(c->resp, "Content-Disposition", STR("attachment; filename=\"history.ndjson\""));
		break;
	case PAST_CSV:
		http_response_header(c->resp, "Content-Type", STR("text/csv; charset=utf-8; header=present"));
		http_response_header(c->resp, "Content-Disposition", STR("attachment; filename=\"history.csv\""));
		break;
	}
	c->resp->status = 200;
}

static void
answer(struct call *c, struct past_query *q)
{
	const struct api_env *env = &c->api->env;
	struct http_stream *inner;
	struct err e = { 0 };
	struct past *p;

	if (env->past == NULL) {
		ext_error(c, 501, "no_history", STR("no history is kept: --history.enabled"));
		return;
	}
	inner = env->past(env->arg, q, c->now, &e);
	if (inner == NULL) {
		refuse(c, q, &e);
		return;
	}
	p = NEW(struct past);
	p->packed.make = make;
	p->packed.fini = fini;
	p->inner = inner;
	reply_head(c, q->format);
	packed_reply(c, &p->packed);
}

void
api_ext_history(struct call *c)
{
	struct past_query q;

	if (read_query(c, &q))
		answer(c, &q);
}

void
api_ext_stats(struct call *c)
{
	static const char *const known[] = { "range" };
	struct str text = ext_query_str(c, "range");
	struct past_query q = { .format = PAST_STATS, .to = c->now.wall };
	span range = 24 * SPAN_HOUR;
	struct err e = { 0 };

	if (!ext_query_known(c, known, ARRAY_LEN(known)))
		return;
	if (text.n > 0 && (!duration_parse(text, &range, &e) || range <= 0 || range > RANGE_MAX)) {
		ext_error_at(c, 400, "bad_parameter", STR("range must be a duration like 24h or 7d, at most 366d"), "range", -1);
		return;
	}
	q.from = wall_add(c->now.wall, -range);
	answer(c, &q);
}
