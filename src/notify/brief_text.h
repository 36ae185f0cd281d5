/* SPDX-License-Identifier: Apache-2.0 */
/*
 * brief_text.h - texts of a brief: cut to size, sorted into summary, description, notes and links.
 */
#ifndef BRIEF_TEXT_H
#define BRIEF_TEXT_H

#include "base/arena.h"
#include "base/str.h"
#include "tmpl/value.h"

/* Bytes, unless the name ends in _n. */
struct brief_limits {
	size_t name, value, labels_n;
	size_t summary, text, lines_n;
	size_t note, notes_n;
	size_t url, links_n;
};

/* The limits of what an alert has for itself, and `common`: of what is shown once for all. */
struct brief_limits brief_limits(unsigned brevity, bool common);

/* The annotations of an alert, or of all: each is in one of these. */
struct brief_texts {
	struct str summary;		/* one line; empty: there is none */
	struct value description;	/* its lines */
	struct value notes;		/* template.Note: what is neither of these nor an address */
	struct value links;		/* of type template.Link */
};

/* The annotations but those that `without` (NULL: none) has as well. In the arena. */
struct brief_texts brief_texts(struct value annotations, const struct value *without, const struct brief_limits *l,
    struct arena *a) MUST_CHECK;
/* links and an address of what is called so; what is no address of the web, or is too long, is left out. */
struct value brief_link_add(struct value links, struct str name, struct str url, const struct brief_limits *l,
    struct arena *a) MUST_CHECK;
/* The labels for which keep says so, as pairs, alertname first. */
struct value brief_labels(struct value labels, bool (*keep)(const void *arg, struct str name, struct str value), const void *arg,
    const struct brief_limits *l, struct arena *a) MUST_CHECK;
/* s, or its beginning up to a rune's end with an ellipsis, in at most max bytes. */
struct str brief_cut(struct str s, size_t max, struct arena *a) MUST_CHECK;
/* The bytes of a text in both parts of a mail, encoded. */
size_t brief_cost(struct str s) MUST_CHECK;
/* … of pairs, lines, notes or links, with the markup around each. */
size_t brief_cost_of(struct value list) MUST_CHECK;

#endif
