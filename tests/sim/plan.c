/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The day's label sets and configurations, made up and judged by brute force.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "fake_config.h"
#include "sim.h"

static const char *const names[NAMES] = { "alertname", "inst", "job", "sev", "zone" };
static const char *const values[NAMES][VALUES] = {
	{ "", "Down", "Full", "Slow" },
	{ "", "a", "b", "c" },
	{ "", "api", "db", "web" },
	{ "", "info", "page", "warn" },
	{ "", "x", "y", "z" },
};
static const char *const kinds[] = { "chat", "hook", "mail" };
static const char *const receivers[MAX_RECEIVERS] = { "r0", "r1", "r2" };
static const char *const interval_names[MAX_INTERVALS] = { "night", "office" };
static const char *const days[] = { "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday" };

int
receiver_of(struct str name)
{
	for (int i = 0; i < MAX_RECEIVERS; i++)
		if (str_is(name, receivers[i]))
			return i;
	return -1;
}

int
kind_of(const char *name)
{
	for (int i = 0; i < (int)ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i], name) == 0)
			return i;
	return -1;
}

bool
sieve_matches(const struct sieve *s, const uint8_t v[NAMES])
{
	for (int i = 0; i < s->n; i++) {
		bool in = (s->picks[i].values >> v[s->picks[i].name] & 1) != 0;

		if (in == s->picks[i].negative)
			return false;
	}
	return true;
}

/* {a="x",b!~"y|z"} */
void
sieve_text(const struct sieve *s, struct sbuf *out)
{
	sbuf_putc(out, '{');
	for (int i = 0; i < s->n; i++) {
		const struct pick *p = &s->picks[i];
		bool any = false;

		sbuf_printf(out, "%s%s%s%s\"", i > 0 ? "," : "", names[p->name], p->negative ? "!" : p->regex ? "=" : "",
		    p->regex ? "~" : "=");
		for (int v = 0; v < VALUES; v++)
			if (p->values >> v & 1) {
				sbuf_printf(out, "%s%s", any ? "|" : "", values[p->name][v]);
				any = true;
			}
		sbuf_putc(out, '"');
	}
	sbuf_putc(out, '}');
}

static struct pick
pick_random(struct day *d, int name, bool positive)
{
	struct pick p = { .name = (uint8_t)name };

	p.negative = !positive && chance(d, 1, 3);
	p.regex = chance(d, 1, 3);
	p.values = (uint8_t)(1 << (1 + below(d, VALUES - 1)));
	if (!p.regex)
		return p;
	p.values |= (uint8_t)(1 << (1 + below(d, VALUES - 1)));
	if (!positive && chance(d, 1, 6))
		p.values |= 1;
	return p;
}

struct sieve
sieve_random(struct day *d, bool positive)
{
	struct sieve s = { .n = chance(d, 1, 3) ? 2 : 1 };
	int first = below(d, NAMES), second = below(d, NAMES);

	if (second == first)
		s.n = 1;
	if (s.n == 2 && second < first) {
		int swap = first;

		first = second;
		second = swap;
	}
	s.picks[0] = pick_random(d, first, positive);
	if (s.n == 2)
		s.picks[1] = pick_random(d, second, false);
	return s;
}

bool
interval_holds(const struct plan_interval *i, int64_t wall)
{
	int64_t minutes = wall / SPAN_MIN;
	int minute = (int)(minutes % 1440), weekday = (int)((minutes / 1440 + 4) % 7);

	return minute >= i->from && minute < i->to && weekday >= i->first && weekday <= i->last;
}

const char *
group_labels_text(struct day *d, const struct plan_route *r, const uint8_t v[NAMES])
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	const char *text;
	bool any = false;

	sbuf_putc(&b, '{');
	for (int i = 0; i < NAMES; i++) {
		if (v[i] == 0 || !(r->by_all || (r->by >> i & 1)))
			continue;
		sbuf_printf(&b, "%s%s=\"%s\"", any ? ", " : "", names[i], values[i][v[i]]);
		any = true;
	}
	sbuf_putc(&b, '}');
	text = intern(d, b.p, b.n);
	sbuf_fini(&b);
	return text;
}

/* The n-th child of route `parent`; -1: none. */
static int
child(const struct plan *p, int parent, int n)
{
	for (int i = 1; i < p->routes_n; i++)
		if (p->routes[i].parent == parent && p->routes[i].place == n)
			return i;
	return -1;
}

static void
add_place(struct day *d, struct plan *p, int alert, int route)
{
	const struct plan_route *r = &p->routes[route];
	struct place *place = &p->places[alert][p->places_n[alert]++];
	char key[512];
	int n = snprintf(key, sizeof(key), "%s:%s", r->key, group_labels_text(d, r, d->alerts[alert].values));

	assert(p->places_n[alert] <= MAX_MATCHES && n > 0 && (size_t)n < sizeof(key));
	*place = (struct place){ route, intern(d, key, (size_t)n) };
}

