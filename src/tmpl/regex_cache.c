/* SPDX-License-Identifier: Apache-2.0 */
#include "regex_cache.h"

#include "value_private.h"

/* Compiling costs as much as this many steps, and for each byte of the pattern. */
#define COMPILE_STEPS 1000
#define COMPILE_BYTE_STEPS 100

struct regex *
regex_cache_get(struct value_call *c, struct str pattern, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(c->regexes); i++)
		if (c->regexes[i] != NULL && str_eq(regex_pattern(c->regexes[i]), pattern))
			return c->regexes[i];
	if (!value_charge(c, COMPILE_STEPS + pattern.n * COMPILE_BYTE_STEPS))
		return NULL;
	struct regex *re = regex_compile(pattern, REGEX_SEARCH, e);
	if (re == NULL)
		return NULL;
	struct regex **slot = &c->regexes[c->regexes_next++ % ARRAY_LEN(c->regexes)];
	regex_free(slot);
	*slot = re;
	return re;
}

/* A step is some 30 ns, a unit of work 10. */
#define UNITS_PER_STEP 3

struct work
regex_cache_work(const struct value_call *c)
{
	return (struct work){ (int64_t)(c->max_steps - c->steps) * UNITS_PER_STEP };
}

bool
regex_cache_pay(struct value_call *c, struct work w)
{
	int64_t had = (int64_t)(c->max_steps - c->steps) * UNITS_PER_STEP;

	/* Used up is one step more than there is. */
	return value_charge(c, work_used_up(&w) ? c->max_steps - c->steps + 1 : (size_t)((had - w.left) / UNITS_PER_STEP));
}

void
regex_cache_fini(struct value_call *c)
{
	for (size_t i = 0; i < ARRAY_LEN(c->regexes); i++)
		regex_free(&c->regexes[i]);
}
