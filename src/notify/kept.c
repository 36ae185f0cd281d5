/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/kept.h"

#include <string.h>

#include "base/mem.h"

struct kept_text {
	struct kept_text *next;
	struct kept_key key;
	struct str text;
	uint64_t steps;
	char *apart;		/* the text's own block; NULL: it stands behind the source */
	char source[];
};

/* An attempt has a dozen of them, rarely a hundred: they are looked through. */
static bool
is_of(const struct kept_text *t, const struct kept_key *key)
{
	return t->key.form == key->form && t->key.alerts == key->alerts && t->key.brevity == key->brevity &&
	    str_eq(t->key.source, key->source);
}

bool
kept_get(const struct kept *k, const struct kept_key *key, struct str *out, uint64_t *steps)
{
	for (const struct kept_text *t = k->first; t != NULL; t = t->next)
		if (is_of(t, key)) {
			*out = t->text;
			*steps = t->steps;
			return true;
		}
	return false;
}

/* With so many bytes more behind its source. */
static struct kept_text *
add(struct kept *k, const struct kept_key *key, size_t more)
{
	size_t size = sizeof(struct kept_text) + key->source.n + more;
	struct kept_text *t = mem_alloc(size);

	*t = (struct kept_text){ .next = k->first, .key = *key };
	if (key->source.n > 0)
		memcpy(t->source, key->source.p, key->source.n);
	t->key.source.p = t->source;
	k->first = t;
	k->bytes += size;
	return t;
}

void
kept_put(struct kept *k, const struct kept_key *key, struct str text, uint64_t steps)
{
	struct kept_text *t = add(k, key, text.n + 1);
	char *p = t->source + key->source.n;

	if (text.n > 0)
		memcpy(p, text.p, text.n);
	p[text.n] = '\0';
	t->text = (struct str){ p, text.n };
	t->steps = steps;
}

struct str
kept_take(struct kept *k, const struct kept_key *key, struct sbuf *b)
{
	struct kept_text *t = add(k, key, 0);

	k->bytes += b->cap;
	t->apart = sbuf_take(b, &t->text.n);
	t->text.p = t->apart;
	return t->text;
}

void
kept_fini(struct kept *k)
{
	while (k->first != NULL) {
		struct kept_text *t = k->first;

		k->first = t->next;
		mem_free(t->apart);
		mem_free(t);
	}
	*k = (struct kept){ 0 };
}
