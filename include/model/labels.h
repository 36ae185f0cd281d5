/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/labels.h - label sets.
 *
 * Names and values repeat endlessly between alerts, so they are interned: equal
 * strings are one reference-counted struct istr, and comparing two of them is
 * comparing pointers. A label set is immutable, sorted by name (bytes), without
 * duplicate names, and carries its hashes; sets are interned too, so
 * comparing them is comparing pointers as well. The intern tables belong to the loop
 * thread; nothing here may be called from another one.
 */
#ifndef MODEL_LABELS_H
#define MODEL_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/hmap.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/work.h"

/* An interned string; a NUL follows its bytes. */
struct istr {
	struct hmap_node node;
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
/*
 * Strings and sets are of the thread that made them: each has tables of its own,
 * so that none of them needs a lock. A worker that makes some for another thread
 * calls interned_leave when it has. From then on they are strangers in every
 * thread: whoever takes them over may read them, and adopts each reference.
 */
void interned_leave(void);
/* A reference to a stranger (may be NULL) becomes one to what is equal to it here. */
struct istr *istr_adopt(struct istr *stranger);
void istr_leave(void);	/* interned_leave, for istr.c's part */
/* Gives back room in this thread's tables that many have left behind. False: w is used up, and there is more. */
bool interned_shrink_some(struct work *w);
bool istr_shrink_some(struct work *w);	/* the same for istr.c's part */
/* The interned s when there is one (no new reference), else NULL: nothing can be equal to it. */
struct istr *istr_find(struct str s);
/*
 * For those who make many: istr_get in two steps, between which the memory that it needs is on its way. The first returns
 * what the second wants to have.
 */
uint64_t istr_ahead(struct str s);
struct istr *istr_get_ahead(struct str s, uint64_t ahead);
/* There will be so many times the strings and sets that there are: the tables get room for them at once. */
void interned_expect(size_t times);
void istr_expect(size_t times);	/* the same for istr.c's part */
/* How many strings are interned and the bytes they take. */
void istr_usage(size_t *count_out, size_t *bytes_out);

static inline struct str
istr_str(const struct istr *i)
{
	return i != NULL ? (struct str){ i->bytes, i->n } : STR_NONE;
}

struct label {
	struct istr *name, *value;
};

struct labels {
	struct hmap_node node;
	uint32_t refs;
	uint32_t n;
	struct hmap_node text;	/* by the hash of the text that it came from: model/label_texts.h */
	uint32_t text_more;	/* of that hash */
	unsigned char checked;	/* bit 1 << enum naming: labels_check found it valid */
	bool has_text;		/* it is in label_texts.c's table */
	bool hashed;		/* the next two are set: it is not of annotations alone */
	uint64_t fingerprint;	/* FNV-1a over name 0xFF value 0xFF …: what the API shows */
	uint64_t hash;		/* xxHash64 of the same bytes: what the notification log keeps */
	struct label l[];
};

/* A pair of borrowed strings on the way in. */
struct label_pair {
	struct str name, value;
};

/* Sorts pairs in place, drops all but the last of each name, and returns how many are left. */
size_t label_pairs_tidy(struct label_pair *pairs, size_t n);
/*
 * Tidies pairs in place (label_pairs_tidy) and returns a set with one reference. Empty values are kept: callers that must not have them
 * (alert labels) remove them first.
 */
struct labels *labels_new(struct label_pair *pairs, size_t n);
/* The same, but that nobody will ask for its fingerprint and hash: for annotations. */
struct labels *labels_new_unhashed(struct label_pair *pairs, size_t n);
/* The set of these interned strings, whose names ascend, in two steps as istr_get_ahead; their references are taken over. */
uint64_t labels_ahead(struct label *v, size_t n);
struct labels *labels_get_ahead(struct label *take, size_t n, uint64_t ahead);
struct labels *labels_get_ahead_unhashed(struct label *take, size_t n, uint64_t ahead);
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
/* Equal sets are the same set. */
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

/* How label names are judged; the command line's feature flags choose. */
enum naming { NAMING_UTF8, NAMING_CLASSIC };
/* Classic: [a-zA-Z_][a-zA-Z0-9_]*; UTF-8: not empty and valid. */
bool label_name_valid(struct str name, enum naming naming);
/*
 * Are all names valid and all values UTF-8? If not, the first that is not, as
 * Alertmanager words it: invalid name "X", invalid value "X".
 */
bool labels_check(struct labels *l, enum naming naming, struct err *e) MUST_CHECK;

#endif
