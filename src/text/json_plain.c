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
	r->depth--;
	r->state = r->depth == 0 ? JSON_STATE_DONE : JSON_STATE_AFTER;
}

bool
json_known_object(struct json_reader *r, const struct str *keys, size_t n, struct str *values)
{
	const char *p = r->p;

	if (r->state != JSON_STATE_KEY_OR_END)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && (p == r->end || *p++ != ','))
			return false;
		if ((size_t)(r->end - p) < keys[i].n || !same_bytes(p, keys[i].p, keys[i].n))
			return false;
		p = plain_string(p + keys[i].n, r->end, &values[i]);
		if (p == NULL)
			return false;
	}
	if (p == r->end || *p != '}')
		return false;
	r->p = p + 1;
	r->depth--;
	r->state = r->depth == 0 ? JSON_STATE_DONE : JSON_STATE_AFTER;
	return true;
}
