/* SPDX-License-Identifier: Apache-2.0 */
#include "mail_account.h"

#include <inttypes.h>

#include "base/hash.h"

#define FIRST SPAN_MIN
#define LATER (5 * SPAN_MIN)
#define REMEMBERED SPAN_HOUR	/* that it was refused before */

struct str
mail_account_key(struct attempt *a, const struct mail_request *m)
{
	const struct str parts[] = { m->smarthost.host, m->smarthost.port, m->username, m->password, m->secret, m->identity };
	uint64_t h = 0;

	if (m->username.n == 0)
		return STR_NONE;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		h = hash_mix(h, hash_seeded(parts[i].p, parts[i].n));
	return arena_printf(a->arena, "mail refused %016" PRIx64, h);
}

/* Its name with a mark: how long it is known to be wrong. */
static struct str
marked(struct attempt *a, struct str key)
{
	return arena_printf(a->arena, "%.*s before", STR_ARG(key));
}

bool
mail_account_may_be_tried(struct attempt *a, const struct mail_request *m, struct err *e)
{
	struct str key = mail_account_key(a, m), ignored;

	if (key.n == 0 || !a->env->cache_get(a->env->arg, key, a->now, a->arena, &ignored))
		return true;
	a->failure = FAILURE_AUTH;
	a->retry_after = FIRST;
	return err_set(e, ERR_AUTH, "\"%.*s:%.*s\" refused this username and password a moment ago, they are not tried again yet",
	    STR_ARG(m->smarthost.host), STR_ARG(m->smarthost.port));
}

void
mail_account_refused(struct attempt *a, struct str key)
{
	struct str before, ignored;
	span wait;

	if (key.n == 0)
		return;
	before = marked(a, key);
	wait = a->env->cache_get(a->env->arg, before, a->now, a->arena, &ignored) ? LATER : FIRST;
	a->env->cache_put(a->env->arg, key, STR("refused"), wait, a->now);
	a->env->cache_put(a->env->arg, before, STR("refused"), REMEMBERED, a->now);
	a->failure = FAILURE_AUTH;
	a->retry_after = wait;
}
