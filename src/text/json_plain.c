/* SPDX-License-Identifier: Apache-2.0 */
/* The reader's quick ways through objects whose keys and values are plain strings, which those of alerts mostly are. */
#include "base/compiler.h"
#include "base/same.h"
#include "json_scan.h"
#include "json_state.h"

/* From an opening quote: the plain string; the end of it, or NULL. */
static ALWAYS_INLINE const char *
plain_string(const char *p, const char *end, struct str *out)
{
	const char *quote;

	if (p == end || *p != '"')
		return NULL;
	quote = json_scan_string(++p, end);
	if (quote == end || *quote != '"')
		return NULL;
	*out = (struct str){ p, (size_t)(quote - p) };
	return quote + 1;
}

bool
json_next_plain_pair(struct json_reader *r, struct str *key, struct str *value)
{
	const char *p = json_skip_blanks(r->p, r->end);

	if (r->state == JSON_STATE_AFTER && p < r->end && *p == ',' && json_in_object(r))
		p = json_skip_blanks(p + 1, r->end);
	else if (r->state != JSON_STATE_KEY_OR_END)
		return false;
	p = plain_string(p, r->end, key);
	if (p == NULL)
		return false;
	p = json_skip_blanks(p, r->end);
	if (p == r->end || *p != ':')
		return false;
	p = plain_string(json_skip_blanks(p + 1, r->end), r->end, value);
	if (p == NULL)
		return false;
	r->p = p;
	r->state = JSON_STATE_AFTER;
	r->text = *value;
	r->escaped = false;
	return true;
}

struct str
json_object_text(const struct json_reader *r)
{
	const char *begin = r->p - 1, *end;

	if (r->state != JSON_STATE_KEY_OR_END)
		return STR_NONE;
	end = memchr(begin, '}', (size_t)(r->end - begin));
	return end != NULL ? (struct str){ begin, (size_t)(end + 1 - begin) } : STR_NONE;
}

void
json_pass_object(struct json_reader *r, struct str text)
{
	r->p = text.p + text.n;
	json_leave_level(r);
}

static inline bool
stands_at(const char *p, const char *end, struct str text)
{
	return (size_t)(end - p) >= text.n && same_bytes(p, text.p, text.n);
}

/* A pair of an object, whose key is this one; behind its value, or NULL. */
static ALWAYS_INLINE const char *
known_key(const char *p, const char *end, struct str key, struct str *value)
{
	return stands_at(p, end, key) ? plain_string(p + key.n, end, value) : NULL;
}

bool
json_known_object(struct json_reader *r, const struct str *keys, const struct str *pairs, size_t n, struct str *values, uint32_t *same)
{
	const char *p = r->p;
	uint32_t found = 0;

	if (r->state != JSON_STATE_KEY_OR_END)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && (p == r->end || *p++ != ','))
			return false;
		if (pairs != NULL && pairs[i].n > 0 && stands_at(p, r->end, pairs[i])) {
			values[i] = (struct str){ p + keys[i].n + 1, pairs[i].n - keys[i].n - 2 };
			p += pairs[i].n;
			found |= 1u << i;
			continue;
		}
		p = known_key(p, r->end, keys[i], &values[i]);
		if (p == NULL)
			return false;
	}
	if (p == r->end || *p != '}')
		return false;
	r->p = p + 1;
	json_leave_level(r);
	*same = found;
	return true;
}

bool
json_pass_key(struct json_reader *r, struct str key)
{
	const char *p = r->p;

	if (r->state == JSON_STATE_AFTER) {
		if (p == r->end || *p++ != ',' || !json_in_object(r))
			return false;
	} else if (r->state != JSON_STATE_KEY_OR_END) {
		return false;
	}
	if (!stands_at(p, r->end, key))
		return false;
	r->p = p + key.n;
	r->state = JSON_STATE_VALUE;
	return true;
}

/* A plain string that ends at p was the value. */
static inline void
took_value(struct json_reader *r, const char *p, struct str value)
{
	r->p = p;
	r->state = r->depth == 0 ? JSON_STATE_DONE : JSON_STATE_AFTER;
	r->text = value;
	r->escaped = false;
}

bool
json_plain_value(struct json_reader *r, struct str *value)
{
	const char *p;

	if (r->state != JSON_STATE_VALUE)
		return false;
	p = plain_string(r->p, r->end, value);
	if (p == NULL)
		return false;
	took_value(r, p, *value);
	return true;
}

bool
json_known_value(struct json_reader *r, struct str value)
{
	const char *p = r->p;

	if (value.n == 0 || r->state != JSON_STATE_VALUE || (size_t)(r->end - p) < value.n + 2 || p[0] != '"' || p[value.n + 1] != '"' ||
	    !same_bytes(p + 1, value.p, value.n))
		return false;
	took_value(r, p + value.n + 2, (struct str){ p + 1, value.n });
	return true;
}
