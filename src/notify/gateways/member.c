/* SPDX-License-Identifier: Apache-2.0 */
/* member.c - one value out of a JSON text, by a path that the operator wrote. */
#include "base/ascii.h"
#include "gateway.h"
#include "text/json_tree.h"

/* As much of an answer as is worth a tree. */
#define VALUES_MAX 10000

/* Beyond all lists when it is no number. */
static size_t
place(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_digit(s.p[i]) || n > VALUES_MAX)
			return SIZE_MAX;
		n = n * 10 + (size_t)(s.p[i] - '0');
	}
	return s.n > 0 ? n : SIZE_MAX;
}

static const struct json *
step_into(struct arena *a, const struct json *j, struct str key)
{
	size_t i;

	if (j->kind != JSON_ARRAY)
		return json_get(j, arena_str(a, key).p);
	i = place(key);
	return i < j->n ? &j->v[i] : NULL;
}

const struct json *
gateway_json_member(struct arena *a, const struct json *j, struct str path)
{
	while (j != NULL && path.n > 0)
		j = step_into(a, j, str_split(&path, '.'));
	return j;
}

struct str
gateway_member(struct arena *a, struct str text, struct str path)
{
	const struct json *j = json_parse_some(a, text, JSON_FIRST_VALUE, VALUES_MAX, NULL);

	j = gateway_json_member(a, j, path);
	if (j == NULL || (j->kind != JSON_STRING && j->kind != JSON_NUMBER))
		return STR_NONE;
	return arena_str(a, j->s);
}
