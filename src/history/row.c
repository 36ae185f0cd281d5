/* SPDX-License-Identifier: Apache-2.0 */
#include "row.h"

#include <string.h>

#include "base/compiler.h"
#include "model/group_name.h"

static const struct {
	const char *word;
	enum shape shape;
} kinds[KIND_END] = {
#define KIND(id, number, word, shape) [number] = { word, SHAPE_##shape },
#include "history/kinds.def"
#undef KIND
};

static const char *const outcomes[OUTCOMES] = {
	[OUTCOME_SENT] = "sent",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_CANCELED] = "canceled",
};

const char *
kind_word(unsigned kind)
{
	return kind < KIND_END ? kinds[kind].word : NULL;
}

enum shape
kind_shape(unsigned kind)
{
	return kinds[kind].shape;
}

unsigned
kind_of(struct str word)
{
	for (unsigned i = 0; i < KIND_END; i++)
		if (kinds[i].word != NULL && str_is(word, kinds[i].word))
			return i;
	return 0;
}

const char *
outcome_word(unsigned outcome)
{
	return outcome < OUTCOMES ? outcomes[outcome] : NULL;
}

unsigned
outcome_of(struct str word)
{
	for (unsigned i = 1; i < OUTCOMES; i++)
		if (str_is(word, outcomes[i]))
			return i;
	return OUTCOME_NONE;
}

#define GROUP_ID 8

static const char no_id[GROUP_ID];

void
row_put_group(struct sbuf *b, struct str receiver, struct str key)
{
	sbuf_put(b, no_id, GROUP_ID);
	sbuf_str(b, receiver);
	sbuf_putc(b, '\0');
	sbuf_str(b, key);
}

static uint64_t
number(struct str s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < GROUP_ID; i++)
		n = n << 8 | (unsigned char)s.p[i];
	return n;
}

bool
row_group(struct str group, uint64_t *id_out, struct str *key_out)
{
	struct str rest = group.n >= GROUP_ID ? str_sub(group, GROUP_ID, group.n) : STR_NONE;
	size_t end;

	if (group.n < GROUP_ID)
		return false;
	if (memcmp(group.p, no_id, GROUP_ID) != 0) {
		if (id_out != NULL)
			*id_out = number(group);
		if (key_out != NULL)
			*key_out = rest;
		return true;
	}
	end = str_chr(rest, '\0');
	if (end == rest.n)
		return false;
	rest = str_sub(rest, end + 1, rest.n);
	if (id_out != NULL)
		*id_out = group_name(str_sub(group, GROUP_ID, GROUP_ID + end), rest);
	if (key_out != NULL)
		*key_out = rest;
	return true;
}
