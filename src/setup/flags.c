/* SPDX-License-Identifier: Apache-2.0 */
/* flags.c - reads command lines by tables of flags, and tells of the flags. */
#include "loop/file.h"
#include "setup/flags.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "text/float.h"

#define ARGUMENTS_FILE_MAX ((size_t)1 << 20)

static const struct flag_at nowhere = { NULL, 0, 0 };

static void *
place(const struct flag_parser *p, struct flag_at f)
{
	return (char *)p->tables[f.table].settings + f.flag->offset;
}

static bool
set_bool(struct str value, bool *at, struct err *e)
{
	if (!str_is(value, "true") && !str_is(value, "false"))
		return err_set(e, ERR_INVALID, "true or false is wanted, not \"%.*s\"", STR_ARG(value));
	*at = str_is(value, "true");
	return true;
}

static bool
set_number(enum flag_type type, struct str value, void *at, struct err *e)
{
	double v;

	if (!float_parse(value, &v) || isnan(v))
		return err_set(e, ERR_INVALID, "strconv.ParseFloat: parsing \"%.*s\": invalid syntax", STR_ARG(value));
	if (type == FLAG_DOUBLE)
		*(double *)at = v;
	else
		/* COMPAT: whole numbers may be written as 1e3; what is behind the point goes. */
		*(int64_t *)at = v >= 0x1p63 ? INT64_MAX : v <= -0x1p63 ? INT64_MIN : (int64_t)v;
	return true;
}

/* COMPAT: 30 is 30s. The Prometheus operator passes it so, and Alertmanager does not start. */
static bool
set_seconds(struct str value, span *at, struct err *e)
{
	char text[24];
	size_t digits = 0;

	while (digits < value.n && value.p[digits] >= '0' && value.p[digits] <= '9')
		digits++;
	if (digits == 0 || digits < value.n || digits + 2 > sizeof(text))
		return duration_parse_flag(value, at, e);
	snprintf(text, sizeof(text), "%.*ss", STR_ARG(value));
	return duration_parse_flag(str_from(text), at, e);
}

/* There is room for the next power of two. */
static void
add_word(struct arena *a, struct words *w, struct str word)
{
	if ((w->n & (w->n - 1)) == 0)
		w->v = arena_grow(a, w->v, w->n, w->n == 0 ? 1 : 2 * w->n, sizeof(word));
	w->v[w->n++] = word;
}

static bool
set_value(struct flag_parser *p, struct flag_at f, struct str value, struct err *e)
{
	void *at = place(p, f);

	switch (f.flag->type) {
	case FLAG_BOOL:
		return set_bool(value, at, e);
	case FLAG_STRING:
		*(struct str *)at = value;
		return true;
	case FLAG_STRINGS:
		/* The first word given takes the default's place. */
		if (!p->given[f.table][f.row])
			*(struct words *)at = (struct words){ 0 };
		add_word(p->arena, at, value);
		return true;
	case FLAG_SPAN:
		return duration_parse(value, at, e);
	case FLAG_GO_SPAN:
		return duration_parse_flag(value, at, e);
	case FLAG_SECONDS:
		return set_seconds(value, at, e);
	case FLAG_INT:
	case FLAG_DOUBLE:
		return set_number(f.flag->type, value, at, e);
	}
	return true;
}

bool
flags_set(struct flag_parser *p, struct flag_at f, struct str value, struct err *e)
{
	if (!set_value(p, f, value, e))
		return p->grammar->named ? err_ctx(e, "--%s", f.flag->name) : false;
	p->given[f.table][f.row] = true;
	return true;
}

void
flags_defaults(struct flag_parser *p)
{
	for (size_t t = 0; t < FLAG_TABLES_MAX && p->tables[t].flags != NULL; t++) {
		const struct flag *flags = p->tables[t].flags;

		for (size_t i = 0; flags[i].name != NULL; i++) {
			struct err e = { 0 };
			bool ok;

			assert(i < FLAGS_MAX);
			if (p->given[t][i] || flags[i].fallback == NULL)
				continue;
			ok = set_value(p, (struct flag_at){ &flags[i], t, i }, str_from(flags[i].fallback), &e);
			assert(ok);
			(void)ok;
		}
	}
}

