/* SPDX-License-Identifier: Apache-2.0 */
#include "texts_ahead.h"

#include <stddef.h>
#include <string.h>

#include "base/same.h"

/* The node of this text, by its place in the ring, is asked for: its bucket has come meanwhile. */
#define NODE_AHEAD 3
/* So far is looked from where the body is read, which may hold anything, and a great deal of it, before the next text. */
#define BYTES_AHEAD ((ptrdiff_t)16 << 10)

void
texts_ahead_begin(struct texts_ahead *a, struct str body)
{
	a->at = body.p;
	a->end = body.p + body.n;
	a->first = a->n = 0;
}

static struct text_ahead *
text_at(struct texts_ahead *a, unsigned i)
{
	return &a->texts[(a->first + i) % TEXTS_AHEAD];
}

static void
pass_first(struct texts_ahead *a)
{
	a->first = (a->first + 1) % TEXTS_AHEAD;
	a->n--;
}

static bool
ends_with(const char *begin, const char *end, struct str key)
{
	return (size_t)(end - begin) >= key.n && memcmp(end - key.n, key.p, key.n) == 0;
}

static void
add(struct texts_ahead *a, enum label_text_kind kind, struct str text)
{
	struct text_ahead *t = text_at(a, a->n);

	*t = (struct text_ahead){ text, kind, label_text_hash(kind, text) };
	label_text_fetch(t->hash);
	a->n++;
}

/* The brace at the end of what opens a set, if that stands at p; else NULL. */
static const char *
brace_of(const char *p, const char *limit, struct str opening)
{
	return (size_t)(limit - p) >= opening.n && same_bytes(p, opening.p, opening.n) ? p + opening.n - 1 : NULL;
}

/* The next brace that may be a set's, and whether of labels; NULL: there is none. Mostly sets begin an alert, or follow each other. */
static const char *
next_brace(const char *at, const char *limit, bool *labels)
{
	const char *brace = brace_of(at, limit, STR(",\"annotations\":{")), *begun;

	*labels = false;
	if (brace != NULL)
		return brace;
	brace = memchr(at, '{', (size_t)(limit - at));
	if (brace == NULL)
		return NULL;
	begun = brace_of(brace + 1, limit, STR("\"labels\":{"));
	if (begun != NULL)
		brace = begun;
	*labels = begun != NULL || ends_with(at, brace, STR("\"labels\":"));
	return brace;
}

/* Takes the next brace that opens, and what it stands for; false: there is none before `limit`. */
static bool
look(struct texts_ahead *a, const char *limit)
{
	bool labels;
	const char *begin = next_brace(a->at, limit, &labels), *end;

	if (begin == NULL) {
		a->at = limit;
		return false;
	}
	if (!labels && !ends_with(a->at, begin, STR("\"annotations\":"))) {
		a->at = begin + 1;
		return true;
	}
	end = memchr(begin, '}', (size_t)(limit - begin));
	a->at = end != NULL ? end + 1 : limit;
	if (end != NULL)
		add(a, labels ? LABEL_TEXT_LABELS : LABEL_TEXT_ANNOTATIONS, (struct str){ begin, (size_t)(end + 1 - begin) });
	return true;
}

static void
look_ahead(struct texts_ahead *a, const char *from)
{
	const char *limit = a->end - from > BYTES_AHEAD ? from + BYTES_AHEAD : a->end;

	if (a->at < from)
		a->at = from;
	while (a->n < TEXTS_AHEAD && a->at < limit && look(a, limit))
		;
	if (a->n > NODE_AHEAD)
		label_text_fetch_node(text_at(a, NODE_AHEAD)->hash);
}

struct str
texts_ahead_take(struct texts_ahead *a, enum label_text_kind kind, const char *begin, const char *limit, struct hash128 *hash)
{
	const struct text_ahead *t = text_at(a, 0);
	struct str text;

	for (; a->n > 0 && t->text.p < begin; t = text_at(a, 0))
		pass_first(a);
	if (a->n == 0 || t->text.p != begin || t->kind != kind || t->text.n > (size_t)(limit - begin))
		return STR_NONE;
	text = t->text;
	*hash = t->hash;
	pass_first(a);
	look_ahead(a, text.p + text.n);
	return text;
}

struct hash128
texts_ahead_hash(struct texts_ahead *a, enum label_text_kind kind, struct str text)
{
	look_ahead(a, text.p + text.n);
	return label_text_hash(kind, text);
}
