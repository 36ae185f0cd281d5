/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "engine_state.h"

void
emit(struct engine *e, struct event *ev, struct moment now)
{
	if (e->port->event == NULL)
		return;
	ev->now = now;
	e->port->event(e->port, ev);
}

struct integration_counters *
counters_of(struct engine *e, const struct integration *i)
{
	struct counters *c = &e->counters;
	const char *name = i->kind->name;
	size_t at = 0;

	for (; at < c->integrations_n; at++) {
		int d = strcmp(c->integrations[at].name, name);

		if (d == 0)
			return &c->integrations[at];
		if (d > 0)
			break;
	}
	c->integrations = mem_realloc(c->integrations, c->integrations_n + 1, sizeof(c->integrations[0]));
	memmove(c->integrations + at + 1, c->integrations + at,
	    (c->integrations_n - at) * sizeof(c->integrations[0]));
	c->integrations_n++;
	c->integrations[at] = (struct integration_counters){ .name = name };
	return &c->integrations[at];
}
