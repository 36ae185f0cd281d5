/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin silence add */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "silences.h"

struct settings {
	struct silence_times times;
	struct str author, comment;
	struct words annotations;
	bool require_comment;
};

static const struct flag flags[] = {
	STRING_FLAG(struct settings, author, "author", .letter = 'a', .help = "Who silences; by default the user's name."),
	STRING_FLAG(struct settings, comment, "comment", .letter = 'c', .help = "Why."),
	BOOL_FLAG(struct settings, require_comment, "require-comment", .fallback = "true",
	    .help = "Refuse a silence without comment."),
	SPAN_FLAG(struct settings, times.duration, "duration", .letter = 'd', .fallback = "1h", .value = "DURATION",
	    .help = "How long: 30m, 2h, 1d12h. By default 1h."),
	STRING_FLAG(struct settings, times.start, "start", .help = "When it begins: RFC 3339, now, +2h. By default now."),
	STRING_FLAG(struct settings, times.end, "end", .help = "When it ends, instead of a duration."),
	STRINGS_FLAG(struct settings, annotations, "annotation", .help = "Annotation, name=value."),
	FLAGS_END,
};

static struct str
user_name(struct cli *c)
{
	struct passwd p, *found = NULL;
	char *room = arena_alloc(c->arena, 16384);
	const char *user;

	if (getpwuid_r(geteuid(), &p, room, 16384, &found) == 0 && found != NULL)
		return arena_str(c->arena, str_from(p.pw_name));
	user = getenv("USER");
	return user != NULL ? str_from(user) : STR("");
}

static void
put_matchers(struct json_writer *w, const struct matchers *ms)
{
	json_key(w, STR("matchers"));
	json_array_begin(w);
	for (size_t i = 0; i < ms->n; i++) {
		const struct matcher *m = &ms->m[i];

		json_object_begin(w);
		json_put_str(w, "name", istr_str(m->name));
		json_put_str(w, "value", istr_str(m->value));
		json_put_bool(w, "isRegex", m->op == MATCH_RE || m->op == MATCH_NRE);
		json_put_bool(w, "isEqual", m->op == MATCH_EQ || m->op == MATCH_RE);
		json_object_end(w);
	}
	json_array_end(w);
}

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
put_new(struct cli *c, const struct settings *s, const struct matchers *ms, struct sbuf *body)
{
	struct wall starts = cli_now(), ends = starts;
	struct json_writer w;

	if (ms->n == 0)
		return err_set(&c->e, ERR_INVALID, "no matchers specified");
	if (s->require_comment && s->comment.n == 0)
		return err_set(&c->e, ERR_INVALID, "a comment is required: -c TEXT, or --no-require-comment");
	if (!cli_silence_times(c, &s->times, &starts, &ends))
		return false;
	json_writer_init(&w, body, JSON_HTML_PLAIN);
	json_object_begin(&w);
	put_matchers(&w, ms);
	json_put_wall(&w, "startsAt", starts);
	json_put_wall(&w, "endsAt", ends);
	json_put_str(&w, "createdBy", s->author.n > 0 ? s->author : user_name(c));
	json_put_str(&w, "comment", s->comment);
	if (!put_annotations(c, &w, &s->annotations))
		return false;
	json_object_end(&w);
	return true;
}

static int
run(struct cli *c)
{
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);
	struct matchers ms = { 0 };
	struct str id;
	bool ok;

	ok = cli_matchers(c, &ms) && put_new(c, c->settings, &ms, &body) && cli_silence_post(c, sbuf_get(&body), &id);
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
	.examples = "  tocsin silence add DiskFull instance=db1 -d 2h -c 'new disk ordered'\n"
		    "  tocsin silence add 'instance=~\"db[12]\"' --start +1h --end +3h -c maintenance\n",
};
