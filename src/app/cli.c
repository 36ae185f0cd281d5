/* SPDX-License-Identifier: Apache-2.0 */
/* The commands beside the server: their table, and which one the arguments name. */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/commands.h"

static const struct cli_command commands[] = {
	{ .group = "check-config", .run = cli_check_config, .args = "[FILE|DIRECTORY...]", .local = true,
	    .help = "Tell what is wrong with configurations, their templates and rule files.",
	    .examples = "  tocsin check-config alertmanager.yml\n"
			"  tocsin check-config conf.d\n"
			"  tocsin check-config - < alertmanager.yml\n" },
	{ .group = "config", .name = "show", .run = cli_config_show, .args = "", .first = true,
	    .help = "Print the configuration that the server has loaded.",
	    .examples = "  tocsin config show\n"
			"  tocsin config show -o json | jq .versionInfo\n" },
	{ .group = "routes", .name = "show", .run = cli_routes_show, .args = "", .first = true,
	    .help = "Draw the tree of routes, of a file or of the server.",
	    .examples = "  tocsin routes show --config.file alertmanager.yml\n"
			"  tocsin routes show --alertmanager.url http://alerts:9093\n" },
	{ .group = "routes", .name = "test", .run = cli_routes_test, .args = "LABEL=VALUE...",
	    .help = "Tell which receivers an alert with these labels goes to.",
	    .examples = "  tocsin routes test --config.file alertmanager.yml service=api severity=critical\n"
			"  tocsin routes test --config.file alertmanager.yml --tree severity=critical\n"
			"  tocsin routes test --verify.receivers=slack,mail severity=critical || echo wrong\n" },
	{ .group = "template", .name = "render", .run = cli_template_render, .args = "", .local = true,
	    .help = "Render a template with the data of a notification.",
	    .examples = "  tocsin template render --template.text '{{ template \"slack.default.title\" . }}'\n"
			"  tocsin template render --template.glob 'templates/*.tmpl' --template.type html \\\n"
			"      --template.data webhook.json --template.text '{{ template \"mail.html\" . }}'\n" },
	{ .group = "alert", .name = "query", .run = cli_alert_query, .args = "[MATCHER...]", .first = true,
	    .help = "List alerts.",
	    .examples = "  tocsin alert query\n"
			"  tocsin alert query DiskFull 'severity=~\"crit.*\"' -o extended\n"
			"  tocsin alert query --silenced -o json | jq '.[].labels'\n" },
	{ .group = "alert", .name = "add", .run = cli_alert_add, .args = "[LABEL=VALUE...]", .help = "Post alerts.",
	    .examples = "  tocsin alert add DiskFull instance=db1 severity=critical --annotation summary='99 % full'\n"
			"  tocsin alert add DiskFull instance=db1 severity=critical --end now\n"
			"  detector | tocsin alert add --stdin\n"
			"      # one JSON object a line: {\"labels\": {\"alertname\": \"Odd\"}, \"annotations\": {...}}\n" },
	{ .group = "silence", .name = "query", .run = cli_silence_query, .args = "[MATCHER...]", .first = true,
	    .help = "List silences.",
	    .examples = "  tocsin silence query\n"
			"  tocsin silence query --within 2h --created-by ann\n"
			"  tocsin silence query --expired --within 1d -o json\n" },
	{ .group = "silence", .name = "add", .run = cli_silence_add, .args = "MATCHER...",
	    .help = "Add a silence; prints its id.",
	    .examples = "  tocsin silence add DiskFull instance=db1 -d 2h -c 'new disk ordered'\n"
			"  tocsin silence add 'instance=~\"db[12]\"' --start +1h --end +3h -c maintenance\n" },
	{ .group = "silence", .name = "update", .run = cli_silence_update, .args = "ID...",
	    .help = "Change how long silences last, or their comment.",
	    .examples = "  tocsin silence update -d 4h -c 'still waiting for the disk' ID\n" },
	{ .group = "silence", .name = "expire", .run = cli_silence_expire, .args = "ID...",
	    .help = "End silences now.",
	    .examples = "  tocsin silence expire $(tocsin silence query -q instance=db1)\n" },
	{ .group = "silence", .name = "import", .run = cli_silence_import, .args = "[FILE]",
	    .help = "Add silences from a JSON file or from standard input; prints their ids.",
	    .examples = "  tocsin silence import silences.json\n"
			"  tocsin silence export | tocsin silence import --alertmanager.url http://other:9093\n" },
	{ .group = "silence", .name = "export", .run = cli_silence_export, .args = "[MATCHER...]",
	    .help = "Print the silences that have not ended as JSON, for import.",
	    .examples = "  tocsin silence export > silences.json\n" },
	{ .group = "cluster", .name = "show", .run = cli_cluster_show, .args = "", .first = true,
	    .help = "Show the state of the cluster and its members.",
	    .examples = "  tocsin cluster show -o extended\n" },
	{ .group = "backup", .run = cli_backup, .args = "FILE",
	    .help = "Copy the database of a running server to a file.",
	    .examples = "  tocsin backup /var/backups/tocsin.db --alertmanager.url http://alerts:9093\n" },
	{ .group = "export", .run = cli_export, .args = "DIRECTORY", .local = true,
	    .help = "Write silences and notification log as Alertmanager keeps them.",
	    .examples = "  tocsin export --storage.path /var/lib/tocsin /var/lib/alertmanager\n"
			"  tocsin export --storage.path /var/backups/tocsin.db .\n" },
	{ .group = "completion", .run = cli_completion, .args = "bash|zsh", .local = true,
	    .help = "Print a completion script for the shell.",
	    .examples = "  . <(tocsin completion bash)\n"
			"  tocsin completion bash > /etc/bash_completion.d/tocsin\n" },
};

