/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /api/ext/v1/alerts/FINGERPRINT: all that is known of one alert, by the router and by history.
 *
 * History is asked first, one question after the other; then the alert is looked at, all of it at one moment. One that is not
 * there any more is made up from what history has of it.
 */
#include "base/mem.h"
#include "ext_alerts.h"
#include "ext_groups.h"
#include "ext_past.h"
#include "ext_timeline.h"
#include "severity.h"

/* Events that the timeline is made of, notifications that are shown, and how far back it goes. */
#define EVENTS_MAX 500
#define TOLD_MAX 5
#define TIMELINE_SPAN (24 * SPAN_HOUR)
/* Bytes that each answer of history may have; label sets and recipients may be long. */
#define ANSWER_MAX ((size_t)2 << 20)
/* To read a byte of it. */
#define PARSE_UNITS(bytes) ((int64_t)(bytes) / 4)

struct writing {
	struct json_writer *w;
	const struct engine *e;
	struct moment now;
};

static void
write_group(void *arg, const struct group_item *g)
{
	struct writing *to = arg;
	struct group_facts facts;

	view_group_facts(to->e, g->group, to->now, &facts);
	json_object_begin(to->w);
	ext_put_fingerprint(to->w, "id", group_id(g));
	json_put_str(to->w, "receiver", g->route->receiver->name);
	ext_put_time(to->w, "next_flush", facts.next_flush);
	ext_put_time(to->w, "next_repeat", facts.next_repeat);
	json_object_end(to->w);
}

