/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin history */
#include <stdio.h>
#include <unistd.h>

#include "base/rfc3339.h"
#include "base/vec.h"
#include "cli.h"

/* Pages of one answer; the server may give pages with little on them. */
#define PAGES_MAX 10000
#define PAGE 1000

struct settings {
	struct words kinds, outcomes, groups, fingerprints;
	struct str receiver, integration, actor, from, to, file;
	span since;
	int64_t limit;
};

static const struct flag flags[] = {
	STRINGS_FLAG(struct settings, kinds, "kind", .letter = 'k',
	    .help =
		"Only events of this kind: firing, resolved, silenced, inhibited, notification, silence_created and so on. Repeatable."),
	STRING_FLAG(struct settings, receiver, "receiver", .letter = 'r',
	    .help = "Only notifications to receivers that fit this regular expression."),
	STRING_FLAG(
	    struct settings, integration, "integration", .help = "Only notifications by slack[0], or by any slack."),
	STRINGS_FLAG(struct settings, outcomes, "outcome",
	    .help = "Only notifications that were sent, failed or canceled. Repeatable."),
	STRING_FLAG(struct settings, actor, "by", .help = "Only what this person did."),
	STRINGS_FLAG(struct settings, groups, "group", .help = "Only of the group with this id. Repeatable."),
	STRINGS_FLAG(struct settings, fingerprints, "fingerprint",
	    .help = "Only of the alert with this fingerprint. Repeatable."),
	SPAN_FLAG(struct settings, since, "since", .value = "SPAN", .help = "Only events of this span until now."),
	STRING_FLAG(
	    struct settings, from, "from", .help = "Only events from then on: RFC 3339, or a span from now like -2h."),
	STRING_FLAG(struct settings, to, "to", .help = "Only events before then."),
	INT_FLAG(struct settings, limit, "limit", .letter = 'n', .fallback = "50",
	    .help = "Most events to show; 0: all there are."),
	STRING_FLAG(struct settings, file, "format", .value = "csv|ndjson|json",
	    .help = "Everything (without --limit) as a file, to standard output."),
	FLAGS_END,
};

/* The alert, group or receiver that it is about, in a few words. */
static struct str
show_about(struct cli *c, const struct json *item)
{
	const struct json *labels = item != NULL ? json_get(item, "labels") : NULL;

	if (labels != NULL)
		return cli_show_labels(c, labels);
	if (item == NULL)
		return STR("");
	if (json_get(item, "integration") != NULL)
		return arena_printf(c->arena, "%.*s/%.*s %.*s", STR_ARG(json_get_str(item, "receiver", STR(""))),
		    STR_ARG(json_get_str(item, "integration", STR(""))),
		    STR_ARG(json_get_str(item, "group_key", STR(""))));
	return json_get_str(item, "matchers", json_get_str(item, "group_key", STR("")));
}

static struct str
show_result(struct cli *c, const struct json *item)
{
	struct str outcome, error, by, state;

	if (item == NULL)
		return STR("");
	outcome = json_get_str(item, "outcome", STR(""));
	error = json_get_str(item, "error", STR(""));
	by = json_get_str(item, "by", STR(""));
	state = json_get_str(item, "state", STR(""));
	if (state.n > 0)
		outcome = arena_printf(c->arena, "%.*s %.*s", STR_ARG(json_get_str(item, "recipient", STR(""))), STR_ARG(state));
	if (outcome.n > 0 || error.n > 0)
		return arena_printf(
		    c->arena, "%.*s%s%.*s", STR_ARG(outcome), outcome.n > 0 && error.n > 0 ? ": " : "", STR_ARG(error));
	if (by.n > 0)
		return arena_printf(
		    c->arena, "by %.*s: %.*s", STR_ARG(by), STR_ARG(json_get_str(item, "comment", STR(""))));
	return STR("");
}

static const struct cli_column columns[] = {
	{ "At", "at", cli_show_time },
	{ "Kind", "kind", NULL },
	{ "About", NULL, show_about },
	{ "Result", NULL, show_result },
};

