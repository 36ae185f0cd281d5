/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Implicit types of YAML 1.1 scalars as yaml.v2 (resolve.go) sees them, which
 * is less than the YAML 1.1 types: no base 60, timestamps in four layouts.
 */
#include <ctype.h>
#include <math.h>

#include "base/layout.h"
#include "base/utf8.h"
#include "text/float.h"
#include "text/yaml.h"

static const struct {
	const char *text;
	enum yaml_type type;
	bool b;
	int sign;	/* FLOAT: of infinity; 0 is NaN */
} words[] = {
	{ "y", YAML_T_BOOL, true, 0 },	    { "Y", YAML_T_BOOL, true, 0 },     { "yes", YAML_T_BOOL, true, 0 },
	{ "Yes", YAML_T_BOOL, true, 0 },    { "YES", YAML_T_BOOL, true, 0 },   { "true", YAML_T_BOOL, true, 0 },
	{ "True", YAML_T_BOOL, true, 0 },   { "TRUE", YAML_T_BOOL, true, 0 },  { "on", YAML_T_BOOL, true, 0 },
	{ "On", YAML_T_BOOL, true, 0 },	    { "ON", YAML_T_BOOL, true, 0 },    { "n", YAML_T_BOOL, false, 0 },
	{ "N", YAML_T_BOOL, false, 0 },	    { "no", YAML_T_BOOL, false, 0 },   { "No", YAML_T_BOOL, false, 0 },
	{ "NO", YAML_T_BOOL, false, 0 },    { "false", YAML_T_BOOL, false, 0 }, { "False", YAML_T_BOOL, false, 0 },
	{ "FALSE", YAML_T_BOOL, false, 0 }, { "off", YAML_T_BOOL, false, 0 },  { "Off", YAML_T_BOOL, false, 0 },
	{ "OFF", YAML_T_BOOL, false, 0 },   { "", YAML_T_NULL, false, 0 },     { "~", YAML_T_NULL, false, 0 },
	{ "null", YAML_T_NULL, false, 0 },  { "Null", YAML_T_NULL, false, 0 }, { "NULL", YAML_T_NULL, false, 0 },
	{ ".nan", YAML_T_FLOAT, false, 0 }, { ".NaN", YAML_T_FLOAT, false, 0 }, { ".NAN", YAML_T_FLOAT, false, 0 },
	{ ".inf", YAML_T_FLOAT, false, 1 }, { ".Inf", YAML_T_FLOAT, false, 1 }, { ".INF", YAML_T_FLOAT, false, 1 },
	{ "+.inf", YAML_T_FLOAT, false, 1 }, { "+.Inf", YAML_T_FLOAT, false, 1 }, { "+.INF", YAML_T_FLOAT, false, 1 },
	{ "-.inf", YAML_T_FLOAT, false, -1 }, { "-.Inf", YAML_T_FLOAT, false, -1 }, { "-.INF", YAML_T_FLOAT, false, -1 },
};

static bool
resolve_word(struct str in, struct yaml_value *v)
{
	if (in.n > 5)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!str_is(in, words[i].text))
			continue;
		v->type = words[i].type;
		v->b = words[i].b;
		if (v->type == YAML_T_FLOAT)
			v->f = words[i].sign == 0 ? (double)NAN : words[i].sign * HUGE_VAL;
		return true;
	}
	return false;
}

/* Digits of one base without a sign (Go strconv.ParseUint); false also when out of range. */
static bool
parse_digits(struct str s, unsigned base, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int c = tolower((unsigned char)s.p[i]);
		unsigned digit = isdigit(c) ? (unsigned)(c - '0') : isalpha(c) ? (unsigned)(c - 'a') + 10 : 99;
		if (digit >= base || v > (UINT64_MAX - digit) / base)
			return false;
		v = v * base + digit;
	}
	*out = v;
	return true;
}

/* The base that a prefix asks for; *s loses the prefix. */
static unsigned
number_base(struct str *s)
{
	if (s->n < 1 || s->p[0] != '0')
		return 10;
	switch (s->n >= 3 ? tolower((unsigned char)s->p[1]) : 0) {
	case 'b':
		*s = str_sub(*s, 2, s->n);
		return 2;
	case 'o':
		*s = str_sub(*s, 2, s->n);
		return 8;
	case 'x':
		*s = str_sub(*s, 2, s->n);
		return 16;
	default:
		/* A lone 0 is 0 in base 8, too. */
		return 8;
	}
}

/* base 0: by prefix. A sign excludes what only fits an unsigned number. */
static bool
parse_integer(struct str s, unsigned base, struct yaml_value *v)
{
	bool sign = s.n > 0 && (s.p[0] == '+' || s.p[0] == '-');
	bool negative = sign && s.p[0] == '-';
	uint64_t u;

	if (sign)
		s = str_sub(s, 1, s.n);
	if (base == 0)
		base = number_base(&s);
	if (!parse_digits(s, base, &u))
		return false;
	if (u <= INT64_MAX || (negative && u == (uint64_t)INT64_MAX + 1)) {
		v->type = YAML_T_INT;
		v->i = negative ? (int64_t)(0 - u) : (int64_t)u;
		return true;
	}
	if (sign)
		return false;
	v->type = YAML_T_UINT;
	v->u = u;
	return true;
}

