/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tz.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "tzif.h"

#define FILE_MAX_BYTES ((size_t)1 << 20)
#define NAME_MAX_BYTES ((size_t)255)

struct zone {
	struct zone *next;
	struct arena *arena;
	struct str name;
	struct tz_table table;	/* no kinds: UTC */
};

static const struct zone zone_utc_ = { .name = { "UTC", 3 } };

/*
 * Zones loaded so far, and the local one; both for the life of the process. Any
 * thread may add to them: two that ask for the same one at once load it twice.
 */
static _Atomic(struct zone *) zones;
static _Atomic(const struct zone *) local;

/* The whole file, in the arena; no p when it cannot be read or is too long. */
static struct str
read_file(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "rbe");
	struct str s = STR_NONE;
	size_t cap = 4096, n = 0;
	char *p;

	if (f == NULL)
		return s;
	p = arena_alloc(a, cap);
	for (;;) {
		size_t got = fread(p + n, 1, cap - n, f);

		n += got;
		if (got == 0)
			break;
		if (n == cap && cap < FILE_MAX_BYTES) {
			p = arena_grow(a, p, cap, cap * 2, 1);
			cap *= 2;
		}
	}
	if (!ferror(f) && n < FILE_MAX_BYTES)
		s = (struct str){ p, n };
	fclose(f);
	return s;
}

static struct zone *
load(const char *path, struct str name)
{
	struct arena *scratch = arena_new(), *a = arena_new();
	struct str bytes = read_file(scratch, path);
	struct tz_table table;
	struct zone *z = NULL;

	if (bytes.p != NULL && tzif_parse(a, bytes, &table)) {
		z = ARENA_NEW(a, struct zone);
		z->arena = a;
		z->name = arena_str(a, name);
		z->table = table;
		z->next = zones;
		while (!atomic_compare_exchange_weak(&zones, &z->next, z))
			;
	} else {
		arena_free(&a);
	}
	arena_free(&scratch);
	return z;
}

/* A file of the zone directories; `file` is below them, `name` is what the zone is called. */
static struct zone *
load_named(struct str file, struct str name)
{
	const char *dirs[] = { getenv("ZONEINFO"), "/usr/share/zoneinfo" };
	struct zone *z = NULL;

	for (size_t i = 0; i < ARRAY_LEN(dirs) && z == NULL; i++) {
		struct arena *a;

		if (dirs[i] == NULL || *dirs[i] == '\0')
			continue;
		a = arena_new();
		z = load(arena_printf(a, "%s/%.*s", dirs[i], STR_ARG(file)).p, name);
		arena_free(&a);
	}
	return z;
}

static bool
is_safe(struct str name)
{
	/* "a//b" and "./a" would be further names of the same zone, and each is kept for ever. */
	return name.n != 0 && name.n <= NAME_MAX_BYTES && name.p[0] != '/' && name.p[0] != '\\' &&
	    str_find(name, STR("//")) == name.n && str_find(name, STR("./")) == name.n &&
	    str_find(name, STR("..")) == name.n && str_chr(name, '\0') == name.n;
}

const struct zone *
zone_utc(void)
{
	return &zone_utc_;
}

/* TZ: unset is /etc/localtime, ":x" is x, a path is a file, all else a zone's name. */
static const struct zone *
find_local(void)
{
	const char *tz = getenv("TZ");
	const struct zone *z = NULL;

	if (tz == NULL)
		z = load("/etc/localtime", STR("Local"));
	else if (*tz == ':')
		tz++;
	if (tz != NULL && *tz == '/')
		z = load(tz, STR("Local"));
	else if (tz != NULL && is_safe(str_from(tz)) && strcmp(tz, "UTC") != 0)
		z = load_named(str_from(tz), STR("Local"));
	return z != NULL ? z : zone_utc();
}

const struct zone *
zone_local(void)
{
	const struct zone *z = local;

	if (z == NULL)
		local = z = find_local();
	return z;
}

const struct zone *
zone_find(struct str name)
{
	if (name.n == 0 || str_is(name, "UTC"))
		return zone_utc();
	if (str_is(name, "Local"))
		return zone_local();
	for (const struct zone *z = zones; z != NULL; z = z->next)
		if (str_eq(z->name, name))
			return z;
	return is_safe(name) ? load_named(name, name) : NULL;
}

struct str
zone_name(const struct zone *z)
{
	return z->name;
}

struct wall
zone_apply(const struct zone *z, struct wall w, struct str *abbreviation)
{
	struct tz_period p = tz_lookup(&z->table, w.s);

	if (abbreviation != NULL)
		*abbreviation = p.kind->abbreviation;
	w.offset = p.kind->offset;
	return w;
}

static int64_t
clamp(int64_t x, int64_t limit)
{
	return x > limit ? limit : x < -limit ? -limit : x;
}

/* Carries over; absurd values are cut to where the sum cannot overflow. */
static int64_t
seconds_of(int64_t day, int64_t hour, int64_t minute, int64_t second)
{
	return day * 86400 + clamp(hour, INT64_C(1) << 48) * 3600 +
	    clamp(minute, INT64_C(1) << 53) * 60 + clamp(second, INT64_C(1) << 60);
}

struct wall
zone_date(const struct zone *z, int64_t year, int64_t month, int64_t day, int64_t hour,
    int64_t minute, int64_t second, int64_t ns)
{
	struct wall carry = wall_from_ns(ns), w = { 0, carry.ns, 0 };
	int64_t s = seconds_of(civil_days(year, month, day), hour, minute, second) + carry.s;
	struct tz_period p = tz_lookup(&z->table, s);

	/*
	 * The local time taken for UTC is close to the moment that is meant. If
	 * the offset found there does not hold at the moment it leads to, the one
	 * that does hold there is taken (Go time.Date).
	 */
	w.s = s - p.kind->offset;
	if (p.kind->offset != 0 && (w.s < p.start || w.s >= p.end)) {
		p = tz_lookup(&z->table, w.s);
		w.s = s - p.kind->offset;
	}
	return zone_apply(z, w, NULL);
}

void
tz_fini(void)
{
	struct zone *next;

	for (struct zone *z = zones; z != NULL; z = next) {
		struct arena *a = z->arena;

		next = z->next;
		arena_free(&a);
	}
	zones = NULL;
	local = NULL;
}
