/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/ext/v1/silences/preview: what a silence of these matchers would cover, while somebody writes it.
 *
 * A matcher that cannot be read is told of beside the others, and the counts are those of the rest. The alerts are
 * walked through once, in slices; nothing is kept of them but the sample.
 */
#include <string.h>

#include "base/hash.h"
#include "base/hmap.h"
#include "base/mem.h"
#include "ext_alerts.h"
#include "ext_breadth.h"
#include "severity.h"

/* With more matchers than these none is counted alone. */
#define EACH_MAX 50
#define SAMPLE_DEFAULT 20
#define SAMPLE_MAX 100
/* From so many alerts on it tells something that all are covered that there are. */
#define ALL_MIN 10
/* A silence of more alerts, or of more than half, is worth a warning. */
#define MANY 100
#define WARNED_RECEIVERS_MAX 20
/* An alert, with its receivers; one that is covered, with its groups. */
#define ALERT_UNITS 12
#define COVERED_UNITS 30

struct wrong {
	int matcher;	/* -1: all together */
	struct str message;
};

struct group_seen {
	struct hmap_node node;
};

struct sample {
	struct labels *labels;	/* owned reference */
	unsigned severity;
	int64_t starts;
};

struct of_receiver {
	size_t alerts, covered;
};

struct counted {
	size_t alerts, covered, each[EACH_MAX];
	size_t severities[SEVERITIES];
	struct of_receiver *receivers;	/* by index; owned */
	struct hmap groups;		/* struct group_seen, by hash alone */
	struct sample sample[SAMPLE_MAX];	/* the worst first, then the oldest */
	size_t sample_n;
};

struct preview {
	struct packed body;
	struct api *api;
	struct arena *scratch;		/* of one slice */
	struct look look;		/* for the sample */
	struct matchers matchers;	/* those that can be read */
	size_t listed, *place;		/* all; where each of `matchers` stands among them */
	struct wrong *wrong;
	size_t wrong_n, limit;
	struct config *config;		/* owned reference */
	struct breadth breadth;
	struct labels *at;		/* looked at so far; owned reference */
	/* The alert that is looked at; what a slice could not end. */
	struct labels *examined;	/* owned reference */
	struct match_run run;
	size_t next;
	bool hit[EACH_MAX];
	struct counted n;
	enum { COUNT, JUDGE, HEAD, SAMPLE } phase;
	struct json_writer w;
	size_t written;
};

static void
counted_fini(struct counted *n)
{
	HMAP_EACH(&n->groups, node)
		mem_free(CONTAINER_OF(node, struct group_seen, node));
	hmap_fini(&n->groups);
	for (size_t i = 0; i < n->sample_n; i++)
		labels_unref(n->sample[i].labels);
	mem_free(n->receivers);
	*n = (struct counted){ 0 };
}

static void
examine(struct preview *p, struct labels *l)
{
	match_run_reset(&p->run);
	p->next = 0;
	if (l != NULL)
		labels_ref(l);
	labels_unref(p->examined);
	p->examined = l;
}

/* Anew, when the receivers are not those that were counted any more. */
static void
begin_counting(struct preview *p)
{
	counted_fini(&p->n);
	breadth_fini(&p->breadth);
	examine(p, NULL);
	labels_unref(p->at);
	p->at = NULL;
	config_unref(p->config);
	p->config = config_ref(view_config(p->api->env.engine));
	p->n.receivers = mem_calloc(p->config->receivers_n + 1, sizeof(p->n.receivers[0]));
	breadth_begin(&p->breadth, &p->matchers, p->config);
	p->phase = COUNT;
}

/* Do all matchers match? Up to EACH_MAX of them are asked whatever the others say. */
static enum match
covers(struct preview *p, const struct labels *l, struct work *w)
{
	bool all = p->matchers.n > 0;

	if (p->matchers.n > EACH_MAX)
		return matchers_match_some(&p->matchers, l, &p->run, w);
	for (; p->next < p->matchers.n; p->next++) {
		struct matchers one = { &p->matchers.m[p->next], 1 };
		enum match m = matchers_match_some(&one, l, &p->run, w);

		if (m == MATCH_LATER)
			return m;
		p->hit[p->next] = m == MATCH_YES;
	}
	for (size_t i = 0; i < p->matchers.n; i++) {
		p->n.each[i] += p->hit[i];
		all = all && p->hit[i];
	}
	return all ? MATCH_YES : MATCH_NO;
}

