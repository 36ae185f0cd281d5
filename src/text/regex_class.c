/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Character classes and escapes.
 */
#include <ctype.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "regex_ast.h"
#include "regex_sets.h"

/* Named sets, all ASCII: pairs of bounds. */
static const struct {
	const char *name;
	const char *ranges;
} groups[] = {
	{ "d", "09" },
	{ "s", "\t\n\f\r  " },
	{ "w", "09AZ__az" },
	{ "alnum", "09AZaz" },
	{ "alpha", "AZaz" },
	{ "ascii", "\x01\x7f" }, /* and NUL, see below */
	{ "blank", "\t\t  " },
	{ "cntrl", "\x01\x1f\x7f\x7f" },
	{ "digit", "09" },
	{ "graph", "!~" },
	{ "lower", "az" },
	{ "print", " ~" },
	{ "punct", "!/:@[`{~" },
	{ "space", "\t\r  " },
	{ "upper", "AZ" },
	{ "word", "09AZ__az" },
	{ "xdigit", "09AFaf" },
};

void
rx_class_add(struct rx_parser *p, struct rx_class *cls, uint32_t lo, uint32_t hi)
{
	if (p->ranges >= RX_RANGES_MAX)
		return;
	p->ranges++;
	cls->in_order = false;
	if (cls->n == cls->cap) {
		/* A copy, as another class may share what there is. */
		size_t cap = cls->cap == 0 ? 4 : cls->cap * 2;
		p->ranges += cls->n;
		struct rx_range *r = ARENA_ARRAY(p->arena, cap, struct rx_range);
		if (cls->n > 0)
			memcpy(r, cls->range, cls->n * sizeof(*r));
		cls->range = r;
		cls->cap = cap;
	}
	cls->range[cls->n++] = (struct rx_range){ lo, hi };
}

/*
 * Adds an ASCII set or all runes but it. Under (?i) the set is closed under
 * case folding, before it may be turned around: s takes U+017F along, k U+212A.
 */
static void
add_group(struct rx_parser *p, struct rx_class *cls, size_t group, bool negative)
{
	bool in[128] = { false }, fold = (p->flags & RX_FOLD) != 0;
	const char *r = groups[group].ranges;

	in[0] = str_is(str_from(groups[group].name), "ascii") || str_is(str_from(groups[group].name), "cntrl");
	for (; r[0] != '\0'; r += 2) {
		for (int c = r[0]; c <= r[1]; c++) {
			in[c] = true;
			if (fold && isalpha(c))
				in[c ^ 0x20] = true;
		}
	}
	for (uint32_t c = 0; c < 128; c++) {
		uint32_t end = c;
		if (in[c] == negative)
			continue;
		while (end + 1 < 128 && in[end + 1] != negative)
			end++;
		rx_class_add(p, cls, c, end);
		c = end;
	}
	const uint32_t along[] = { fold && in['s'] ? 0x17F : 0, fold && in['k'] ? 0x212A : 0 };
	uint32_t from = 0x80;
	for (size_t i = 0; i < ARRAY_LEN(along); i++) {
		if (along[i] == 0)
			continue;
		if (negative)
			rx_class_add(p, cls, from, along[i] - 1);
		else
			rx_class_add(p, cls, along[i], along[i]);
		from = along[i] + 1;
	}
	if (negative)
		rx_class_add(p, cls, from, RX_RUNE_MAX);
}

static size_t
find_group(struct str name)
{
	size_t i = 0;

	while (i < ARRAY_LEN(groups) && !str_is(name, groups[i].name))
		i++;
	return i;
}

/* First letter upper, others lower case; blanks, _ and - left out. */
static struct str
canonical_name(struct arena *a, struct str name)
{
	char *out = ARENA_ARRAY(a, name.n + 1, char);
	size_t n = 0;

	for (size_t i = 0; i < name.n; i++) {
		int c = (unsigned char)name.p[i];
		if (c == '_' || c == '-' || c == ' ')
			continue;
		out[n] = (char)(n == 0 ? toupper(c) : tolower(c));
		n++;
	}
	return (struct str){ out, n };
}

