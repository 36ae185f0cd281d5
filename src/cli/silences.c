/* SPDX-License-Identifier: Apache-2.0 */
/* silences.c - gets, prints and posts silences. */
#include "silences.h"

#include <stdio.h>

#include "base/rfc3339.h"
#include "text/json_small.h"
#include "text/url.h"

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

static void
print_simple(struct cli *c, const struct json *const *silences, size_t n)
{
	static const char *const titles[] = { "ID", "Matchers", "Ends At", "Created By", "Comment" };
	struct cli_table t;

	cli_table_init(&t, c->arena, ARRAY_LEN(titles), titles);
	for (size_t i = 0; i < n; i++) {
		struct str row[] = {
			json_get_str(silences[i], "id", STR("")),
			matchers_text(c, json_get(silences[i], "matchers"), false),
			cli_time(c, json_get_str(silences[i], "endsAt", STR(""))),
			json_get_str(silences[i], "createdBy", STR("")),
			json_get_str(silences[i], "comment", STR("")),
		};

		cli_table_row(&t, row);
	}
	cli_table_print(&t);
}

static void
print_extended(struct cli *c, const struct json *const *silences, size_t n)
{
	static const char *const titles[] = { "ID", "Matchers", "Starts At", "Ends At", "Updated At", "Created By",
		"Comment" };
	struct cli_table t;

	cli_table_init(&t, c->arena, ARRAY_LEN(titles), titles);
	for (size_t i = 0; i < n; i++) {
		struct str row[] = {
			json_get_str(silences[i], "id", STR("")),
			matchers_text(c, json_get(silences[i], "matchers"), true),
			cli_time(c, json_get_str(silences[i], "startsAt", STR(""))),
			cli_time(c, json_get_str(silences[i], "endsAt", STR(""))),
			cli_time(c, json_get_str(silences[i], "updatedAt", STR(""))),
			json_get_str(silences[i], "createdBy", STR("")),
			json_get_str(silences[i], "comment", STR("")),
		};

		cli_table_row(&t, row);
	}
	cli_table_print(&t);
}

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
		print_extended(c, silences, n);
	else
		print_simple(c, silences, n);
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
	struct str filters, path;
	size_t n = 0;

	if (!cli_filters(c, "", &filters))
		return false;
	path = arena_printf(c->arena, "/api/v2/silences%.*s", STR_ARG(filters));
	if (!cli_get(c, path, JSON_ARRAY, &list))
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
	struct sbuf escaped = SBUF_INIT(1 << 16);
	struct str out;

	url_path_escape(&escaped, id);
	out = arena_printf(c->arena, "/api/v2/silence/%s", sbuf_cstr(&escaped));
	sbuf_fini(&escaped);
	return out;
}

bool
cli_silence_post(struct cli *c, struct str body, struct str *id_out)
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
