/* SPDX-License-Identifier: Apache-2.0 */
/* silences.c - gets, prints and posts silences. */
#include "silences.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rfc3339.h"

/* The matchers of a silence, a="b" one behind the other, or as a list {a="b",c="d"}. */
static struct str
matchers_text(struct cli *c, const struct json *list, bool braces)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str out;

	if (braces)
		sbuf_putc(&b, '{');
	for (size_t i = 0; list != NULL && list->kind == JSON_ARRAY && i < list->n; i++) {
		const struct json *j = &list->v[i];
		bool equal = json_get_bool(j, "isEqual", true), regex = json_get_bool(j, "isRegex", false);
		/* It is only shown: one without the regular expression prints the same. */
		struct matcher m = {
			.op = regex ? (equal ? MATCH_RE : MATCH_NRE) : (equal ? MATCH_EQ : MATCH_NE),
			.name = istr_get(json_get_str(j, "name", STR(""))),
			.value = istr_get(json_get_str(j, "value", STR(""))),
		};

		if (i > 0)
			sbuf_putc(&b, braces ? ',' : ' ');
		matcher_format(&m, &b);
		matcher_fini(&m);
	}
	if (braces)
		sbuf_putc(&b, '}');
	out = arena_str(c->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

static struct str
show_matcher_list(struct cli *c, const struct json *list)
{
	return matchers_text(c, list, true);
}

static const struct cli_column simple[] = {
	{ "ID", "id", NULL },
	{ "Matchers", "matchers", cli_show_matchers },
	{ "Ends At", "endsAt", cli_show_time },
	{ "Created By", "createdBy", NULL },
	{ "Comment", "comment", NULL },
};

static const struct cli_column extended[] = {
	{ "ID", "id", NULL },
	{ "Matchers", "matchers", show_matcher_list },
	{ "Starts At", "startsAt", cli_show_time },
	{ "Ends At", "endsAt", cli_show_time },
	{ "Updated At", "updatedAt", cli_show_time },
	{ "Created By", "createdBy", NULL },
	{ "Comment", "comment", NULL },
};

void
cli_print_silences_json(const struct json *const *silences, size_t n)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	sbuf_putc(&b, '[');
	for (size_t i = 0; i < n; i++) {
		struct json_writer w;

		sbuf_puts(&b, i == 0 ? "\n" : ",\n");
		json_writer_init(&w, &b, JSON_HTML_PLAIN);
		cli_put_json(&w, silences[i]);
	}
	sbuf_puts(&b, n == 0 ? "]\n" : "\n]\n");
	cli_print(sbuf_get(&b));
	sbuf_fini(&b);
}

void
cli_print_silences(struct cli *c, const struct json *const *silences, size_t n, bool quiet)
{
	if (quiet)
		for (size_t i = 0; i < n; i++)
			printf("%.*s\n", STR_ARG(json_get_str(silences[i], "id", STR(""))));
	else if (c->output == CLI_JSON)
		cli_print_silences_json(silences, n);
	else if (c->output == CLI_EXTENDED)
		cli_print_table(c, extended, ARRAY_LEN(extended), silences, n);
	else
		cli_print_table(c, simple, ARRAY_LEN(simple), silences, n);
}

static bool
is_wanted(const struct silences_wanted *w, const struct json *silence, struct wall now)
{
	struct wall ends;

	if (!rfc3339_parse(json_get_str(silence, "endsAt", STR("")), &ends, NULL))
		return false;
	if (w->expired ? wall_after(ends, now) : wall_before(ends, now))
		return false;
	if (w->within > 0 && (w->expired ? wall_before(ends, wall_add(now, -w->within))
					 : wall_after(ends, wall_add(now, w->within))))
		return false;
	if (w->created_by.n > 0 && !str_eq(json_get_str(silence, "createdBy", STR("")), w->created_by))
		return false;
	return w->id.n == 0 || str_eq(json_get_str(silence, "id", STR("")), w->id);
}

bool
cli_silences_get(struct cli *c, const struct silences_wanted *w, const struct json ***out, size_t *n_out)
{
	const struct json *list, **sorted;
	struct wall now = cli_now();
	struct str path;
	size_t n = 0;

	if (!cli_path(c, "/api/v2/silences", true, NULL, 0, &path) || !cli_get(c, path, JSON_ARRAY, &list))
		return false;
	sorted = cli_by_time(c, list, "endsAt");
	for (size_t i = 0; i < list->n; i++)
		if (is_wanted(w, sorted[i], now))
			sorted[n++] = sorted[i];
	*out = sorted;
	*n_out = n;
	return true;
}

struct str
cli_silence_path(struct cli *c, struct str id)
{
	return cli_path_with(c, "/api/v2/silence/", id, "");
}

bool
cli_silence_post(struct cli *c, const char *path, struct str body, struct str *id_out)
{
	const struct json *answer;

	if (!cli_post(c, str_from(path), body, JSON_OBJECT, &answer))
		return false;
	*id_out = json_get_str(answer, "silenceID", STR(""));
	return true;
}

void
cli_put_silence_kept(struct json_writer *w, const struct json *s, bool with_id)
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

int
cli_end_all(struct cli *c, const char *path, const char *what)
{
	size_t failed = 0;

	if (c->args_n == 0) {
		err_set(&c->e, ERR_INVALID, "no %s IDs specified", what);
		return cli_fail(c);
	}
	for (size_t i = 0; i < c->args_n; i++) {
		struct str ignored;

		if (cli_call(c, "DELETE", cli_path_with(c, path, c->args[i], ""), STR_NONE, &ignored))
			continue;
		/* The others can be ended nonetheless, unless nobody is there. */
		failed++;
		if (c->status == 0)
			break;
		if (c->status == 404)
			cli_complain("error: there is no %s %.*s", what, STR_ARG(c->args[i]));
		else
			cli_complain("error: %s", c->e.text);
	}
	return failed == 0 ? 0 : c->status == 0 ? cli_fail(c) : 1;
}

struct str
cli_user_name(struct cli *c)
{
	struct passwd p, *found = NULL;
	char *room = arena_alloc(c->arena, 16384);
	const char *user;

	if (getpwuid_r(geteuid(), &p, room, 16384, &found) == 0 && found != NULL)
		return arena_str(c->arena, str_from(p.pw_name));
	user = getenv("USER");
	return user != NULL ? str_from(user) : STR("");
}

void
cli_put_matchers(struct json_writer *w, const struct matchers *ms)
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

void
cli_put_seconds(struct json_writer *w, const char *key, span s)
{
	json_key(w, str_from(key));
	json_double(w, (double)s / (double)SPAN_S);
}

struct str
cli_show_matchers(struct cli *c, const struct json *list)
{
	return matchers_text(c, list, false);
}

bool
cli_silence_times(struct cli *c, const struct silence_times *t, struct wall *starts, struct wall *ends)
{
	if (t->start.n > 0 && !cli_when(c, "start", t->start, starts))
		return false;
	if (t->end.n > 0 && !cli_when(c, "end", t->end, ends))
		return false;
	if (t->end.n == 0 && (t->duration > 0 || cli_given(c, "duration"))) {
		if (t->duration <= 0)
			return err_set(&c->e, ERR_INVALID, "silence duration must be greater than 0");
		*ends = wall_add(*starts, t->duration);
	}
	if (wall_before(*ends, *starts))
		return err_set(&c->e, ERR_INVALID, "silence cannot start after it ends");
	return true;
}
