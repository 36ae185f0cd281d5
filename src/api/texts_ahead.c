/* SPDX-License-Identifier: Apache-2.0 */
#include "texts_ahead.h"

#include <stddef.h>
#include <string.h>

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

/* Takes the next brace that opens, and what it stands for; false: there is none before `limit`. */
static bool
look(struct texts_ahead *a, const char *limit)
{
	const char *begin = memchr(a->at, '{', (size_t)(limit - a->at)), *end;
	bool labels;

	if (begin == NULL) {
		a->at = limit;
		return false;
	}
	labels = ends_with(a->at, begin, STR("\"labels\":"));
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
texts_ahead_at(struct texts_ahead *a, const char *begin, const char *limit)
{
	const struct text_ahead *t;

	while (a->n > 0 && text_at(a, 0)->text.p < begin)
		pass_first(a);
	t = text_at(a, 0);
	return a->n > 0 && t->text.p == begin && t->text.n <= (size_t)(limit - begin) ? t->text : STR_NONE;
}

struct hash128
texts_ahead_hash(struct texts_ahead *a, enum label_text_kind kind, struct str text)
{
	struct str known = texts_ahead_at(a, text.p, text.p + text.n);
	const struct text_ahead *t = text_at(a, 0);
	struct hash128 hash;

	if (known.n == text.n && t->kind == kind) {
		hash = t->hash;
		pass_first(a);
	} else {
		hash = label_text_hash(kind, text);
	}
	look_ahead(a, text.p + text.n);
	return hash;
}
