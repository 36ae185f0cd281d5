/* SPDX-License-Identifier: Apache-2.0 */
#include "row.h"

#include "base/compiler.h"

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
