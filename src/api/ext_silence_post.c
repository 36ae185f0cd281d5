/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/ext/v1/silences: makes or changes a silence.
 *
 * The body is API v2's, with a duration in place of endsAt, and with what only we know: ends_with, notify_resolved,
 * schedule. When an existing silence is changed and none of these is given, they stay as they are.
 */
#include <string.h>

#include "base/mem.h"
#include "ext.h"
#include "model/schedule.h"

struct posted {
	struct matchers matchers;	/* owned */
	struct labels *annotations;	/* owned reference, or NULL */
	struct str id, created_by, comment;
	struct wall starts, ends;
	span duration;			/* 0: absent */
	bool extra;			/* one of these is there: */
	bool ends_with_alert, notify_resolved;
	const struct json *schedule;
};

static void
posted_fini(struct posted *p)
{
	matchers_fini(&p->matchers);
	labels_unref(p->annotations);
}

static bool
refuse(struct call *c, const char *field, const char *message)
{
	ext_error_at(c, 400, "bad_member", str_from(message), field, -1);
	return false;
}

static bool
read_extra(struct call *c, const struct json *o, struct posted *p)
{
	struct str ends_with = STR_NONE;

	if (!ext_member_str(c, o, "ends_with", &ends_with) ||
	    !ext_member_bool(c, o, "notify_resolved", &p->notify_resolved) ||
	    !ext_member_object(c, o, "schedule", &p->schedule))
		return false;
	p->ends_with_alert = str_is(ends_with, "alert");
	p->extra = json_get(o, "ends_with") != NULL || json_get(o, "notify_resolved") != NULL ||
	    json_get(o, "schedule") != NULL;
	return ends_with.n == 0 || p->ends_with_alert || refuse(c, "ends_with", "ends_with must be \"alert\" or null");
}

static bool
read_posted(struct call *c, const struct json *o, struct posted *p)
{
	if (!ext_member_str(c, o, "id", &p->id) || !ext_member_str(c, o, "comment", &p->comment) ||
	    !ext_member_author(c, o, "createdBy", &p->created_by) || !ext_member_time(c, o, "startsAt", &p->starts) ||
	    !ext_member_time(c, o, "endsAt", &p->ends) || !ext_member_seconds(c, o, "duration", &p->duration) ||
	    !read_extra(c, o, p) || !ext_member_labels(c, o, "annotations", &p->annotations) ||
	    !ext_member_matchers(c, o, "matchers", &p->matchers))
		return false;
	return p->matchers.n > 0 || refuse(c, "matchers", "a silence needs at least one matcher");
}

/* The silence that it changes; false: there is none of that id. */
static bool
find_previous(struct call *c, const struct posted *p, const struct silence **out)
{
	*out = p->id.n > 0 ? view_silence(c->api->env.engine, p->id) : NULL;
	if (p->id.n == 0 || *out != NULL)
		return true;
	ext_error_at(c, 404, "not_found",
	    STR("there is no silence of this id; what has ended is forgotten after a while"), "id", -1);
	return false;
}

/* From when to when; one that is active began when it began. */
static bool
settle_times(struct call *c, struct posted *p, const struct silence *prev)
{
	struct wall now = wall_utc(c->now.wall);

	if (p->schedule != NULL)
		return (wall_is_zero(p->ends) && p->duration == 0) ||
		    refuse(c, p->duration > 0 ? "duration" : "endsAt", "a silence with a schedule ends by its until");
	if (wall_is_zero(p->ends) == (p->duration == 0))
		return refuse(c, "endsAt", "either endsAt or duration has to be given");
	if (p->duration > 0)
		p->ends = wall_add(wall_is_zero(p->starts) ? now : p->starts, p->duration);
	if (wall_is_zero(p->starts))
		p->starts = prev != NULL && silence_state_at(prev, now) == SILENCE_ACTIVE ? prev->starts : now;
	if (wall_cmp(p->starts, p->ends) >= 0)
		return refuse(c, "endsAt", "the end must be after the start");
	if (p->ends.s > WALL_LAST_S)
		return refuse(c, p->duration > 0 ? "duration" : "endsAt", "the end lies after the year 9999");
	return !wall_before(p->ends, now) || refuse(c, "endsAt", "the end lies in the past");
}

static bool
refuse_window(struct call *c, size_t i, const struct err *e)
{
	ext_error_at(c, 400, "bad_schedule", arena_str(c->arena, str_from(e->text)), "windows", (int)i);
	return false;
}

static bool
read_weekdays(const struct json *list, uint8_t *out, struct err *e)
{
	*out = 0;
	if (list == NULL || list->kind != JSON_ARRAY)
		return err_set(e, ERR_INVALID, "weekdays must be a list like [\"mon\",\"fri\"]");
	for (size_t i = 0; i < list->n; i++) {
		uint8_t bit;

		if (list->v[i].kind != JSON_STRING)
			return err_set(
			    e, ERR_INVALID, "a weekday is a string, not a %s", json_kind_name(list->v[i].kind));
		if (!schedule_parse_weekday(str_sub(list->v[i].s, 0, 64), &bit, e))
			return false;
		*out |= bit;
	}
	return true;
}