/* Adds what the name stands for; false when there is nothing of that name. */
static bool
add_named(struct rx_parser *p, struct rx_class *cls, struct str name)
{
	static const char all[] = "CLMNPSZ";

	if (str_is(name, "Any")) {
		rx_class_add(p, cls, 0, RX_RUNE_MAX);
	} else if (str_is(name, "Ascii")) {
		rx_class_add(p, cls, 0, 0x7F);
	} else if (str_is(name, "Lc")) {
		return rx_set_add_named(p, cls, STR("Lu")) && rx_set_add_named(p, cls, STR("Ll")) &&
		    rx_set_add_named(p, cls, STR("Lt"));
	} else if (str_is(name, "Assigned") || str_is(name, "Cn")) {
		for (size_t i = 0; i + 1 < sizeof(all); i++)
			if (!rx_set_add_named(p, cls, (struct str){ &all[i], 1 }))
				return false;
		if (str_is(name, "Cn"))
			rx_set_negate(p, cls);
	} else {
		return rx_set_add_named(p, cls, name);
	}
	return true;
}

static void
append_class(struct rx_parser *p, struct rx_class *to, const struct rx_class *from)
{
	/* Alone it is shared, so that it may stand in a pattern any number of times. */
	if (to->n == 0) {
		*to = *from;
		to->cap = to->n;
		return;
	}
	for (size_t i = 0; i < from->n; i++)
		rx_class_add(p, to, from->range[i].lo, from->range[i].hi);
}

/* Adds the class \p{name}, under (?i) with all cases before it is turned around. */
static bool
add_unicode(struct rx_parser *p, struct rx_class *cls, struct str name, bool negative)
{
	struct rx_named new = { canonical_name(p->arena, name), negative, (p->flags & RX_FOLD) != 0, { 0 } };

	for (size_t i = 0; i < p->named.n; i++) {
		const struct rx_named *k = &p->named.v[i];
		if (k->negative == negative && k->fold == new.fold && str_eq(k->name, new.name)) {
			append_class(p, cls, &k->cls);
			return true;
		}
	}
	if (!add_named(p, &new.cls, new.name))
		return false;
	if (new.fold)
		rx_set_fold(p, &new.cls);
	if (negative)
		rx_set_negate(p, &new.cls);
	new.cls.n = rx_ranges_normalise(new.cls.range, new.cls.n);
	new.cls.in_order = true;
	VEC_PUSH(&p->named, new);
	append_class(p, cls, &new.cls);
	return true;
}

/* \pN \PN \p{Name} \p{^Name} */
static bool
unicode_class(struct rx_parser *p, struct str *s, struct rx_class *cls)
{
	struct str t = str_sub(*s, 2, s->n), name;
	bool negative = s->p[1] == 'P';
	uint32_t c;

	if (!rx_next_rune(p, &t, &c))
		return false;
	if (c == '{') {
		size_t end = str_chr(*s, '}');
		if (end == s->n) {
			for (struct str rest = *s; rest.n > 0;) {
				if (!rx_next_rune(p, &rest, &c))
					return false;
			}
			return rx_fail(p, "invalid character class range", *s);
		}
		name = str_sub(*s, 3, end);
		t = str_sub(*s, end + 1, s->n);
		if (!utf8_valid(name))
			return rx_fail(p, "invalid UTF-8", name);
	} else {
		name = str_sub(rx_between(*s, t), 2, s->n);
	}
	if (name.n > 0 && name.p[0] == '^') {
		negative = !negative;
		name = str_sub(name, 1, name.n);
	}
	if (!add_unicode(p, cls, name, negative))
		return rx_fail(p, "invalid character class range", rx_between(*s, t));
	*s = t;
	return true;
}

bool
rx_class_escape(struct rx_parser *p, struct str *s, struct rx_class *cls, bool *found)
{
	*found = false;
	if (s->n < 2 || s->p[0] != '\\')
		return true;
	char c = s->p[1];
	if (c == 'p' || c == 'P') {
		*found = true;
		return unicode_class(p, s, cls);
	}
	char lower = (char)tolower((unsigned char)c);
	if (lower == 'd' || lower == 's' || lower == 'w') {
		add_group(p, cls, find_group((struct str){ &lower, 1 }), c != lower);
		*s = str_sub(*s, 2, s->n);
		*found = true;
	}
	return true;
}

static int
hex_value(uint32_t c)
{
	return c < 0x80 ? ascii_hex((char)c) : -1;
}

static bool
is_octal(struct str s)
{
	return s.n > 0 && s.p[0] >= '0' && s.p[0] <= '7';
}

/*
 * Behind \x: two digits, or any number in braces. *t moves over what was read,
 * also where it is wrong: that is what the error quotes.
 */
