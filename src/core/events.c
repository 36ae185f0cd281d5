/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "engine_state.h"

const double counter_latency_bounds[COUNTER_LATENCY_BUCKETS] = { 1, 5, 10, 15, 20 };
const double counter_duration_bounds[COUNTER_DURATION_BUCKETS] = { .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10 };

static void
listeners_changed(struct port *p)
{
	p->heard = 0;
	for (size_t i = 0; i < p->listeners_n; i++)
		p->heard |= p->listeners[i]->mask;
}

void
port_listen(struct port *p, struct event_listener *l)
{
	assert(p->listeners_n < PORT_LISTENERS);
	p->listeners[p->listeners_n++] = l;
	listeners_changed(p);
}

void
port_listen_for(struct port *p, struct event_listener *l, event_mask mask)
{
	l->mask = mask;
	listeners_changed(p);
}

void
port_unlisten(struct port *p, struct event_listener *l)
{
	size_t left = 0;

	for (size_t i = 0; i < p->listeners_n; i++)
		if (p->listeners[i] != l)
			p->listeners[left++] = p->listeners[i];
	p->listeners_n = left;
	listeners_changed(p);
}

void
emit(struct engine *e, const struct event *ev)
{
	const struct port *p = e->port;

	for (size_t i = 0; i < p->listeners_n; i++)
		if ((p->listeners[i]->mask & EVENT_BIT(ev->kind)) != 0)
			p->listeners[i]->hear(p->listeners[i]->arg, ev);
}

static int
cmp_counters(const struct integration_counters *c, const char *name, struct str receiver)
{
	int d = strcmp(c->name, name);

	return d != 0 ? d : str_cmp(str_from(c->receiver), receiver);
}

struct integration_counters *
counters_of(struct engine *e, const struct integration *i, struct str receiver)
{
	struct counters *c = &e->counters;
	const char *name = i->kind->name;
	size_t at = 0;

	if (!e->options.count_receivers)
		receiver = STR("");

	for (; at < c->integrations_n; at++) {
		int d = cmp_counters(&c->integrations[at], name, receiver);

		if (d == 0)
			return &c->integrations[at];
		if (d > 0)
			break;
	}
	c->integrations = mem_realloc(c->integrations, c->integrations_n + 1, sizeof(c->integrations[0]));
	memmove(c->integrations + at + 1, c->integrations + at,
	    (c->integrations_n - at) * sizeof(c->integrations[0]));
	c->integrations_n++;
	c->integrations[at] = (struct integration_counters){
		.name = name,
		.receiver = mem_strndup(receiver.p != NULL ? receiver.p : "", receiver.n),
	};
	return &c->integrations[at];
}

void
counters_forget_receivers(struct counters *c)
{
	for (size_t i = 0; i < c->integrations_n; i++)
		mem_free(c->integrations[i].receiver);
	mem_free(c->integrations);
	c->integrations = NULL;
	c->integrations_n = 0;
}

struct mono
stopwatch(struct port *p)
{
	return p != NULL && p->stopwatch != NULL ? p->stopwatch(p) : (struct mono){ 0 };
}

static double
seconds_since(struct port *p, struct mono began)
{
	span took = mono_sub(stopwatch(p), began);

	return took > 0 ? (double)took / (double)SPAN_S : 0;
}

void
count_summary(struct duration_summary *s, struct port *p, struct mono began)
{
	s->n++;
	s->sum += seconds_since(p, began);
}

/* The bucket, of n + 1, that v belongs to. */
static size_t
bucket_of(const double *bounds, size_t n, double v)
{
	size_t i = 0;

	while (i < n && v > bounds[i])
		i++;
	return i;
}

void
duration_observe(struct duration_histogram *h, double seconds)
{
	h->buckets[bucket_of(counter_duration_bounds, COUNTER_DURATION_BUCKETS, seconds)]++;
	h->sum += seconds;
}

void
count_duration(struct duration_histogram *h, struct port *p, struct mono began)
{
	duration_observe(h, seconds_since(p, began));
}

void
count_latency(struct latency_histogram *h, span took)
{
	double seconds = (double)took / (double)SPAN_S;

	h->buckets[bucket_of(counter_latency_bounds, COUNTER_LATENCY_BUCKETS, seconds)]++;
	h->sum += seconds;
}

struct unsure_counters *
unsure_counters_of(struct counters *c, struct str receiver)
{
	for (size_t i = 0; i < c->unsure_n; i++)
		if (str_is(receiver, c->unsure[i].receiver))
			return &c->unsure[i];
	c->unsure = mem_realloc(c->unsure, c->unsure_n + 1, sizeof(c->unsure[0]));
	c->unsure[c->unsure_n] = (struct unsure_counters){ .receiver = mem_strndup(receiver.p, receiver.n) };
	return &c->unsure[c->unsure_n++];
}

void
unsure_counters_fini(struct counters *c)
{
	for (size_t i = 0; i < c->unsure_n; i++)
		mem_free(c->unsure[i].receiver);
	mem_free(c->unsure);
	c->unsure = NULL;
	c->unsure_n = 0;
}
