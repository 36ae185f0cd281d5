/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin alert query */
#include "cli.h"
#include "text/url.h"

struct settings {
	bool active, silenced, inhibited, unprocessed;
	struct str receiver;
};

static const struct flag flags[] = {
	BOOL_FLAG(struct settings, active, "active", .letter = 'a',
	    .help = "Alerts that nothing holds back (without a flag only these)."),
	BOOL_FLAG(struct settings, silenced, "silenced", .letter = 's', .help = "Silenced alerts."),
	BOOL_FLAG(struct settings, inhibited, "inhibited", .letter = 'i', .help = "Inhibited alerts."),
	BOOL_FLAG(struct settings, unprocessed, "unprocessed", .letter = 'u',
	    .help = "Alerts that have not been looked at yet."),
	STRING_FLAG(struct settings, receiver, "receiver", .letter = 'r',
	    .help = "Only those for receivers that fit this regular expression."),
	FLAGS_END,
};

static void
print_simple(struct cli *c, const struct json **alerts, size_t n)
{
	static const char *const titles[] = { "Alertname", "Starts At", "Summary", "State" };
	struct cli_table t;

	cli_table_init(&t, c->arena, ARRAY_LEN(titles), titles);
	for (size_t i = 0; i < n; i++) {
		struct str row[] = {
			json_get_str(json_get(alerts[i], "labels"), "alertname", STR("")),
			cli_time(c, json_get_str(alerts[i], "startsAt", STR(""))),
			json_get_str(json_get(alerts[i], "annotations"), "summary", STR("")),
			json_get_str(json_get(alerts[i], "status"), "state", STR("")),
		};

		cli_table_row(&t, row);
	}
	cli_table_print(&t);
}

static void
print_extended(struct cli *c, const struct json **alerts, size_t n)
{
	static const char *const titles[] = { "Labels", "Annotations", "Starts At", "Ends At", "Generator URL", "State" };
	struct cli_table t;

	cli_table_init(&t, c->arena, ARRAY_LEN(titles), titles);
	for (size_t i = 0; i < n; i++) {
		struct str row[] = {
			cli_labels(c, json_get(alerts[i], "labels")),
			cli_labels(c, json_get(alerts[i], "annotations")),
			cli_time(c, json_get_str(alerts[i], "startsAt", STR(""))),
			cli_time(c, json_get_str(alerts[i], "endsAt", STR(""))),
			json_get_str(alerts[i], "generatorURL", STR("")),
			json_get_str(json_get(alerts[i], "status"), "state", STR("")),
		};

		cli_table_row(&t, row);
	}
	cli_table_print(&t);
}

static bool
query_path(struct cli *c, const struct settings *s, struct str *out)
{
	struct sbuf more = SBUF_INIT(1 << 20);
	struct str filters;
	bool first = true, ok;

	url_query_add(&more, &first, STR("active"), s->active ? STR("true") : STR("false"));
	url_query_add(&more, &first, STR("silenced"), s->silenced ? STR("true") : STR("false"));
	url_query_add(&more, &first, STR("inhibited"), s->inhibited ? STR("true") : STR("false"));
	url_query_add(&more, &first, STR("unprocessed"), s->unprocessed ? STR("true") : STR("false"));
	if (s->receiver.n > 0)
		url_query_add(&more, &first, STR("receiver"), s->receiver);
	ok = cli_filters(c, sbuf_cstr(&more), &filters);
	sbuf_fini(&more);
	if (ok)
		*out = arena_printf(c->arena, "/api/v2/alerts%.*s", STR_ARG(filters));
	return ok;
}

static int
run(struct cli *c)
{
	struct settings *s = c->settings;
	const struct json *list, **alerts;
	struct str path;

	if (!s->active && !s->silenced && !s->inhibited && !s->unprocessed)
		s->active = true;
	if (!query_path(c, s, &path) || !cli_get(c, path, JSON_ARRAY, &list))
		return cli_fail(c);
	alerts = cli_by_time(c, list, "startsAt");
	if (c->output == CLI_JSON)
		cli_print_json(c, list);
	else if (c->output == CLI_EXTENDED)
		print_extended(c, alerts, list->n);
	else
		print_simple(c, alerts, list->n);
	return 0;
}

const struct cli_command command_alert_query = {
	.group = "alert",
	.name = "query",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "[MATCHER...]",
	.first = true,
	.help = "List alerts.",
	.examples = "  tocsin alert query\n"
		    "  tocsin alert query DiskFull 'severity=~\"crit.*\"' -o extended\n"
		    "  tocsin alert query --silenced -o json | jq '.[].labels'\n",
};
