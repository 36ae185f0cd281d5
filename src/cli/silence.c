/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin silence query, expire, export */
#include <stdio.h>
#include <stdlib.h>

#include "base/rfc3339.h"
#include "cli.h"
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

/* One silence a line, so that two exports can be compared. */
static void
print_json(const struct json *const *silences, size_t n)
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
		print_json(silences, n);
	else if (c->output == CLI_EXTENDED)
		print_extended(c, silences, n);
	else
		print_simple(c, silences, n);
}

struct wanted {
	bool expired, quiet;
	struct str created_by, id;
	span within;
};

static bool
is_wanted(const struct wanted *w, const struct json *silence, struct wall now)
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

/* Those of the server that fit, the next to end first. */
static bool
fetch(struct cli *c, const struct wanted *w, const struct json ***out, size_t *n_out)
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

int
cli_silence_query(struct cli *c, int argc, char *const *argv)
{
	struct wanted w = { 0 };
	struct cli_flag flags[] = {
		{ "expired", 0, CLI_BOOL, &w.expired, "Those that have ended instead of those that have not." },
		{ "quiet", 'q', CLI_BOOL, &w.quiet, "Only their ids." },
		{ "created-by", 0, CLI_STRING, &w.created_by, "Only those of this author." },
		{ "id", 0, CLI_STRING, &w.id, "Only the one with this id." },
		{ "within", 0, CLI_SPAN, &w.within, "Only those that end (with --expired: ended) within this time." },
		CLI_FLAGS_END,
	};
	const struct json **silences;
	size_t n;

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	if (!fetch(c, &w, &silences, &n))
		return cli_fail(c);
	cli_print_silences(c, silences, n, w.quiet);
	return 0;
}

int
cli_silence_export(struct cli *c, int argc, char *const *argv)
{
	struct wanted w = { 0 };
	struct cli_flag flags[] = { CLI_FLAGS_END };
	const struct json **silences;
	size_t n;

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	if (!fetch(c, &w, &silences, &n))
		return cli_fail(c);
	print_json(silences, n);
	return 0;
}

int
cli_silence_expire(struct cli *c, int argc, char *const *argv)
{
	struct cli_flag flags[] = { CLI_FLAGS_END };
	size_t failed = 0;

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	if (c->args_n == 0) {
		err_set(&c->e, ERR_INVALID, "no silence IDs specified");
		return cli_fail(c);
	}
	for (size_t i = 0; i < c->args_n; i++) {
		struct sbuf id = SBUF_INIT(1 << 16);
		struct str path, ignored;

		url_path_escape(&id, c->args[i]);
		path = arena_printf(c->arena, "/api/v2/silence/%s", sbuf_cstr(&id));
		sbuf_fini(&id);
		if (cli_call(c, "DELETE", path, STR_NONE, &ignored))
			continue;
		/* The others can be ended nonetheless, unless nobody is there. */
		failed++;
		if (c->status == 0)
			break;
		if (c->status == 404)
			cli_complain("error: there is no silence %.*s", STR_ARG(c->args[i]));
		else
			cli_complain("error: %s", c->e.text);
	}
	return failed == 0 ? 0 : c->status == 0 ? cli_fail(c) : 1;
}