static bool
hex_escape(struct rx_parser *p, struct str *t, uint32_t *out, bool *good)
{
	uint32_t c, value = 0;

	*good = false;
	if (t->n == 0)
		return true;
	if (!rx_next_rune(p, t, &c))
		return false;
	if (c != '{') {
		int high = hex_value(c), low;
		if (!rx_next_rune(p, t, &c))
			return false;
		low = hex_value(c);
		*good = high >= 0 && low >= 0;
		*out = (uint32_t)(high * 16 + low);
		return true;
	}
	for (int digits = 0; t->n > 0; digits++) {
		if (!rx_next_rune(p, t, &c))
			return false;
		if (c == '}') {
			*good = digits > 0;
			*out = value;
			return true;
		}
		if (hex_value(c) < 0)
			return true;
		value = value * 16 + (uint32_t)hex_value(c);
		if (value > RX_RUNE_MAX)
			return true;
	}
	return true;
}

bool
rx_escape(struct rx_parser *p, struct str *s, uint32_t *rune)
{
	static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
	struct str t = str_sub(*s, 1, s->n);
	uint32_t c;
	bool good = false;

	if (t.n == 0)
		return rx_fail(p, "trailing backslash at end of expression", STR_NONE);
	if (!rx_next_rune(p, &t, &c))
		return false;
	if (c == '0' || (c >= '1' && c <= '7' && is_octal(t))) {
		*rune = c - '0';
		for (int i = 1; i < 3 && is_octal(t); i++) {
			*rune = *rune * 8 + (uint32_t)(t.p[0] - '0');
			t = str_sub(t, 1, t.n);
		}
		good = true;
	} else if (c == 'x') {
		if (!hex_escape(p, &t, rune, &good))
			return false;
	} else if (c < 0x80 && c != '\0' && strchr(letters, (int)c) != NULL) {
		*rune = (uint32_t)values[strchr(letters, (int)c) - letters];
		good = true;
	} else if (c < 0x80 && !isalnum((int)c)) {
		*rune = c;
		good = true;
	}
	if (!good)
		return rx_fail(p, "invalid escape sequence", rx_between(*s, t));
	*s = t;
	return true;
}

/* A single character of a class; `whole` is the class from its bracket on. */
static bool
class_char(struct rx_parser *p, struct str *s, struct str whole, uint32_t *rune)
{
	if (s->n == 0)
		return rx_fail(p, "missing closing ]", whole);
	if (s->p[0] == '\\')
		return rx_escape(p, s, rune);
	return rx_next_rune(p, s, rune);
}

/* [:name:]; *found is false when it does not look like one. */
static bool
posix_class(struct rx_parser *p, struct str *s, struct rx_class *cls, bool *found)
{
	*found = false;
	if (s->n <= 2 || s->p[0] != '[' || s->p[1] != ':')
		return true;
	size_t end = str_find(str_sub(*s, 2, s->n), STR(":]")) + 2;
	if (end >= s->n)
		return true;
	struct str name = str_sub(*s, 2, end);
	bool negative = name.n > 0 && name.p[0] == '^';
	if (negative)
		name = str_sub(name, 1, name.n);
	size_t group = find_group(name);
	if (group == ARRAY_LEN(groups) || name.n == 1)
		return rx_fail(p, "invalid character class range", str_sub(*s, 0, end + 2));
	add_group(p, cls, group, negative);
	*s = str_sub(*s, end + 2, s->n);
	*found = true;
	return true;
}

/* A character or a range. */
static bool
class_range(struct rx_parser *p, struct str *t, struct str whole, struct rx_class *cls)
{
	struct str start = *t;
	uint32_t lo, hi;

	if (!class_char(p, t, whole, &lo))
		return false;
	hi = lo;
	if (t->n >= 2 && t->p[0] == '-' && t->p[1] != ']') {
		*t = str_sub(*t, 1, t->n);
		if (!class_char(p, t, whole, &hi))
			return false;
		if (hi < lo)
			return rx_fail(p, "invalid character class range", rx_between(start, *t));
	}
	rx_class_add(p, cls, lo, hi);
	return true;
}

bool
rx_parse_class(struct rx_parser *p)
{
	struct rx_class *cls = ARENA_NEW(p->arena, struct rx_class);
	struct str whole = p->rest, t = str_sub(whole, 1, whole.n);

	bool negated = t.n > 0 && t.p[0] == '^';
	if (negated)
		t = str_sub(t, 1, t.n);
	/* A ] that stands first means itself. */
	for (bool first = true; t.n == 0 || t.p[0] != ']' || first; first = false) {
		bool found;
		if (!posix_class(p, &t, cls, &found))
			return false;
		if (!found && !rx_class_escape(p, &t, cls, &found))
			return false;
		if (!found && !class_range(p, &t, whole, cls))
			return false;
	}
	p->rest = str_sub(t, 1, t.n);
	if ((p->flags & RX_FOLD) != 0)
		rx_set_fold(p, cls);
	if (negated)
		rx_set_negate(p, cls);
	return rx_push_class(p, cls);
}
