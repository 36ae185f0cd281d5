/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/row_log.h (private) - alerts, groups and what was told, as the disk has to know them.
 *
 * There are many of them and they change often, so they are not rows of a table
 * each. The disk holds a log of rows (alert_row.h), the newest last. We
 * remember for each alert and group which row spells it out, and whether there
 * is news of it. When more than half of the log is out of date, the oldest row
 * is folded: what is still true of it is written again with the next
 * transaction, which also drops the row. As only ever the oldest row goes, what
 * a later row says of an alert always finds it spelled out before, or written
 * anew behind.
 *
 * An alert that is only posted again is mostly not written at all: the end
 * that the disk knows is renewed when less than half of the time is left that
 * the sender gives now. So after a crash every alert has at least that long
 * for its sender to come back. Loop thread only.
 *
 * An alert, a group or a log entry is found by its place: a pointer beside it
 * in the engine, NULL at first, where we leave what we know of it (struct
 * change). An intent is found by its id.
 *
 * Log entries and intents (LOGGED_RECORD of core/changes.def) are spelled out
 * in each transaction after they changed, all of them: a notification whose
 * outcome is written is no intent any more in the same transaction. An intent
 * that is over before it was written leaves no trace.
 */
#ifndef STORE_ROW_LOG_H
#define STORE_ROW_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert_row.h"
#include "base/list.h"
#include "base/vec.h"
#include "base/work.h"
#include "batch.h"
#include "core/ports.h"
#include "db_rows.h"

struct kept_alert;
struct kept_group;
struct kept_index;
struct kept_item;
struct kept_record;
struct kept_row;

enum kept_kind { KEPT_ALERT, KEPT_GROUP, KEPT_LOG_ENTRY, KEPT_INTENT };

/* A thing that the disk has to forget: an alert by its id, all else by its number. */
struct kept_drop {
	enum kept_kind kind;
	struct alert_id id;
	uint64_t number;
};

struct row_log {
	size_t alerts_n, groups_n, records_n;
	struct list news;		/* alerts and groups to be written, in the order of their numbers */
	struct list records;		/* log entries and intents to be written, likewise */
	size_t news_n;			/* in both */
	VEC(struct kept_drop) drops;	/* to be written */
	VEC(struct kept_drop) writing_drops;
	VEC(struct kept_row *) rows;	/* of the disk, oldest first, and those being written or dropped */
	struct alert_row row;		/* scratch */
	struct kept_index *index;	/* while rows are loaded */
	uint64_t last_row;		/* key of the newest */
	uint64_t last_group;		/* number of the newest */
	uint64_t last_record;		/* likewise */
	struct hmap intents;		/* by id */
	struct sbuf body;		/* scratch */
	uint64_t expected;		/* bytes of all rows that are to be loaded, as far as is known */
	bool foretold;			/* there is room for all of them */
	uint64_t bytes, live_bytes;	/* of all rows; of what is true in them */
	uint32_t transaction;		/* number of the last one prepared */
	uint64_t last_no;		/* the greatest number of a change */
	bool preparing;			/* one is being put together, */
	size_t budget;			/* of so many more alerts and groups at most; those that are news as the disk is empty are counted, too */
	size_t most;			/* … and so many bytes */
	size_t forgotten;		/* so many rows have been forgotten, while all are */
	bool anew;			/* all were: the next transaction empties the disk */
	bool unwriting;			/* a transaction failed, and what it wrote becomes news before the next one: */
	size_t unwritten;		/* … that of so many rows did, */
	uint64_t lost_no;		/* … as of this number; */
	uint32_t first_lost;		/* number of the first transaction that failed since one did not; 0: none did */
	size_t lost_rows;		/* rows of failed transactions */
	size_t written_n, lost_n;	/* things that this transaction wrote, and those that did */
	size_t folding;			/* so many of the first that are news have to be in this one: their row goes */
	bool writing;			/* a transaction with something of this was prepared */
	bool at_once;			/* the next transaction has to hold everything, however much it is */
	uint64_t folded;		/* rows folded so far */
};

