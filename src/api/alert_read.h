/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/alert_read.h (private) - one alert of a body that is posted, as it is read.
 *
 * Alerts of a body look alike: their members come in one order, their labels have the same names and many of them the same values, and
 * most alerts were posted before, so that only a time has moved. So each is expected to look like one before it, and what stands where it is
 * expected is compared instead of being read: a set of labels by its whole text (model/label_texts.h), members and pairs one by one. All of
 * it is a guess: what is otherwise is read token by token, and the outcome is the same.
 */
#ifndef API_ALERT_READ_H
#define API_ALERT_READ_H

#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "key_order.h"
#include "model/alert.h"
#include "model/label_texts.h"
#include "text/json_read.h"
#include "texts_ahead.h"

/* Members that mean something. */
enum alert_field { ALERT_LABELS, ALERT_ANNOTATIONS, ALERT_STARTS, ALERT_ENDS, ALERT_URL, ALERT_FIELDS };

/* How alerts looked that came before, in whatever body. Zeroed memory knows of none. */
struct alert_shape {
	size_t n;
	unsigned char fields[ALERT_FIELDS];	/* the first n members, in their order */
	struct key_order sets[LABEL_TEXT_ANNOTATIONS + 1];	/* by enum label_text_kind */
};

void alert_shape_fini(struct alert_shape *s);

/* Labels or annotations: a set that is known by its text, or pairs, a range of `pairs`. */
struct posted_set {
	struct labels *known;		/* owned reference */
	struct labels_like like;	/* of the pairs, which are tidy then; an owned reference */
	size_t from, n;			/* of pairs, in either case */
	bool given;
	bool tidy;			/* sorted by name, each once */
	bool has_text;			/* it may be known by `text` from now on */
	struct hash128 text;
};

/* One alert. Its strings are in the body or in the reader's arena. */
struct posted_alert {
	struct posted_set labels, annotations;
	struct str generator_url;
	struct wall starts, ends;
	size_t bytes;	/* of the body */
};

struct alert_reader {
	struct json_reader *r;
	struct alert_shape *shape;
	struct arena *arena;	/* of strings that do not stand in the body as they are */
	struct texts_ahead ahead;
	VEC(struct label_pair) pairs;	/* owned; the caller's to shorten */
	size_t expected;	/* bytes of alerts for which room is made at once, as growing copies */
	size_t seen;		/* alerts before this one: its number, in errors */
	/* The last time of each kind, and the last URL, whose texts stand in the body: alerts of one rule have the same. */
	struct posted_time {
		struct str text;
		struct wall at;
	} last_starts, last_ends;
	struct str last_url;
	size_t pairs_n;		/* of this alert, those of known sets too */
	struct err e;		/* the last member: too large to be cleared all the time */
};

/* t: its first token. False: it is malformed, and e says how. */
bool alert_read(struct alert_reader *rd, enum json_token t, struct posted_alert *out) MUST_CHECK;
/* Sets e: the reader's own error, or "X where Y is wanted"; field may be "". Returns false. */
bool alert_read_wrong_type(struct alert_reader *rd, enum json_token t, const char *field, const char *wanted);
void posted_alert_fini(struct posted_alert *p);

#endif