static bool
is_called(const struct flag *f, struct str name, char letter)
{
	if (letter != 0)
		return f->letter == letter;
	return str_is(name, f->name) || (f->alias != NULL && str_is(name, f->alias));
}

struct flag_at
flags_find(const struct flag_parser *p, struct str name, char letter)
{
	for (size_t t = 0; t < FLAG_TABLES_MAX && p->tables[t].flags != NULL; t++) {
		const struct flag *flags = p->tables[t].flags;

		for (size_t i = 0; flags[i].name != NULL; i++)
			if (is_called(&flags[i], name, letter))
				return (struct flag_at){ &flags[i], t, i };
	}
	return nowhere;
}

struct flag_at
flags_find_long(const struct flag_parser *p, struct str name, bool *negated_out)
{
	struct flag_at f = flags_find(p, name, 0);

	*negated_out = false;
	if (f.flag != NULL || !str_starts(name, STR("no-")))
		return f;
	f = flags_find(p, str_sub(name, 3, name.n), 0);
	*negated_out = f.flag != NULL && f.flag->type == FLAG_BOOL;
	return *negated_out ? f : nowhere;
}

static bool
is_flag(struct str arg)
{
	return arg.n > 1 && arg.p[0] == '-';
}

static const char *
hint(const struct flag_parser *p)
{
	return p->grammar->hint != NULL ? p->grammar->hint : "";
}

/* The word behind args[*at] as the value of the flag that is shown so; moves on to it. */
static bool
next_value(const struct flag_parser *p, const struct words *args, size_t *at, struct str flag, struct str *out,
    struct err *e)
{
	/* Without dash_values a flag is nobody's value: the one before it lacks its own. */
	if (*at + 1 >= args->n || (!p->grammar->dash_values && is_flag(args->v[*at + 1])))
		return err_set(e, ERR_INVALID, "expected argument for flag '%.*s'%s", STR_ARG(flag), hint(p));
	*out = args->v[++*at];
	return true;
}

/* args[*at] is --name, --no-name, --name=value; its value may be the next word. */
static bool
take_long(struct flag_parser *p, const struct words *args, size_t *at, struct err *e)
{
	const struct flag_grammar *g = p->grammar;
	struct str arg = args->v[*at], name = str_sub(arg, 2, arg.n), value = STR_NONE;
	size_t equals = str_chr(name, '=');
	bool has_value = equals < name.n, negated;
	struct flag_at f;

	if (has_value)
		value = str_sub(name, equals + 1, name.n);
	name = str_sub(name, 0, equals);
	f = flags_find_long(p, name, &negated);
	if (f.flag == NULL)
		return err_set(e, ERR_INVALID, "unknown long flag '--%.*s'%s", STR_ARG(name), hint(p));
	if (!g->repeats && p->given[f.table][f.row] && f.flag->type != FLAG_STRINGS)
		return err_set(e, ERR_INVALID, "flag '%s' cannot be repeated", f.flag->name);
	if (f.flag->type == FLAG_BOOL && has_value && !g->bool_values)
		return err_set(e, ERR_INVALID, "unexpected %.*s", STR_ARG(value));
	if (f.flag->type == FLAG_BOOL && !has_value)
		value = negated ? STR("false") : STR("true");
	else if (!has_value &&
	    !next_value(p, args, at, arena_printf(p->arena, "--%s", f.flag->name), &value, e))
		return false;
	return flags_set(p, f, value, e);
}

/* args[*at] is -x, -xyz, -x VALUE, -xVALUE. */
static bool
take_letters(struct flag_parser *p, const struct words *args, size_t *at, struct err *e)
{
	struct str arg = args->v[*at], value;

	for (size_t i = 1; i < arg.n; i++) {
		char shown[] = { '-', arg.p[i], '\0' };
		struct flag_at f = flags_find(p, STR_NONE, arg.p[i]);

		if (f.flag == NULL)
			return err_set(e, ERR_INVALID, "unknown short flag '%s'%s", shown, hint(p));
		if (f.flag->type == FLAG_BOOL) {
			if (!flags_set(p, f, STR("true"), e))
				return false;
			continue;
		}
		if (i + 1 < arg.n)
			value = str_sub(arg, i + (arg.p[i + 1] == '=' ? 2 : 1), arg.n);
		else if (!next_value(p, args, at, str_from(shown), &value, e))
			return false;
		return flags_set(p, f, value, e);
	}
	return true;
}

