/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin receiver test */
#include "cli.h"

/* A test takes up to 30 seconds, and the answer is to be heard. */
#define TEST_TIMEOUT (40 * SPAN_S)

struct settings {
	int64_t integration;
	struct words annotations;
	bool resolved;
};

static const struct flag flags[] = {
	INT_FLAG(struct settings, integration, "integration", .fallback = "-1", .value = "N",
	    .help = "Only this integration of the receiver, counted from 0; by default all."),
	STRINGS_FLAG(struct settings, annotations, "annotation", .help = "Annotation, name=value."),
	BOOL_FLAG(struct settings, resolved, "resolved", .help = "The alert has ended, which closes what a test opened."),
	FLAGS_END,
};

static bool
put_alert(struct cli *c, const struct settings *s, struct json_writer *w)
{
	size_t labels_n = c->args_n - 1, notes_n = s->annotations.n;
	struct str *names = ARENA_ARRAY(c->arena, labels_n + notes_n, struct str);
	struct str *values = ARENA_ARRAY(c->arena, labels_n + notes_n, struct str);

	if (!cli_pairs(c, c->args + 1, labels_n, "labels", true, names, values) ||
	    !cli_pairs(c, s->annotations.v, notes_n, "annotations", false, names + labels_n, values + labels_n))
		return false;
	json_key(w, STR("alert"));
	json_object_begin(w);
	cli_put_pairs(w, "labels", names, values, labels_n);
	cli_put_pairs(w, "annotations", names + labels_n, values + labels_n, notes_n);
	json_put_str(w, "status", s->resolved ? STR("resolved") : STR("firing"));
	json_object_end(w);
	return true;
}

static bool
put_test(struct cli *c, const struct settings *s, struct sbuf *body)
{
	struct json_writer w;

	if (c->args_n == 0)
		return err_set(&c->e, ERR_INVALID, "name the receiver to test");
	if (cli_given(c, "integration") && s->integration < 0)
		return err_set(&c->e, ERR_INVALID, "--integration is the number of one of the receiver's, counted from 0");
	json_writer_init(&w, body, JSON_HTML_PLAIN);
	json_object_begin(&w);
	if (s->integration >= 0)
		json_put_int(&w, "integration", s->integration);
	if (!put_alert(c, s, &w))
		return false;
	json_object_end(&w);
	return true;
}

/* Rows of results, and behind each those of its recipients, which have the same members. */
static void
print_results(struct cli *c, const struct json *results)
{
	static const struct cli_column columns[] = {
		{ "Integration", "integration", NULL },
		{ "Recipient", "to", NULL },
		{ "OK", "ok", NULL },
		{ "Status", "status", NULL },
		{ "ms", "ms", NULL },
		{ "Answer", "answer", NULL },
	};
	size_t n = 0, rows_n = results->n;
	const struct json **rows;

	for (size_t i = 0; i < results->n; i++) {
		const struct json *to = json_get(&results->v[i], "recipients");

		rows_n += to != NULL ? to->n : 0;
	}
	rows = ARENA_ARRAY(c->arena, rows_n, const struct json *);
	for (size_t i = 0; i < results->n; i++) {
		const struct json *to = json_get(&results->v[i], "recipients");

		rows[n++] = &results->v[i];
		for (size_t k = 0; to != NULL && k < to->n; k++)
			rows[n++] = &to->v[k];
	}
	cli_print_table(c, columns, ARRAY_LEN(columns), rows, n);
}

static int
run(struct cli *c)
{
	const struct settings *s = c->settings;
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);
	const struct json *answer, *results;
	bool ok;

	if (!cli_given(c, "timeout"))
		c->timeout = TEST_TIMEOUT;
	ok = put_test(c, s, &body) && cli_post(c, cli_path_with(c, "/api/ext/v1/receivers/", c->args[0], "/test"), sbuf_get(&body),
	    JSON_OBJECT, &answer);
	sbuf_fini(&body);
	if (!ok)
		return cli_fail(c);
	results = json_get(answer, "results");
	if (results == NULL || results->kind != JSON_ARRAY) {
		err_set(&c->e, ERR_INVALID, "the server's answer has no results");
		return cli_fail(c);
	}
	if (c->output == CLI_JSON)
		cli_print_json(c, answer);
	else
		print_results(c, results);
	for (size_t i = 0; i < results->n; i++)
		ok &= json_get_bool(&results->v[i], "ok", false);
	return ok ? 0 : 1;
}

const struct cli_command command_receiver_test = {
	.group = "receiver",
	.name = "test",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "NAME [LABEL=VALUE...]",
	.ours = true,
	.help = "Send a message that says it is a test through a receiver, and show what the other side answers; status 1 when it fails.",
	.examples = "  tocsin receiver test pager-db\n"
		    "  tocsin receiver test chat --integration 0 DiskFull severity=critical --annotation summary='99 % full'\n",
};
