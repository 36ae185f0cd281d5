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

struct schedule;

/* An acknowledgement names no more alerts than these. */
#define SILENCE_ALERTS_MAX 5000

/*
 * The part of a silence that Alertmanager does not know, so that it takes it for an ordinary one: it ends at `ends`
 * at the latest, or is one window of many. Immutable once shared, and counted. Zeroed but for refs: nothing.
 */
struct silence_extra {
	uint32_t refs;
	bool ack;		/* an acknowledgement; created_by is who has taken it on */
	bool ends_with_alert;	/* ends when nothing it covers fires any more, once something did */
	bool notify_resolved;	/* it does not hold back the news that an alert has ended; else it does */
	uint64_t *fingerprints;	/* owned, sorted, each once */
	size_t fingerprints_n;	/* not 0: it covers only those of what its matchers match */
	struct schedule *schedule;	/* NULL, or its windows: starts and ends are those of the present or next one; owned */
};

/* Times and matchers stand side by side: where there are many silences, each line of memory is waited for. */
struct silence {
	uint32_t refs;
	bool covered;			/* with ends_with_alert: something did fire that it covers */
	char id[SILENCE_ID_MAX];	/* UUID in lower case, NUL-terminated; "" in a draft for a new one */
	struct wall updated;
	struct wall starts, ends;
	struct matchers *sets;		/* alternatives: one set has to match; owned, or `only` (silence_add_set) */
	size_t sets_n;
	struct matchers only;
	struct silence_extra *extra;	/* NULL, or what only we know of it; owned reference */
	struct istr *created_by, *comment;	/* owned references */
	struct labels *annotations;		/* owned reference */
	/* NULL, or fields of Alertmanager's messages that we do not know, as they stand there: they go where it goes. */
	struct istr *unknown;		/* … of the silence */
	struct istr *unknown_around;	/* … of what it stands in */
	struct istr *source;	/* NULL, or the rule file that declares it: cannot be edited through the API */
};

/* One reference, no id, no sets, zero times, empty texts: the caller fills it before sharing it. */
struct silence *silence_new(void);
/* One more set, which is empty. */
struct matchers *silence_add_set(struct silence *s);
struct silence *silence_ref(struct silence *s);
void silence_unref(struct silence *s);	/* may be NULL */
/* A fresh, unshared copy to edit. */
struct silence *silence_copy(const struct silence *s);

/* Asks for the memory of s itself. */
static inline void
silence_fetch(const struct silence *s)
{
	__builtin_prefetch(&s->starts);
	__builtin_prefetch(&s->extra);
}

enum silence_state silence_state_at(const struct silence *s, struct wall now);
/* The same at a time that is still to come: one with a schedule will have gone over to its next windows. */
enum silence_state silence_state_ahead(const struct silence *s, struct wall then);
const char *silence_state_text(enum silence_state s);
/* Does one of the sets match? (the time is not looked at) */
bool silence_matches(const struct silence *s, const struct labels *l);
/* May it be about the alert of that fingerprint, as far as only we know? */
bool silence_names(const struct silence *s, uint64_t fingerprint);

/* One reference, and nothing else. */
struct silence_extra *silence_extra_new(void);
struct silence_extra *silence_extra_ref(struct silence_extra *x);
void silence_extra_unref(struct silence_extra *x);	/* may be NULL */
/* A fresh, unshared copy to edit; x may be NULL. */
struct silence_extra *silence_extra_copy(const struct silence_extra *x);
/* Sorts, and takes out what comes twice. */
void silence_extra_set_fingerprints(struct silence_extra *x, const uint64_t *v, size_t n);
static inline bool
silence_is_ack(const struct silence *s)
{
	return s->extra != NULL && s->extra->ack;
}
static inline bool
silence_ends_with_alert(const struct silence *s)
{
	return s->extra != NULL && s->extra->ends_with_alert;
}
/* NULL: it has no windows. */
static inline const struct schedule *
silence_schedule(const struct silence *s)
{
	return s->extra != NULL ? s->extra->schedule : NULL;
}
/*
 * Makes a matcher as silence_validate wants each: errors are of its words, like
 * invalid regular expression "[": error parsing regexp: …
 */
bool silence_matcher_init(struct matcher *out, enum matcher_op op, struct str name, struct str value, enum naming naming,
    struct err *e) MUST_CHECK;
/*
 * Names, values, the rule against matching everything, the order of times (Alertmanager silence.validateSilence);
 * and what only we know.
 */
bool silence_validate(const struct silence *s, enum naming naming, struct err *e) MUST_CHECK;
/*
 * Bytes of the Alertmanager protobuf MeshSilence encoding, which --silences.max-silence-size-bytes limits, with
 * about what `extra` takes there; expires is ends + retention.
 */
size_t silence_wire_size(const struct silence *s, struct wall expires);

#endif
