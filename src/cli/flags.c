/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of a command: flags, their defaults from amtool's configuration files, help. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "cli.h"
#include "cli/commands.h"
#include "setup/files.h"
#include "setup/options.h"
#include "text/yaml.h"

#define DEFAULTS_MAX ((size_t)1 << 20)
#define REMOTE_FLAGS 6
#define COMMON_MAX (REMOTE_FLAGS + 5)

/* The two tables of flags of a command, and what was asked for beside them. */
struct parsing {
	struct cli *c;
	struct cli_flag *own, *common;
	struct str output;
	bool help, version, verbose, version_check;
};

static struct cli_flag *
find_in(struct cli_flag *flags, struct str name, char letter)
{
	for (; flags->name != NULL; flags++)
		if (letter != 0 ? flags->letter == letter : str_is(name, flags->name))
			return flags;
	return NULL;
}

static struct cli_flag *
find(struct parsing *p, struct str name, char letter)
{
	struct cli_flag *f = find_in(p->own, name, letter);

	return f != NULL ? f : find_in(p->common, name, letter);
}

static bool
set_flag(struct parsing *p, const struct cli_flag *f, struct str value)
{
	struct cli *c = p->c;
	struct cli_strings *list = f->at;

	switch (f->type) {
	case CLI_BOOL:
		if (!str_is(value, "true") && !str_is(value, "false"))
			return err_set(&c->e, ERR_INVALID, "--%s: true or false is wanted, not \"%.*s\"", f->name,
			    STR_ARG(value));
		*(bool *)f->at = str_is(value, "true");
		return true;
	case CLI_STRING:
		*(struct str *)f->at = value;
		c->url_given |= f->at == &c->url;
		return true;
	case CLI_STRINGS:
		list->v = arena_grow(c->arena, list->v, list->n, list->n + 1, sizeof(value));
		list->v[list->n++] = value;
		return true;
	case CLI_SPAN:
		return duration_parse(value, f->at, &c->e) ? true : err_ctx(&c->e, "--%s", f->name);
	}
	return true;
}

/* argv[*i] is --name, --no-name, --name=value; its value may be the next argument. */
static bool
take_long(struct parsing *p, int argc, char *const *argv, int *i)
{
	struct str arg = str_from(argv[*i]), name = str_sub(arg, 2, str_chr(arg, '='));
	bool given = 2 + name.n < arg.n, negated = false;
	struct cli_flag *f = find(p, name, 0);

	if (f == NULL && str_starts(name, STR("no-"))) {
		f = find(p, str_sub(name, 3, name.n), 0);
		negated = f != NULL && f->type == CLI_BOOL;
		f = negated ? f : NULL;
	}
	if (f == NULL)
		return err_set(&p->c->e, ERR_INVALID, "unknown long flag '--%.*s', try --help", STR_ARG(name));
	if (negated && !given)
		return set_flag(p, f, STR("false"));
	if (given)
		return set_flag(p, f, str_from(argv[*i] + 2 + name.n + 1));
	if (f->type == CLI_BOOL)
		return set_flag(p, f, STR("true"));
	if (*i + 1 >= argc)
		return err_set(&p->c->e, ERR_INVALID, "expected argument for flag '--%s', try --help", f->name);
	return set_flag(p, f, str_from(argv[++*i]));
}

/* argv[*i] is -x, -xyz, -x VALUE, -xVALUE. */
static bool
take_letters(struct parsing *p, int argc, char *const *argv, int *i)
{
	for (const char *at = argv[*i] + 1; *at != '\0'; at++) {
		struct cli_flag *f = find(p, STR_NONE, *at);

		if (f == NULL)
			return err_set(&p->c->e, ERR_INVALID, "unknown short flag '-%c', try --help", *at);
		if (f->type == CLI_BOOL) {
			if (!set_flag(p, f, STR("true")))
				return false;
			continue;
		}
		if (at[1] != '\0')
			return set_flag(p, f, str_from(at + (at[1] == '=' ? 2 : 1)));
		if (*i + 1 >= argc)
			return err_set(&p->c->e, ERR_INVALID, "expected argument for flag '-%c', try --help", *at);
		return set_flag(p, f, str_from(argv[++*i]));
	}
	return true;
}

