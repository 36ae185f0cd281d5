/* SPDX-License-Identifier: Apache-2.0 */
#include "key_order.h"

#include <string.h>

/* Bytes around a name in its key, and in front of it. */
#define AROUND strlen("\"\":")
#define FRONT strlen("\"")

static struct str
name_of(const struct key_order *o, size_t i)
{
	return (struct str){ o->keys[i].p + FRONT, o->keys[i].n - AROUND };
}

bool
key_order_read(const struct key_order *o, struct json_reader *r, struct label_pair *pairs)
{
	struct str values[KEY_ORDER_MAX];

	if (o->n == 0 || !json_known_object(r, o->keys, o->n, values))
		return false;
	for (size_t i = 0; i < o->n; i++) {
		/* The key ends where the value's opening quote stands. */
		const char *key = values[i].p - FRONT - o->keys[i].n;

		pairs[o->place[i]] = (struct label_pair){ { key + FRONT, o->keys[i].n - AROUND }, values[i] };
	}
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
