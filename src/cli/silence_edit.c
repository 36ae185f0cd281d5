/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin silence add, update, import */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rfc3339.h"
#include "cli.h"
#include "text/json_small.h"
#include "text/url.h"

struct edit {
	struct str author, comment, start, end;
	struct cli_strings annotations;
	span duration;
	bool duration_given, require_comment, quiet;
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

/* Posts one silence; the id it has then. */
static bool
post(struct cli *c, struct str body, struct str *id_out)
{
	struct json_t *j;
	struct str answer;

	if (!cli_call(c, "POST", STR("/api/v2/silences"), body, &answer))
		return false;
	j = json_small_parse(answer, JSON_DOCUMENT, &c->e);
	if (j == NULL)
		return err_ctx(&c->e, "the answer of the server");
	*id_out = arena_str(c->arena, json_small_str(j, "silenceID", STR("")));
	json_small_free(&j);
	return true;
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
put_annotations(struct cli *c, struct json_writer *w, const struct cli_strings *list)
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

/* From when to when; `starts` is a default. */
static bool
edit_times(struct cli *c, const struct edit *e, struct wall *starts, struct wall *ends)
{
	if (e->start.n > 0 && !cli_when(c, "start", e->start, starts))
		return false;
	if (e->end.n > 0 && !cli_when(c, "end", e->end, ends))
		return false;
	if (e->end.n == 0 && e->duration_given) {
		if (e->duration <= 0)
			return err_set(&c->e, ERR_INVALID, "silence duration must be greater than 0");
		*ends = wall_add(*starts, e->duration);
	}
	if (wall_before(*ends, *starts))
		return err_set(&c->e, ERR_INVALID, "silence cannot start after it ends");
	return true;
}

static bool
put_new(struct cli *c, const struct edit *e, const struct matchers *ms, struct sbuf *body)
{
	struct wall starts = cli_now(), ends = starts;
	struct json_writer w;

	if (ms->n == 0)
		return err_set(&c->e, ERR_INVALID, "no matchers specified");
	if (e->require_comment && e->comment.n == 0)
		return err_set(&c->e, ERR_INVALID, "a comment is required: -c TEXT, or --no-require-comment");
	if (!edit_times(c, e, &starts, &ends))
		return false;
	json_writer_init(&w, body, JSON_HTML_PLAIN);
	json_object_begin(&w);
	put_matchers(&w, ms);
	json_put_wall(&w, "startsAt", starts);
	json_put_wall(&w, "endsAt", ends);
	json_put_str(&w, "createdBy", e->author.n > 0 ? e->author : user_name(c));
	json_put_str(&w, "comment", e->comment);
	if (!put_annotations(c, &w, &e->annotations))
		return false;
	json_object_end(&w);
	return true;
}

int
cli_silence_add(struct cli *c, int argc, char *const *argv)
{
	struct edit e = { .duration = SPAN_HOUR, .duration_given = true, .require_comment = true };
	struct cli_flag flags[] = {
		{ "author", 'a', CLI_STRING, &e.author, "Who silences; by default the user's name." },
		{ "comment", 'c', CLI_STRING, &e.comment, "Why." },
		{ "require-comment", 0, CLI_BOOL, &e.require_comment, "Refuse a silence without comment." },
		{ "duration", 'd', CLI_SPAN, &e.duration, "How long: 30m, 2h, 1d12h. By default 1h." },
		{ "start", 0, CLI_STRING, &e.start, "When it begins: RFC 3339, now, +2h. By default now." },
		{ "end", 0, CLI_STRING, &e.end, "When it ends, instead of a duration." },
		{ "annotation", 0, CLI_STRINGS, &e.annotations, "Annotation, name=value." },
		CLI_FLAGS_END,
	};
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);
	struct matchers ms = { 0 };
	struct str id;
	bool ok;

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	ok = cli_matchers(c, &ms) && put_new(c, &e, &ms, &body) && post(c, sbuf_get(&body), &id);
	if (ok && c->output == CLI_JSON)
		printf("{\"silenceID\":\"%.*s\"}\n", STR_ARG(id));
	else if (ok)
		printf("%.*s\n", STR_ARG(id));
	matchers_fini(&ms);
	sbuf_fini(&body);
	return ok ? 0 : cli_fail(c);
}

/* What a client may set of a silence the server knows, but for the times and the comment. */
static void
put_kept(struct json_writer *w, const struct json *s, bool with_id)
{
	static const char *const kept[] = { "matchers", "createdBy", "annotations" };

	if (with_id && json_get_str(s, "id", STR_NONE).n > 0)
		json_put_str(w, "id", json_get_str(s, "id", STR_NONE));
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (json_get(s, kept[i]) != NULL) {
			json_key(w, str_from(kept[i]));
			cli_put_json(w, json_get(s, kept[i]));
		}
}

static struct str
silence_path(struct cli *c, struct str id)
{
	struct sbuf escaped = SBUF_INIT(1 << 16);
	struct str out;

	url_path_escape(&escaped, id);
	out = arena_printf(c->arena, "/api/v2/silence/%s", sbuf_cstr(&escaped));
	sbuf_fini(&escaped);
	return out;
}

static bool
update(struct cli *c, const struct edit *e, struct str id, const struct json **out)
{
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);
	struct json_writer w;
	struct wall starts, ends;
	struct str new_id;
	bool ok = false;

