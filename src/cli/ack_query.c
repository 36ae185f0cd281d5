/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin ack query */
#include <stdio.h>

#include "silences.h"

struct settings {
	struct str owner;
	bool expired, quiet;
};

static const struct flag flags[] = {
	BOOL_FLAG(struct settings, expired, "expired", .help = "Those that have ended instead of those that have not."),
	BOOL_FLAG(struct settings, quiet, "quiet", .letter = 'q', .help = "Only their ids."),
	STRING_FLAG(struct settings, owner, "author", .letter = 'a', .help = "Only those of this owner."),
	FLAGS_END,
};

static const struct cli_column columns[] = {
	{ "ID", "id", NULL },
	{ "Owner", "createdBy", NULL },
	{ "Comment", "comment", NULL },
	{ "Alerts", "alerts", NULL },
	{ "Since", "startsAt", cli_show_time },
	{ "Until", "endsAt", cli_show_time },
	{ "Matchers", "matchers", cli_show_matchers },
};

/* All pages, one behind the other. */
static bool
get_all(struct cli *c, const struct settings *s, const struct json ***out, size_t *n_out)
{
	struct str cursor = STR("");
	const struct json **all = NULL;
	size_t n = 0;

	do {
		const struct cli_param params[] = {
			{ "kind", STR("ack") },
			{ "state", s->expired ? STR("expired") : STR("active") },
			{ "created_by", s->owner },
			{ "limit", STR("1000") },
			{ "cursor", cursor },
		};
		const struct json *page, *items;
		struct str path;

		if (!cli_path(c, "/api/ext/v1/silences", true, params, ARRAY_LEN(params), &path) ||
		    !cli_get(c, path, JSON_OBJECT, &page))
			return false;
		items = json_get(page, "items");
		if (items == NULL || items->kind != JSON_ARRAY)
			return err_set(&c->e, ERR_INVALID, "the server's answer is no list");
		all = arena_grow(c->arena, all, n, n + items->n + 1, sizeof(all[0]));
		for (size_t i = 0; i < items->n; i++)
			all[n++] = &items->v[i];
		cursor = json_get_str(page, "next", STR(""));
	} while (cursor.n > 0);
	*out = all;
	*n_out = n;
	return true;
}

static int
run(struct cli *c)
{
	const struct settings *s = c->settings;
	const struct json **acks = NULL;
	size_t n = 0;

	if (!get_all(c, s, &acks, &n))
		return cli_fail(c);
	if (s->quiet || c->output == CLI_JSON)
		cli_print_silences(c, acks, n, s->quiet);
	else
		cli_print_table(c, columns, ARRAY_LEN(columns), acks, n);
	return 0;
}

const struct cli_command command_ack_query = {
	.group = "ack",
	.name = "query",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "[MATCHER...]",
	.first = true,
	.ours = true,
	.help = "List acknowledgements.",
	.examples = "  tocsin ack query\n"
		    "  tocsin ack query --author ann -q\n",
};
