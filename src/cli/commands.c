/* SPDX-License-Identifier: Apache-2.0 */
/* The commands beside the server: their table, and which one the arguments name. */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/commands.h"

static const struct cli_command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "commands.def"
#undef COMMAND
};

const struct cli_command *const *
cli_commands(size_t *n)
{
	*n = ARRAY_LEN(commands);
	return commands;
}

/* Set once, before a command runs. */
static bool as_amtool;

bool
cli_is_amtool(void)
{
	return as_amtool;
}

const char *
cli_program(void)
{
	return as_amtool ? "amtool" : "tocsin";
}

int
cli_fail(struct cli *c)
{
	fprintf(stderr, "%s: error: %s\n", cli_program(), c->e.text);
	return 1;
}

void
cli_complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "%s: ", cli_program());
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

static bool
is_known(const struct cli_command *cmd)
{
	return !as_amtool || !cmd->ours;
}

void
commands_help(struct sbuf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		const struct cli_command *cmd = commands[i];
		size_t start = out->n;

		if (cmd->hidden || !is_known(cmd))
			continue;
		sbuf_printf(out, "  %s%s%s", cmd->group, cmd->name != NULL ? " " : "", cmd->name != NULL ? cmd->name : "");
		while (out->n - start < 20)
			sbuf_putc(out, ' ');
		sbuf_printf(out, "  %s\n", cmd->help);
	}
}

static void
group_help(FILE *to, const char *group)
{
	fprintf(to, "usage: %s %s COMMAND [<flags>] [ARG...]\n\nCommands:\n", cli_program(), group);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i]->group, group) == 0 && is_known(commands[i]))
			fprintf(to, "  %-8s %s%s\n", commands[i]->name, commands[i]->help,
			    commands[i]->first ? " (the default)" : "");
	fprintf(to, "\n%s %s COMMAND --help tells more.\n", cli_program(), group);
}

static int
run(const struct cli_command *cmd, int argc, char *const *argv)
{
	struct cli c = { .command = cmd, .arena = arena_new() };
	int status = 0;

	if (!cli_parse(&c, argc, argv))
		status = cli_fail(&c);
	else if (!c.done)
		status = cmd->run(&c);
	cli_hang_up(&c);
	arena_free(&c.arena);
	/* A full disk or a closed pipe behind our output must not look like success. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "%s: error: cannot write to standard output\n", cli_program());
		status = 1;
	}
	return status;
}

/*
 * "tocsin alert severity=critical" is a query, but of a bare word that names
 * no command one cannot know whether it is misspelt. amtool takes it.
 */
static bool
is_command_word(const char *s)
{
	return !as_amtool && s[0] != '-' && strpbrk(s, "=~!{\"") == NULL;
}

/* The arguments of a command line: flags from before and between its words, and what is behind them. */
struct line {
	char **flags, **argv;	/* owned, each with room for all */
	int flags_n, argc;
};

/* Passes over flags that all commands have, to the next word. */
static void
skip_flags(struct line *l, bool routes)
{
	int n;

	while ((n = cli_global_flag(l->argc, l->argv, routes)) > 0)
		for (; n > 0; n--, l->argc--)
			l->flags[l->flags_n++] = *l->argv++;
}

static bool
skip_word(struct line *l, const char *word)
{
	if (l->argc == 0 || strcmp(l->argv[0], word) != 0)
		return false;
	l->argc--;
	l->argv++;
	return true;
}

/* All of the line that is left are arguments of cmd. */
static int
run_line(const struct cli_command *cmd, struct line *l)
{
	for (; l->argc > 0; l->argc--)
		l->flags[l->flags_n++] = *l->argv++;
	return run(cmd, l->flags_n, l->flags);
}

static int
run_group(const char *group, struct line *l)
{
	const struct cli_command *first = NULL;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(commands[i]->group, group) != 0 || !is_known(commands[i]))
			continue;
		if (commands[i]->name == NULL || skip_word(l, commands[i]->name))
			return run_line(commands[i], l);
		if (commands[i]->first)
			first = commands[i];
	}
	if (l->argc > 0 && (strcmp(l->argv[0], "--help") == 0 || strcmp(l->argv[0], "-h") == 0)) {
		group_help(stdout, group);
		return 0;
	}
	if (first != NULL && (l->argc == 0 || !is_command_word(l->argv[0])))
		return run_line(first, l);
	if (l->argc > 0 && first != NULL)
		fprintf(stderr, "%s: error: %s has no command \"%s\"; perhaps: %s %s %s %s\n\n", cli_program(), group,
		    l->argv[0], cli_program(), group, first->name, l->argv[0]);
	else if (l->argc > 0)
		fprintf(stderr, "%s: error: %s has no command \"%s\"\n\n", cli_program(), group, l->argv[0]);
	group_help(stderr, group);
	return 1;
}

