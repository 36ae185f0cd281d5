/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brief_rows.h - the list of a brief: its alerts by section, the worst first, as many as there is room for.
 */
#ifndef BRIEF_ROWS_H
#define BRIEF_ROWS_H

#include "base/arena.h"
#include "brief_text.h"
#include "data_view.h"

/* An alert, and how bad it is. */
struct brief_item {
	const struct alert_view *alert;
	struct str word;	/* its severity as it says so itself */
	struct str service, resource;
	size_t rank;		/* 0: the worst */
	size_t at;		/* its place among all */
};

/* Those whose status is `status`, the worst first; else in their order. In the arena. */
struct brief_item *brief_items(const struct data_view *d, const char *status, size_t *n, struct arena *a) MUST_CHECK;
/* critical, warning, info or other. Static. */
struct str brief_severity(const struct data_view *d, size_t rank) MUST_CHECK;

struct brief_rows {
	const struct data_view *d;
	const struct brief_limits *limits;
	bool one_source;	/* all alerts have the same generator URL, which is shown elsewhere */
	struct arena *arena;
};

/*
 * Sections of n items, which it sorts: a list of template.Section. *room, in bytes of mail, goes down by what they take, and
 * *more is the number of those that there was no room for.
 */
struct value brief_sections(const struct brief_rows *r, struct brief_item *items, size_t n, size_t *room, size_t *more)
    MUST_CHECK;

#endif