static void
note_group(void *arg, const struct group_item *g)
{
	struct preview *p = arg;
	uint64_t hash = hash_mix(hash_mix(0, labels_hash(g->labels)), g->route->index);
	struct group_seen *seen;

	if (hmap_first(&p->n.groups, hash) != NULL)
		return;
	seen = NEW(struct group_seen);
	hmap_insert(&p->n.groups, &seen->node, hash);
}

static bool
is_worse(const struct sample *a, const struct sample *b)
{
	return a->severity != b->severity ? a->severity < b->severity : a->starts < b->starts;
}

static void
offer_sample(struct preview *p, const struct alert *a, unsigned severity)
{
	struct sample new = { a->labels, severity, alert_starts(a).s };
	struct counted *n = &p->n;
	size_t i;

	if (n->sample_n == p->limit) {
		if (p->limit == 0 || !is_worse(&new, &n->sample[n->sample_n - 1]))
			return;
		labels_unref(n->sample[--n->sample_n].labels);
	}
	for (i = n->sample_n; i > 0 && is_worse(&new, &n->sample[i - 1]); i--)
		n->sample[i] = n->sample[i - 1];
	labels_ref(a->labels);
	n->sample[i] = new;
	n->sample_n++;
}

struct visit {
	struct preview *p;
	struct work *w;
	struct moment now;
};

static bool
visit(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct visit *v = arg;
	struct preview *p = v->p;
	const struct route *const *routes;
	enum match m;
	unsigned severity;
	struct str word;
	size_t n;

	if (alert_resolved_at(a, v->now.wall))
		return true;
	if (p->examined != a->labels)
		examine(p, a->labels);
	m = covers(p, a->labels, v->w);
	if (m == MATCH_LATER)
		return false;
	examine(p, NULL);
	view_entry_routes(p->api->env.engine, entry, &routes, &n);
	work_spend(v->w, ALERT_UNITS + (m == MATCH_YES ? COVERED_UNITS : 0));
	p->n.alerts++;
	for (size_t i = 0; i < n; i++) {
		struct of_receiver *r = &p->n.receivers[routes[i]->receiver->index];

		r->alerts++;
		r->covered += m == MATCH_YES;
	}
	if (m == MATCH_NO)
		return true;
	severity = alert_severity(p->api, a->labels, &word);
	p->n.covered++;
	p->n.severities[severity_class(p->api, severity)]++;
	view_entry_groups(entry, note_group, p);
	offer_sample(p, a, severity);
	return true;
}

static bool
is_everything(const struct preview *p)
{
	bool all = p->n.covered == p->n.alerts, whole = breadth_is_everything(&p->breadth);

	return p->matchers.n > 0 && ((whole && (all || !p->breadth.excludes)) || (all && p->n.covered >= ALL_MIN));
}

/* The matchers alone say that all that the receiver is told is covered. */
static bool
is_whole_for_ever(const struct preview *p, size_t receiver)
{
	return !p->breadth.excludes && breadth_is_whole(&p->breadth, receiver);
}

static bool
is_whole(const struct preview *p, size_t receiver)
{
	const struct of_receiver *r = &p->n.receivers[receiver];

	return p->matchers.n > 0 &&
	    (is_whole_for_ever(p, receiver) || (r->covered >= ALL_MIN && r->covered == r->alerts));
}

static void
put_warning(struct preview *p, const char *code, struct str receiver, const char *text)
{
	json_object_begin(&p->w);
	json_put_str(&p->w, "code", str_from(code));
	json_put_str(&p->w, "text", str_from(text));
	if (receiver.n > 0)
		json_put_str(&p->w, "receiver", receiver);
	json_object_end(&p->w);
}

static size_t
warn_of_receivers(struct preview *p)
{
	size_t whole = 0;

	for (size_t i = 0; i < p->config->receivers_n; i++) {
		struct str name = p->config->receivers[i].name;

		if (!is_whole(p, i) || whole++ >= WARNED_RECEIVERS_MAX)
			continue;
		put_warning(p, "matches_receiver", name,
		    is_whole_for_ever(p, i)
			? arena_printf(p->scratch, "it covers whatever receiver \"%.*s\" would be told", STR_ARG(name))
			      .p
			: arena_printf(p->scratch, "it covers all %zu alerts that receiver \"%.*s\" has now",
			      p->n.receivers[i].alerts, STR_ARG(name))
			      .p);
	}
	return whole;
}

