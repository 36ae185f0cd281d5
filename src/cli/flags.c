/* SPDX-License-Identifier: Apache-2.0 */
/* flags.c - the arguments of a command: flags, their defaults from amtool's configuration files, help. */
#include "loop/file.h"
#include "setup/flags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cli/commands.h"
#include "setup/options.h"
#include "text/yaml.h"

#define DEFAULTS_MAX ((size_t)1 << 20)
#define HELP_COLUMN 39

#define C struct cli

/*
 * The flags that every command takes. Those about the server come first: a
 * command that talks to none does not tell of them.
 */
static const struct flag common[] = {
	STRING_FLAG(C, url, "alertmanager.url",
	    .help = "The server; else $ALERTMANAGER_URL, else amtool's config.yml, else http://127.0.0.1:9093."),
	SPAN_FLAG(C, timeout, "timeout", .fallback = "30s", .value = "DURATION",
	    .help = "Longest time for one request; 30s."),
	STRING_FLAG(C, http_config_file, "http.config.file",
	    .help = "How to connect: a file with what http_config has in the configuration."),
	STRING_FLAG(C, date_format, "date.format", .help = "How to show times, as a layout of Go."),
	BOOL_FLAG(C, version_check, "version-check", .help = "Taken for amtool's sake: versions are not compared."),
	BOOL_FLAG(C, verbose, "verbose", .letter = 'v', .help = "Taken for amtool's sake: all there is to say is said."),
#define REMOTE_FLAGS 6
	STRING_FLAG(C, output_name, "output", .letter = 'o', .fallback = "simple", .value = "VALUE",
	    .help = "simple, extended or json."),
	STRING_FLAG(C, features, "enable-feature", .help = "As the server's: classic-mode, utf8-strict-mode ..."),
	BOOL_FLAG(C, help, "help", .letter = 'h', .help = "Show this help."),
	BOOL_FLAG(C, version, "version", .help = "Show the version."),
	FLAGS_END,
};

#undef C

/* amtool's. */
static const struct flag_grammar grammar = {
	.letters = true,
	.bool_values = true,
	.repeats = true,
	.dash_values = true,
	.arguments = true,
	.named = true,
	.hint = ", try --help",
};

static const struct flag *
own_flags(const struct cli_command *cmd)
{
	static const struct flag none[] = { FLAGS_END };

	return cmd->flags != NULL ? cmd->flags : none;
}

/* The common flags that the command's help tells of. */
static const struct flag *
told_of(const struct cli_command *cmd)
{
	return common + (cmd->local ? REMOTE_FLAGS : 0);
}

/* The files of defaults that were read, strongest first. */
struct defaults {
	const struct yaml_node *v[4];
	size_t n;
};

static bool
was_given(const struct defaults *d, const char *name)
{
	for (size_t i = 0; i < d->n; i++)
		if (yaml_get(d->v[i], name) != NULL)
			return true;
	return false;
}

/* The keys of one file that are flags of this command and were not in an earlier file. */
static bool
read_defaults(struct cli *c, const char *path, struct defaults *earlier)
{
	const struct yaml_node *root = NULL;
	struct err e = { 0 };
	struct str text;

	if (!file_read_input(path, DEFAULTS_MAX, c->arena, &text, &e))
		return true;
	if (!yaml_parse(c->arena, text, &root, &e))
		return err_set(&c->e, ERR_INVALID, "%s: %s", path, e.text);
	for (size_t i = 0; root != NULL && root->kind == YAML_MAP && i < root->n; i++) {
		const struct yaml_node *key = root->pairs[i].key, *value = root->pairs[i].value;
		struct str name = key->kind == YAML_SCALAR ? key->text : STR("");
		struct flag_at f;

		if (str_is(name, "comment_required") && yaml_get(root, "require-comment") == NULL)
			name = STR("require-comment");
		f = flags_find(&c->line, name, 0);
		if (f.flag == NULL || value->kind != YAML_SCALAR || was_given(earlier, f.flag->name))
			continue;
		if (!flags_set(&c->line, f, value->text, &c->e))
			return err_ctx(&c->e, "%s", path);
	}
	earlier->v[earlier->n++] = root;
	return true;
}

/* The operator's configuration for amtool, or Debian's, holds here too; the environment is stronger. */
static bool
take_defaults(struct cli *c)
{
	static const char *const paths[] = { "~/.config/amtool/config.yml", "/etc/amtool/config.yml",
		"~/.config/prometheus/amtool.yml", "/etc/prometheus/amtool.yml" };
	const char *home = getenv("HOME"), *url = getenv("ALERTMANAGER_URL");
	struct defaults read = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		const char *path = paths[i];

		if (path[0] == '~' && home == NULL)
			continue;
		if (path[0] == '~')
			path = arena_printf(c->arena, "%s%s", home, path + 1).p;
		if (!read_defaults(c, path, &read))
			return false;
	}
	if (url != NULL && url[0] != '\0')
		c->url = str_from(url);
	return true;
}

