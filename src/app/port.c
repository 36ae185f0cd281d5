/* SPDX-License-Identifier: Apache-2.0 */
/* The world as the engine sees it. */
#include <sys/random.h>

#include "loop/clock_real.h"
#include "notify/route_labels.h"
#include "others.h"
#include "server_private.h"

static struct server *
server_of(struct port *p)
{
	return CONTAINER_OF(p, struct server, port);
}

static void
port_persist(struct port *self, const struct change *c)
{
	store_persist(server_of(self)->store, c);
}

static void
port_applied(struct port *self, struct config *c)
{
	reload_applied(server_of(self)->reload, c);
}

static struct labels *
port_route_labels(struct port *self, const struct config *c, const struct route *r, struct labels *group_labels,
    struct noted_alert *alerts, size_t n, struct moment now)
{
	return notify_route_labels(outbox_env(server_of(self)->outbox), c, r, group_labels, alerts, n, now);
}

static struct mono
port_stopwatch(struct port *self)
{
	(void)self;
	return clock_real_mono();
}

void
server_port_init(struct server *s)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		LOG(&s->log, LOG_WARN, "The system gave no randomness for back-off times");
	s->port = (struct port){
		.send = port_send,
		.cancel = port_cancel,
		.forget = port_forget,
		.persist = s->o->feature_memory_only ? NULL : port_persist,
		.applied = port_applied,
		.route_labels = port_route_labels,
		.stopwatch = port_stopwatch,
	};
	others_port(s);
	rand_seed(&s->port.rand, seed);
	event_log_begin(&s->event_log, &s->log, s->o->log_silences, &s->port);
}
