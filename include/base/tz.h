/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/tz.h - time zones by IANA name, from the system's TZif files.
 *
 * Zones are loaded on first use from $ZONEINFO or /usr/share/zoneinfo, cached
 * for the life of the process and never freed before tz_fini. Any thread.
 * Reading these files is the one exception to "no files outside the edges": to
 * the rest of the program zone data is a constant.
 */
#ifndef BASE_TZ_H
#define BASE_TZ_H

#include "base/str.h"
#include "base/time.h"

struct zone;

/* A moment and the zone it is shown in. */
struct zoned_time {
	struct wall at;		/* with the zone's offset */
	const struct zone *zone;	/* NULL: the fixed offset of `at` */
	struct str abbreviation;	/* "CET"; empty in a nameless fixed zone */
};

const struct zone *zone_utc(void);
/* The zone of TZ, or of /etc/localtime; UTC when neither can be read. */
const struct zone *zone_local(void);
/*
 * "Local", "UTC", "" (UTC) or an IANA name; NULL when unknown. Names with ".."
 * or a leading '/' or '\\' are unknown (Go time.LoadLocation), and so is another
 * way to write a zone's path ("a//b", "./a").
 */
const struct zone *zone_find(struct str name);
/* The name it was asked for: "Local", "UTC", "Europe/Istanbul". */
struct str zone_name(const struct zone *z);
/* w with the zone's offset at that moment; *abbreviation (may be NULL) as "CET", static. */
struct wall zone_apply(const struct zone *z, struct wall w, struct str *abbreviation);
/* The instant of a local civil time (Go time.Date's choice in gaps and overlaps). */
struct wall zone_date(const struct zone *z, int64_t year, int64_t month, int64_t day, int64_t hour,
    int64_t minute, int64_t second, int64_t ns);
void tz_fini(void);

#endif
