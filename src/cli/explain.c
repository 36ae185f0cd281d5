/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin explain: what becomes of an alert, and why. */
#include <stdio.h>

#include "cli.h"

struct settings {
	struct str fingerprint, at;
};

static const struct flag flags[] = {
	STRING_FLAG(struct settings, fingerprint, "fingerprint",
	    .help = "The stored alert of this fingerprint, instead of labels."),
	STRING_FLAG(struct settings, at, "at", .help = "As it was then: a time, or a span like -2h."),
	FLAGS_END,
};

/* The question as JSON, in the arena. */
static bool
question(struct cli *c, struct str *out)
{
	const struct settings *s = c->settings;
	struct str *names = ARENA_ARRAY(c->arena, c->args_n, struct str);
	struct str *values = ARENA_ARRAY(c->arena, c->args_n, struct str);
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct json_writer w;
	struct wall at;

	if ((c->args_n > 0) == (s->fingerprint.n > 0))
		return err_set(&c->e, ERR_INVALID, "either labels or --fingerprint are wanted");
	if (!cli_pairs(c, c->args, c->args_n, "labels", true, names, values) ||
	    (s->at.n > 0 && !cli_when(c, "at", s->at, &at)))
		return false;
	json_writer_init(&w, &b, JSON_HTML_PLAIN);
	json_object_begin(&w);
	if (s->fingerprint.n > 0) {
		json_put_str(&w, "fingerprint", s->fingerprint);
	} else {
		json_key(&w, STR("labels"));
		json_object_begin(&w);
		for (size_t i = 0; i < c->args_n; i++) {
			json_key(&w, names[i]);
			json_str(&w, values[i]);
		}
		json_object_end(&w);
	}
	if (s->at.n > 0)
		json_put_wall(&w, "at", wall_utc(at));
	json_object_end(&w);
	*out = arena_str(c->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return true;
}

static void
print_line(struct cli *c, struct str s)
{
	cli_print(cli_tame(c->arena, s));
	cli_print(STR("\n"));
}

static struct str
show_ok(struct cli *c, const struct json *value)
{
	(void)c;
	if (value == NULL || value->kind != JSON_BOOL)
		return STR("");
	return value->b ? STR("yes") : STR("no");
}

/* The items of a list, which may be absent; *n_out is 0 then. */
static const struct json **
rows_of(struct cli *c, const struct json *list, size_t *n_out)
{
	const struct json **rows;

	*n_out = list != NULL && list->kind == JSON_ARRAY ? list->n : 0;
	rows = ARENA_ARRAY(c->arena, *n_out, const struct json *);
	for (size_t i = 0; i < *n_out; i++)
		rows[i] = &list->v[i];
	return rows;
}

static void
print_rows(struct cli *c, const struct json *list, const struct cli_column *columns, size_t n)
{
	size_t rows_n;
	const struct json **rows = rows_of(c, list, &rows_n);

	if (rows_n == 0)
		return;
	cli_print(STR("\n"));
	cli_print_table(c, columns, n, rows, rows_n);
}

/* The past: what history has of the alert. */
static void
print_page(struct cli *c, const struct json *page)
{
	size_t n;
	const struct json **rows = rows_of(c, page != NULL ? json_get(page, "items") : NULL, &n);

	if (n == 0)
		return;
	cli_print(STR("\n"));
	cli_print_events(c, rows, n);
}

/* Prints what each integration would be told and, extended, each route and rule; of the past what happened. */
static void
print_details(struct cli *c, const struct json *step)
{
	static const struct cli_column routes[] = { { "Path", "path", NULL }, { "Route to", "receiver", NULL }, { "", "say", NULL } };
	static const struct cli_column rules[] = { { "Rule", "index", NULL }, { "Name", "name", NULL }, { "", "say", NULL } };
	static const struct cli_column legs[] = { { "Integration", "integration", NULL }, { "Reason", "reason", NULL },
		{ "", "say", NULL } };

	if (c->output == CLI_EXTENDED) {
		print_rows(c, json_get(step, "tree"), routes, ARRAY_LEN(routes));
		print_rows(c, json_get(step, "rules"), rules, ARRAY_LEN(rules));
	}
	if (str_is(json_get_str(step, "stage", STR("")), "dedup"))
		print_rows(c, json_get(step, "integrations"), legs, ARRAY_LEN(legs));
	print_page(c, json_get(step, "page"));
}

static void
print_answer(struct cli *c, const struct json *answer)
{
	static const struct cli_column steps_of[] = { { "Step", "stage", NULL }, { "Receiver", "receiver", NULL },
		{ "Passes", "ok", show_ok }, { "", "say", NULL } };
	const struct settings *s = c->settings;
	const struct json *steps = json_get(answer, "steps");

	print_line(c, json_get_str(answer, "say", STR("")));
	if (s->at.n > 0)
		print_line(c, STR("This is what history has of it."));
	else if (!json_get_bool(answer, "exact", true))
		print_line(c, STR("This may not be exact: what it goes by may change before."));
	print_rows(c, steps, steps_of, ARRAY_LEN(steps_of));
	for (size_t i = 0; steps != NULL && steps->kind == JSON_ARRAY && i < steps->n; i++)
		print_details(c, &steps->v[i]);
}

static int
run(struct cli *c)
{
	const struct json *answer;
	struct str body;

	if (!question(c, &body) || !cli_post(c, STR("/api/ext/v1/explain"), body, JSON_OBJECT, &answer))
		return cli_fail(c);
	if (c->output == CLI_JSON)
		cli_print_json(c, answer);
	else
		print_answer(c, answer);
	return 0;
}

const struct cli_command command_explain = {
	.group = "explain",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "[LABEL=VALUE...]",
	.help = "Say what becomes of an alert, who is told of it and when, or why nobody is. With -o extended also each route and rule.",
	.examples = "  tocsin explain DiskFull team=db severity=critical\n"
		    "  tocsin explain --fingerprint d2c6efc389df0927\n",
};
