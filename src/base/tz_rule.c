/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX.1-2017 section 8.3, TZ; hours beyond 24 and below 0: RFC 8536 section 3.3.1. */
#include <string.h>

#include "base/ascii.h"
#include "tzif.h"

struct scan {
	struct str s;
	size_t i;
	bool ok;
};

static char
peek(const struct scan *sc)
{
	return sc->i < sc->s.n ? sc->s.p[sc->i] : '\0';
}

static bool
accept(struct scan *sc, char c)
{
	if (c == '\0' || peek(sc) != c)
		return false;
	sc->i++;
	return true;
}

static void
expect(struct scan *sc, char c)
{
	if (!accept(sc, c))
		sc->ok = false;
}

static int
number(struct scan *sc, int lo, int hi)
{
	int v = 0;

	if (!ascii_digit(peek(sc)))
		sc->ok = false;
	while (ascii_digit(peek(sc))) {
		v = v * 10 + (sc->s.p[sc->i++] - '0');
		if (v > hi) {
			sc->ok = false;
			return lo;
		}
	}
	if (v < lo) {
		sc->ok = false;
		return lo;
	}
	return v;
}

static struct str
name(struct scan *sc)
{
	size_t start = sc->i;
	struct str s;

	if (accept(sc, '<')) {
		while (ascii_letter(peek(sc)) || ascii_digit(peek(sc)) || peek(sc) == '+' ||
		    peek(sc) == '-')
			sc->i++;
		s = str_sub(sc->s, start + 1, sc->i);
		expect(sc, '>');
	} else {
		while (ascii_letter(peek(sc)))
			sc->i++;
		s = str_sub(sc->s, start, sc->i);
	}
	if (s.n < 3)
		sc->ok = false;
	return s;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static int32_t
clock_time(struct scan *sc, int hours_max)
{
	int sign = 1, v;

	if (accept(sc, '-'))
		sign = -1;
	else
		accept(sc, '+');
	v = number(sc, 0, hours_max) * 3600;
	if (accept(sc, ':')) {
		v += number(sc, 0, 59) * 60;
		if (accept(sc, ':'))
			v += number(sc, 0, 59);
	}
	return sign * v;
}

static struct tz_day
change_day(struct scan *sc)
{
	struct tz_day d = { .type = TZ_DAY_OF_YEAR, .second = 2 * 3600 };

	if (accept(sc, 'J')) {
		d.type = TZ_JULIAN;
		d.day = number(sc, 1, 365);
	} else if (accept(sc, 'M')) {
		d.type = TZ_MONTH_WEEK_DAY;
		d.month = number(sc, 1, 12);
		expect(sc, '.');
		d.week = number(sc, 1, 5);
		expect(sc, '.');
		d.day = number(sc, 0, 6);
	} else {
		d.day = number(sc, 0, 365);
	}
	if (accept(sc, '/'))
		d.second = clock_time(sc, 167);
	return d;
}

bool
tz_rule_parse(struct arena *a, struct str s, struct tz_rule *out)
{
	struct scan sc = { s, 0, true };
	struct tz_rule r;

	memset(&r, 0, sizeof(r));
	r.std.abbreviation = arena_str(a, name(&sc));
	/* POSIX counts offsets to the west. */
	r.std.offset = -clock_time(&sc, 24);
	if (sc.ok && sc.i < s.n && peek(&sc) != ',') {
		r.has_dst = true;
		r.dst.dst = true;
		r.dst.abbreviation = arena_str(a, name(&sc));
		r.dst.offset = r.std.offset + 3600;
		if (sc.i < s.n && peek(&sc) != ',')
			r.dst.offset = -clock_time(&sc, 24);
		if (sc.i == s.n) {
			/* Without rules: those of the United States. */
			r.start = (struct tz_day){ TZ_MONTH_WEEK_DAY, 3, 2, 0, 7200 };
			r.end = (struct tz_day){ TZ_MONTH_WEEK_DAY, 11, 1, 0, 7200 };
		} else {
			expect(&sc, ',');
			r.start = change_day(&sc);
			expect(&sc, ',');
			r.end = change_day(&sc);
		}
	}
	if (!sc.ok || sc.i != s.n)
		return false;
	*out = r;
	return true;
}