/* They are written for "tocsin", which is also in the names of files. */
static void
print_examples(const char *text)
{
	static const char name[] = "tocsin ";

	for (const char *at = text; *at != '\0'; at++)
		if (strncmp(at, name, sizeof(name) - 1) == 0 && (at == text || at[-1] != '/')) {
			printf("%s ", cli_program());
			at += sizeof(name) - 2;
		} else {
			putchar(*at);
		}
}

static void
print_help(const struct cli_command *cmd)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	sbuf_printf(&b, "usage: %s %s%s%s [<flags>]%s%s\n\n%s\n\nFlags:\n", cli_program(), cmd->group,
	    cmd->name != NULL ? " " : "", cmd->name != NULL ? cmd->name : "", cmd->args[0] != '\0' ? " " : "", cmd->args,
	    cmd->help);
	flags_help(own_flags(cmd), HELP_COLUMN, &b);
	flags_help(told_of(cmd), HELP_COLUMN, &b);
	sbuf_puts(&b, "\nExamples:\n");
	cli_print(sbuf_get(&b));
	sbuf_fini(&b);
	print_examples(cmd->examples);
}

/* For the shell's completion. */
static void
print_words(const struct cli_command *cmd)
{
	for (int t = 0; t < 2; t++)
		for (const struct flag *f = t == 0 ? own_flags(cmd) : told_of(cmd); f->name != NULL; f++)
			printf("--%s\n", f->name);
}

static bool
check_common(struct cli *c)
{
	struct options features = { .features = c->features };

	if (str_is(c->output_name, "json"))
		c->output = CLI_JSON;
	else if (str_is(c->output_name, "extended"))
		c->output = CLI_EXTENDED;
	else if (!str_is(c->output_name, "simple"))
		return err_set(&c->e, ERR_INVALID, "unknown output format \"%.*s\": simple, extended or json",
		    STR_ARG(c->output_name));
	if (c->command->one_output && cli_is_amtool())
		c->output = CLI_SIMPLE;
	if (c->timeout <= 0)
		return err_set(&c->e, ERR_INVALID, "--timeout has to be longer than nothing");
	if (!options_features(&features, &c->e))
		return false;
	c->matcher_mode = features.matcher_mode;
	c->naming = features.naming;
	return true;
}

static bool
asks_for(int argc, char *const *argv, const char *word, const char *letter)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], word) == 0 || (letter != NULL && strcmp(argv[i], letter) == 0))
			return true;
	return false;
}

/* Defaults, what is written down, and the line itself, each stronger than the one before. */
static bool
take_line(struct cli *c, int argc, char *const *argv)
{
	c->settings = arena_array(c->arena, 1, c->command->settings_size);
	c->line = (struct flag_parser){
		.grammar = &grammar,
		.tables = { { own_flags(c->command), c->settings }, { common, c } },
		.arena = c->arena,
	};
	c->url = STR("http://127.0.0.1:9093");
	flags_defaults(&c->line);
	if (!take_defaults(c) || !flags_parse(&c->line, argc, argv, &c->e))
		return false;
	/* With room for one more. */
	c->args_n = c->line.arguments.n;
	c->args = ARENA_ARRAY(c->arena, c->args_n + 1, struct str);
	for (size_t i = 0; i < c->args_n; i++)
		c->args[i] = c->line.arguments.v[i];
	return true;
}

bool
cli_parse(struct cli *c, int argc, char *const *argv)
{
	c->done = true;
	/* A request for help is answered, whatever else stands there. */
	if (asks_for(argc, argv, "--completion-words", NULL)) {
		print_words(c->command);
		return true;
	}
	if (asks_for(argc, argv, "--help", "-h")) {
		print_help(c->command);
		return true;
	}
	if (!take_line(c, argc, argv))
		return false;
	if (c->version) {
		commands_version(cli_program());
		return true;
	}
	c->done = false;
	return check_common(c);
}

const struct flag *
cli_common_flags(void)
{
	return common;
}

bool
cli_given(const struct cli *c, const char *name)
{
	struct flag_at f = flags_find(&c->line, str_from(name), 0);

	return f.flag != NULL && c->line.given[f.table][f.row];
}

int
cli_global_flag(int argc, char *const *argv, bool routes)
{
	static const struct flag file[] = { STRING_FLAG(struct options, config_file, "config.file"), FLAGS_END };
	struct flag_parser p = {
		.grammar = &grammar,
		.tables = { { .flags = common }, { .flags = routes ? file : NULL } },
	};
	struct flag_at f;
	bool given, negated;

	if (argc == 0 || argv[0][0] != '-' || argv[0][1] == '\0')
		return 0;
	if (argv[0][1] == '-') {
		struct str name = str_from(argv[0] + 2);

		name = str_sub(name, 0, str_chr(name, '='));
		given = argv[0][2 + name.n] == '=';
		f = flags_find_long(&p, name, &negated);
	} else {
		f = flags_find(&p, STR_NONE, argv[0][1]);
		given = argv[0][2] != '\0';
	}
	/* Help and version are told of each command, or of all. */
	if (f.flag == NULL || (f.table == 0 && (f.flag->offset == offsetof(struct cli, help) ||
	    f.flag->offset == offsetof(struct cli, version))))
		return 0;
	return f.flag->type == FLAG_BOOL || given ? 1 : argc > 1 ? 2 : 0;
}
