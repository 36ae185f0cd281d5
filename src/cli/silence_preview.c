/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin silence preview */
#include <stdio.h>

#include "silences.h"

struct settings {
	int64_t limit;
};

static const struct flag flags[] = {
	INT_FLAG(struct settings, limit, "limit", .fallback = "20",
	    .help = "How many of the alerts are shown; at most 100."),
	FLAGS_END,
};

static const struct cli_column columns[] = {
	{ "Alertname", "labels.alertname", NULL },
	{ "Severity", "severity", NULL },
	{ "Starts At", "starts", cli_show_time },
	{ "Summary", "summary", NULL },
	{ "State", "state", NULL },
};

static bool
put_matchers(struct cli *c, const struct settings *s, struct sbuf *body)
{
	struct matchers ms = { 0 };
	struct json_writer w;

	if (c->args_n == 0)
		return err_set(&c->e, ERR_INVALID, "no matchers specified");
	if (!cli_matchers(c, &ms))
		return false;
	json_writer_init(&w, body, JSON_HTML_PLAIN);
	json_object_begin(&w);
	cli_put_matchers(&w, &ms);
	json_put_int(&w, "limit", s->limit);
	json_object_end(&w);
	matchers_fini(&ms);
	return true;
}

static void
print_counts(const struct json *answer)
{
	static const char *const severities[] = { "critical", "warning", "info", "other" };
	const struct json *receivers = json_get(answer, "receivers"), *counts = json_get(answer, "severity");
	const char *before = ": ";

	printf("covers %lld of %lld alerts, in %lld groups", (long long)json_get_int(answer, "alerts", 0),
	    (long long)json_get_int(answer, "total_alerts", 0), (long long)json_get_int(answer, "groups", 0));
	for (size_t i = 0; i < ARRAY_LEN(severities); i++) {
		long long n = (long long)json_get_int(counts, severities[i], 0);

		if (n == 0)
			continue;
		printf("%s%lld %s", before, n, severities[i]);
		before = ", ";
	}
	printf("\n");
	for (size_t i = 0; receivers != NULL && receivers->kind == JSON_ARRAY && i < receivers->n; i++) {
		printf("%s", i == 0 ? "receivers: " : ", ");
		cli_print(receivers->v[i].s);
		if (i + 1 == receivers->n)
			printf("\n");
	}
}

static void
print_warnings(const struct json *list)
{
	for (size_t i = 0; list != NULL && list->kind == JSON_ARRAY && i < list->n; i++) {
		printf("warning: ");
		cli_print(json_get_str(&list->v[i], "text", STR("")));
		printf("\n");
	}
}

static void
print_sample(struct cli *c, const struct json *list)
{
	const struct json **rows;

	if (list == NULL || list->kind != JSON_ARRAY || list->n == 0)
		return;
	rows = ARENA_ARRAY(c->arena, list->n, const struct json *);
	for (size_t i = 0; i < list->n; i++)
		rows[i] = &list->v[i];
	printf("\n");
	cli_print_table(c, columns, ARRAY_LEN(columns), rows, list->n);
}

/* The server would refuse it; false with c->e set. */
static bool
check_errors(struct cli *c, const struct json *list)
{
	if (list == NULL || list->kind != JSON_ARRAY || list->n == 0)
		return true;
	return err_set(&c->e, ERR_INVALID, "%.*s", STR_ARG(json_get_str(&list->v[0], "message", STR(""))));
}

static int
run(struct cli *c)
{
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);
	const struct json *answer;
	bool ok;

	ok = put_matchers(c, c->settings, &body) &&
	    cli_post(c, STR("/api/ext/v1/silences/preview"), sbuf_get(&body), JSON_OBJECT, &answer);
	sbuf_fini(&body);
	if (ok && c->output == CLI_JSON) {
		cli_print_json(c, answer);
		return 0;
	}
	if (!ok || !check_errors(c, json_get(answer, "errors")))
		return cli_fail(c);
	print_counts(answer);
	print_warnings(json_get(answer, "warnings"));
	print_sample(c, json_get(answer, "sample"));
	return 0;
}

const struct cli_command command_silence_preview = {
	.group = "silence",
	.name = "preview",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "MATCHER...",
	.ours = true,
	.help = "Show what a silence would cover now; makes none.",
	.examples = "  tocsin silence preview 'instance=~\"db[12]\"'\n",
};