static bool
take_arguments(struct parsing *p, int argc, char *const *argv)
{
	struct cli *c = p->c;
	bool only_args = false;

	c->args = ARENA_ARRAY(c->arena, (size_t)argc + 1, struct str);
	for (int i = 0; i < argc; i++) {
		if (only_args || argv[i][0] != '-' || argv[i][1] == '\0')
			c->args[c->args_n++] = str_from(argv[i]);
		else if (strcmp(argv[i], "--") == 0)
			only_args = true;
		else if (argv[i][1] == '-' ? !take_long(p, argc, argv, &i) : !take_letters(p, argc, argv, &i))
			return false;
	}
	return true;
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
read_defaults(struct parsing *p, const char *path, struct defaults *earlier)
{
	const struct yaml_node *root = NULL;
	struct err e = { 0 };
	struct str text;

	if (!files_read(path, DEFAULTS_MAX, p->c->arena, &text, &e))
		return true;
	if (!yaml_parse(p->c->arena, text, &root, &e))
		return err_set(&p->c->e, ERR_INVALID, "%s: %s", path, e.text);
	for (size_t i = 0; root != NULL && root->kind == YAML_MAP && i < root->n; i++) {
		const struct yaml_node *key = root->pairs[i].key, *value = root->pairs[i].value;
		struct str name = key->kind == YAML_SCALAR ? key->text : STR("");
		struct cli_flag *f;

		if (str_is(name, "comment_required") && yaml_get(root, "require-comment") == NULL)
			name = STR("require-comment");
		f = find(p, name, 0);
		if (f == NULL || value->kind != YAML_SCALAR || was_given(earlier, f->name))
			continue;
		if (!set_flag(p, f, value->text))
			return err_ctx(&p->c->e, "%s", path);
	}
	earlier->v[earlier->n++] = root;
	return true;
}

/* What the operator has written down for amtool, or Debian's, holds here too; the environment is stronger. */
static bool
take_defaults(struct parsing *p)
{
	static const char *const paths[] = { "~/.config/amtool/config.yml", "/etc/amtool/config.yml",
		"~/.config/prometheus/amtool.yml", "/etc/prometheus/amtool.yml" };
	const char *home = getenv("HOME"), *url = getenv("ALERTMANAGER_URL");
	struct defaults read = { 0 };
	struct cli *c = p->c;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		const char *path = paths[i];

		if (path[0] == '~' && home == NULL)
			continue;
		if (path[0] == '~')
			path = arena_printf(c->arena, "%s%s", home, path + 1).p;
		if (!read_defaults(p, path, &read))
			return false;
	}
	if (url != NULL && url[0] != '\0') {
		c->url = str_from(url);
		c->url_given = true;
	}
	return true;
}

static void
print_flags(const struct cli_flag *flags)
{
	static const char *const values[] = { [CLI_BOOL] = "", [CLI_STRING] = "=VALUE", [CLI_STRINGS] = "=VALUE ...",
		[CLI_SPAN] = "=DURATION" };

	for (; flags->name != NULL; flags++) {
		bool negatable = flags->type == CLI_BOOL && *(bool *)flags->at;
		char left[80];

		snprintf(left, sizeof(left), "%c%c%s --%s%s%s", flags->letter != 0 ? '-' : ' ',
		    flags->letter != 0 ? flags->letter : ' ', flags->letter != 0 ? "," : " ", negatable ? "[no-]" : "",
		    flags->name, values[flags->type]);
		printf("  %-36s %s\n", left, flags->help);
	}
}

