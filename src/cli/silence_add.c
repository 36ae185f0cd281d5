/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin silence add */
#include <stdio.h>

#include "model/schedule.h"
#include "silences.h"

struct settings {
	struct silence_times times;
	struct str author, comment;
	struct words annotations;
	bool require_comment;
	/* For tocsin alone: */
	bool ends_with_alert, notify_resolved;
	struct str weekdays, from, to, location, until;
};

static const struct flag flags[] = {
	STRING_FLAG(
	    struct settings, author, "author", .letter = 'a', .help = "Who silences; by default the user's name."),
	STRING_FLAG(struct settings, comment, "comment", .letter = 'c', .help = "Why."),
	BOOL_FLAG(struct settings, require_comment, "require-comment", .fallback = "true",
	    .help = "Refuse a silence without comment."),
	SPAN_FLAG(struct settings, times.duration, "duration", .letter = 'd', .fallback = "1h", .value = "DURATION",
	    .help = "How long: 30m, 2h, 1d12h. By default 1h."),
	STRING_FLAG(
	    struct settings, times.start, "start", .help = "When it begins: RFC 3339, now, +2h. By default now."),
	STRING_FLAG(struct settings, times.end, "end", .help = "When it ends, instead of a duration."),
	STRINGS_FLAG(struct settings, annotations, "annotation", .help = "Annotation, name=value."),
	BOOL_FLAG(struct settings, ends_with_alert, "ends-with-alert",
	    .help = "It ends when what it covers has resolved, after its duration at the latest."),
	BOOL_FLAG(
	    struct settings, notify_resolved, "notify-resolved", .help = "Tell when an alert it covers has resolved."),
	STRING_FLAG(struct settings, from, "from",
	    .help = "It comes again: from this time of the day, like 22:00, instead of a duration."),
	STRING_FLAG(struct settings, to, "to", .help = "... to this time of that day or the next."),
	STRING_FLAG(
	    struct settings, weekdays, "weekdays", .help = "... on these days, like mon,tue; by default on all."),
	STRING_FLAG(struct settings, location, "location",
	    .help = "... by the clocks of a place, like Europe/Istanbul; by default UTC."),
	STRING_FLAG(struct settings, until, "until", .help = "... until then: RFC 3339, +30d; by default for ever."),
	FLAGS_END,
};

static bool
put_annotations(struct cli *c, struct json_writer *w, const struct words *list)
{
	struct str *names = ARENA_ARRAY(c->arena, list->n, struct str);
	struct str *values = ARENA_ARRAY(c->arena, list->n, struct str);

	if (!cli_pairs(c, list->v, list->n, "annotations", false, names, values))
		return false;
	if (list->n == 0)
		return true;
	json_key(w, STR("annotations"));
	json_object_begin(w);
	for (size_t i = 0; i < list->n; i++) {
		json_key(w, names[i]);
		json_str(w, values[i]);
	}
	json_object_end(w);
	return true;
}

static bool
comes_again(const struct settings *s)
{
	return s->from.n > 0 || s->to.n > 0 || s->weekdays.n > 0 || s->location.n > 0 || s->until.n > 0;
}

/* API v2 has no words for it. */
static bool
is_ours(const struct settings *s)
{
	return s->ends_with_alert || s->notify_resolved || comes_again(s);
}

static void
put_weekdays(struct json_writer *w, struct str list)
{
	json_key(w, STR("weekdays"));
	json_array_begin(w);
	for (int day = 0; list.n == 0 && day < 7; day++)
		json_str(w, str_from(schedule_weekday_text(day)));
	while (list.n > 0) {
		size_t comma = str_chr(list, ',');

		json_str(w, str_trim(str_sub(list, 0, comma)));
		list = str_sub(list, comma + 1, list.n);
	}
	json_array_end(w);
}

