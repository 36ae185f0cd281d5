/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "config/same.h"
#include "engine_state.h"

static bool
same_names(const struct str *a, size_t a_n, const struct str *b, size_t b_n)
{
	if (a_n != b_n)
		return false;
	for (size_t i = 0; i < a_n; i++)
		if (!str_eq(a[i], b[i]))
			return false;
	return true;
}

static bool
same_receiver(const struct receiver *a, const struct receiver *b)
{
	if (!str_eq(a->name, b->name) || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!integration_same(&a->integrations[i], &b->integrations[i]))
			return false;
	return true;
}

/*
 * The id says where the route is and what it matches. Settings that every flush
 * asks for afresh (repeat_interval, mute intervals, route labels) may differ.
 */
bool
routes_alike(const struct route *a, const struct route *b)
{
	return a->group_by_all == b->group_by_all && a->group_wait == b->group_wait &&
	    a->group_interval == b->group_interval &&
	    (a->group_by_all || same_names(a->group_by, a->group_by_n, b->group_by, b->group_by_n)) &&
	    same_receiver(a->receiver, b->receiver);
}
