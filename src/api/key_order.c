/* SPDX-License-Identifier: Apache-2.0 */
#include "key_order.h"

#include <string.h>

#include "base/compiler.h"
#include "base/copy.h"

/* Bytes around a name in its key, and in front of it. */
#define AROUND strlen("\"\":")
#define FRONT strlen("\"")

static struct str
name_of(const struct key_order *o, size_t i)
{
	return (struct str){ o->keys[i].p + FRONT, o->keys[i].n - AROUND };
}

/* A set stays the example for so many: its values go out of date, and to write its pairs takes as long as some ten sets save. */
#define EXAMPLE_OF 64

static void
drop_example(struct key_order *o)
{
	labels_unref(o->like);
	o->like = NULL;
}

void
key_order_fini(struct key_order *o)
{
	drop_example(o);
	o->n = 0;
}

/* The pairs of these bits, to where they stand by name; true: one has an empty value. */
static bool
put_pairs(const struct key_order *o, const struct str *values, uint32_t bits, struct label_pair *pairs)
{
	bool empty = false;

	for (; bits != 0; bits &= bits - 1) {
		unsigned i = (unsigned)__builtin_ctz(bits);
		/* The key ends where the value's opening quote stands. */
		const char *key = values[i].p - FRONT - o->keys[i].n;

		pairs[o->place[i]] = (struct label_pair){ { key + FRONT, o->keys[i].n - AROUND }, values[i] };
		empty |= values[i].n == 0;
	}
	return empty;
}

/* The same bits, by name. */
static uint32_t
places_of(const struct key_order *o, uint32_t bits)
{
	uint32_t places = 0;

	for (; bits != 0; bits &= bits - 1)
		places |= 1u << o->place[__builtin_ctz(bits)];
	return places;
}

bool
key_order_read(const struct key_order *o, struct json_reader *r, struct label_pair *pairs, struct labels_like *like_out)
{
	struct str values[KEY_ORDER_MAX] UNSET;
	uint32_t all = (1u << o->n) - 1, same = 0;

	*like_out = (struct labels_like){ 0 };
	if (o->n == 0 || !json_known_object(r, o->keys, o->like != NULL ? o->pairs : NULL, o->n, values, &same))
		return false;
	/* Labels without value are none: the set has other names then. */
	if (put_pairs(o, values, all & ~same, pairs) || o->like == NULL)
		(void)put_pairs(o, values, same, pairs);
	else
		*like_out = (struct labels_like){ labels_ref(o->like), all & ~places_of(o, all & ~same) };
	return true;
}

/* Is it written as its bytes, between quotes and before a colon? */
static bool
stands_plainly(struct str name, struct str text)
{
	return name.p > text.p && name.p + name.n + 2 < text.p + text.n && name.p[-1] == '"' && name.p[name.n] == '"' &&
	    name.p[name.n + 1] == ':';
}

static bool
keep_key(struct key_order *o, size_t *used, struct str name, struct str text)
{
	size_t n = name.n + AROUND;
	char *at = o->bytes + *used;

	if (!stands_plainly(name, text) || n > sizeof(o->bytes) - *used)
		return false;
	memcpy(at, name.p - FRONT, n);
	*used += n;
	o->keys[o->n++] = (struct str){ at, n };
	return true;
}

/* The places by name; false: there is one twice. */
static bool
find_places(struct key_order *o)
{
	uint8_t sorted[KEY_ORDER_MAX];

	for (size_t i = 0; i < o->n; i++) {
		size_t k = i;
		int order = -1;

		for (; k > 0 && (order = str_cmp(name_of(o, sorted[k - 1]), name_of(o, i))) > 0; k--)
			sorted[k] = sorted[k - 1];
		if (order == 0)
			return false;
		sorted[k] = (uint8_t)i;
	}
	for (size_t i = 0; i < o->n; i++)
		o->place[sorted[i]] = (uint8_t)i;
	return true;
}

void
key_order_note(struct key_order *o, const struct label_pair *pairs, size_t n, struct str text)
{
	size_t used = 0;

	drop_example(o);
	o->n = 0;
	if (n > KEY_ORDER_MAX)
		return;
	for (size_t i = 0; i < n; i++)
		if (!keep_key(o, &used, pairs[i].name, text)) {
			o->n = 0;
			return;
		}
	if (!find_places(o))
		o->n = 0;
}

/* A value that no program can write but with escapes: as it is, it may stand for other pairs. */
static bool
is_escaped(struct str value)
{
	for (size_t i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < ' ' || value.p[i] == '"' || value.p[i] == '\\')
			return true;
	return false;
}

/* The text of a pair, from quote to quote; STR_NONE: there is no room, or it would be another one. */
static struct str
keep_pair(struct key_order *o, size_t *used, struct str key, struct str value)
{
	char *at = o->pair_bytes + *used, *end;

	if (key.n + value.n + strlen("\"\"") > sizeof(o->pair_bytes) - *used || is_escaped(value))
		return STR_NONE;
	end = copy_short(at, key.p, key.n);
	*end++ = '"';
	end = copy_short(end, value.p, value.n);
	*end++ = '"';
	*used += (size_t)(end - at);
	return (struct str){ at, (size_t)(end - at) };
}

static bool
has_names(const struct key_order *o, const struct labels *l)
{
	if (labels_n(l) != o->n)
		return false;
	for (size_t i = 0; i < o->n; i++)
		if (!str_eq(istr_str(labels_name(l, o->place[i])), name_of(o, i)))
			return false;
	return true;
}

void
key_order_made(struct key_order *o, struct labels *l)
{
	size_t used = 0;

	if (o->n == 0 || (o->like != NULL && ++o->used < EXAMPLE_OF) || !has_names(o, l))
		return;
	for (size_t i = 0; i < o->n; i++) {
		const struct istr *value = labels_value(l, o->place[i]);
		/* One that was another all that time ago will be another again. */
		bool moves = o->like != NULL && labels_value(o->like, o->place[i]) != value;

		o->pairs[i] = moves ? STR_NONE : keep_pair(o, &used, o->keys[i], istr_str(value));
	}
	drop_example(o);
	o->like = labels_ref(l);
	o->used = 0;
}