/* A letter alone, where they are not written in bundles. */
static bool
take_letter(struct flag_parser *p, struct str arg, struct err *e)
{
	struct flag_at f = arg.n == 2 ? flags_find(p, STR_NONE, arg.p[1]) : nowhere;

	if (f.flag == NULL || f.flag->type != FLAG_BOOL)
		return err_set(e, ERR_INVALID, "unknown short flag '%.*s'%s", STR_ARG(arg), hint(p));
	return flags_set(p, f, STR("true"), e);
}

static bool
take_argument(struct flag_parser *p, struct str arg, struct err *e)
{
	if (!p->grammar->arguments)
		return err_set(e, ERR_INVALID, "unexpected %.*s", STR_ARG(arg));
	add_word(p->arena, &p->arguments, arg);
	return true;
}

static bool
take_words(struct flag_parser *p, const struct words *args, struct err *e)
{
	bool only_arguments = false;

	for (size_t i = 0; i < args->n; i++) {
		struct str arg = args->v[i];
		bool ok = true;

		if (only_arguments || !is_flag(arg))
			ok = take_argument(p, arg, e);
		else if (str_is(arg, "--"))
			only_arguments = true;
		else if (arg.p[1] == '-')
			ok = take_long(p, args, &i, e);
		else
			ok = p->grammar->letters ? take_letters(p, args, &i, e) : take_letter(p, arg, e);
		if (!ok)
			return false;
	}
	return true;
}

/* The word, or the lines of FILE for @FILE. */
static bool
expand_word(const struct flag_parser *p, const char *word, struct words *out, struct err *e)
{
	struct str text;

	if (!p->grammar->files || word[0] != '@' || word[1] == '\0') {
		add_word(p->arena, out, str_from(word));
		return true;
	}
	if (!file_read_input(word + 1, ARGUMENTS_FILE_MAX, p->arena, &text, e))
		return err_ctx(e, "failed to open arguments file \"%s\"", word + 1);
	while (text.n > 0) {
		size_t end = str_chr(text, '\n');
		struct str line = str_sub(text, 0, end);

		text = str_sub(text, end + 1, text.n);
		if (line.n > 0)
			add_word(p->arena, out, arena_str(p->arena, line));
	}
	return true;
}

bool
flags_parse(struct flag_parser *p, int argc, char *const *argv, struct err *e)
{
	struct words args = { 0 };

	for (int i = 0; i < argc; i++)
		if (!expand_word(p, argv[i], &args, e))
			return false;
	return take_words(p, &args, e);
}

/* The placeholder for the value of a flag. */
static const char *
value_name(const struct flag *f)
{
	if (f->value != NULL)
		return f->value;
	if (f->fallback != NULL)
		return f->fallback;
	return f->type == FLAG_SPAN || f->type == FLAG_GO_SPAN || f->type == FLAG_SECONDS ? "DURATION" : "VALUE";
}

void
flag_put_usage(const struct flag *f, struct sbuf *out)
{
	if (f->type == FLAG_BOOL)
		sbuf_printf(out, "--%s%s", f->fallback != NULL ? "[no-]" : "", f->name);
	else
		sbuf_printf(out, "--%s=%s%s", f->name, value_name(f), f->type == FLAG_STRINGS ? " ..." : "");
}

void
flags_help(const struct flag *flags, size_t column, struct sbuf *out)
{
	for (; flags->name != NULL; flags++) {
		size_t start = out->n;

		if (flags->help == NULL)
			continue;
		sbuf_printf(out, flags->letter != 0 ? "  -%c, " : "      ", flags->letter);
		flag_put_usage(flags, out);
		while (out->n - start < column - 2)
			sbuf_putc(out, ' ');
		sbuf_printf(out, "  %s\n", flags->help);
	}
}