	if (!cli_get(c, silence_path(c, id), JSON_OBJECT, out)) {
		if (c->status == 404)
			err_set(&c->e, ERR_NOT_FOUND, "there is no silence %.*s", STR_ARG(id));
		goto out;
	}
	if (!rfc3339_parse(json_get_str(*out, "startsAt", STR("")), &starts, &c->e) ||
	    !rfc3339_parse(json_get_str(*out, "endsAt", STR("")), &ends, &c->e) || !edit_times(c, e, &starts, &ends))
		goto out;
	json_writer_init(&w, &body, JSON_HTML_PLAIN);
	json_object_begin(&w);
	put_kept(&w, *out, true);
	json_put_wall(&w, "startsAt", starts);
	json_put_wall(&w, "endsAt", ends);
	json_put_str(&w, "comment", e->comment.n > 0 ? e->comment : json_get_str(*out, "comment", STR("")));
	json_object_end(&w);
	ok = post(c, sbuf_get(&body), &new_id) && cli_get(c, silence_path(c, new_id), JSON_OBJECT, out);
out:
	sbuf_fini(&body);
	return ok;
}

int
cli_silence_update(struct cli *c, int argc, char *const *argv)
{
	struct edit e = { .duration = -1 };
	struct cli_flag flags[] = {
		{ "quiet", 'q', CLI_BOOL, &e.quiet, "Print only ids." },
		{ "duration", 'd', CLI_SPAN, &e.duration, "How long, counted from the start of the silence." },
		{ "start", 0, CLI_STRING, &e.start, "When it begins: RFC 3339, now, +2h." },
		{ "end", 0, CLI_STRING, &e.end, "When it ends, instead of a duration: +2h is two hours from now." },
		{ "comment", 'c', CLI_STRING, &e.comment, "Why." },
		CLI_FLAGS_END,
	};
	const struct json **updated;
	size_t n = 0;
	bool ok = true;

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	if (c->args_n == 0) {
		err_set(&c->e, ERR_INVALID, "no silence IDs specified");
		return cli_fail(c);
	}
	e.duration_given = e.duration >= 0;
	updated = ARENA_ARRAY(c->arena, c->args_n, const struct json *);
	while (ok && n < c->args_n) {
		ok = update(c, &e, c->args[n], &updated[n]);
		n += ok;
	}
	if (n > 0)
		cli_print_silences(c, updated, n, e.quiet);
	return ok ? 0 : cli_fail(c);
}

/* As it stands in the file; with an id that the server does not know it becomes a new one. */
static bool
import_one(struct cli *c, const struct json *s, bool force, struct str *id_out)
{
	static const char *const more[] = { "startsAt", "endsAt", "comment" };
	bool ok = false, with_id = !force;

	for (;;) {
		struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);
		struct json_writer w;

		json_writer_init(&w, &body, JSON_HTML_PLAIN);
		json_object_begin(&w);
		put_kept(&w, s, with_id);
		for (size_t i = 0; i < ARRAY_LEN(more); i++)
			if (json_get(s, more[i]) != NULL) {
				json_key(&w, str_from(more[i]));
				cli_put_json(&w, json_get(s, more[i]));
			}
		json_object_end(&w);
		ok = post(c, sbuf_get(&body), id_out);
		sbuf_fini(&body);
		if (ok || c->status != 404 || !with_id)
			return ok;
		with_id = false;
	}
}

int
cli_silence_import(struct cli *c, int argc, char *const *argv)
{
	bool force = false;
	struct str worker = STR_NONE, text;
	struct cli_flag flags[] = {
		{ "force", 'f', CLI_BOOL, &force, "Make new silences of all, also of those that are there already." },
		{ "worker", 'w', CLI_STRING, &worker, "Accepted, without effect." },
		CLI_FLAGS_END,
	};
	const struct json *list;
	size_t failed = 0;

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	if (c->args_n > 1) {
		err_set(&c->e, ERR_INVALID, "unexpected %.*s", STR_ARG(c->args[1]));
		return cli_fail(c);
	}
	if (!cli_read(c, c->args_n > 0 ? c->args[0] : STR("-"), &text))
		return cli_fail(c);
	if (!cli_parse_json(c, text, JSON_ARRAY, &list)) {
		err_ctx(&c->e, "couldn't unmarshal input data, is it JSON?");
		return cli_fail(c);
	}
	for (size_t i = 0; i < list->n; i++) {
		struct str id = json_get_str(&list->v[i], "id", STR("")), new_id;

		if (import_one(c, &list->v[i], force, &new_id)) {
			printf("%.*s\n", STR_ARG(new_id));
			continue;
		}
		cli_complain("error adding silence id='%.*s': %s", STR_ARG(id), c->e.text);
		failed++;
		/* Without a server the others fare no better. */
		if (c->status == 0) {
			failed = list->n - i;
			break;
		}
	}
	if (failed == 0)
		return 0;
	err_set(&c->e, ERR_INVALID, "couldn't import %zu out of %zu silences", failed, list->n);
	return cli_fail(c);
}
