/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history/row.h (private) - one event as values.
 */
#ifndef HISTORY_ROW_H
#define HISTORY_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sbuf.h"
#include "base/str.h"

enum kind {
#define KIND(id, number, word, shape) KIND_##id = (number),
#include "history/kinds.def"
#undef KIND
	KIND_END = 64,	/* kinds are bits of a mask */
};

enum shape { SHAPE_ALERT, SHAPE_GROUP, SHAPE_NOTIFICATION, SHAPE_SILENCE, SHAPE_PROCESS, SHAPE_DELIVERY };

enum { OUTCOME_NONE, OUTCOME_SENT, OUTCOME_FAILED, OUTCOME_CANCELED, OUTCOMES };

/* NULL: no kind of ours. */
const char *kind_word(unsigned kind);
enum shape kind_shape(unsigned kind);
/* 0: there is none of that word. */
unsigned kind_of(struct str word);
const char *outcome_word(unsigned outcome);
unsigned outcome_of(struct str word);

struct row_recipient {
	struct str to;
	unsigned state;		/* enum recipient_state; of a delivery: enum delivery_state */
};

/* So many alerts and recipients of a notification are kept; how many there were is told. */
#define ROW_SETS_MAX 1000
#define ROW_RECIPIENTS_MAX 1000

/* Numbers are 0 and texts empty where they mean nothing for the kind. */
struct row {
	uint64_t id;
	int64_t at;			/* ms since 1970 */
	unsigned kind;
	uint64_t outcome, reason, failure;
	uint64_t set;			/* label set of the alert */
	uint64_t source;		/* … of the one that inhibits it */
	struct str ref;			/* ids of silences, or names of intervals, with blanks between; of a rule; of a message */
	struct str receiver, integration;
	struct str group;		/* see row_group */
	struct str actor;		/* of a delivery: its gateway */
	struct str text;		/* error, comment, version */
	struct str matchers;
	uint64_t firing, resolved;	/* alerts of a notification; of a gap: events that are missing */
	uint64_t attempts, ms;
	uint64_t starts, ends;		/* ms since 1970 */
	uint64_t by_peer;		/* of a silence: 1 when another one of the cluster said so */
	const uint64_t *sets;		/* label sets of a notification */
	size_t sets_n;
	const struct row_recipient *to;
	size_t to_n;
};

/*
 * A group in a row: 8 bytes of its id (model/group_name.h), the highest first, and its key. To digest what the id is made of
 * takes longer than all else that is done for an event, and few ids are ever asked for: so the bytes are 0 now, and before
 * the key stand the receiver and NUL. Rows of older versions have the id.
 */
void row_put_group(struct sbuf *b, struct str receiver, struct str key);
/* False: it is empty, or damaged. *key_out is borrowed; NULL for either that is not asked for. */
bool row_group(struct str group, uint64_t *id_out, struct str *key_out);

#endif
