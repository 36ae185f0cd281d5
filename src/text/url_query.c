/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"
#include "text/url.h"

/* Decodes into the arena; text without anything to decode is copied all the same. */
static bool
decode(struct arena *a, struct str s, struct sbuf *scratch, struct str *out, struct err *e)
{
	sbuf_reset(scratch);
	if (!url_query_unescape(scratch, s, e))
		return false;
	*out = arena_str(a, sbuf_get(scratch));
	return true;
}

static bool
parse_pair(struct arena *a, struct str pair, struct sbuf *scratch, struct url_param *out, struct err *e)
{
	if (str_chr(pair, ';') < pair.n)
		return err_set(e, ERR_INVALID, "invalid semicolon separator in query");
	size_t eq = str_chr(pair, '=');
	return decode(a, str_sub(pair, 0, eq), scratch, &out->key, e) &&
	    decode(a, str_sub(pair, eq + 1, pair.n), scratch, &out->value, e);
}

static bool
parse_pairs(struct arena *a, struct str query, struct url_query *out, struct err *e)
{
	struct sbuf scratch = SBUF_INIT(SBUF_UNLIMITED);
	struct err dropped;
	bool ok = true;
	size_t cap = 0;

	while (query.n > 0) {
		size_t amp = str_chr(query, '&');
		struct str pair = str_sub(query, 0, amp);
		query = str_sub(query, amp + 1, query.n);
		if (pair.n == 0)
			continue;
		struct url_param param;
		if (!parse_pair(a, pair, &scratch, &param, ok ? e : &dropped)) {
			ok = false;
			continue;
		}
		if (out->n == cap) {
			cap = cap == 0 ? 8 : cap * 2;
			out->v = arena_grow(a, out->v, out->n, cap, sizeof(*out->v));
		}
		out->v[out->n++] = param;
	}
	sbuf_fini(&scratch);
	return ok;
}

bool
url_query_parse(struct arena *a, struct str query, struct url_query *out, struct err *e)
{
	*out = (struct url_query){ 0 };
	return query.n == 0 || parse_pairs(a, query, out, e);
}

const struct str *
url_query_each(const struct url_query *q, const char *key, size_t *pos)
{
	while (*pos < q->n) {
		const struct url_param *p = &q->v[(*pos)++];
		if (str_is(p->key, key))
			return &p->value;
	}
	return NULL;
}

const struct str *
url_query_get(const struct url_query *q, const char *key)
{
	size_t pos = 0;

	return url_query_each(q, key, &pos);
}

const struct str *
url_query_last(const struct url_query *q, const char *key)
{
	for (size_t i = q->n; i > 0; i--) {
		if (str_is(q->v[i - 1].key, key))
			return &q->v[i - 1].value;
	}
	return NULL;
}

void
url_query_add(struct sbuf *b, bool *first, struct str key, struct str value)
{
	if (!*first)
		sbuf_putc(b, '&');
	*first = false;
	url_query_escape(b, key);
	sbuf_putc(b, '=');
	url_query_escape(b, value);
}