const struct cli_command *
cli_commands(size_t *n)
{
	*n = ARRAY_LEN(commands);
	return commands;
}

int
cli_fail(struct cli *c)
{
	fprintf(stderr, "tocsin: error: %s\n", c->e.text);
	return 1;
}

void
cli_complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("tocsin: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

void
commands_help(struct sbuf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		const struct cli_command *cmd = &commands[i];
		size_t start = out->n;

		sbuf_printf(out, "  %s%s%s", cmd->group, cmd->name != NULL ? " " : "", cmd->name != NULL ? cmd->name : "");
		while (out->n - start < 20)
			sbuf_putc(out, ' ');
		sbuf_printf(out, "  %s\n", cmd->help);
	}
}

static void
group_help(FILE *to, const char *group)
{
	fprintf(to, "usage: tocsin %s COMMAND [<flags>] [ARG...]\n\nCommands:\n", group);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].group, group) == 0)
			fprintf(to, "  %-8s %s%s\n", commands[i].name, commands[i].help,
			    commands[i].first ? " (the default)" : "");
	fprintf(to, "\ntocsin %s COMMAND --help tells more.\n", group);
}

static int
run(const struct cli_command *cmd, int argc, char *const *argv)
{
	struct cli c = { .command = cmd, .arena = arena_new() };
	int status = cmd->run(&c, argc, argv);

	cli_hang_up(&c);
	arena_free(&c.arena);
	/* A full disk or a closed pipe behind our output must not look like success. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "tocsin: error: cannot write to standard output\n");
		status = 1;
	}
	return status;
}

/*
 * "tocsin alert severity=critical" is a query, but of a bare word that names
 * no command one cannot know whether it is misspelt.
 */
static bool
is_command_word(const char *s)
{
	return s[0] != '-' && strpbrk(s, "=~!{\"") == NULL;
}

static int
run_group(const char *group, int argc, char *const *argv)
{
	const struct cli_command *first = NULL;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(commands[i].group, group) != 0)
			continue;
		if (commands[i].name == NULL)
			return run(&commands[i], argc, argv);
		if (argc > 0 && strcmp(argv[0], commands[i].name) == 0)
			return run(&commands[i], argc - 1, argv + 1);
		if (commands[i].first)
			first = &commands[i];
	}
	if (argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
		group_help(stdout, group);
		return 0;
	}
	if (first != NULL && (argc == 0 || !is_command_word(argv[0])))
		return run(first, argc, argv);
	if (argc > 0 && first != NULL)
		fprintf(stderr, "tocsin: error: %s has no command \"%s\"; perhaps: tocsin %s %s %s\n\n", group, argv[0],
		    group, first->name, argv[0]);
	else if (argc > 0)
		fprintf(stderr, "tocsin: error: %s has no command \"%s\"\n\n", group, argv[0]);
	group_help(stderr, group);
	return 1;
}

bool
commands_run(int argc, char *const *argv, int *status_out)
{
	if (argc < 2)
		return false;
	/* amtool's words for "routes". */
	if (argc > 2 && strcmp(argv[1], "config") == 0 && strcmp(argv[2], "routes") == 0) {
		argc--;
		argv++;
		*status_out = run_group("routes", argc - 2, argv + 2);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(argv[1], commands[i].group) == 0) {
			*status_out = run_group(argv[1], argc - 2, argv + 2);
			return true;
		}
	return false;
}