static void
match_routes(struct day *d, struct plan *p, int alert, int route)
{
	bool any = false;
	int c;

	for (int n = 0; (c = child(p, route, n)) >= 0; n++) {
		if (!sieve_matches(&p->routes[c].sieve, d->alerts[alert].values))
			continue;
		any = true;
		match_routes(d, p, alert, c);
		if (!p->routes[c].goes_on)
			break;
	}
	if (!any)
		add_place(d, p, alert, route);
}

static void
name_routes(struct plan *p)
{
	for (int i = 0; i < p->routes_n; i++) {
		struct plan_route *r = &p->routes[i];
		const struct plan_route *up = &p->routes[r->parent < 0 ? 0 : r->parent];
		struct sbuf m = SBUF_INIT(SBUF_UNLIMITED);
		char key[sizeof(r->key)], id[sizeof(r->id)];

		if (r->parent < 0) {
			snprintf(r->key, sizeof(r->key), "{}");
			snprintf(r->id, sizeof(r->id), "{}");
			continue;
		}
		sieve_text(&r->sieve, &m);
		memcpy(key, up->key, sizeof(key));
		memcpy(id, up->id, sizeof(id));
		snprintf(r->key, sizeof(r->key), "%.200s/%s", key, sbuf_cstr(&m));
		snprintf(r->id, sizeof(r->id), "%.200s/%s/%d", id, sbuf_cstr(&m), r->place);
		sbuf_fini(&m);
	}
}

static bool
keys_differ(const struct plan *p)
{
	for (int i = 0; i < p->routes_n; i++)
		for (int j = 0; j < i; j++)
			if (strcmp(p->routes[i].key, p->routes[j].key) == 0)
				return false;
	return true;
}

static void
write_route(const struct plan *p, int route, int level, struct sbuf *out)
{
	const struct plan_route *r = &p->routes[route];
	bool any = false;
	int c;

	sbuf_printf(out, "%*sroute receiver=%s wait=%lldms interval=%lldms repeat=%lldms", 2 * level, "",
	    receivers[r->receiver], (long long)(r->wait / SPAN_MS), (long long)(r->interval / SPAN_MS),
	    (long long)(r->repeat / SPAN_MS));
	if (r->parent >= 0) {
		sbuf_puts(out, " match=");
		sieve_text(&r->sieve, out);
	}
	sbuf_puts(out, r->by_all ? " by=[..." : " by=[");
	for (int i = 0; i < NAMES && !r->by_all; i++)
		if (r->by >> i & 1) {
			sbuf_printf(out, "%s%s", any ? "," : "", names[i]);
			any = true;
		}
	sbuf_puts(out, r->goes_on ? "] continue" : "]");
	if (r->mute >= 0)
		sbuf_printf(out, " mute=[%s]", interval_names[r->mute]);
	if (r->active >= 0)
		sbuf_printf(out, " active=[%s]", interval_names[r->active]);
	sbuf_putc(out, '\n');
	for (int n = 0; (c = child(p, route, n)) >= 0; n++)
		write_route(p, c, level + 1, out);
}

static void
write_plan(const struct plan *p, struct sbuf *out)
{
	for (int i = 0; i < MAX_INTERVALS; i++) {
		const struct plan_interval *in = &p->intervals[i];

		sbuf_printf(out, "interval %s %02d:%02d-%02d:%02d %s:%s\n", interval_names[i], in->from / 60,
		    in->from % 60, in->to / 60, in->to % 60, days[in->first], days[in->last]);
	}
	for (int i = 0; i < MAX_RECEIVERS; i++) {
		sbuf_printf(out, "receiver %s", receivers[i]);
		for (int j = 0; j < p->receivers[i].n; j++)
			sbuf_printf(out, " %s%s@%d", kinds[p->receivers[i].parts[j].kind],
			    p->receivers[i].parts[j].send_resolved ? "" : "!", p->receivers[i].parts[j].setting);
		sbuf_putc(out, '\n');
	}
	for (int i = 0; i < p->rules_n; i++) {
		bool any = false;

		sbuf_puts(out, "inhibit source=");
		sieve_text(&p->rules[i].source, out);
		sbuf_puts(out, " target=");
		sieve_text(&p->rules[i].target, out);
		sbuf_puts(out, " equal=[");
		for (int n = 0; n < NAMES; n++)
			if (p->rules[i].equal >> n & 1) {
				sbuf_printf(out, "%s%s", any ? "," : "", names[n]);
				any = true;
			}
		sbuf_puts(out, "]\n");
	}
	write_route(p, 0, 0, out);
	if (p->quiet.present) {
		sbuf_puts(out, "silence declared ");
		sieve_text(&p->quiet.sieve, out);
		sbuf_printf(out, " for %llds\n", (long long)(p->quiet.length / SPAN_S));
	}
}

