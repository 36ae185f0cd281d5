/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/alert_row.h (private) - what happened to alerts, their groups and what was told, as the
 * body of a row.
 *
 * A transaction stores all of them as one or a few rows, each a
 * byte string of entries: whole alerts, or what of one is not as with the alert before it, new times of known ones, whole groups, new
 * states of known ones, whole records (wire/records.h), and drops. Strings repeat endlessly, so each is written once per row and
 * referred to by number after that. Rows are read in order; each stands alone.
 * The first byte is the format's version. Loop thread only (interned strings).
 */
#ifndef STORE_ALERT_ROW_H
#define STORE_ALERT_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "model/alert.h"

/* The number of a label set, where it need not be spelled out. */
struct alert_id {
	uint64_t fingerprint, hash;
};

static inline struct alert_id
alert_id_of(const struct labels *l)
{
	return (struct alert_id){ labels_fingerprint(l), labels_hash(l) };
}

struct alert_times {
	struct wall starts, ends, updated;
	bool timeout;
};

/* A group is known by a number that is never used again; 0 is none. All pointers are borrowed. */
struct stored_group {
	uint64_t number;
	struct istr *route_id, *receiver;
	struct labels *labels;
	struct wall next_flush;
	span group_wait, group_interval;
	bool flushed;
	const uint64_t *alerts;	/* fingerprints */
	size_t alerts_n;
};

struct string_slot;

#define ALERT_ROW_ALIKE 16

/* The alert that was written last in a row: the next one mostly has the same names, and some of the values. All borrowed while the row is written. */
struct written_before {
	const struct label_names *names, *annotation_names;	/* NULL: there is none, or it has more than that */
	uint32_t values[2 * ALERT_ROW_ALIKE];	/* numbers of its strings: those of the labels, then those of the annotations */
	const struct istr *url;
	struct wall starts, ends, updated;
};

struct alert_row {
	struct sbuf b;			/* rows, one behind the other */
	size_t start;			/* of the one being written */
	struct string_slot *slots;	/* strings of this row by address */
	uint32_t mask, strings;
	uint32_t stamp;			/* slots of other stamps are free */
	struct written_before before;	/* in this row */
};

void alert_row_init(struct alert_row *r);
void alert_row_fini(struct alert_row *r);
/* Begins another row behind those there are; empty the buffer before. */
void alert_row_begin(struct alert_row *r);
void alert_row_put(struct alert_row *r, const struct alert *a);
void alert_row_put_times(struct alert_row *r, const struct alert *a);
void alert_row_put_drop(struct alert_row *r, struct alert_id id);
void alert_row_put_group(struct alert_row *r, const struct stored_group *g);
/* All but its route, receiver and labels, which never change: a row before has those. */
void alert_row_put_group_state(struct alert_row *r, const struct stored_group *g);
void alert_row_put_group_drop(struct alert_row *r, uint64_t number);
/* The body is what is appended to the buffer between the two: the latter gets what the former returned. `table` is its kind. */
size_t alert_row_begin_record(struct alert_row *r, unsigned table, uint64_t number);
void alert_row_end_record(struct alert_row *r, size_t begun);
void alert_row_put_record_drop(struct alert_row *r, uint64_t number);

/* Told of each entry of a row in order. */
struct alert_row_reader {
	void (*alert)(void *arg, struct alert *take);
	void (*times)(void *arg, struct alert_id id, const struct alert_times *t);
	void (*drop)(void *arg, struct alert_id id);
	void (*group)(void *arg, const struct stored_group *g);
	void (*group_state)(void *arg, const struct stored_group *g);	/* without those */
	void (*group_drop)(void *arg, uint64_t number);
	void (*record)(void *arg, unsigned table, uint64_t number, struct str body);
	void (*record_drop)(void *arg, uint64_t number);
	void *arg;
	/* It is called for each alert some time before `alert`, so that what that one is looked for in can be fetched; may be NULL. */
	void (*alert_ahead)(void *arg, struct alert_id id);
};
/* False when the row is malformed; what stood before that was told. */
bool alert_row_read(struct str body, const struct alert_row_reader *reader, struct err *e) MUST_CHECK;

#endif
