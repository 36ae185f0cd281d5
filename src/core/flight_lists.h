/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/flight_lists.h - what a flight makes of its alerts for its legs: those that are told, and the lists of hashes that the
 * notification log is asked about and told. They are as long as the group is large, so they are made in slices.
 */
#ifndef CORE_FLIGHT_LISTS_H
#define CORE_FLIGHT_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct flight;
struct hashes_run;

enum lists_step { LISTS_COUNT, LISTS_FILL, LISTS_FIRING, LISTS_RESOLVED, LISTS_MUTED, LISTS_MADE };

struct flight_lists {
	enum lists_step step;
	const uint32_t *left;		/* places in flight.all, ascending, of those that are told; NULL: of all */
	size_t left_n;
	size_t at, told, resolved;	/* where the step has come to; how many were told by then, and had ended */
	struct hashes_run *sorting;	/* owned; NULL: nothing is being sorted */
};

/* Those of f->all at left, left_n of them, are to be told; the array is borrowed until the lists are made. left is NULL: all of them. */
void flight_lists_begin(struct flight *f, const uint32_t *left, size_t left_n);
/* A slice; true: the lists are made. */
bool flight_lists_some(struct engine *e, struct flight *f);
/* However far it has come; the lists are the flight's. */
void flight_lists_fini(struct flight *f);

#endif
