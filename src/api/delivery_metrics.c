/* SPDX-License-Identifier: Apache-2.0 */
#include "delivery_metrics.h"

#include <stdlib.h>

#include "core/delivery.h"

/* Recipients that have a series of their own. */
#define FAILING_MAX 1000
/* Numbers are people's: the ends only of those that are longer than a service's. */
#define MASKED_BEYOND 6

struct failing {
	struct str receiver, to;
	size_t n;
};

struct failing_list {
	struct arena *arena;
	struct failing *v;
	size_t n;
};

/* The domain of a mail address, the end of a number. */
static struct str
mask(struct arena *a, struct str to)
{
	size_t at = str_chr(to, '@');
	struct str end = str_sub(to, at < to.n ? at : to.n < 4 ? 0 : to.n - 4, to.n);

	return to.n > MASKED_BEYOND ? arena_printf(a, "...%.*s", STR_ARG(end)) : to;
}

static void
add(void *arg, const struct delivery *last)
{
	struct failing_list *l = arg;

	l->v[l->n++] = (struct failing){ last->receiver, mask(l->arena, last->recipient), 1 };
}

static int
cmp(const void *a, const void *b)
{
	const struct failing *x = a, *y = b;
	int d = str_cmp(x->receiver, y->receiver);

	return d != 0 ? d : str_cmp(x->to, y->to);
}

static void
expose_failing(const struct engine *e, struct arena *scratch, struct expo *x)
{
	struct failing_list l = { .arena = scratch, .v = ARENA_ARRAY(scratch, FAILING_MAX, struct failing) };

	expo_family(x, "tocsin_recipient_failing", "Recipients whose last message failed, or whose fate is unknown.", EXPO_GAUGE);
	view_failing_recipients(e, FAILING_MAX, add, &l);
	qsort(l.v, l.n, sizeof(l.v[0]), cmp);
	for (size_t i = 0, next; i < l.n; i = next) {
		for (next = i + 1; next < l.n && cmp(&l.v[i], &l.v[next]) == 0; next++)
			l.v[i].n++;
		expo_label(x, "receiver", l.v[i].receiver);
		expo_label(x, "recipient", l.v[i].to);
		expo_value(x, (double)l.v[i].n);
	}
}

void
expose_deliveries(const struct engine *e, struct arena *scratch, struct expo *x)
{
	const struct delivery_counters *all;
	uint64_t told;
	size_t n, owed;

	view_delivery_counters(e, &all, &n);
	view_digests(e, &owed, &told);
	if (n == 0 && owed == 0)
		return;
	expo_family(x, "tocsin_recipient_deliveries_total", "Messages to single recipients that came into a state.", EXPO_COUNTER);
	for (size_t i = 0; i < n; i++)
		for (int s = 0; s < DELIVERY_STATES; s++) {
			expo_label(x, "integration", str_from(all[i].integration));
			expo_label(x, "gateway", all[i].gateway);
			expo_label(x, "state", str_from(delivery_state_text((enum delivery_state)s)));
			expo_value(x, (double)all[i].n[s]);
		}
	expose_failing(e, scratch, x);
	expo_family(x, "tocsin_recipient_suppressed_messages", "Messages that a budget kept and no digest has told of yet.",
	    EXPO_GAUGE);
	expo_value(x, (double)owed);
	expo_family(x, "tocsin_recipient_digests_total", "Digests told of messages that a budget kept.", EXPO_COUNTER);
	expo_value(x, (double)told);
}