/* Consequences of the plan. */
static struct plan *
finish(struct day *d, struct plan *p)
{
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };

	p->quiet.starts = wall_now(d);
	memset(p->places_n, 0, sizeof(p->places_n));
	memset(p->sources, 0, sizeof(p->sources));
	memset(p->targets, 0, sizeof(p->targets));
	for (int i = 0; i < d->alerts_n; i++) {
		match_routes(d, p, i, 0);
		for (int r = 0; r < p->rules_n; r++) {
			if (sieve_matches(&p->rules[r].source, d->alerts[i].values))
				p->sources[r] |= bit(i);
			if (sieve_matches(&p->rules[r].target, d->alerts[i].values))
				p->targets[r] |= bit(i);
		}
	}
	write_plan(p, &text);
	if (d->options.verbose)
		fprintf(stderr, "%s", sbuf_cstr(&text));
	p->config = fake_config(sbuf_get(&text), d->now.wall, &e);
	if (p->config == NULL)
		fprintf(stderr, "%s\n%s\n", sbuf_cstr(&text), e.text);
	assert(p->config != NULL);
	sbuf_fini(&text);
	assert(d->plans_n < (int)ARRAY_LEN(d->plans));
	d->plans[d->plans_n++] = p;
	return p;
}

static void
random_timing(struct day *d, struct plan_route *r)
{
	static const span waits[] = { 0, SPAN_S, 10 * SPAN_S, 30 * SPAN_S, 2 * SPAN_MIN };
	static const span intervals[] = { 5 * SPAN_S, 45 * SPAN_S, 2 * SPAN_MIN, 5 * SPAN_MIN, 7 * SPAN_MIN,
		15 * SPAN_MIN };
	static const span repeats[] = { SPAN_MIN, 20 * SPAN_MIN, SPAN_HOUR, 4 * SPAN_HOUR };
	int fast = chance(d, 1, 30) ? 0 : chance(d, 1, 4) ? 1 : 2;

	r->wait = waits[below(d, ARRAY_LEN(waits))];
	r->interval = intervals[fast + below(d, (int)ARRAY_LEN(intervals) - fast)];
	r->repeat = repeats[below(d, ARRAY_LEN(repeats))];
}

static void
random_by(struct day *d, struct plan_route *r)
{
	r->by_all = chance(d, 1, 8);
	r->by = (uint8_t)(r->by_all || chance(d, 1, 6) ? 0 : 1 << below(d, NAMES) | 1 << below(d, NAMES));
}

static void
random_receiver(struct day *d, struct plan_receiver *r)
{
	int of_kind[3] = { 0 };

	r->n = chance(d, 1, 20) ? 0 : 1 + below(d, chance(d, 1, 3) ? 3 : 1);
	for (int i = 0; i < r->n; i++) {
		int kind = below(d, 3);

		r->parts[i] = (struct part){ kind, of_kind[kind]++, chance(d, 2, 3), below(d, 2) };
	}
}

static void
random_quiet(struct day *d, struct plan_quiet *q)
{
	*q = (struct plan_quiet){ .present = chance(d, 1, 3) };
	if (!q->present)
		return;
	q->sieve = sieve_random(d, true);
	q->length = (span)(1 + below(d, 120)) * SPAN_MIN;
}

static void
random_rule(struct day *d, struct plan_rule *r)
{
	r->source = sieve_random(d, chance(d, 3, 4));
	r->target = sieve_random(d, chance(d, 3, 4));
	r->equal = (uint8_t)(chance(d, 1, 5) ? 0 : 1 << (1 + below(d, NAMES - 1)));
	if (chance(d, 1, 3))
		r->equal |= (uint8_t)(1 << below(d, NAMES));
}

static void
random_route(struct day *d, struct plan *p, struct plan_route *r)
{
	do
		r->sieve = sieve_random(d, chance(d, 2, 3));
	while (p->routes_n > 0 && (name_routes(p), !keys_differ(p)));
	r->goes_on = chance(d, 1, 4);
	random_by(d, r);
	random_timing(d, r);
	r->receiver = below(d, MAX_RECEIVERS);
	r->mute = chance(d, 1, 5) ? below(d, MAX_INTERVALS) : -1;
	r->active = chance(d, 1, 8) ? below(d, MAX_INTERVALS) : -1;
}