void row_log_init(struct row_log *k);
void row_log_fini(struct row_log *k);

/*
 * Takes the change with number `no` to this alert: false if there is no need to
 * write it now.
 */
bool row_log_set(struct row_log *k, struct alert *a, uint64_t no, void **place);
void row_log_set_group(struct row_log *k, const struct group_state *g, uint64_t no, void **place);
/* Forgets what is at that place, which is NULL then. False when the disk has never heard of it. */
bool row_log_drop(struct row_log *k, void **place);

/* row_log_records.c: a log entry, which is referred to, and an intent, which is encoded at once. */
void row_log_set_entry(struct row_log *k, struct log_entry *entry, uint64_t no, void **place);
void row_log_set_intent(struct row_log *k, const struct change *c, uint64_t no);
bool row_log_drop_intent(struct row_log *k, uint64_t id);
/* Changes that row_log_set left out become news: the process ends. */
void row_log_settle(struct row_log *k, uint64_t no);

/*
 * Puts news into a batch, in slices if that is much; row_log_written or row_log_lost has to follow before the next one. True when
 * it is done: *first_left_out is the number of the first change that has to wait for the next transaction; 0: there is none.
 * Changes between two slices may be part of it, and what one call of the engine changed of log entries and intents stays together.
 */
bool row_log_prepare_some(struct row_log *k, struct batch *b, struct work *w, uint64_t *first_left_out);
void row_log_written(struct row_log *k);
/* The transaction failed: what it held is news again, as of number `no`. It becomes so in slices, when the next one is put together. */
void row_log_lost(struct row_log *k, struct batch *b, uint64_t no);
/* How much there is to write. */
static inline size_t
row_log_waiting(const struct row_log *k)
{
	return k->news_n + k->lost_n + k->drops.n;
}
/* The disk is empty: everything is news, as of number `no`, in slices. Nothing may be prepared before they are over, which returns true. */
void row_log_forget_disk(struct row_log *k);
bool row_log_forget_some(struct row_log *k, uint64_t no, struct work *w);

/* Reads all rows of the log at start. Each that is malformed, and of which some may have been used, is told to `bad`, which may be NULL. */
void row_log_load(struct row_log *k, const struct db_rows *l, void (*bad)(void *arg, const struct err *e), void *arg);
/* Its parts: rows in the order of keys; then row_log_loaded. False: malformed. */
bool row_log_load_row(struct row_log *k, enum db_table t, struct str key, struct str body, struct err *e) MUST_CHECK;
void row_log_loaded(struct row_log *k);
/* All there are after that; `visit` may give the alert another end (row_log_restored_end), which is news. */
void row_log_each_alert(struct row_log *k, void (*visit)(void *arg, struct row_log *k, struct kept_alert *ka), void *arg);
struct alert *row_log_alert(const struct kept_alert *ka);
void row_log_restored_end(struct row_log *k, struct kept_alert *ka, struct wall ends, uint64_t no);
/* The pointer that belongs into the place of this alert or group. */
void *row_log_alert_place(struct kept_alert *ka);
void row_log_each_group(struct row_log *k, void (*visit)(void *arg, const struct stored_group *g, void *place), void *arg);
/* Log entries or intents that were read, each by the body that it was written with; `visit` may call one of the two below for it. */
void row_log_each_record(struct row_log *k, enum db_table t,
    void (*visit)(void *arg, struct row_log *k, struct kept_record *r, struct str body), void *arg);
/* Takes what the record has become: c->entry in the log, which has its place from now on, or an intent. no: it is news, of that number; 0: not. */
void row_log_restored(struct row_log *k, struct kept_record *r, const struct change *c, uint64_t no);
/* The engine has no use for it: the disk forgets it. */
void row_log_restored_not(struct row_log *k, struct kept_record *r);

#endif