/* The common flags that the command's help tells of. */
static const struct cli_flag *
told_of(const struct parsing *p)
{
	return p->common + (p->c->command->local ? REMOTE_FLAGS : 0);
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
print_help(const struct parsing *p)
{
	const struct cli_command *cmd = p->c->command;

	printf("usage: %s %s%s%s [<flags>]%s%s\n\n%s\n\nFlags:\n", cli_program(), cmd->group,
	    cmd->name != NULL ? " " : "", cmd->name != NULL ? cmd->name : "", cmd->args[0] != '\0' ? " " : "", cmd->args, cmd->help);
	print_flags(p->own);
	print_flags(told_of(p));
	printf("\nExamples:\n");
	print_examples(cmd->examples);
}

/* For the shell's completion. */
static void
print_words(const struct parsing *p)
{
	for (int t = 0; t < 2; t++)
		for (const struct cli_flag *f = t == 0 ? p->own : told_of(p); f->name != NULL; f++)
			printf("--%s\n", f->name);
}

static bool
check_common(struct parsing *p)
{
	struct options features = { .features = p->c->features };
	struct cli *c = p->c;

	if (str_is(p->output, "json"))
		c->output = CLI_JSON;
	else if (str_is(p->output, "extended"))
		c->output = CLI_EXTENDED;
	else if (!str_is(p->output, "simple"))
		return err_set(&c->e, ERR_INVALID, "unknown output format \"%.*s\": simple, extended or json",
		    STR_ARG(p->output));
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

/*
 * The flags that every command takes. Those about the server come first: a
 * command that talks to none does not tell of them.
 */
static void
common_flags(struct parsing *p, struct cli_flag *out)
{
	struct cli *c = p->c;
	struct cli_flag always[] = {
		{ "output", 'o', CLI_STRING, &p->output, "simple, extended or json." },
		{ "enable-feature", 0, CLI_STRING, &c->features, "As the server's: classic-mode, utf8-strict-mode ..." },
		{ "help", 'h', CLI_BOOL, &p->help, "Show this help." },
		{ "version", 0, CLI_BOOL, &p->version, "Show the version." },
	};
	struct cli_flag remote[] = {
		{ "alertmanager.url", 0, CLI_STRING, &c->url,
		    "The server; else $ALERTMANAGER_URL, else amtool's config.yml, else http://127.0.0.1:9093." },
		{ "timeout", 0, CLI_SPAN, &c->timeout, "Longest time for one request; 30s." },
		{ "http.config.file", 0, CLI_STRING, &c->http_config_file,
		    "How to connect: a file with what http_config has in the configuration." },
		{ "date.format", 0, CLI_STRING, &c->date_format, "How to show times, as a layout of Go." },
		{ "version-check", 0, CLI_BOOL, &p->version_check, "Taken for amtool's sake: versions are not compared." },
		{ "verbose", 'v', CLI_BOOL, &p->verbose, "Taken for amtool's sake: all there is to say is said." },
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(remote); i++)
		out[n++] = remote[i];
	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		out[n++] = always[i];
	out[n] = (struct cli_flag)CLI_FLAGS_END;
	_Static_assert(ARRAY_LEN(remote) == REMOTE_FLAGS && ARRAY_LEN(always) + ARRAY_LEN(remote) < COMMON_MAX,
	    "room for the end");
}

static bool
asks_for(int argc, char *const *argv, const char *word, const char *letter)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], word) == 0 || (letter != NULL && strcmp(argv[i], letter) == 0))
			return true;
	return false;
}

bool
cli_parse(struct cli *c, struct cli_flag *flags, int argc, char *const *argv)
{
	struct cli_flag common[COMMON_MAX];
	struct parsing p = { .c = c, .own = flags, .common = common, .output = STR("simple") };

	c->url = STR("http://127.0.0.1:9093");
	c->timeout = 30 * SPAN_S;
	common_flags(&p, common);
	/* Whoever asks for help gets it, whatever else stands there. */
	if (asks_for(argc, argv, "--completion-words", NULL)) {
		print_words(&p);
		c->done = true;
		return true;
	}
	if (asks_for(argc, argv, "--help", "-h")) {
		print_help(&p);
		c->done = true;
		return true;
	}
	if (!take_defaults(&p) || !take_arguments(&p, argc, argv))
		return false;
	if (p.version) {
		commands_version(cli_program());
		c->done = true;
		return true;
	}
	return check_common(&p);
}

int
cli_global_flag(int argc, char *const *argv, bool routes)
{
	struct cli c = { 0 };
	struct cli_flag common[COMMON_MAX + 1], file = { "config.file", 0, CLI_STRING, NULL, NULL }, end = CLI_FLAGS_END;
	struct cli_flag own[] = { routes ? file : end, end };
	struct parsing p = { .c = &c, .own = own, .common = common };
	const struct cli_flag *f;
	struct str name;
	bool given;

	if (argc == 0 || argv[0][0] != '-' || argv[0][1] == '\0')
		return 0;
	common_flags(&p, common);
	if (argv[0][1] == '-') {
		name = str_from(argv[0] + 2);
		name = str_sub(name, 0, str_chr(name, '='));
		given = argv[0][2 + name.n] == '=';
		f = find(&p, name, 0);
		if (f == NULL && str_starts(name, STR("no-")))
			f = find(&p, str_sub(name, 3, name.n), 0);
	} else {
		f = find(&p, STR_NONE, argv[0][1]);
		given = argv[0][2] != '\0';
	}
	/* These are told of each command, or of all. */
	if (f == NULL || f->at == &p.help || f->at == &p.version)
		return 0;
	return f->type == CLI_BOOL || given ? 1 : argc > 1 ? 2 : 0;
}
