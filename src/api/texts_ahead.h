/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/texts_ahead.h - the sets of labels that come next in a body.
 *
 * Whether a text of labels is known is asked of memory that is far away, and to wait for that takes longer than to read
 * the alert. So the texts of the next alerts are looked for, hashed, and asked for, while this one is read.
 *
 * It is a guess: where bodies look as Prometheus and most others write them, it finds all texts, and otherwise
 * their hashes are made when they are needed. Its answers are the same in either case.
 */
#ifndef API_TEXTS_AHEAD_H
#define API_TEXTS_AHEAD_H

#include "model/label_texts.h"

#define TEXTS_AHEAD 8	/* those of four alerts; a power of two */

struct texts_ahead {
	const char *at, *end;	/* of the body: what was not looked at */
	struct text_ahead {
		struct str text;
		enum label_text_kind kind;
		struct hash128 hash;
	} texts[TEXTS_AHEAD];
	unsigned first, n;	/* of texts, a ring */
};

/* From the beginning of a body, which has to stay where it is. */
void texts_ahead_begin(struct texts_ahead *a, struct str body);
/* The text of a set of this kind that begins here, if it is known by now and ends before `limit`, and its hash; looks ahead from there. Else STR_NONE. */
struct str texts_ahead_take(struct texts_ahead *a, enum label_text_kind kind, const char *begin, const char *limit, struct hash128 *hash);
/* As label_text_hash, for a text within the body that was not known; looks ahead from there. */
struct hash128 texts_ahead_hash(struct texts_ahead *a, enum label_text_kind kind, struct str text);

#endif
