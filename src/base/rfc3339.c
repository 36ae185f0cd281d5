/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3339 section 5.6; the API's additions: go-openapi strfmt date-time. */
#include "base/rfc3339.h"

#include <stdio.h>

/* A reader over the text; one thing that does not fit makes the rest fail too. */
struct scan {
	struct str s;
	size_t i;
	bool ok;
};

static bool
at_end(const struct scan *sc)
{
	return sc->i == sc->s.n;
}

static bool
peek(const struct scan *sc, char c)
{
	return !at_end(sc) && sc->s.p[sc->i] == c;
}

static bool
accept(struct scan *sc, char c)
{
	if (!peek(sc, c))
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

static bool
is_digit_at(const struct scan *sc)
{
	return !at_end(sc) && sc->s.p[sc->i] >= '0' && sc->s.p[sc->i] <= '9';
}

/* Exactly `width` digits, from lo to hi. */
static int
number(struct scan *sc, int width, int lo, int hi)
{
	int v = 0;

	for (; width > 0; width--) {
		if (!is_digit_at(sc)) {
			sc->ok = false;
			return lo;
		}
		v = v * 10 + (sc->s.p[sc->i++] - '0');
	}
	if (v < lo || v > hi) {
		sc->ok = false;
		return lo;
	}
	return v;
}

/* Any number of digits, at least one; those beyond nanoseconds are cut off. */
static int32_t
nanoseconds(struct scan *sc)
{
	int32_t ns = 0, unit = 100000000;

	if (!is_digit_at(sc))
		sc->ok = false;
	for (; is_digit_at(sc); sc->i++, unit /= 10)
		ns += (sc->s.p[sc->i] - '0') * unit;
	return ns;
}

static void
date(struct scan *sc, struct wall *w)
{
	int year, month, day;

	year = number(sc, 4, 0, 9999);
	expect(sc, '-');
	month = number(sc, 2, 1, 12);
	expect(sc, '-');
	day = number(sc, 2, 1, days_in_month(year, month));
	w->s = civil_days(year, month, day) * 86400;
}

static void
hour_minute(struct scan *sc, struct wall *w)
{
	w->s += number(sc, 2, 0, 23) * 3600;
	expect(sc, ':');
	w->s += number(sc, 2, 0, 59) * 60;
}

static void
seconds(struct scan *sc, struct wall *w)
{
	w->s += number(sc, 2, 0, 59);
	if (accept(sc, '.') || accept(sc, ','))
		w->ns = nanoseconds(sc);
}

static void
zone(struct scan *sc, struct wall *w)
{
	int sign;

	if (accept(sc, 'Z'))
		return;
	sign = peek(sc, '-') ? -1 : 1;
	if (!accept(sc, '-'))
		expect(sc, '+');
	w->offset = sign * number(sc, 2, 0, 24) * 3600;
	expect(sc, ':');
	w->offset += sign * number(sc, 2, 0, 60) * 60;
	w->s -= w->offset;
}

static bool
finish(const struct scan *sc, const struct wall *w, struct wall *out, struct err *e)
{
	if (!sc->ok || !at_end(sc))
		return err_set(e, ERR_INVALID, "invalid time \"%.*s\"",
		    (int)(sc->s.n < 64 ? sc->s.n : 64), sc->s.p != NULL ? sc->s.p : "");
	*out = *w;
	return true;
}

bool
rfc3339_parse(struct str s, struct wall *out, struct err *e)
{
	struct scan sc = { s, 0, true };
	struct wall w = { 0, 0, 0 };

	date(&sc, &w);
	expect(&sc, 'T');
	hour_minute(&sc, &w);
	expect(&sc, ':');
	seconds(&sc, &w);
	zone(&sc, &w);
	return finish(&sc, &w, out, e);
}

bool
api_time_parse(struct str s, struct wall *out, struct err *e)
{
	struct scan sc = { s, 0, true };
	struct wall w = { 0, 0, 0 };

	if (s.n == 0) {
		*out = w;
		return true;
	}
	date(&sc, &w);
	if (at_end(&sc))
		return finish(&sc, &w, out, e);
	expect(&sc, 'T');
	hour_minute(&sc, &w);
	if (accept(&sc, ':')) {
		seconds(&sc, &w);
		if (!at_end(&sc))
			zone(&sc, &w);
	} else {
		accept(&sc, 'Z');
	}
	return finish(&sc, &w, out, e);
}

static size_t
zone_text(int32_t offset, char *out, size_t size)
{
	int minutes = (offset < 0 ? -offset : offset) / 60;

	if (offset == 0)
		return (size_t)snprintf(out, size, "Z");
	return (size_t)snprintf(out, size, "%c%02d:%02d", offset < 0 ? '-' : '+', minutes / 60,
	    minutes % 60);
}

static size_t
date_time_text(struct wall w, char *out, size_t size)
{
	struct civil c = wall_civil(w);

	return (size_t)snprintf(out, size, "%s%04lld-%02d-%02dT%02d:%02d:%02d",
	    c.year < 0 ? "-" : "", (long long)(c.year < 0 ? -c.year : c.year), c.month, c.day,
	    c.hour, c.minute, c.second);
}

size_t
api_time_format(struct wall w, char out[RFC3339_MAX])
{
	size_t n = date_time_text(w, out, RFC3339_MAX);

	n += (size_t)snprintf(out + n, RFC3339_MAX - n, ".%03d", w.ns / 1000000);
	return n + zone_text(w.offset, out + n, RFC3339_MAX - n);
}

size_t
rfc3339_format(struct wall w, char out[RFC3339_MAX])
{
	size_t n = date_time_text(w, out, RFC3339_MAX);

	if (w.ns != 0) {
		n += (size_t)snprintf(out + n, RFC3339_MAX - n, ".%09d", w.ns);
		while (out[n - 1] == '0')
			n--;
	}
	return n + zone_text(w.offset, out + n, RFC3339_MAX - n);
}
