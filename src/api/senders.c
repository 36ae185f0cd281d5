/* SPDX-License-Identifier: Apache-2.0 */
#include "senders.h"

#include <string.h>

#include "base/mem.h"

struct senders {
	struct sender v[SENDERS_MAX];
	size_t n;
	uint64_t last;	/* serial */
};

struct senders *
senders_new(void)
{
	return NEW(struct senders);
}

void
senders_free(struct senders **s)
{
	mem_free(*s);
	*s = NULL;
}

static void
copy(char *to, size_t size, struct str from)
{
	size_t n = from.n < size - 1 ? from.n : size - 1;

	memset(to, 0, size);
	memcpy(to, from.p != NULL ? from.p : "", n);
}

/* A free place, or that of who has not posted for the longest time. */
static struct sender *
make_room(struct senders *s)
{
	struct sender *oldest = &s->v[0];

	if (s->n < SENDERS_MAX)
		return &s->v[s->n++];
	for (size_t i = 1; i < s->n; i++)
		if (wall_before(s->v[i].last, oldest->last))
			oldest = &s->v[i];
	return oldest;
}

uint64_t
senders_enter(struct senders *s, struct str from, struct str agent, struct wall now)
{
	struct sender wanted = { 0 }, *place;

	copy(wanted.from, sizeof(wanted.from), from);
	copy(wanted.agent, sizeof(wanted.agent), agent);
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].from, wanted.from) == 0 && strcmp(s->v[i].agent, wanted.agent) == 0) {
			s->v[i].last = wall_utc(now);
			return s->v[i].serial;
		}
	wanted.serial = ++s->last;
	wanted.last = wall_utc(now);
	place = make_room(s);
	*place = wanted;
	return wanted.serial;
}

static void
turn_to(struct sender *x, int64_t minute)
{
	if (minute == x->minute)
		return;
	x->before_n = minute == x->minute + 1 ? x->now_n : 0;
	x->now_n = 0;
	x->minute = minute;
}

void
senders_count(struct senders *s, uint64_t serial, size_t alerts, struct wall now)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].serial == serial) {
			turn_to(&s->v[i], now.s / 60);
			s->v[i].now_n += alerts;
			s->v[i].alerts += alerts;
		}
}

const struct sender *
senders_get(const struct senders *s, size_t i)
{
	return i < s->n ? &s->v[i] : NULL;
}

uint64_t
sender_per_minute(const struct sender *x, struct wall now)
{
	int64_t minute = now.s / 60;

	if (minute == x->minute)
		return x->before_n;
	return minute == x->minute + 1 ? x->now_n : 0;
}
