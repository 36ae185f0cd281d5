/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin alert query */
#include "cli.h"

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

static const struct cli_column simple[] = {
	{ "Alertname", "labels.alertname", NULL },
	{ "Starts At", "startsAt", cli_show_time },
	{ "Summary", "annotations.summary", NULL },
	{ "State", "status.state", NULL },
};

static const struct cli_column extended[] = {
	{ "Labels", "labels", cli_show_labels },
	{ "Annotations", "annotations", cli_show_labels },
	{ "Starts At", "startsAt", cli_show_time },
	{ "Ends At", "endsAt", cli_show_time },
	{ "Generator URL", "generatorURL", NULL },
	{ "State", "status.state", NULL },
};

static bool
query_path(struct cli *c, const struct settings *s, struct str *out)
{
	const struct str words[] = { STR("false"), STR("true") };
	const struct cli_param params[] = {
		{ "active", words[s->active] },
		{ "silenced", words[s->silenced] },
		{ "inhibited", words[s->inhibited] },
		{ "unprocessed", words[s->unprocessed] },
		{ "receiver", s->receiver },
	};

	return cli_path(c, "/api/v2/alerts", true, params, ARRAY_LEN(params), out);
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
		cli_print_table(c, extended, ARRAY_LEN(extended), alerts, list->n);
	else
		cli_print_table(c, simple, ARRAY_LEN(simple), alerts, list->n);
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
