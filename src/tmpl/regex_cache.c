/* SPDX-License-Identifier: Apache-2.0 */
#include "regex_cache.h"

#include "exec.h"

/* Compiling costs as much as this many steps, and for each byte of the pattern. */
#define COMPILE_STEPS 1000
#define COMPILE_BYTE_STEPS 100

static bool
spend(void *arg, size_t units)
{
	return value_charge(arg, units);
}

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
	regex_set_meter(re, spend, c);
	struct regex **slot = &c->regexes[c->regexes_next++ % ARRAY_LEN(c->regexes)];
	regex_free(slot);
	*slot = re;
	return re;
}

void
regex_cache_fini(struct value_call *c)
{
	for (size_t i = 0; i < ARRAY_LEN(c->regexes); i++)
		regex_free(&c->regexes[i]);
}
