/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/labels.h - label sets.
 *
 * A label set is immutable, sorted by name (bytes), without
 * duplicate names, and carries its hashes. Its names (model/label_names.h) and values are interned, and sets are, too:
 * comparing them is comparing pointers. The intern tables belong to the loop
 * thread; nothing here may be called from another one.
 */
#ifndef MODEL_LABELS_H
#define MODEL_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/work.h"
#include "model/label_hashes.h"
#include "model/label_names.h"

struct labels {
	uint32_t hash;			/* of its names and values */
	uint32_t text;			/* of the text that it came from: model/label_texts.h */
	uint32_t refs;
	uint32_t text_more : 28;	/* of the text's hash */
	uint32_t checked : 2;		/* bit 1 << enum naming: labels_check found it valid */
	uint32_t has_text : 1;		/* it is in label_texts.c's table */
	uint32_t hashed : 1;		/* a struct labels_hashes stands in front of it: it is not of annotations alone */
	struct label_names *names;	/* owned references, as the values */
	uint32_t text_rest;		/* the same */
	uint32_t values[];		/* numbers of struct istr (base/numbered.h) */
};

/* How many labels it has, and those, by name. */
static inline uint32_t
labels_n(const struct labels *l)
{
	return l->names->n;
}

static inline struct istr *
labels_name(const struct labels *l, uint32_t i)
{
	return l->names->v[i];
}

static inline struct istr *
labels_value(const struct labels *l, uint32_t i)
{
	return numbered_at(l->values[i]);
}

/* Both are there unless the set was made by labels_new_unhashed. */
static inline uint64_t
labels_fingerprint(const struct labels *l)
{
	return ((const struct labels_hashes *)l)[-1].fingerprint;
}

static inline uint64_t
labels_hash(const struct labels *l)
{
	return ((const struct labels_hashes *)l)[-1].hash;
}

/* 64 bits that nobody outside can choose: equal sets have the same, and others as good as never. In this process only. */
static inline uint64_t
labels_key(const struct labels *l)
{
	return (uint64_t)((const struct labels_hashes *)l)[-1].keyed << 32 | l->hash;
}

/* The value of that name, or NULL: pointers are compared, one after the other (model/label_find.h: where a client has a say in their number). */
static inline struct istr *
labels_value_of(const struct labels *l, const struct istr *name)
{
	const struct label_names *names = l->names;

	for (uint32_t i = 0; i < names->n; i++)
		if (names->v[i] == name)
			return labels_value(l, i);
	return NULL;
}

/* Sorts pairs in place, drops all but the last of each name, and returns how many are left. */
size_t label_pairs_tidy(struct label_pair *pairs, size_t n);
/*
 * Tidies pairs in place (label_pairs_tidy) and returns a set with one reference. Empty values are kept: callers that must not have them
 * (alert labels) remove them first.
 */
struct labels *labels_new(struct label_pair *pairs, size_t n);
/* The same without fingerprint and hash: for annotations. It is another set than one of labels, though they be equal. */
struct labels *labels_new_unhashed(struct label_pair *pairs, size_t n);
/* Either of pairs that are tidy already. */
struct labels *labels_of_tidy(const struct label_pair *pairs, size_t n, bool hashed);
/*
 * Pairs of which much is known: they have the names of `set`, in its order, and those whose bits are in `same`, the lowest for the first name, its values,
 * too: those pairs need not be there. At most 32 pairs.
 */
struct labels_like {
	struct labels *set;	/* NULL: nothing is known */
	uint32_t same;
};
/* The set of these pairs, as labels_of_tidy makes it; like.set is not NULL, and borrowed. */
struct labels *labels_of_like(struct labels_like like, const struct label_pair *pairs, bool hashed);
/* The set of these interned strings, whose names ascend, in two steps as istr_get_ahead; their references are taken over. */
uint32_t labels_ahead(const struct label *v, size_t n);
struct labels *labels_get_ahead(const struct label *take, size_t n, uint32_t ahead);
struct labels *labels_get_ahead_unhashed(const struct label *take, size_t n, uint32_t ahead);
struct labels *labels_ref(struct labels *l);
void labels_unref(struct labels *l);	/* may be NULL */
/* As istr_adopt. */
struct labels *labels_adopt(struct labels *stranger);
/* The shared empty set (a new reference). */
struct labels *labels_empty(void);
/* The fingerprint that labels_new would give to sorted, duplicate-free pairs. */
uint64_t labels_fingerprint_of(const struct label_pair *pairs, size_t n);
/* As the API and receivers see it: 16 digits. By value, to be used within an expression: fingerprint_text(f).s */
struct fingerprint_text {
	char s[17];
};
struct fingerprint_text fingerprint_text(uint64_t fingerprint);
/* Back again, from 1 to 16 digits. */
bool fingerprint_parse(struct str text, uint64_t *out) MUST_CHECK;

/* Value of a name; STR_NONE when absent (a label never has p == NULL when present). */
struct str labels_get(const struct labels *l, struct str name);
/* Equal sets are the same set (those of annotations apart). */
static inline bool
labels_eq(const struct labels *a, const struct labels *b)
{
	return a == b;
}
/*
 * Order of the API and of notifications: fewer labels first; at the first name
 * that only one of them has, the set that lacks it; then by value (Prometheus
 * model.LabelSet.Before).
 */
int labels_cmp(const struct labels *a, const struct labels *b);
/* {a="b", c="d"} with Go-quoted values, names raw (Prometheus model.LabelSet.String). */
void labels_format(const struct labels *l, struct sbuf *out);
/* The labels of l whose names are in `names` (n of them): a new set. */
struct labels *labels_select(const struct labels *l, const struct str *names, size_t n);

/*
 * Strings and sets are of the thread that made them: each has tables of its own,
 * so that none of them needs a lock. A worker that makes some for another thread
 * calls interned_leave when it has. From then on they are strangers in every
 * thread: whoever takes them over may read them, and adopts each reference.
 */
void interned_leave(void);
/* Gives back room in this thread's tables that many have left behind. False: w is used up, and there is more. */
bool interned_shrink_some(struct work *w);
/* There will be so many times the strings and sets that there are: the tables get room for them at once. */
void interned_expect(size_t times);

/* How label names are judged; the command line's feature flags choose. */
enum naming { NAMING_UTF8, NAMING_CLASSIC };
/* Classic: [a-zA-Z_][a-zA-Z0-9_]*; UTF-8: not empty and valid. */
bool label_name_valid(struct str name, enum naming naming);
/*
 * Are all names valid and all values UTF-8? If not, the first name that is not, else the first value, as
 * Alertmanager words it: invalid name "X", invalid value "X". utf8: the values are known to be.
 */
bool labels_check(struct labels *l, enum naming naming, bool utf8, struct err *e) MUST_CHECK;

#endif
