/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin check-config */
#include <stdio.h>
#include <unistd.h>

#include "cli.h"
#include "notify/trial.h"
#include "setup/files.h"

/* So many are shown of a file. */
#define WARNINGS_MAX 200

struct settings {
	struct cli_config_source from;	/* but for the file */
	bool strict;
};

static const struct flag flags[] = {
	STRING_FLAG(struct settings, from.extra_file, "config.extra-file", .help = "A further file of each."),
	BOOL_FLAG(struct settings, from.expand_env, "config.expand-env",
	    .help = "Replace ${NAME} and ${NAME:-default} in the files."),
	BOOL_FLAG(struct settings, strict, "strict", .help = "Take warnings of templates and files for mistakes."),
	FLAGS_END,
};

/* The state of check-config, for one file after the other. */
struct checking {
	struct cli *c;
	const struct settings *s;
	struct json_writer *w;
	struct str_list warnings;	/* of the file at hand; n goes on where it is full */
};

static bool
readable(void *arg, const char *path, struct err *e)
{
	(void)arg;
	return files_readable(path, e);
}

static void
note_doubt(void *arg, const struct doubt *d)
{
	struct checking *k = arg;

	if (k->warnings.n < WARNINGS_MAX)
		k->warnings.v[k->warnings.n] = doubt_text(d, k->c->arena);
	k->warnings.n++;
}

static void
find_warnings(struct checking *k, struct config *config)
{
	struct trial_env env = { .readable = readable, .tell = note_doubt, .arg = k };

	k->warnings.v = ARENA_ARRAY(k->c->arena, WARNINGS_MAX, struct str);
	k->warnings.n = 0;
	if (config != NULL)
		notify_trial(config, cli_now(), &env);
}

/* To standard error: what is on standard output is amtool's. */
static void
print_warnings(const struct str_list *warnings)
{
	for (size_t i = 0; i < warnings->n && i < WARNINGS_MAX; i++)
		cli_complain("warning: %.*s", STR_ARG(warnings->v[i]));
	if (warnings->n > WARNINGS_MAX)
		cli_complain("warning: and %zu more of this kind", warnings->n - WARNINGS_MAX);
}

static void
json_result(struct json_writer *w, struct str file, const struct config *config, const struct str_list *warnings,
    const char *error)
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
		json_key(w, STR("warnings"));
		json_array_begin(w);
		for (size_t i = 0; i < warnings->n && i < WARNINGS_MAX; i++)
			json_str(w, warnings->v[i]);
		json_array_end(w);
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

/* False when the file is refused or, if it is strict, when there are warnings. */
static bool
check(struct checking *k, struct str file)
{
	struct cli *c = k->c;
	struct config *config = NULL;
	struct cli_config_source from = { file, k->s->from.extra_file, k->s->from.expand_env };
	struct str shown = str_is(file, "-") ? STR("/dev/stdin") : file;
	bool ok = cli_config(c, &from, &config);

	find_warnings(k, config);
	if (c->output == CLI_JSON) {
		json_result(k->w, shown, config, &k->warnings, c->e.text);
	} else if (ok) {
		print_found(shown, config);
		fflush(stdout);
		print_warnings(&k->warnings);
	} else {
		printf("Checking '%.*s'  FAILED: %s\n\n", STR_ARG(shown), c->e.text);
	}
	config_unref(config);
	return ok && !(k->s->strict && k->warnings.n > 0);
}

static int
run(struct cli *c)
{
	struct json_writer w;
	struct checking k = { .c = c, .s = c->settings, .w = &w };
	struct sbuf list = SBUF_INIT(SBUF_UNLIMITED);
	size_t failed = 0;

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
		failed += !check(&k, c->args[i]);
	json_array_end(&w);
	if (c->output == CLI_JSON)
		printf("%s\n", sbuf_cstr(&list));
	sbuf_fini(&list);
	if (failed == 0)
		return 0;
	err_set(&c->e, ERR_INVALID, "failed to validate %zu file(s)", failed);
	return cli_fail(c);
}

const struct cli_command command_check_config = {
	.group = "check-config",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "[FILE|DIRECTORY...]",
	.local = true,
	.one_output = true,
	.help = "Tell what is wrong with configurations, their templates and rule files.",
	.examples = "  tocsin check-config alertmanager.yml\n"
		    "  tocsin check-config conf.d\n"
		    "  tocsin check-config - < alertmanager.yml\n",
};
