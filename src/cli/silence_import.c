/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin silence import */
#include <stdio.h>

#include "silences.h"

struct settings {
	bool force;
	struct str worker;
};

static const struct flag flags[] = {
	BOOL_FLAG(struct settings, force, "force", .letter = 'f',
	    .help = "Make new silences of all, also of those that are there already."),
	STRING_FLAG(struct settings, worker, "worker", .letter = 'w', .help = "Accepted, without effect."),
	FLAGS_END,
};

/* As it stands in the file; with an id that the server does not know it becomes a new one. */
static bool
import_one(struct cli *c, const struct json *s, bool force, struct str *id_out)
{
	static const char *const more[] = { "startsAt", "endsAt", "comment" };
	bool ok = false, with_id = !force;

	for (;;) {
		struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);
		struct json_writer w;

		json_writer_init(&w, &body, JSON_HTML_PLAIN);
		json_object_begin(&w);
		cli_put_silence_kept(&w, s, with_id);
		for (size_t i = 0; i < ARRAY_LEN(more); i++)
			if (json_get(s, more[i]) != NULL) {
				json_key(&w, str_from(more[i]));
				cli_put_json(&w, json_get(s, more[i]));
			}
		json_object_end(&w);
		ok = cli_silence_post(c, "/api/v2/silences", sbuf_get(&body), id_out);
		sbuf_fini(&body);
		if (ok || c->status != 404 || !with_id)
			return ok;
		with_id = false;
	}
}

static int
run(struct cli *c)
{
	const struct settings *s = c->settings;
	const struct json *list;
	size_t failed = 0;
	struct str text;

	if (c->args_n > 1) {
		err_set(&c->e, ERR_INVALID, "unexpected %.*s", STR_ARG(c->args[1]));
		return cli_fail(c);
	}
	if (!cli_read(c, c->args_n > 0 ? c->args[0] : STR("-"), &text))
		return cli_fail(c);
	if (!cli_parse_json(c, text, JSON_ARRAY, &list)) {
		err_ctx(&c->e, "couldn't unmarshal input data, is it JSON?");
		return cli_fail(c);
	}
	for (size_t i = 0; i < list->n; i++) {
		struct str id = json_get_str(&list->v[i], "id", STR("")), new_id;

		if (import_one(c, &list->v[i], s->force, &new_id)) {
			printf("%.*s\n", STR_ARG(new_id));
			continue;
		}
		cli_complain("error adding silence id='%.*s': %s", STR_ARG(id), c->e.text);
		failed++;
		/* Without a server the others fare no better. */
		if (c->status == 0) {
			failed = list->n - i;
			break;
		}
	}
	if (failed == 0)
		return 0;
	err_set(&c->e, ERR_INVALID, "couldn't import %zu out of %zu silences", failed, list->n);
	return cli_fail(c);
}

const struct cli_command command_silence_import = {
	.group = "silence",
	.name = "import",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "[FILE]",
	.help = "Add silences from a JSON file or from standard input; prints their ids.",
	.examples = "  tocsin silence import silences.json\n"
		    "  tocsin silence export | tocsin silence import --alertmanager.url http://other:9093\n",
};
