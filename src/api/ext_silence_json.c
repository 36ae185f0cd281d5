/* SPDX-License-Identifier: Apache-2.0 */
#include "ext_silence_json.h"

#include "base/tz.h"
#include "model/schedule.h"

struct str
silence_kind(const struct silence *s)
{
	if (silence_is_ack(s))
		return STR("ack");
	return silence_schedule(s) != NULL ? STR("recurring") : STR("silence");
}

static void
write_window(struct json_writer *w, const struct schedule_window *window)
{
	char time[SCHEDULE_TIME_MAX];

	json_object_begin(w);
	json_key(w, STR("weekdays"));
	json_array_begin(w);
	for (int day = 0; day < 7; day++)
		if (window->weekdays >> day & 1)
			json_str(w, str_from(schedule_weekday_text(day)));
	json_array_end(w);
	schedule_time_text(window->from, time);
	json_put_str(w, "from", str_from(time));
	schedule_time_text(window->to, time);
	json_put_str(w, "to", str_from(time));
	json_object_end(w);
}

static void
write_schedule(struct json_writer *w, const struct schedule *s)
{
	if (s == NULL) {
		json_put_null(w, "schedule");
		return;
	}
	json_key(w, STR("schedule"));
	json_object_begin(w);
	json_put_str(w, "location", zone_name(s->location));
	json_key(w, STR("windows"));
	json_array_begin(w);
	for (size_t i = 0; i < s->n; i++)
		write_window(w, &s->windows[i]);
	json_array_end(w);
	ext_put_time(w, "until", s->until);
	json_object_end(w);
}

static void
write_sets(struct json_writer *w, const struct silence *s)
{
	ext_put_matchers(w, "matchers", &s->sets[0]);
	if (s->sets_n == 1)
		return;
	json_key(w, STR("sets"));
	json_array_begin(w);
	for (size_t i = 0; i < s->sets_n; i++)
		write_matchers(w, &s->sets[i]);
	json_array_end(w);
}

void
write_ext_silence(struct json_writer *w, const struct silence *s, struct wall now)
{
	json_put_str(w, "id", str_from(s->id));
	json_key(w, STR("status"));
	json_object_begin(w);
	json_put_str(w, "state", str_from(silence_state_text(silence_state_at(s, now))));
	json_object_end(w);
	if (s->sets_n > 0)
		write_sets(w, s);
	ext_put_time(w, "startsAt", s->starts);
	ext_put_time(w, "endsAt", s->ends);
	ext_put_time(w, "updatedAt", s->updated);
	json_put_str(w, "createdBy", istr_str(s->created_by));
	json_put_str(w, "comment", istr_str(s->comment));
	ext_put_labels(w, "annotations", s->annotations);
	json_put_str(w, "kind", silence_kind(s));
	if (s->source != NULL)
		json_put_str(w, "source", istr_str(s->source));
	else
		json_put_null(w, "source");
	json_put_bool(w, "read_only", s->source != NULL);
	if (silence_ends_with_alert(s))
		json_put_str(w, "ends_with", STR("alert"));
	else
		json_put_null(w, "ends_with");
	json_put_bool(w, "notify_resolved", s->extra != NULL && s->extra->notify_resolved);
	write_schedule(w, silence_schedule(s));
}