static const char *
everything_text(const struct preview *p)
{
	if (!breadth_is_everything(&p->breadth))
		return arena_printf(p->scratch, "it covers all %zu alerts that there are now", p->n.alerts).p;
	return p->breadth.excludes ? "it covers every alert but those that its matchers exclude" :
				     "it covers every alert, whatever comes";
}

/* While something cannot be read it is not known how broad it is. */
static void
write_warnings(struct preview *p)
{
	bool everything = p->wrong_n == 0 && is_everything(p);
	size_t whole = 0;

	json_key(&p->w, STR("warnings"));
	json_array_begin(&p->w);
	if (everything)
		put_warning(p, "matches_everything", STR_NONE, everything_text(p));
	else if (p->wrong_n == 0)
		whole = warn_of_receivers(p);
	if (p->wrong_n == 0 && p->n.covered == 0)
		put_warning(p, "matches_nothing", STR_NONE, "it covers no alert that there is now");
	else if (!everything && (p->n.covered > MANY || (p->n.covered >= ALL_MIN && 2 * p->n.covered > p->n.alerts)))
		put_warning(p, "matches_many", STR_NONE,
		    arena_printf(p->scratch, "it covers %zu of %zu alerts", p->n.covered, p->n.alerts).p);
	json_array_end(&p->w);
	json_put_str(&p->w, "breadth", everything ? STR("everything") : whole > 0 ? STR("receiver") : STR("normal"));
}

static void
write_each(struct preview *p)
{
	size_t next = 0;

	json_key(&p->w, STR("per_matcher"));
	json_array_begin(&p->w);
	for (size_t i = 0; i < p->listed && p->matchers.n <= EACH_MAX; i++) {
		if (next < p->matchers.n && p->place[next] == i)
			json_uint(&p->w, p->n.each[next++]);
		else
			json_nil(&p->w);
	}
	json_array_end(&p->w);
}

static void
write_errors(struct preview *p)
{
	json_key(&p->w, STR("errors"));
	json_array_begin(&p->w);
	for (size_t i = 0; i < p->wrong_n; i++) {
		json_object_begin(&p->w);
		if (p->wrong[i].matcher < 0)
			json_put_null(&p->w, "matcher");
		else
			json_put_int(&p->w, "matcher", p->wrong[i].matcher);
		json_put_str(&p->w, "message", p->wrong[i].message);
		json_object_end(&p->w);
	}
	json_array_end(&p->w);
}

static void
write_head(struct preview *p)
{
	json_writer_init(&p->w, &p->body.plain, JSON_HTML_ESCAPED);
	json_object_begin(&p->w);
	json_put_uint(&p->w, "alerts", p->n.covered);
	json_put_uint(&p->w, "groups", p->n.groups.n);
	json_put_uint(&p->w, "total_alerts", p->n.alerts);
	json_key(&p->w, STR("severity"));
	json_object_begin(&p->w);
	for (size_t i = 0; i < SEVERITIES; i++)
		json_put_uint(&p->w, severity_class_name((enum severity)i), p->n.severities[i]);
	json_object_end(&p->w);
	json_key(&p->w, STR("receivers"));
	json_array_begin(&p->w);
	for (size_t i = 0; i < p->config->receivers_n; i++)
		if (p->n.receivers[i].covered > 0)
			json_str(&p->w, p->config->receivers[i].name);
	json_array_end(&p->w);
	write_each(p);
	write_warnings(p);
	write_errors(p);
	json_key(&p->w, STR("sample"));
	json_array_begin(&p->w);
}

/* An alert of the sample, nothing if it has gone; false: w is used up. */
static bool
write_sample(struct preview *p, struct labels *l, struct work *w, struct moment now)
{
	struct engine *e = p->api->env.engine;
	const struct alert_entry *entry = view_entry(e, l);
	struct seen seen;

	if (entry == NULL)
		return true;
	if (!look_only(&p->look, e, entry, view_alert_of(e, l), now, w, p->scratch, &seen))
		return false;
	json_object_begin(&p->w);
	write_seen(&p->w, p->api, &seen, p->scratch);
	json_object_end(&p->w);
	return true;
}