/* Several values are one with commas. */
static struct str
joined(struct cli *c, const struct words *w)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str out;

	for (size_t i = 0; i < w->n; i++)
		sbuf_printf(&b, "%s%.*s", i > 0 ? "," : "", STR_ARG(w->v[i]));
	out = arena_str(c->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

static bool
when(struct cli *c, const char *flag, struct str text, struct str *out)
{
	char formatted[RFC3339_MAX];
	struct wall t;

	*out = STR("");
	if (text.n == 0)
		return true;
	if (!cli_when(c, flag, text, &t))
		return false;
	rfc3339_format(wall_utc(t), formatted);
	*out = arena_str(c->arena, str_from(formatted));
	return true;
}

static bool
query_path(struct cli *c, struct settings *s, size_t limit, struct str cursor, struct str *out)
{
	struct str from, to;

	if (s->since > 0)
		s->from = arena_printf(c->arena, "-%llds", (long long)(s->since / SPAN_S));
	if (!when(c, "from", s->from, &from) || !when(c, "to", s->to, &to))
		return false;
	const struct cli_param params[] = {
		{ "kind", joined(c, &s->kinds) },
		{ "outcome", joined(c, &s->outcomes) },
		{ "group", joined(c, &s->groups) },
		{ "fingerprint", joined(c, &s->fingerprints) },
		{ "receiver", s->receiver },
		{ "integration", s->integration },
		{ "actor", s->actor },
		{ "from", from },
		{ "to", to },
		{ "format", s->file },
		{ "cursor", cursor },
		{ "limit", limit > 0 ? arena_printf(c->arena, "%zu", limit) : STR("") },
	};
	return cli_path(c, "/api/ext/v1/history", true, params, ARRAY_LEN(params), out);
}

static int
download(struct cli *c, struct settings *s)
{
	size_t limit = cli_given(c, "limit") && s->limit > 0 ? (size_t)s->limit : 0;
	struct str path;

	return query_path(c, s, limit, STR(""), &path) && cli_download(c, "GET", path, STDOUT_FILENO) ? 0 : cli_fail(c);
}

void
cli_print_events(struct cli *c, const struct json **rows, size_t n)
{
	cli_print_table(c, columns, ARRAY_LEN(columns), rows, n);
}

static int
run(struct cli *c)
{
	struct settings *s = c->settings;
	size_t left = s->limit > 0 ? (size_t)s->limit : SIZE_MAX;
	VEC(const struct json *) items = { 0 };
	struct str cursor = STR(""), path;

	if (s->file.n > 0)
		return download(c, s);
	for (int page = 0; page < PAGES_MAX && left > 0; page++) {
		const struct json *answer, *list, *next;

		if (!query_path(c, s, left < PAGE ? left : PAGE, cursor, &path) ||
		    !cli_get(c, path, JSON_OBJECT, &answer)) {
			VEC_FINI(&items);
			return cli_fail(c);
		}
		list = json_get(answer, "items");
		for (size_t i = 0; list != NULL && i < list->n && left > 0; i++, left--)
			VEC_PUSH(&items, &list->v[i]);
		next = json_get(answer, "next");
		if (next == NULL || next->kind != JSON_STRING)
			break;
		cursor = next->s;
	}
	if (c->output == CLI_JSON)
		for (size_t i = 0; i < items.n; i++)
			cli_print_json(c, items.v[i]);
	else
		cli_print_events(c, items.v, items.n);
	VEC_FINI(&items);
	return 0;
}

const struct cli_command command_history = {
	.group = "history",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "[MATCHER...]",
	.ours = true,
	.help = "Show what happened, the newest first.",
	.examples = "  tocsin history DiskFull instance=db1\n"
		    "  tocsin history --kind notification --outcome failed --since 1d\n"
		    "  tocsin history --format csv --since 7d > week.csv\n",
};
