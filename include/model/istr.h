/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/istr.h - interned strings.
 *
 * Names and values of labels repeat endlessly between alerts, so equal strings are one reference-counted struct istr, and
 * comparing two of them is comparing pointers. Each thread has a table of its own.
 */
#ifndef MODEL_ISTR_H
#define MODEL_ISTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/numbered.h"
#include "base/str.h"
#include "base/work.h"

/* An interned string; a NUL follows its bytes. It has a number (base/numbered.h), which is shorter than a pointer. */
struct istr {
	uint32_t hash;		/* the lower half of hash_seeded */
	uint32_t refs;
	uint32_t n;
	unsigned char found;	/* bits of enum istr_found: what was found out of it, for those who ask again */
	char bytes[];
};

enum istr_found {
	ISTR_VALUE = 1,		/* valid as a value */
	ISTR_NAME = 2,		/* as a name; shifted by enum naming: two bits */
	ISTR_URI = 8,		/* as the URL of an alert */
	ISTR_JSON = 16,		/* written as JSON it stands there as it is (json_is_plain) */
};

/* A new reference to the interned copy of s. */
struct istr *istr_get(struct str s);
struct istr *istr_ref(struct istr *i);
/* Drops a reference; i may be NULL. */
void istr_unref(struct istr *i);
/* A reference to a stranger (interned_leave; may be NULL) becomes one to what is equal to it here. */
struct istr *istr_adopt(struct istr *stranger);
/* The part of interned_leave, interned_shrink_some and interned_expect (model/labels.h) that is the strings'. */
void istr_leave(void);
bool istr_shrink_some(struct work *w);
void istr_expect(size_t times);
/* The interned s when there is one (no new reference), else NULL: nothing can be equal to it. */
struct istr *istr_find(struct str s);
/*
 * For those who make many: istr_get in two steps, between which the memory that it needs is on its way. The first returns
 * what the second wants to have.
 */
uint32_t istr_ahead(struct str s);
struct istr *istr_get_ahead(struct str s, uint32_t ahead);
/* How many strings are interned and the bytes they take. */
void istr_usage(size_t *count_out, size_t *bytes_out);

static inline struct str
istr_str(const struct istr *i)
{
	return i != NULL ? (struct str){ i->bytes, i->n } : STR_NONE;
}

/* A pair of borrowed strings on the way in, and one of interned ones. */
struct label_pair {
	struct str name, value;
};

struct label {
	struct istr *name, *value;
};

/*
 * A new reference to each value of n pairs: memory of a table of millions is far away, so those are waited for together. Bits of `have`, the lowest for
 * the first, say whose value *out has already; all behind the 32nd are wanted.
 */
void istr_get_values(const struct label_pair *pairs, size_t n, uint32_t have, struct istr **out);

#endif