static bool
count_some(struct preview *p, struct work *w, struct moment now)
{
	struct visit v = { p, w, now };

	if (p->config != view_config(p->api->env.engine))
		begin_counting(p);
	if (p->phase == COUNT && !view_alerts_some(p->api->env.engine, &p->at, w, visit, &v))
		return false;
	p->phase = JUDGE;
	return breadth_some(&p->breadth, w);
}

static enum http_more
make(struct packed *body, struct work *w, struct moment now, struct err *e)
{
	struct preview *p = CONTAINER_OF(body, struct preview, body);

	(void)e;
	engine_see(p->api->env.engine, now);
	arena_reset(p->scratch);
	if (p->phase < HEAD) {
		if (!count_some(p, w, now))
			return HTTP_LATER;
		p->phase = HEAD;
		write_head(p);
		p->phase = SAMPLE;
	}
	for (; p->written < p->n.sample_n; p->written++)
		if (work_used_up(w) || !write_sample(p, p->n.sample[p->written].labels, w, now))
			return HTTP_LATER;
	json_array_end(&p->w);
	json_object_end(&p->w);
	sbuf_putc(&body->plain, '\n');
	return HTTP_END;
}

static void
preview_free(struct preview *p)
{
	counted_fini(&p->n);
	breadth_fini(&p->breadth);
	examine(p, NULL);
	labels_unref(p->at);
	matchers_fini(&p->matchers);
	config_unref(p->config);
	look_fini(&p->look);
	arena_free(&p->scratch);
}

static void
fini(struct packed *body)
{
	preview_free(CONTAINER_OF(body, struct preview, body));
}

static void
note_wrong(struct preview *p, struct call *c, int matcher, const struct err *e)
{
	p->wrong[p->wrong_n++] = (struct wrong){ matcher, arena_str(c->arena, str_from(e->text)) };
}

/* The silence would be refused for what its matchers are together. */
static void
check_together(struct preview *p, struct call *c)
{
	struct silence *s = silence_new();
	struct err e = { 0 };

	silence_add_set(s);
	matchers_copy(&s->sets[0], &p->matchers);
	s->starts = wall_utc(c->now.wall);
	s->ends = wall_add(s->starts, SPAN_HOUR);
	if (p->listed == 0)
		err_set(&e, ERR_INVALID, "a silence needs at least one matcher");
	if (e.kind != ERR_NONE || (p->matchers.n > 0 && !silence_validate(s, c->api->env.naming, &e)))
		note_wrong(p, c, -1, &e);
	silence_unref(s);
}

static void
read_matchers(struct preview *p, struct call *c, const struct json *list)
{
	size_t reading = 0;

	p->listed = list != NULL ? list->n : 0;
	p->place = ARENA_ARRAY(c->arena, p->listed, size_t);
	p->wrong = ARENA_ARRAY(c->arena, p->listed + 1, struct wrong);
	for (size_t i = 0; i < p->listed; i++) {
		struct err e = { 0 };
		struct matcher m;

		if (reading > MATCHERS_READING_MAX) {
			err_set(&e, ERR_LIMIT, "the regular expressions are too large together");
		} else if (ext_matcher(c, &list->v[i], &m, &e) && matchers_append_bounded(&p->matchers, &m, &reading, &e)) {
			p->place[p->matchers.n - 1] = i;
			continue;
		}
		note_wrong(p, c, (int)i, &e);
	}
	if (p->wrong_n == 0)
		check_together(p, c);
}

void
api_ext_silence_preview(struct call *c)
{
	static const char *const known[] = { "matchers", "limit", NULL };
	const struct json *o = ext_body(c, known), *list;
	uint64_t limit = SAMPLE_DEFAULT;
	struct preview *p;

	if (o == NULL || !ext_member_uint(c, o, "limit", SAMPLE_MAX, &limit) ||
	    !ext_member_array(c, o, "matchers", &list))
		return;
	if (list != NULL && list->n > MATCHERS_MAX) {
		ext_error_at(c, 400, "bad_matcher", arena_printf(c->arena, "more than %d matchers", MATCHERS_MAX),
		    "matchers", -1);
		return;
	}
	p = NEW(struct preview);
	p->api = c->api;
	p->scratch = arena_new();
	p->limit = (size_t)limit;
	look_init_all(&p->look);
	read_matchers(p, c, list);
	begin_counting(p);
	p->body.make = make;
	p->body.fini = fini;
	ext_reply_later(c);
	packed_reply(c, &p->body);
}