/* Whether the words are days and times the server says. */
static bool
put_schedule(struct cli *c, struct json_writer *w, const struct settings *s)
{
	struct wall until;

	if (s->from.n == 0 || s->to.n == 0)
		return err_set(&c->e, ERR_INVALID, "a silence that comes again needs --from and --to");
	if (cli_given(c, "duration") || cli_given(c, "end"))
		return err_set(
		    &c->e, ERR_INVALID, "a silence that comes again lasts --from to --to, and ends with --until");
	json_key(w, STR("schedule"));
	json_object_begin(w);
	if (s->location.n > 0)
		json_put_str(w, "location", s->location);
	json_key(w, STR("windows"));
	json_array_begin(w);
	json_object_begin(w);
	put_weekdays(w, s->weekdays);
	json_put_str(w, "from", s->from);
	json_put_str(w, "to", s->to);
	json_object_end(w);
	json_array_end(w);
	if (s->until.n > 0) {
		if (!cli_when(c, "until", s->until, &until))
			return false;
		json_put_wall(w, "until", until);
	}
	json_object_end(w);
	return true;
}

/* For amtool's sake the times of an ordinary silence are by the clock here; those of another one by the server's. */
static bool
put_times(struct cli *c, struct json_writer *w, const struct settings *s)
{
	struct wall starts = cli_now(), ends = starts;

	if (!cli_silence_times(c, &s->times, &starts, &ends))
		return false;
	if (!is_ours(s) || s->times.start.n > 0)
		json_put_wall(w, "startsAt", starts);
	if (comes_again(s))
		return put_schedule(c, w, s);
	if (!is_ours(s) || s->times.start.n > 0 || s->times.end.n > 0)
		json_put_wall(w, "endsAt", ends);
	else
		cli_put_seconds(w, "duration", s->times.duration);
	return true;
}

static bool
put_new(struct cli *c, const struct settings *s, const struct matchers *ms, struct sbuf *body)
{
	struct json_writer w;

	if (ms->n == 0)
		return err_set(&c->e, ERR_INVALID, "no matchers specified");
	if (s->require_comment && s->comment.n == 0)
		return err_set(&c->e, ERR_INVALID, "a comment is required: -c TEXT, or --no-require-comment");
	json_writer_init(&w, body, JSON_HTML_PLAIN);
	json_object_begin(&w);
	cli_put_matchers(&w, ms);
	if (!put_times(c, &w, s))
		return false;
	json_put_str(&w, "createdBy", s->author.n > 0 ? s->author : cli_user_name(c));
	json_put_str(&w, "comment", s->comment);
	if (!put_annotations(c, &w, &s->annotations))
		return false;
	if (s->ends_with_alert)
		json_put_str(&w, "ends_with", STR("alert"));
	if (s->notify_resolved)
		json_put_bool(&w, "notify_resolved", true);
	json_object_end(&w);
	return true;
}

static int
run(struct cli *c)
{
	const struct settings *s = c->settings;
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);
	struct matchers ms = { 0 };
	struct str id;
	bool ok;

	ok = cli_matchers(c, &ms) && put_new(c, s, &ms, &body) &&
	    cli_silence_post(c, is_ours(s) ? "/api/ext/v1/silences" : "/api/v2/silences", sbuf_get(&body), &id);
	if (ok && c->output == CLI_JSON)
		printf("{\"silenceID\":\"%.*s\"}\n", STR_ARG(id));
	else if (ok)
		printf("%.*s\n", STR_ARG(id));
	matchers_fini(&ms);
	sbuf_fini(&body);
	return ok ? 0 : cli_fail(c);
}

const struct cli_command command_silence_add = {
	.group = "silence",
	.name = "add",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "MATCHER...",
	.one_output = true,
	.help = "Add a silence; prints its id.",
	.examples =
	    "  tocsin silence add DiskFull instance=db1 -d 2h -c 'new disk ordered'\n"
	    "  tocsin silence add 'instance=~\"db[12]\"' --start +1h --end +3h -c maintenance\n"
	    "  tocsin silence add DiskFull -d 2d --ends-with-alert -c 'new disk ordered'\n"
	    "  tocsin silence add job=backup --from 22:00 --to 06:00 --weekdays fri,sat --location Europe/Istanbul -c backup\n",
};
