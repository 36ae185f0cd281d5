/* SPDX-License-Identifier: Apache-2.0 */
#include "recipients.h"

static bool
knows_already(const struct notification *n, struct str to)
{
	for (size_t i = 0; i < n->served_n; i++)
		if (str_eq(n->served[i], to))
			return true;
	return false;
}

bool
recipients_add(struct notification *n, struct str to, struct err *e)
{
	struct recipients *all = &n->recipients;

	for (size_t i = 0; i < all->n; i++)
		if (str_eq(all->v[i].to, to))
			return true;
	if (all->n == RECIPIENTS_MAX)
		return err_set(e, ERR_LIMIT, "more than %d recipients", RECIPIENTS_MAX);
	/* By doubling: each growth is a copy, as the texts lie in between. */
	if (all->n >= all->room) {
		all->room = all->n < 4 ? all->n + 1 : 2 * all->n;
		all->v = arena_grow(n->arena, all->v, all->n, all->room, sizeof(*all->v));
	}
	all->v[all->n++] = (struct recipient){
		.to = arena_str(n->arena, to),
		.state = knows_already(n, to) ? RECIPIENT_DONE : RECIPIENT_PENDING,
	};
	return true;
}

struct recipient *
recipients_pending(struct notification *n, size_t from)
{
	for (size_t i = from; i < n->recipients.n; i++)
		if (n->recipients.v[i].state == RECIPIENT_PENDING)
			return &n->recipients.v[i];
	return NULL;
}

void
recipients_tried(struct notification *n, struct recipient *r, struct str gateway)
{
	r->tries++;
	r->asked = true;
	if (!str_eq(r->gateway, gateway))
		r->gateway = arena_str(n->arena, gateway);
}

void
recipients_answered(struct recipient *r, bool unanswered)
{
	r->asked = false;
	r->doubt |= unanswered;
}

void
recipients_note(struct notification *n, struct recipient *r, struct str why)
{
	size_t most;

	/* Not within a rune. */
	for (most = why.n < RECIPIENT_ERROR_MAX ? why.n : RECIPIENT_ERROR_MAX; most > 0 && most < why.n; most--)
		if (((unsigned char)why.p[most] & 0xC0) != 0x80)
			break;
	r->error = arena_str(n->arena, str_sub(why, 0, most));
}

void
recipients_done(struct notification *n, struct recipient *r, struct str provider_id)
{
	r->state = RECIPIENT_DONE;
	if (provider_id.n > 0 && provider_id.n <= PROVIDER_ID_MAX)
		r->provider_id = arena_str(n->arena, provider_id);
	r->error = STR_NONE;
}

void
recipients_suppressed(struct recipient *r)
{
	r->asked = false;
	r->tries--;
	r->state = RECIPIENT_SUPPRESSED;
}

static void
give_up(struct attempt *a, struct recipient *r, enum recipient_state state, struct str why)
{
	r->state = state;
	recipients_note(a->n, r, why);
	if (a->env->recipient_failed != NULL)
		a->env->recipient_failed(a->env->arg, a->n, r->to, why);
}

void
recipients_unknown(struct attempt *a, struct recipient *r, struct str why)
{
	give_up(a, r, RECIPIENT_UNKNOWN, why);
}

void
recipients_failed(struct attempt *a, struct recipient *r, struct str why)
{
	give_up(a, r, RECIPIENT_FAILED, why);
}

enum step
recipients_verdict(struct attempt *a, struct str why, struct err *e)
{
	const struct recipients *all = &a->n->recipients;
	size_t done = 0, failed = 0;

	for (size_t i = 0; i < all->n; i++) {
		done += all->v[i].state == RECIPIENT_DONE || all->v[i].state == RECIPIENT_SUPPRESSED;
		failed += all->v[i].state == RECIPIENT_FAILED || all->v[i].state == RECIPIENT_UNKNOWN;
	}
	if (done == all->n || (done > 0 && done + failed == all->n))
		return STEP_DONE;
	err_set(e, ERR_IO, "%.*s", STR_ARG(why));
	if (all->n > 1)
		err_ctx(e, "%zu of %zu recipients not served", all->n - done, all->n);
	return done + failed < all->n ? STEP_RETRY : STEP_FAIL;
}