static void
add_route(struct day *d, struct plan *p)
{
	struct plan_route *r = &p->routes[p->routes_n];
	int parent = chance(d, 2, 3) ? 0 : below(d, p->routes_n), place = 0;

	while (child(p, parent, place) >= 0)
		place++;
	*r = (struct plan_route){ .parent = parent, .place = place };
	p->routes_n++;
	random_route(d, p, r);
	name_routes(p);
}

struct plan *
plan_first(struct day *d)
{
	struct plan *p = NEW(struct plan);
	int n = 1 + below(d, 5);

	for (int i = 0; i < MAX_INTERVALS; i++) {
		struct plan_interval *in = &p->intervals[i];

		in->from = 60 * below(d, 20);
		in->to = in->from + 30 * (1 + below(d, 8));
		in->first = below(d, 7);
		in->last = in->first + below(d, 7 - in->first);
		if (chance(d, 1, 2))
			*in = (struct plan_interval){ in->from, in->to, 0, 6 };
	}
	for (int i = 0; i < MAX_RECEIVERS; i++)
		random_receiver(d, &p->receivers[i]);
	random_quiet(d, &p->quiet);
	p->rules_n = below(d, MAX_RULES + 1);
	for (int i = 0; i < p->rules_n; i++)
		random_rule(d, &p->rules[i]);
	p->routes_n = 1;
	p->routes[0] = (struct plan_route){ .parent = -1, .mute = -1, .active = -1 };
	random_by(d, &p->routes[0]);
	random_timing(d, &p->routes[0]);
	p->routes[0].receiver = below(d, MAX_RECEIVERS);
	for (int i = 1; i < n; i++)
		add_route(d, p);
	name_routes(p);
	return finish(d, p);
}

static void
change_route(struct day *d, struct plan *p, struct plan_route *r)
{
	struct plan_route old = *r;

	switch (below(d, 6)) {
	case 0:
		random_timing(d, r);
		if (chance(d, 1, 2)) {
			r->wait = old.wait;
			r->interval = old.interval;
		}
		break;
	case 1:
		random_by(d, r);
		break;
	case 2:
		r->receiver = below(d, MAX_RECEIVERS);
		break;
	case 3:
		r->goes_on = !r->goes_on;
		break;
	case 4:
		if (r->parent >= 0)
			r->mute = r->mute < 0 ? below(d, MAX_INTERVALS) : -1;
		break;
	default:
		if (r->parent >= 0)
			random_route(d, p, r);
		break;
	}
}

struct plan *
plan_change(struct day *d, const struct plan *old)
{
	struct plan *p = NEW(struct plan);

	*p = *old;
	if (chance(d, 1, 4))
		random_quiet(d, &p->quiet);
	for (int n = below(d, 3); n > 0; n--) {
		switch (below(d, 6)) {
		case 0:
			random_receiver(d, &p->receivers[below(d, MAX_RECEIVERS)]);
			break;
		case 1:
			p->rules_n = below(d, MAX_RULES + 1);
			for (int i = 0; i < p->rules_n; i++)
				if (i >= old->rules_n || chance(d, 1, 3))
					random_rule(d, &p->rules[i]);
			break;
		case 2:
			if (p->routes_n < MAX_ROUTES)
				add_route(d, p);
			break;
		case 3:
			/* The last one is nobody's parent. */
			if (p->routes_n > 1)
				p->routes_n--;
			break;
		default:
			change_route(d, p, &p->routes[below(d, p->routes_n)]);
			break;
		}
	}
	name_routes(p);
	return finish(d, p);
}

void
plan_free(struct plan *p)
{
	config_unref(p->config);
	mem_free(p);
}

static void
make_labels(struct m_alert *a)
{
	struct label_pair pairs[NAMES];
	size_t n = 0;

	for (int i = 0; i < NAMES; i++)
		if (a->values[i] != 0)
			pairs[n++] = (struct label_pair){ str_from(names[i]), str_from(values[i][a->values[i]]) };
	a->labels = labels_new(pairs, n);
}

void
universe_make(struct day *d)
{
	int want = 4 + below(d, chance(d, 1, 4) ? MAX_ALERTS - 4 : 12);

	for (int tries = 0; d->alerts_n < want && tries < 1000; tries++) {
		struct m_alert a = { .values = { (uint8_t)(1 + below(d, VALUES - 1)) } };
		bool fresh = true;

		for (int i = 1; i < NAMES; i++)
			a.values[i] = (uint8_t)below(d, VALUES);
		for (int i = 0; i < d->alerts_n; i++)
			fresh = fresh && memcmp(d->alerts[i].values, a.values, sizeof(a.values)) != 0;
		if (!fresh)
			continue;
		make_labels(&a);
		d->alerts[d->alerts_n++] = a;
	}
}
