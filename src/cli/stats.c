/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin stats */
#include "cli.h"

struct settings {
	struct str range;
};

static const struct flag flags[] = {
	STRING_FLAG(struct settings, range, "range", .fallback = "24h", .help = "The span until now, like 24h or 7d."),
	FLAGS_END,
};

static const struct cli_column told[] = {
	{ "At", "at", cli_show_time },
	{ "Receiver", "receiver", NULL },
	{ "Sent", "sent", NULL },
	{ "Failed", "failed", NULL },
};

static const struct cli_column noisy[] = {
	{ "Fired", "fired", NULL },
	{ "Flaps", "flaps", NULL },
	{ "Labels", "labels", cli_show_labels },
};

static const struct cli_column unmatched[] = {
	{ "ID", "silence_id", NULL },
	{ "Matchers", "matchers", NULL },
	{ "Ends At", "ends", cli_show_time },
	{ "Created By", "by", NULL },
	{ "Comment", "comment", NULL },
};

static const struct cli_column idle[] = {
	{ "Rule", "index", NULL },
	{ "Name", "name", NULL },
};

static void
print_list(struct cli *c, const struct json *answer, const char *title, const char *key,
    const struct cli_column *columns, size_t n)
{
	const struct json *list = json_get(answer, key), **rows;

	if (list == NULL || list->kind != JSON_ARRAY || list->n == 0)
		return;
	rows = ARENA_ARRAY(c->arena, list->n, const struct json *);
	for (size_t i = 0; i < list->n; i++)
		rows[i] = &list->v[i];
	cli_print(str_from(title));
	cli_print(STR("\n"));
	cli_print_table(c, columns, n, rows, list->n);
	cli_print(STR("\n"));
}

static int
run(struct cli *c)
{
	const struct settings *s = c->settings;
	const struct cli_param params[] = { { "range", s->range } };
	const struct json *answer, *ack;
	struct str path;

	if (!cli_path(c, "/api/ext/v1/stats", false, params, ARRAY_LEN(params), &path) ||
	    !cli_get(c, path, JSON_OBJECT, &answer))
		return cli_fail(c);
	if (c->output == CLI_JSON) {
		cli_print_json(c, answer);
		return 0;
	}
	print_list(c, answer, "Notifications", "notifications", told, ARRAY_LEN(told));
	print_list(c, answer, "Noisiest alerts", "noisiest", noisy, ARRAY_LEN(noisy));
	print_list(c, answer, "Flapping alerts", "flapping", noisy, ARRAY_LEN(noisy));
	print_list(c, answer, "Silences that held back nothing", "silences_unmatched", unmatched, ARRAY_LEN(unmatched));
	print_list(c, answer, "Inhibition rules that held back nothing", "inhibit_rules_idle", idle, ARRAY_LEN(idle));
	ack = json_get(answer, "mean_seconds_to_ack");
	if (ack != NULL && ack->kind == JSON_NUMBER)
		cli_print(arena_printf(c->arena, "Acknowledged after %.*s seconds in the mean\n", STR_ARG(ack->s)));
	return 0;
}

const struct cli_command command_stats = {
	.group = "stats",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "",
	.ours = true,
	.help = "Show what is noisy, who was told how often, and what is of no use.",
	.examples = "  tocsin stats --range 7d\n",
};
