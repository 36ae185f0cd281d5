/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/label_names.h - the names of label sets, which many of them have in common.
 *
 * Alerts of one rule, and mostly of all rules of a sender, have the same names: those are kept once, and of a set only
 * its values are its own. So to make a set like the last one no name has to be looked for.
 */
#ifndef MODEL_LABEL_NAMES_H
#define MODEL_LABEL_NAMES_H

#include "base/hash.h"
#include "base/hmap.h"
#include "model/istr.h"

/* Names that sets have in common, ascending. */
struct label_names {
	struct hmap_node node;
	uint32_t refs;
	uint32_t n;
	uint32_t bytes;		/* of all */
	uint64_t bits;		/* label_name_bit of all */
	uint32_t job, instance;	/* where the names that alerts are ordered by stand; n: there is none */
	unsigned char found;	/* bits of enum istr_found: what holds for each of them */
	struct istr *v[];
};

/* One of 64 bits that a name has: most names of a set are not asked for, which is known without looking. */
static inline uint64_t
label_name_bit(const struct istr *name)
{
	/* Interned strings are known by address, and nobody outside chooses those. */
	return UINT64_C(1) << (hash_mix(0, (uintptr_t)name) >> 58);
}

/* A new reference to the names of n tidy pairs. */
struct label_names *label_names_of(const struct label_pair *pairs, size_t n);
/* The same of interned names, whose references are taken over; and the hash that they have. */
struct label_names *label_names_take(const struct label *v, size_t n);
uint64_t label_names_hash(const struct label *v, size_t n);
struct label_names *label_names_ref(struct label_names *names);
void label_names_unref(struct label_names *names);
/* A reference to a stranger goes (istr_adopt). */
void label_names_drop_stranger(struct label_names *stranger);
/* The part of interned_leave and interned_shrink_some (model/labels.h) that is the names'. */
void label_names_leave(void);
bool label_names_shrink_some(struct work *w);

#endif
