/* SPDX-License-Identifier: Apache-2.0 */
#include "recipients.h"

#include <assert.h>
#include <stddef.h>

#include "base/hash.h"

static_assert(offsetof(struct recipient, to) == 0, "text_at");

/* Up to so many are looked through one by one. */
#define FEW 16

/* Places of texts by their hashes, plus one, open addressing; 0: nobody's. */
struct places {
	size_t mask;
	uint32_t v[];
};

/* For n texts in all. */
static struct places *
places_new(struct arena *a, size_t n)
{
	struct places *p;
	size_t room = 2 * FEW;

	while (room < 2 * n)
		room *= 2;
	p = arena_alloc(a, sizeof(*p) + room * sizeof(p->v[0]));
	p->mask = room - 1;
	return p;
}

/* The text of place i is the first member of the i-th thing of that size. */
static struct str
text_at(const void *things, size_t size, size_t i)
{
	return *(const struct str *)(const void *)((const char *)things + i * size);
}

/* Where s is noted, or where it would be. */
static uint32_t *
place_of(struct places *p, const void *things, size_t size, struct str s)
{
	size_t at = hash_seeded(s.p, s.n) & p->mask;

	while (p->v[at] != 0 && !str_eq(text_at(things, size, p->v[at] - 1), s))
		at = (at + 1) & p->mask;
	return &p->v[at];
}

/* With the first n things. */
static struct places *
places_of(struct arena *a, const void *things, size_t size, size_t n, size_t room)
{
	struct places *p = places_new(a, room);

	for (size_t i = 0; i < n; i++)
		*place_of(p, things, size, text_at(things, size, i)) = (uint32_t)(i + 1);
	return p;
}

static bool
is_among(struct places *p, const void *things, size_t size, size_t n, struct str s)
{
	if (p != NULL)
		return *place_of(p, things, size, s) != 0;
	for (size_t i = 0; i < n; i++)
		if (str_eq(text_at(things, size, i), s))
			return true;
	return false;
}

static bool
knows_already(const struct notification *n, struct str to)
{
	return is_among(n->recipients.served, n->served, sizeof(n->served[0]), n->served_n, to);
}

/* With a thousand of each, comparing each with each other takes milliseconds. */
static void
index_them(struct notification *n)
{
	struct recipients *all = &n->recipients;

	all->there = places_of(n->arena, all->v, sizeof(*all->v), all->n, RECIPIENTS_MAX);
	if (n->served_n > FEW)
		all->served = places_of(n->arena, n->served, sizeof(n->served[0]), n->served_n, n->served_n);
}

bool
recipients_add(struct notification *n, struct str to, struct err *e)
{
	struct recipients *all = &n->recipients;

	if (all->n == FEW && all->there == NULL)
		index_them(n);
	if (is_among(all->there, all->v, sizeof(*all->v), all->n, to))
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
	if (all->there != NULL)
		*place_of(all->there, all->v, sizeof(*all->v), to) = (uint32_t)all->n;
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
