/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli/cli.h (private) - what the commands beside the server share.
 *
 * A command is one file, which has a struct cli_command, and one row of commands.def. Commands print
 * tables for people or, with -o json, JSON for scripts; errors go to stderr as
 * "tocsin: error: TEXT", status 1. Called amtool, the program is amtool alone. Behaviour, flags and outputs are those of
 * Alertmanager's amtool wherever it has the command.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/time.h"
#include "config/config.h"
#include "model/matcher.h"
#include "setup/flags.h"
#include "text/json_tree.h"
#include "text/json_write.h"

enum cli_output { CLI_SIMPLE, CLI_EXTENDED, CLI_JSON };

struct cli_command;

struct cli {
	const struct cli_command *command;
	struct arena *arena;
	struct str *args;	/* what is no flag; each with a NUL behind it */
	size_t args_n;
	/* Flags that all commands have: */
	struct str url;		/* --alertmanager.url, else $ALERTMANAGER_URL, else the file of defaults, else localhost */
	struct str output_name;
	enum cli_output output;	/* from output_name */
	span timeout;
	struct str http_config_file, date_format, features;
	enum matcher_mode matcher_mode;	/* from `features` */
	enum naming naming;
	bool help, version, verbose, version_check;
	bool done;		/* help was asked for, and given: nothing else to do */
	void *settings;		/* of the command's own flags, in the arena */
	struct flag_parser line;	/* what was given */
	struct http_config *http;	/* how to connect; NULL until cli_dial */
	struct fetch_waiter *waiter;	/* has the connection, kept between requests; NULL: none yet */
	long status;		/* of the last answer; 0: there was none */
	struct err e;
};

struct cli_command {
	const char *group, *name;	/* "silence", "add"; name may be NULL */
	int (*run)(struct cli *c);	/* the exit status; flags and arguments are in c */
	const struct flag *flags;	/* beside those that all commands have; NULL: none */
	size_t settings_size;		/* of the struct that `flags` are about */
	const char *args, *help, *examples;
	bool local;	/* talks to no server */
	bool first;	/* what the group alone does */
	bool hidden;	/* for builds: help and completion do not tell of it */
	bool ours;	/* amtool has no such command, and takes the word for something else */
	bool one_output;	/* amtool prints the same whatever --output says */
};

#define COMMAND(name) extern const struct cli_command command_##name;
#include "commands.def"
#undef COMMAND

/* The table, n rows; the rows of a group stand together. */
const struct cli_command *const *cli_commands(size_t *n);

/*
 * Sorts argv into flags and c->args for c->command; false with c->e set. When
 * help was asked for it is printed here, and c->done is set.
 */
bool cli_parse(struct cli *c, int argc, char *const *argv) MUST_CHECK;
/* Whether a flag was given, or is in a file of defaults. */
bool cli_given(const struct cli *c, const char *name);
/* The flags that all commands have. */
const struct flag *cli_common_flags(void);
/* How many of the arguments (a flag and its value) are a flag that all commands have; 0: none. routes: and its file. */
int cli_global_flag(int argc, char *const *argv, bool routes);
/* As what we were called: "tocsin" or "amtool". */
const char *cli_program(void);
bool cli_is_amtool(void);
/* Prints c->e; returns 1. */
int cli_fail(struct cli *c);
/* Prints a line of its own for one of several failures. */
void cli_complain(const char *fmt, ...) PRINTF(1, 2);

/* call.c */
/*
 * One request to the API, within --timeout; body.p == NULL: none. *out is the answer's body, in
 * the arena. Anything but 2xx is an error with the server's words.
 */
bool cli_call(struct cli *c, const char *method, struct str path, struct str body, struct str *out) MUST_CHECK;
/* The same with the body written to a descriptor as it comes; --timeout bounds how long nothing may come. */
bool cli_download(struct cli *c, const char *method, struct str path, int fd) MUST_CHECK;
/* Makes ready to connect; cli_call does it when it was not done. It keeps things in c->arena as it was then. */
bool cli_dial(struct cli *c) MUST_CHECK;
/* cli_call and the answer as a tree of the kind wanted. */
bool cli_get(struct cli *c, struct str path, enum json_kind kind, const struct json **out) MUST_CHECK;
bool cli_post(struct cli *c, struct str path, struct str json, enum json_kind kind, const struct json **out) MUST_CHECK;
/* The configuration that the server has loaded, as it shows it. */
bool cli_server_config(struct cli *c, struct str *out) MUST_CHECK;
/* Closes the connection. */
void cli_hang_up(struct cli *c);

