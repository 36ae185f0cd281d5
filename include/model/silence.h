/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/silence.h - one silence: sets of matchers over a range of time.
 *
 * Immutable once made and reference-counted; an edit makes another one with
 * the same id. Times are UTC. Loop thread only.
 */
#ifndef MODEL_SILENCE_H
#define MODEL_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/time.h"
#include "model/labels.h"
#include "model/matcher.h"

#define SILENCE_ID_MAX 37

enum silence_state { SILENCE_EXPIRED, SILENCE_ACTIVE, SILENCE_PENDING };

struct silence {
	uint32_t refs;
	char id[SILENCE_ID_MAX];	/* UUID in lower case, NUL-terminated; "" in a draft for a new one */
	struct matchers *sets;		/* owned; alternatives: one set has to match */
	size_t sets_n;
	struct wall starts, ends, updated;
	struct istr *created_by, *comment;	/* owned references */
	struct labels *annotations;		/* owned reference */
	/* NULL, or fields of Alertmanager's messages that we do not know, as they stand there: they go where it goes. */
	struct istr *unknown;		/* … of the silence */
	struct istr *unknown_around;	/* … of what it stands in */
	struct istr *source;	/* NULL, or the rule file that declares it: cannot be edited through the API */
};

/* One reference, no id, no sets, zero times, empty texts: the caller fills it before sharing it. */
struct silence *silence_new(void);
struct silence *silence_ref(struct silence *s);
void silence_unref(struct silence *s);	/* may be NULL */
/* A fresh, unshared copy to edit. */
struct silence *silence_copy(const struct silence *s);

enum silence_state silence_state_at(const struct silence *s, struct wall now);
const char *silence_state_text(enum silence_state s);
/* Does one of the sets match? (the time is not looked at) */
bool silence_matches(const struct silence *s, const struct labels *l);
/*
 * Makes a matcher as silence_validate wants each: errors are of its words, like
 * invalid regular expression "[": error parsing regexp: …
 */
bool silence_matcher_init(struct matcher *out, enum matcher_op op, struct str name, struct str value, enum naming naming,
    struct err *e) MUST_CHECK;
/* Names, values, the rule against matching everything, the order of times (Alertmanager silence.validateSilence). */
bool silence_validate(const struct silence *s, enum naming naming, struct err *e) MUST_CHECK;
/* Bytes of the Alertmanager protobuf MeshSilence encoding, which --silences.max-silence-size-bytes limits;
 * expires is ends + retention. */
size_t silence_wire_size(const struct silence *s, struct wall expires);

#endif
