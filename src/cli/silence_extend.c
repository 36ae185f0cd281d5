/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin silence extend */
#include <stdio.h>

#include "base/duration.h"
#include "silences.h"

/* As many as one request may name. */
#define BATCH 1000

static bool
post_batch(struct cli *c, span longer, const struct str *ids, size_t n, const struct json **results)
{
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);
	const struct json *answer;
	struct json_writer w;
	bool ok;

	json_writer_init(&w, &body, JSON_HTML_PLAIN);
	json_object_begin(&w);
	json_put_str(&w, "action", STR("extend"));
	cli_put_seconds(&w, "seconds", longer);
	json_key(&w, STR("ids"));
	json_array_begin(&w);
	for (size_t i = 0; i < n; i++)
		json_str(&w, ids[i]);
	json_array_end(&w);
	json_object_end(&w);
	ok = cli_post(c, STR("/api/ext/v1/silences/bulk"), sbuf_get(&body), JSON_OBJECT, &answer);
	sbuf_fini(&body);
	*results = ok ? json_get(answer, "results") : NULL;
	return ok &&
	    ((*results != NULL && (*results)->kind == JSON_ARRAY) ||
		err_set(&c->e, ERR_INVALID, "the server's answer has no results"));
}

/* The ids that they have now, and what is wrong with others; how many those are. */
static size_t
print_results(const struct json *results)
{
	size_t failed = 0;

	for (size_t i = 0; i < results->n; i++) {
		const struct json *r = &results->v[i];

		if (json_get_bool(r, "ok", false)) {
			printf("%.*s\n", STR_ARG(json_get_str(r, "new_id", STR(""))));
			continue;
		}
		cli_complain("error: silence %.*s: %.*s", STR_ARG(json_get_str(r, "id", STR(""))),
		    STR_ARG(json_get_str(json_get(r, "error"), "message", STR(""))));
		failed++;
	}
	return failed;
}

static int
run(struct cli *c)
{
	const struct json *results;
	size_t failed = 0;
	span longer;

	if (c->args_n < 2) {
		err_set(&c->e, ERR_INVALID, "name how much longer, like 2h, and the ids of silences");
		return cli_fail(c);
	}
	if (!duration_parse_flag(c->args[0], &longer, &c->e) || longer <= 0) {
		err_set(&c->e, ERR_INVALID, "\"%.*s\" is no time to add: one like 30m, 2h, 1d", STR_ARG(c->args[0]));
		return cli_fail(c);
	}
	for (size_t at = 1; at < c->args_n; at += BATCH) {
		size_t n = c->args_n - at < BATCH ? c->args_n - at : BATCH;

		if (!post_batch(c, longer, &c->args[at], n, &results))
			return cli_fail(c);
		failed += print_results(results);
	}
	return failed == 0 ? 0 : 1;
}

const struct cli_command command_silence_extend = {
	.group = "silence",
	.name = "extend",
	.run = run,
	.args = "DURATION ID...",
	.one_output = true,
	.ours = true,
	.help = "Let silences last longer than they would; prints their ids.",
	.examples = "  tocsin silence extend 2h $(tocsin silence query -q --within 1h)\n",
};