/* path.c */
/* A part of the API's path between two others, escaped: "/api/v2/silence/" ID "". */
struct str cli_path_with(struct cli *c, const char *before, struct str part, const char *behind);
/* A parameter. */
struct cli_param {
	const char *name;
	struct str value;	/* empty: the parameter is left out */
};
/* The path with parameters behind it, escaped; with `filters` c->args as matchers come first, as filter=…&filter=… */
bool cli_path(struct cli *c, const char *path, bool filters, const struct cli_param *params, size_t n, struct str *out)
    MUST_CHECK;

/* signals.c */
/*
 * While they are held, SIGINT, SIGTERM and SIGHUP wait, so that what is half done can be
 * undone: requests end with an error, and the process by the signal when it is let go.
 * SIGPIPE is ignored meanwhile. May nest.
 */
void cli_signals_hold(void);
void cli_signals_let_go(void);
/* Readable when one has come that cli_signals_came has not told of; -1: there is no telling. */
int cli_signals_fd(void);
/* Whether one has come since they are held. */
bool cli_signals_came(void);

/* input.c */
/* A whole file, or standard input for "-". */
bool cli_read(struct cli *c, struct str path, struct str *out) MUST_CHECK;
/* A tree of the kind wanted; a list may be of any length. */
bool cli_parse_json(struct cli *c, struct str text, enum json_kind kind, const struct json **out) MUST_CHECK;
/* Where a configuration is read, and how. */
struct cli_config_source {
	struct str file;	/* a directory, too; "-": standard input */
	struct str extra_file;	/* empty: none */
	bool expand_env;
};
bool cli_config(struct cli *c, const struct cli_config_source *s, struct config **out) MUST_CHECK;
/* The configuration that the server has loaded. Its files are not here: templates and rule files are not looked for. */
bool cli_config_of_server(struct cli *c, struct config **out) MUST_CHECK;
/*
 * c->args as matchers, also lists of them in braces. Like amtool, takes a first
 * argument that is none for the name of an alert.
 */
bool cli_matchers(struct cli *c, struct matchers *out) MUST_CHECK;
/*
 * name=value arguments; `what` names them in errors. With `alertname` a first
 * one without '=' is the name of an alert.
 */
bool cli_pairs(struct cli *c, const struct str *args, size_t n, const char *what, bool alertname, struct str *names,
    struct str *values) MUST_CHECK;
/* RFC 3339, "now", or a span from now: "+2h", "-5m". */
bool cli_when(struct cli *c, const char *flag, struct str text, struct wall *out) MUST_CHECK;
struct wall cli_now(void);

/* print.c */
void cli_print(struct str s);
/* A line of JSON. */
void cli_print_json(struct cli *c, const struct json *j);
void cli_put_json(struct json_writer *w, const struct json *j);
/* An object of n strings, as cli_pairs gives them. */
void cli_put_pairs(struct json_writer *w, const char *key, const struct str *names, const struct str *values, size_t n);
/* The elements of a list of objects, sorted by the time in their member `key`. */
const struct json **cli_by_time(struct cli *c, const struct json *list, const char *key);

/* How members are shown; of what is not there, or is something else, there is nothing to show. */
/* A time as --date.format says (a layout of Go), in the local zone. */
struct str cli_show_time(struct cli *c, const struct json *value);
/* An object of strings as a="b" c="d", sorted. */
struct str cli_show_labels(struct cli *c, const struct json *value);

/* table.c */
/* The text as it may be shown: anybody may have posted it, and control characters, which are blanks then, command a terminal. */
struct str cli_tame(struct arena *a, struct str s);
struct cli_column {
	const char *title;
	const char *key;	/* the member of a row; "a.b": of one of its members; NULL: the row itself */
	struct str (*show)(struct cli *c, const struct json *value);	/* value is NULL when there is none; NULL: as it is */
};
/* Rows are objects. Control characters of a cell, line breaks too, are shown as blanks. */
void cli_print_table(struct cli *c, const struct cli_column *columns, size_t columns_n, const struct json *const *rows,
    size_t n);
/* Events of history, as that shows them; history.c. */
void cli_print_events(struct cli *c, const struct json **rows, size_t n);

/* Alerts as JSON objects, one a line, from standard input to the server; stream.c. False with c->e set. */
bool cli_stream_alerts(struct cli *c, span retry) MUST_CHECK;

#endif
