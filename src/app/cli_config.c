/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin check-config, config show, cluster show */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"

static void
json_result(struct json_writer *w, struct str file, const struct config *config, const char *error)
{
	json_object_begin(w);
	json_put_str(w, "file", file);
	json_put_bool(w, "ok", config != NULL);
	if (config == NULL) {
		json_put_str(w, "error", str_from(error));
	} else {
		json_put_uint(w, "routes", config->routes_n);
		json_put_uint(w, "inhibit_rules", config->inhibit_rules_n);
		json_put_uint(w, "receivers", config->receivers_n);
		json_put_uint(w, "templates", config->templates.n);
		json_put_uint(w, "time_intervals", config->time_intervals_n);
		json_put_uint(w, "rule_files", config->rule_files_n);
		json_put_uint(w, "silences", config->silences_n);
	}
	json_object_end(w);
}

/* The lines of amtool and, for rule files, which it does not know, further ones. */
static void
print_found(struct str file, const struct config *config)
{
	printf("Checking '%.*s'  SUCCESS\nFound:\n - global config\n - route\n - %zu inhibit rules\n"
	       " - %zu receivers\n - %zu templates\n%s",
	    STR_ARG(file), config->inhibit_rules_n, config->receivers_n, config->templates.n,
	    config->templates.n > 0 ? "  SUCCESS\n" : "");
	if (config->rule_files_n > 0)
		printf(" - %zu rule files\n - %zu time intervals\n - %zu silences\n", config->rule_files_n,
		    config->time_intervals_n, config->silences_n);
	printf("\n");
}

static bool
check(struct cli *c, struct str file, bool expand_env, struct json_writer *w)
{
	struct config *config = NULL;
	struct str shown = str_is(file, "-") ? STR("/dev/stdin") : file;
	bool ok = cli_config(c, file, expand_env, &config);

	if (c->output == CLI_JSON)
		json_result(w, shown, config, c->e.text);
	else if (ok)
		print_found(shown, config);
	else
		printf("Checking '%.*s'  FAILED: %s\n\n", STR_ARG(shown), c->e.text);
	config_unref(config);
	return ok;
}

int
cli_check_config(struct cli *c, int argc, char *const *argv)
{
	bool expand_env = false;
	struct cli_flag flags[] = {
		{ "config.expand-env", 0, CLI_BOOL, &expand_env, "Replace ${NAME} and ${NAME:-default} in the files." },
		CLI_FLAGS_END,
	};
	struct sbuf list = SBUF_INIT(SBUF_UNLIMITED);
	struct json_writer w;
	size_t failed = 0;

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	if (c->args_n == 0) {
		if (isatty(STDIN_FILENO)) {
			err_set(&c->e, ERR_INVALID, "Failed to read from standard input");
			return cli_fail(c);
		}
		c->args[c->args_n++] = STR("-");
	}
	json_writer_init(&w, &list, JSON_HTML_PLAIN);
	json_array_begin(&w);
	for (size_t i = 0; i < c->args_n; i++)
		failed += !check(c, c->args[i], expand_env, &w);
	json_array_end(&w);
	if (c->output == CLI_JSON)
		printf("%s\n", sbuf_cstr(&list));
	sbuf_fini(&list);
	if (failed == 0)
		return 0;
	err_set(&c->e, ERR_INVALID, "failed to validate %zu file(s)", failed);
	return cli_fail(c);
}

int
cli_config_show(struct cli *c, int argc, char *const *argv)
{
	static const char *const names[] = { "buildUser", "goVersion", "revision", "version", "branch", "buildDate" };
	struct cli_flag flags[] = { CLI_FLAGS_END };
	const struct json *status;

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	if (!cli_get(c, STR("/api/v2/status"), JSON_OBJECT, &status))
		return cli_fail(c);
	if (c->output == CLI_JSON) {
		cli_print_json(c, status);
		return 0;
	}
	cli_print(json_get_str(json_get(status, "config"), "original", STR("")));
	printf("\n");
	for (size_t i = 0; c->output == CLI_EXTENDED && i < ARRAY_LEN(names); i++)
		printf("%s %.*s\n", names[i],
		    STR_ARG(json_get_str(json_get(status, "versionInfo"), names[i], STR(""))));
	if (c->output == CLI_EXTENDED)
		printf("uptime %.*s\n", STR_ARG(json_get_str(status, "uptime", STR(""))));
	return 0;
}

static int
by_address(const void *a, const void *b)
{
	const struct json *x = a, *y = b;

	return str_cmp(json_get_str(x, "address", STR("")), json_get_str(y, "address", STR("")));
}

static void
print_peers(struct cli *c, const struct json *peers)
{
	static const char *const titles[] = { "Address", "Name" };
	struct json *sorted = ARENA_ARRAY(c->arena, peers->n, struct json);
	struct cli_table t;

	for (size_t i = 0; i < peers->n; i++)
		sorted[i] = peers->v[i];
	if (peers->n > 1)
		qsort(sorted, peers->n, sizeof(sorted[0]), by_address);
	cli_table_init(&t, c->arena, ARRAY_LEN(titles), titles);
	for (size_t i = 0; i < peers->n; i++) {
		struct str row[] = { json_get_str(&sorted[i], "address", STR("")),
			json_get_str(&sorted[i], "name", STR("")) };

		cli_table_row(&t, row);
	}
	cli_table_print(&t);
}

int
cli_cluster_show(struct cli *c, int argc, char *const *argv)
{
	struct cli_flag flags[] = { CLI_FLAGS_END };
	const struct json *status, *cluster, *peers;

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	if (!cli_get(c, STR("/api/v2/status"), JSON_OBJECT, &status))
		return cli_fail(c);
	cluster = json_get(status, "cluster");
	peers = json_get(cluster, "peers");
	if (cluster == NULL) {
		err_set(&c->e, ERR_INVALID, "the server tells nothing of a cluster");
		return cli_fail(c);
	}
	if (c->output == CLI_JSON) {
		cli_print_json(c, cluster);
		return 0;
	}
	printf("Cluster Status:  %.*s\nNode Name:       %.*s\n", STR_ARG(json_get_str(cluster, "status", STR(""))),
	    STR_ARG(json_get_str(cluster, "name", STR(""))));
	if (c->output == CLI_EXTENDED && peers != NULL && peers->kind == JSON_ARRAY) {
		printf("\n");
		print_peers(c, peers);
	}
	return 0;
}