/* The group that the line's next word names; NULL: none. */
static const char *
take_group(struct line *l)
{
	const char *group = NULL;

	for (size_t i = 0; group == NULL && i < ARRAY_LEN(commands); i++)
		if (is_known(commands[i]) && skip_word(l, commands[i]->group))
			group = commands[i]->group;
	if (group == NULL)
		return NULL;
	skip_flags(l, strcmp(group, "routes") == 0);
	/* amtool's words for "routes". */
	if (strcmp(group, "config") != 0 || !skip_word(l, "routes"))
		return group;
	skip_flags(l, true);
	return "routes";
}

static int
amtool_help(FILE *to)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	commands_help(&b);
	fprintf(to, "usage: amtool [<flags>] COMMAND [<flags>] [ARG...]\n\nCommands:\n%.*s\n"
	    "amtool COMMAND --help tells more.\n", STR_ARG(sbuf_get(&b)));
	sbuf_fini(&b);
	return 0;
}

/* A line without a command's words, which is not the server's when we are called amtool. */
static int
run_amtool(struct line *l)
{
	if (l->argc == 0 || strcmp(l->argv[0], "--help") == 0 || strcmp(l->argv[0], "-h") == 0 ||
	    strcmp(l->argv[0], "--help-long") == 0)
		return amtool_help(stdout);
	if (strcmp(l->argv[0], "--version") == 0) {
		commands_version("amtool");
		return 0;
	}
	if (l->argv[0][0] == '-')
		fprintf(stderr, "amtool: error: unknown %s flag '%.*s', try --help\n",
		    l->argv[0][1] == '-' ? "long" : "short", (int)strcspn(l->argv[0], "="), l->argv[0]);
	else
		fprintf(stderr, "amtool: error: expected command but got \"%s\", try --help\n", l->argv[0]);
	return 1;
}

static bool
is_amtool(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash != NULL ? slash + 1 : path, "amtool") == 0;
}

/* "amtool help alert query" is "amtool alert query --help". */
static void
turn_help(struct line *l)
{
	static char flag[] = "--help";

	if (l->argc == 0 || strcmp(l->argv[0], "help") != 0)
		return;
	memmove(l->argv, l->argv + 1, (size_t)(l->argc - 1) * sizeof(l->argv[0]));
	l->argv[l->argc - 1] = flag;
}

bool
commands_run(int argc, char *const *argv, int *status_out)
{
	struct line l = { .argc = argc - 1 };
	const char *group;
	char **all;

	if (argc < 1)
		return false;
	as_amtool = is_amtool(argv[0]);
	l.flags = mem_calloc((size_t)argc, sizeof(l.flags[0]));
	l.argv = all = mem_calloc((size_t)argc, sizeof(all[0]));
	memcpy(all, argv + 1, (size_t)l.argc * sizeof(all[0]));
	skip_flags(&l, false);
	if (as_amtool)
		turn_help(&l);
	group = take_group(&l);
	if (group != NULL)
		*status_out = run_group(group, &l);
	else if (as_amtool)
		*status_out = run_amtool(&l);
	mem_free(l.flags);
	mem_free(all);
	return group != NULL || as_amtool;
}

#if defined(__x86_64__)
#define PLATFORM "linux/amd64"
#elif defined(__aarch64__)
#define PLATFORM "linux/arm64"
#else
#define PLATFORM "linux"
#endif

void
commands_version(const char *path)
{
	const char *slash = strrchr(path, '/'), *program = slash != NULL ? slash + 1 : path;
	bool original = strcmp(program, "alertmanager") == 0 || strcmp(program, "amtool") == 0;

	/* The layout of Prometheus' common/version, which tools read; they want a version of Alertmanager. */
	if (original)
		printf("%s, version " ALERTMANAGER_VERSION " (branch: tocsin, revision: tocsin-" TOCSIN_VERSION ")\n"
		       "  build user:       tocsin\n"
		       "  build date:       unknown\n"
		       "  go version:       C11\n"
		       "  platform:         " PLATFORM "\n"
		       "  tags:             unknown\n",
		    program);
	else
		printf("tocsin, version " TOCSIN_VERSION " (compatible with Alertmanager " ALERTMANAGER_VERSION ")\n"
		       "  platform:         " PLATFORM "\n");
}