static bool
read_window(struct call *c, const struct json *o, size_t i, struct schedule *s)
{
	static const char *const known[] = { "weekdays", "from", "to", NULL };
	struct schedule_window w = { 0 };
	struct err e = { 0 };

	if (o->kind != JSON_OBJECT) {
		err_set(&e, ERR_INVALID, "a window is an object with weekdays, from and to, not a %s",
		    json_kind_name(o->kind));
		return refuse_window(c, i, &e);
	}
	if (!ext_known(c, o, known))
		return false;
	if (read_weekdays(json_get(o, "weekdays"), &w.weekdays, &e) &&
	    schedule_parse_time(str_sub(json_get_str(o, "from", STR("")), 0, 64), &w.from, &e) &&
	    schedule_parse_time(str_sub(json_get_str(o, "to", STR("")), 0, 64), &w.to, &e) && schedule_add(s, w, &e))
		return true;
	return refuse_window(c, i, &e);
}

static bool
read_schedule(struct call *c, const struct json *o, struct schedule *s)
{
	static const char *const known[] = { "location", "windows", "until", NULL };
	const struct json *windows;
	struct str location = STR("UTC");
	struct err e = { 0 };

	if (!ext_known(c, o, known) || !ext_member_str(c, o, "location", &location) ||
	    !ext_member_array(c, o, "windows", &windows) || !ext_member_time(c, o, "until", &s->until))
		return false;
	if (location.n > 100 || !schedule_set_location(s, location, &e)) {
		ext_error_at(c, 400, "bad_schedule",
		    arena_printf(c->arena, "unknown time zone \"%.*s\": one like Europe/Istanbul, or UTC",
			STR_ARG(str_sub(location, 0, 100))),
		    "location", -1);
		return false;
	}
	if (windows == NULL || windows->n == 0)
		return refuse(c, "windows", "a schedule needs at least one window");
	for (size_t i = 0; i < windows->n; i++)
		if (!read_window(c, &windows->v[i], i, s))
			return false;
	return true;
}

static bool
draft_extra(struct call *c, const struct posted *p, struct silence *s)
{
	if (!p->extra)
		return true;
	s->extra = silence_extra_new();
	s->extra->ends_with_alert = p->ends_with_alert;
	s->extra->notify_resolved = p->notify_resolved;
	if (p->schedule == NULL)
		return true;
	s->extra->schedule = NEW(struct schedule);
	s->extra->schedule->until = WALL_ZERO;
	return read_schedule(c, p->schedule, s->extra->schedule);
}

/* NULL: answered. */
static struct silence *
draft(struct call *c, struct posted *p, const struct silence *prev)
{
	struct silence *s = silence_new();

	if (prev != NULL)
		memcpy(s->id, prev->id, sizeof(s->id));
	silence_add_set(s);
	s->sets[0] = p->matchers;
	p->matchers = (struct matchers){ 0 };
	if (p->annotations != NULL) {
		labels_unref(s->annotations);
		s->annotations = labels_ref(p->annotations);
	}
	istr_unref(s->created_by);
	istr_unref(s->comment);
	s->created_by = istr_get(p->created_by);
	s->comment = istr_get(p->comment);
	s->starts = p->starts;
	s->ends = p->ends;
	if (draft_extra(c, p, s))
		return s;
	silence_unref(s);
	return NULL;
}

static void
set_silence(struct call *c, const struct silence *s)
{
	struct err e = { 0 };
	char id[SILENCE_ID_MAX];
	struct json_writer w;

	if (!engine_silence_set(c->api->env.engine, s, c->now, id, &e)) {
		ext_refused(c, &e);
		return;
	}
	c->resp->wait_durable = true;
	ext_reply_begin(c, &w);
	json_object_begin(&w);
	json_put_str(&w, "silenceID", str_from(id));
	json_object_end(&w);
	ext_reply_end(c);
}

static void
post(struct call *c, const struct json *o, struct posted *p)
{
	const struct silence *prev;
	struct silence *s;

	if (!read_posted(c, o, p) || !find_previous(c, p, &prev) || !settle_times(c, p, prev))
		return;
	if (prev != NULL && silence_is_ack(prev) && p->extra) {
		refuse(c, "id",
		    "this is an acknowledgement, which has no ends_with, notify_resolved or schedule to choose: POST ack");
		return;
	}
	s = draft(c, p, prev);
	if (s != NULL)
		set_silence(c, s);
	silence_unref(s);
}

void
api_ext_silence_post(struct call *c)
{
	static const char *const known[] = { "id", "matchers", "startsAt", "endsAt", "duration", "createdBy", "comment",
		"annotations", "ends_with", "notify_resolved", "schedule", NULL };
	const struct json *o;
	struct posted p = { .starts = WALL_ZERO, .ends = WALL_ZERO };

	if (!ext_has_room(c) || (o = ext_body(c, known)) == NULL)
		return;
	post(c, o, &p);
	posted_fini(&p);
}
