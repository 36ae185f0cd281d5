/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup/flags.h - tables of flags, and the one parser of command lines.
 *
 * A row says what a flag is called, where its value goes, its default and its
 * help; parser, help, completion and manual are made from it. The server and
 * the commands differ in a few habits of their grammar, those of Alertmanager
 * and of amtool.
 *
 *	static const struct flag flags[] = {
 *		SPAN_FLAG(struct settings, within, "within", .help = "Only those that end within this time."),
 *		FLAGS_END,
 *	};
 */
#ifndef SETUP_FLAGS_H
#define SETUP_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/time.h"

/* The words of a repeatable flag; n of them, each with a NUL behind it. */
struct words {
	struct str *v;
	size_t n;
};

enum flag_type {
	FLAG_BOOL,	/* bool; --no-NAME sets it to false */
	FLAG_STRING,	/* struct str, with a NUL behind it */
	FLAG_STRINGS,	/* struct words; repeatable */
	FLAG_SPAN,	/* span, as in the configuration: 1d12h */
	FLAG_GO_SPAN,	/* span, as Go writes it: 1.5h */
	FLAG_SECONDS,	/* span, as Go writes it; a bare number is one of seconds */
	FLAG_INT,	/* int64_t */
	FLAG_DOUBLE,	/* double */
};

struct flag {
	const char *name;
	enum flag_type type;
	char letter;		/* 0: none */
	size_t offset;		/* of its value in the settings */
	const char *fallback;	/* the default as it is written; NULL: zero. A bool that has one is shown with [no-] */
	const char *value;	/* stands for the value in help; NULL: the default, or a word for the type */
	const char *alias;	/* another name that is taken for it, and not told of; NULL: none */
	const char *help;	/* a sentence; NULL: taken, and not told of */
};

#define FLAG_CHECKED_(S, member, ctype) \
	(0 * sizeof(char[_Generic(((S *)0)->member, ctype: 1, default: -1)]) + offsetof(S, member))
#define FLAG_ROW_(S, m, ctype, kind, flag_name, ...) \
	{ .name = flag_name, .type = kind, .offset = FLAG_CHECKED_(S, m, ctype), __VA_ARGS__ }

/* The struct of settings, its member, the flag's name; then .help, .letter, .fallback … */
#define BOOL_FLAG(S, m, ...) FLAG_ROW_(S, m, bool, FLAG_BOOL, __VA_ARGS__)
#define STRING_FLAG(S, m, ...) FLAG_ROW_(S, m, struct str, FLAG_STRING, __VA_ARGS__)
#define STRINGS_FLAG(S, m, ...) FLAG_ROW_(S, m, struct words, FLAG_STRINGS, __VA_ARGS__)
#define SPAN_FLAG(S, m, ...) FLAG_ROW_(S, m, span, FLAG_SPAN, __VA_ARGS__)
#define GO_SPAN_FLAG(S, m, ...) FLAG_ROW_(S, m, span, FLAG_GO_SPAN, __VA_ARGS__)
#define SECONDS_FLAG(S, m, ...) FLAG_ROW_(S, m, span, FLAG_SECONDS, __VA_ARGS__)
#define INT_FLAG(S, m, ...) FLAG_ROW_(S, m, int64_t, FLAG_INT, __VA_ARGS__)
#define DOUBLE_FLAG(S, m, ...) FLAG_ROW_(S, m, double, FLAG_DOUBLE, __VA_ARGS__)
#define FLAGS_END { .name = NULL }

/* Arguments that a command line may hold beside --name=value and --name value. */
struct flag_grammar {
	bool letters;		/* -xyz, -x VALUE, -xVALUE; else letters stand alone and take no value */
	bool bool_values;	/* --name=false */
	bool repeats;		/* of a flag given twice the last counts; else it is an error */
	bool dash_values;	/* a value of its own word may begin with '-' */
	bool arguments;		/* words that are no flags, and what is behind "--" */
	bool files;		/* @FILE stands for the lines of FILE */
	bool named;		/* errors of a value begin with its flag */
	const char *hint;	/* behind an error of the grammar */
};

/* A table, and the struct that its values go to, zeroed before flags_defaults. */
struct flag_table {
	const struct flag *flags;
	void *settings;
};

#define FLAG_TABLES_MAX 2
#define FLAGS_MAX 64	/* in one table */

struct flag_parser {
	const struct flag_grammar *grammar;
	struct flag_table tables[FLAG_TABLES_MAX];	/* the first that has a flag decides; unused ones: no flags */
	struct arena *arena;	/* values are kept there */
	struct words arguments;	/* out: what is no flag */
	bool given[FLAG_TABLES_MAX][FLAGS_MAX];
};

/* Where a flag was found; flag is NULL when it was not. */
struct flag_at {
	const struct flag *flag;
	size_t table, row;
};

/* Sets what no word of the command line needs; `given` flags keep their values. */
void flags_defaults(struct flag_parser *p);
/* Parses argv[0..argc-1]; what was given stays given for a further call. */
bool flags_parse(struct flag_parser *p, int argc, char *const *argv, struct err *e) MUST_CHECK;
/* By its name, or its letter when that is not 0. */
struct flag_at flags_find(const struct flag_parser *p, struct str name, char letter);
/* By its name or, of a bool, no-NAME. */
struct flag_at flags_find_long(const struct flag_parser *p, struct str name, bool *negated_out);
/* Sets a flag to what the text says; the text is kept, and has a NUL behind it. */
bool flags_set(struct flag_parser *p, struct flag_at f, struct str value, struct err *e) MUST_CHECK;
/* "--[no-]name", "--name=VALUE ..." as help shows a flag. */
void flag_put_usage(const struct flag *f, struct sbuf *out);
/* A line for each flag of the table; what they do begins in that column. */
void flags_help(const struct flag *flags, size_t column, struct sbuf *out);

#endif