static void
write_silences(struct json_writer *w, const struct alert_status *s)
{
	json_key(w, STR("silences"));
	json_array_begin(w);
	for (size_t i = 0; i < s->silenced_by_n; i++) {
		const struct silence *silence = s->silences[i];

		if (silence == s->acked_by)
			continue;
		json_object_begin(w);
		json_put_str(w, "id", str_from(silence->id));
		json_put_str(w, "by", istr_str(silence->created_by));
		json_put_str(w, "comment", istr_str(silence->comment));
		ext_put_time(w, "ends", silence->ends);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
write_inhibition(struct json_writer *w, const struct engine *e, const struct alert_status *s)
{
	const struct config *c = view_config(e);
	const struct alert *source = s->inhibited ? view_alert(e, s->inhibited_by) : NULL;

	json_key(w, STR("inhibited_by"));
	json_array_begin(w);
	if (source != NULL) {
		json_object_begin(w);
		ext_put_fingerprint(w, "fp", labels_fingerprint(source->labels));
		ext_put_labels(w, "labels", source->labels);
		json_put_int(w, "rule", s->rule - c->inhibit_rules);
		if (s->rule->name.n > 0)
			json_put_str(w, "name", s->rule->name);
		else
			json_put_null(w, "name");
		json_object_end(w);
	}
	json_array_end(w);
}

/* The names of the receivers that its groups tell, as API v2 shows them. */
struct receiver_names {
	struct str *v;
	size_t n;
};

static void
note_receiver(void *arg, const struct group_item *g)
{
	struct receiver_names *names = arg;

	names->v[names->n++] = g->route->receiver->name;
}

static void
count_group(void *arg, const struct group_item *g)
{
	(void)g;
	++*(size_t *)arg;
}

enum part { PART_EVENTS, PART_TOLD, PART_LAST, PARTS };

struct alert_detail {
	struct packed body;
	struct api *api;
	struct arena *scratch;
	struct look look;
	uint64_t fingerprint;
	struct past_part past[PARTS];
	enum part part;		/* that is asked for; PARTS: all are there */
	struct err failed;	/* history could not be asked */
};

/* A part that was asked for as an array; one without members if it was not. */
static const struct json *
part_of(struct alert_detail *d, enum part part, struct arena *a)
{
	static const struct json none = { .kind = JSON_ARRAY };
	struct err e = { 0 };
	const struct json *v;

	if (d->past[part].inner == NULL)
		return &none;
	v = json_parse(a, sbuf_get(&d->past[part].text), JSON_DOCUMENT, &e);
	return v != NULL && v->kind == JSON_ARRAY ? v : &none;
}

static void
write_past(struct alert_detail *d, struct json_writer *w, struct timeline *t, struct moment now)
{
	t->events = part_of(d, PART_EVENTS, d->scratch);
	t->from = wall_utc(wall_add(now.wall, -TIMELINE_SPAN));
	json_put_raw(w, "notifications", d->past[PART_TOLD].inner != NULL ? sbuf_get(&d->past[PART_TOLD].text) : STR("[]"));
	write_timeline(w, t);
	if (d->failed.kind != ERR_NONE)
		json_put_str(w, "history_error", str_from(d->failed.text));
	else
		json_put_null(w, "history_error");
}

static void
write_live(struct alert_detail *d, struct json_writer *w, const struct seen *s, struct moment now)
{
	struct engine *e = d->api->env.engine;
	struct writing to = { w, e, now };
	struct receiver_names receivers = { 0 };
	struct alert_texts texts = { 0 };
	bool over = alert_resolved_at(s->alert, now.wall);
	struct timeline timeline = { .over = over, .to = over ? wall_utc(alert_ends(s->alert)) : wall_utc(now.wall),
		.fires_since = over ? WALL_ZERO : wall_utc(alert_starts(s->alert)) };
	struct str word;
	unsigned severity = alert_severity(d->api, s->alert->labels, &word);
	size_t groups = 0;

	view_entry_groups(s->entry, count_group, &groups);
	receivers.v = ARENA_ARRAY(d->scratch, groups, struct str);
	view_entry_groups(s->entry, note_receiver, &receivers);
	json_object_begin(w);
	json_key(w, STR("alert"));
	write_alert(w, &texts, s->alert, &s->status, receivers.v, receivers.n, s->muted, s->muted_n);
	ext_put_time(w, "resolved_at", over ? alert_ends(s->alert) : WALL_ZERO);
	json_put_str(w, "severity", severity_text(d->api, severity, word));
	json_put_str(w, "state", over ? STR("resolved") : str_from(seen_state_text(s->state)));
	json_key(w, STR("groups"));
	json_array_begin(w);
	view_entry_groups(s->entry, write_group, &to);
	json_array_end(w);
	write_silences(w, &s->status);
	write_inhibition(w, e, &s->status);
	write_ack(w, s->status.acked_by);
	write_past(d, w, &timeline, now);
	json_object_end(w);
}

/* The receivers that were told of it lately, each once. */
static void
write_told(struct json_writer *w, const struct json *told)
{
	json_key(w, STR("receivers"));
	json_array_begin(w);
	for (size_t i = 0; i < told->n; i++) {
		struct str name = json_get_str(&told->v[i], "receiver", STR(""));
		bool before = false;

		for (size_t k = 0; k < i && !before; k++)
			before = str_eq(json_get_str(&told->v[k], "receiver", STR("")), name);
		if (before)
			continue;
		json_object_begin(w);
		json_put_str(w, "name", name);
		json_object_end(w);
	}
	json_array_end(w);
}

/* When it began to fire the last time, as far as that is known. */
static struct wall
last_start(const struct json *events)
{
	for (size_t i = 0; i < events->n; i++) {
		struct wall starts = event_time(&events->v[i], "starts");

		if (!str_is(json_get_str(&events->v[i], "kind", STR("")), "firing"))
			continue;
		return wall_is_zero(starts) ? event_time(&events->v[i], "at") : starts;
	}
	return WALL_ZERO;
}

static const char *const nothing[] = { "inhibitedBy", "mutedBy", "silencedBy" };

static void
write_gone_alert(struct alert_detail *d, struct json_writer *w, const struct json *last, struct wall ended)
{
	const struct json *labels = json_get(last, "labels");
	struct wall began = last_start(part_of(d, PART_EVENTS, d->scratch));

	json_key(w, STR("alert"));
	json_object_begin(w);
	json_put_raw(w, "annotations", STR("{}"));
	ext_put_time(w, "endsAt", ended);
	ext_put_fingerprint(w, "fingerprint", d->fingerprint);
	write_told(w, part_of(d, PART_TOLD, d->scratch));
	ext_put_time(w, "startsAt", wall_is_zero(began) ? ended : began);
	json_key(w, STR("status"));
	json_object_begin(w);
	for (size_t i = 0; i < ARRAY_LEN(nothing); i++)
		write_strings(w, nothing[i], NULL, 0);
	json_put_str(w, "state", STR("unprocessed"));
	json_object_end(w);
	ext_put_time(w, "updatedAt", ended);
	json_key(w, STR("labels"));
	json_object_begin(w);
	for (size_t i = 0; labels != NULL && i < labels->n; i++)
		if (labels->v[i].kind == JSON_STRING) {
			json_key(w, labels->keys[i]);
			json_str(w, labels->v[i].s);
		}
	json_object_end(w);
	json_object_end(w);
}

static struct str
severity_of(const struct api *a, const struct json *last, struct arena *scratch)
{
	const char *label = arena_str(scratch, severity_label(a)).p;
	struct str word = json_get_str(json_get(last, "labels"), label, STR(""));

	return severity_text(a, word_severity(a, word), word);
}

static void
write_gone(struct alert_detail *d, struct json_writer *w, const struct json *last, struct moment now)
{
	static const char *const empty[] = { "groups", "silences", "inhibited_by" };
	bool resolved = str_is(json_get_str(last, "kind", STR("")), "resolved");
	struct wall ended = event_time(last, "at");
	struct timeline timeline = { .over = true, .to = ended };

	json_object_begin(w);
	write_gone_alert(d, w, last, ended);
	ext_put_time(w, "resolved_at", resolved ? ended : WALL_ZERO);
	json_put_str(w, "severity", severity_of(d->api, last, d->scratch));
	json_put_str(w, "state", STR("resolved"));
	for (size_t i = 0; i < ARRAY_LEN(empty); i++)
		write_strings(w, empty[i], NULL, 0);
	json_put_null(w, "ack");
	write_past(d, w, &timeline, now);
	json_object_end(w);
}

/* Asks for the next part; false: history cannot be asked. */
static bool
ask(struct alert_detail *d, struct moment now)
{
	static const char *const told[] = { "notification", NULL }, *const ends[] = { "firing", "resolved", NULL };
	static const struct {
		const char *const *kinds;
		size_t limit;
		bool bare;
	} asked[PARTS] = {
		[PART_EVENTS] = { timeline_kinds, EVENTS_MAX, true },
		[PART_TOLD] = { told, TOLD_MAX, false },
		[PART_LAST] = { ends, 1, false },
	};
	struct past_query q = { .fingerprints = &d->fingerprint, .fingerprints_n = 1, .from = WALL_ZERO, .to = WALL_ZERO,
		.limit = asked[d->part].limit, .bare = asked[d->part].bare, .format = PAST_ITEMS };
	struct str kinds[8];

	while (asked[d->part].kinds[q.kinds_n] != NULL) {
		kinds[q.kinds_n] = str_from(asked[d->part].kinds[q.kinds_n]);
		q.kinds_n++;
	}
	q.kinds = kinds;
	return past_part_ask(&d->past[d->part], d->api, &d->body, &q, ANSWER_MAX, now, &d->failed);
}

/* Asks history and waits; HTTP_END: that is over, well or not. */
static enum http_more
look_back(struct alert_detail *d, struct work *w, struct moment now)
{
	while (d->part < PARTS) {
		struct past_part *part = &d->past[d->part];
		enum http_more more = HTTP_FAILED;

		/* Nothing has to be known of the end of one that is there. */
		if (d->part == PART_LAST && view_alert(d->api->env.engine, d->fingerprint) != NULL)
			break;
		if (part->inner != NULL || ask(d, now))
			more = past_part_read(part, w, now, &d->failed);
		if (more == HTTP_LATER || more == HTTP_WAIT)
			return more;
		if (more == HTTP_FAILED) {
			past_part_end(part);
			break;
		}
		if (more == HTTP_END) {
			work_spend(w, PARSE_UNITS(part->text.n));
			d->part++;
		}
		if (work_used_up(w))
			return HTTP_LATER;
	}
	d->part = PARTS;
	return HTTP_END;
}

static void
answer_gone(struct alert_detail *d, struct moment now)
{
	const struct json *last = part_of(d, PART_LAST, d->scratch);
	struct json_writer w;

	if (d->failed.kind != ERR_NONE) {
		packed_error(&d->body, 503, d->failed.kind == ERR_LIMIT ? "too_many_questions" : "no_history",
		    str_from(d->failed.text));
	} else if (last->n == 0) {
		packed_error(&d->body, 404, "not_found", STR("there is no such alert, and history knows of none"));
	} else {
		json_writer_init(&w, &d->body.plain, JSON_HTML_ESCAPED);
		write_gone(d, &w, &last->v[0], now);
		sbuf_putc(&d->body.plain, '\n');
	}
}

static enum http_more
make(struct packed *body, struct work *w, struct moment now, struct err *e)
{
	struct alert_detail *d = CONTAINER_OF(body, struct alert_detail, body);
	struct engine *engine = d->api->env.engine;
	enum http_more more = d->part < PARTS ? look_back(d, w, now) : HTTP_END;
	struct json_writer out;
	const struct alert *a;
	struct seen seen;

	(void)e;
	if (more != HTTP_END)
		return more;
	engine_see(engine, now);
	arena_reset(d->scratch);
	a = view_alert(engine, d->fingerprint);
	if (a == NULL) {
		/* It was there when that would have been asked. */
		if (d->past[PART_LAST].inner == NULL && d->failed.kind == ERR_NONE && d->api->env.past != NULL) {
			d->part = PART_LAST;
			return HTTP_LATER;
		}
		answer_gone(d, now);
		return HTTP_END;
	}
	if (!look_only(&d->look, engine, view_entry(engine, a->labels), a, now, w, d->scratch, &seen))
		return HTTP_LATER;
	json_writer_init(&out, &body->plain, JSON_HTML_ESCAPED);
	write_live(d, &out, &seen, now);
	sbuf_putc(&body->plain, '\n');
	return HTTP_END;
}

static void
fini(struct packed *body)
{
	struct alert_detail *d = CONTAINER_OF(body, struct alert_detail, body);

	for (size_t i = 0; i < PARTS; i++)
		past_part_end(&d->past[i]);
	look_fini(&d->look);
	arena_free(&d->scratch);
}

void
api_ext_alert(struct call *c)
{
	struct alert_detail *d;
	uint64_t fingerprint;

	if (!fingerprint_parse(c->params[0], &fingerprint) || !ext_query_known(c, NULL, 0))
		return;
	if (view_alert(c->api->env.engine, fingerprint) == NULL && c->api->env.past == NULL) {
		ext_error(c, 404, "not_found", STR("there is no such alert now"));
		return;
	}
	d = NEW(struct alert_detail);
	if (!look_init(&d->look, c)) {
		mem_free(d);
		return;
	}
	d->api = c->api;
	d->scratch = arena_new();
	d->fingerprint = fingerprint;
	d->part = c->api->env.past != NULL ? PART_EVENTS : PARTS;
	d->body.make = make;
	d->body.fini = fini;
	ext_reply_later(c);
	packed_reply(c, &d->body);
}