static size_t
skip_digits(struct str s, size_t i)
{
	while (i < s.n && isdigit((unsigned char)s.p[i]))
		i++;
	return i;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool
looks_like_float(struct str s)
{
	size_t i = s.n > 0 && (s.p[0] == '+' || s.p[0] == '-') ? 1 : 0;
	size_t whole = skip_digits(s, i);
	bool digits = whole > i;

	i = whole;
	if (i < s.n && s.p[i] == '.') {
		size_t end = skip_digits(s, i + 1);
		digits = digits || end > i + 1;
		i = end;
	}
	if (!digits)
		return false;
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
			i++;
		size_t end = skip_digits(s, i);
		if (end == i)
			return false;
		i = end;
	}
	return i == s.n;
}

/* The forms of YAML 1.1 that yaml.v2 takes. */
static bool
parse_timestamp(struct str s, struct wall *out)
{
	static const char *const layouts[] = {
		"2006-1-2T15:4:5.999999999Z07:00",
		"2006-1-2t15:4:5.999999999Z07:00",
		"2006-1-2 15:4:5.999999999",
		"2006-1-2",
	};
	struct zoned_time t;

	if (skip_digits(s, 0) != 4 || s.n < 5 || s.p[4] != '-')
		return false;
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++)
		if (layout_parse(str_from(layouts[i]), s, &t, NULL)) {
			*out = t.at;
			return true;
		}
	return false;
}

/* Numbers may hold underscores anywhere. */
static void
resolve_number(struct str in, bool timestamps, struct yaml_value *v)
{
	char plain[400];
	size_t n = 0;

	if (timestamps && parse_timestamp(in, &v->t)) {
		v->type = YAML_T_TIMESTAMP;
		return;
	}
	/* A number longer than this is out of every range. */
	for (size_t i = 0; i < in.n && n < sizeof(plain); i++) {
		if (in.p[i] != '_')
			plain[n++] = in.p[i];
	}
	struct str s = { plain, n };
	if (n == sizeof(plain) || parse_integer(s, 0, v))
		return;
	if (looks_like_float(s) && float_parse(s, &v->f)) {
		v->type = YAML_T_FLOAT;
		return;
	}
	/* COMPAT: 0b+1 is a number to yaml.v2. */
	if (str_starts(s, STR("0b")))
		(void)parse_integer(str_sub(s, 2, s.n), 2, v);
}

static struct yaml_value
resolve(struct str in, bool timestamps)
{
	struct yaml_value v = { .type = YAML_T_STRING, .s = in };
	char first = in.n > 0 ? in.p[0] : '\0';

	if (resolve_word(in, &v))
		return v;
	if (first == '.') {
		if (float_parse(in, &v.f))
			v.type = YAML_T_FLOAT;
	} else if (first == '+' || first == '-' || isdigit((unsigned char)first)) {
		resolve_number(in, timestamps, &v);
	}
	return v;
}

struct yaml_value
yaml_resolve_plain(struct str text)
{
	return resolve(text, true);
}

static const char *
type_tag(enum yaml_type t)
{
	switch (t) {
	case YAML_T_NULL:
		return "!!null";
	case YAML_T_BOOL:
		return "!!bool";
	case YAML_T_INT:
	case YAML_T_UINT:
		return "!!int";
	case YAML_T_FLOAT:
		return "!!float";
	case YAML_T_TIMESTAMP:
		return "!!timestamp";
	case YAML_T_BINARY:
		return "!!binary";
	case YAML_T_MERGE:
		return "!!merge";
	case YAML_T_STRING:
		break;
	}
	return "!!str";
}

/* An explicit tag decides alone, and a scalar that does not fit it is a mistake. */
static bool
resolve_tagged(const struct yaml_node *n, struct yaml_value *out, struct err *e)
{
	struct yaml_value v = { .type = YAML_T_STRING, .s = n->text };

	if (str_is(n->tag, "!!binary")) {
		v.type = YAML_T_BINARY;
	} else if (str_is(n->tag, "!!merge")) {
		v.type = YAML_T_MERGE;
	} else if (str_is(n->tag, "!!bool") || str_is(n->tag, "!!int") || str_is(n->tag, "!!float") ||
	    str_is(n->tag, "!!null") || str_is(n->tag, "!!timestamp")) {
		v = resolve(n->text, str_is(n->tag, "!!timestamp"));
		if (str_is(n->tag, "!!float") && v.type == YAML_T_INT) {
			v.type = YAML_T_FLOAT;
			v.f = (double)v.i;
		}
		if (!str_is(n->tag, type_tag(v.type)))
			return err_at(e, n->line, n->col, "yaml: cannot decode %s `%.*s` as a %s", type_tag(v.type),
			    STR_ARG(n->text), n->tag.p);
	}
	*out = v;
	return true;
}

bool
yaml_resolve(const struct yaml_node *n, struct yaml_value *out, struct err *e)
{
	if (n->tag.n > 0)
		return resolve_tagged(n, out, e);
	if (n->style == YAML_PLAIN)
		*out = resolve(n->text, true);
	else
		*out = (struct yaml_value){ .type = YAML_T_STRING, .s = n->text };
	return true;
}

const char *
yaml_short_tag(const struct yaml_node *n)
{
	struct yaml_value v;

	if (n->tag.n > 0)
		return n->tag.p;
	if (n->kind != YAML_SCALAR)
		return n->kind == YAML_MAP ? "!!map" : "!!seq";
	return yaml_resolve(n, &v, NULL) ? type_tag(v.type) : "!!str";
}
