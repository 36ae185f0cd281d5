/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many days of a cluster: sim_cluster [--seeds A..B] [--seed N] [--etcd] [--verbose] [--max-failures N]
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cluster.h"
#include "fake_config.h"

void
fail(struct day *d, const char *format, ...)
{
	va_list ap;

	if (d->failed)
		return;
	d->failed = true;
	printf("seed %" PRIu64 " at %.1f s: invariant ", d->seed, (double)d->now / 1e9);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
}

void
say(const struct day *d, const char *format, ...)
{
	va_list ap;

	if (!d->verbose)
		return;
	printf("%9.1f ", (double)d->now / 1e9);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
}

struct wall
true_time(const struct day *d, span at)
{
	return wall_add(d->began, at);
}

span
clocks_apart(const struct day *d)
{
	return d->skewed ? 2 * SKEW : 0;
}

int64_t
below(struct day *d, int64_t n)
{
	return (int64_t)(rand_u64(&d->r) % (uint64_t)n);
}

bool
chance(struct day *d, int one_in)
{
	return below(d, one_in) == 0;
}

static void
on_share(struct fake_world *w, const struct change *c)
{
	struct member *m = CONTAINER_OF(w, struct member, world);
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (m->day->claims)
		edge_share(m, c);
	share_put(&b, c);
	net_share(m, share_kind_of(c), sbuf_get(&b));
	sbuf_fini(&b);
}

static void
on_pass(void *arg, enum share_kind kind, struct str bytes, struct moment now)
{
	(void)now;
	/* As a gossip does: large ones were sent to all. */
	if (bytes.n <= 700)
		net_share(arg, kind, bytes);
}

static void
open_share(struct member *m)
{
	m->share = share_new(m->world.engine, &(struct share_hooks){ .pass_on = on_pass, .arg = m });
}

static void
begin_member(struct day *d, int number)
{
	struct member *m = &d->members[number];

	m->day = d;
	m->number = number;
	m->up = true;
	m->up_at = -10 * SPAN_S;	/* settled */
	m->exchange_at = below(d, EXCHANGE);
	for (int i = 0; i < d->members_n; i++)
		m->alive[i] = true;
	for (int a = 0; a < ALERTS; a++)
		m->covered_since[a] = -1;
	world_init(&m->world);
	rand_seed(&m->world.port.rand, rand_u64(&d->r));
	m->world.options.retention = RETENTION;
	m->world.options.maintenance_interval = SPAN_MIN;
	m->world.on_share = on_share;
	if (d->claims) {
		edge_init(m);
		edge_begin(d, m);
		m->edge.keepalive_at = below(d, SPAN_S);
	}
	/* Clocks differ. */
	m->clock = d->skewed ? below(d, 2 * SKEW) - SKEW : below(d, 20 * SPAN_MS);
	d->began = m->world.now.wall;
	world_step_wall(&m->world, m->clock);
	world_start(&m->world, d->config);
	open_share(m);
}

static void
go_down(struct day *d, struct member *m)
{
	m->up = false;
	say(d, "member %d goes down", m->number);
	m->up_at = d->now + (5 + below(d, 120)) * SPAN_S;
}

static struct unread
as_it_is(const struct day *d, int a)
{
	const struct alert_state *x = &d->alerts[a];

	return (struct unread){ true, d->now, x->since, x->fires ? true_time(d, d->now + VALID) : x->over };
}

static void
take_post(struct member *m, int a, const struct unread *p)
{
	char name[32];

	snprintf(name, sizeof(name), "A%d{i=%d}", a / 2, a % 2);
	judge_heard(m);
	m->posted[a] = p->at;
	world_post(&m->world, name, p->since, p->until);
	world_settle(&m->world);
}

static void
post_to(struct day *d, struct member *m, int a)
{
	struct unread p = as_it_is(d, a);

	take_post(m, a, &p);
}

static void
come_back(struct day *d, struct member *m)
{
	say(d, "member %d comes back", m->number);
	share_free(&m->share);
	m->world.now = world_at(&m->world, d->now);
	m->up = true;
	m->up_at = d->now;
	m->exchange_at = d->now;
	memset(m->heard_end, 0, sizeof(m->heard_end));
	memset(m->unread, 0, sizeof(m->unread));
	/* It has to settle, and says so before anything begins. */
	m->world.wait = d->gossip ? -1 : 0;
	if (d->claims)
		edge_begin(d, m);
	world_restart(&m->world);
	m->silences_at = 0;
	m->world.wait = 0;
	open_share(m);
	/* The store gives alerts time to be posted again: they do not end because the member was away. */
	for (int a = 0; a < ALERTS; a++)
		if (d->alerts[a].fires)
			post_to(d, m, a);
}

static bool
hears(const struct day *d, const struct member *m)
{
	return m->up && d->now >= m->stalled_until && d->now >= m->unposted_until;
}

/* Prometheus posts what fires each 30 s, and what ended for a quarter of an hour. */
static void
post_alerts(struct day *d)
{
	for (int a = 0; a < ALERTS; a++) {
		struct alert_state *x = &d->alerts[a];

		if (x->resend_at > d->now || (!x->fires && (x->changed == 0 || d->now - x->changed > 15 * SPAN_MIN)))
			continue;
		x->resend_at = d->now + 30 * SPAN_S;
		for (int m = 0; m < d->members_n; m++) {
			if (hears(d, &d->members[m]) && (d->calm || !chance(d, 10)))
				post_to(d, &d->members[m], a);
			else if (!d->claims || d->members[m].up)
				x->trouble = d->now;	/* it goes by what was before */
			if (d->members[m].up && d->now < d->members[m].stalled_until && chance(d, 2))
				d->members[m].unread[a] = as_it_is(d, a);
		}
	}
}

static struct member *
one_that_is_up(struct day *d)
{
	struct member *m = &d->members[below(d, d->members_n)];

	return m->up && d->now >= m->stalled_until ? m : NULL;
}

static void
change_alert(struct day *d)
{
	struct alert_state *x = &d->alerts[below(d, ALERTS)];

	if (d->now - x->changed < 40 * SPAN_S)
		return;
	x->fires = !x->fires;
	if (x->fires)
		x->since = true_time(d, d->now);
	x->changed = x->resend_at = d->now;
	say(d, "A%d{i=%d} %s", (int)(x - d->alerts) / 2, (int)(x - d->alerts) % 2, x->fires ? "fires" : "has ended");
	if (x->fires)
		return;
	x->ended = d->now;
	x->over = true_time(d, d->now);
	for (int i = 0; i < d->members_n; i++)
		d->members[i].heard_end[x - d->alerts] = 0;
}

static bool
is_newest(const struct day *d, const struct member *m, const struct known_silence *x)
{
	const struct silence *mine = view_silence(m->world.engine, str_from(x->id));

	for (int i = 0; i < d->members_n && mine != NULL; i++) {
		const struct silence *s = view_silence(d->members[i].world.engine, str_from(x->id));

		if (s != NULL && wall_after(s->updated, mine->updated))
			return false;
	}
	return mine != NULL;
}

static void
make_silence(struct day *d, struct member *m)
{
	struct known_silence *x = &d->silences[d->silences_n];
	char matchers[64];
	struct err e = { 0 };

	if (d->silences_n == SILENCES_MAX)
		return;
	x->alert_group = (int)below(d, ALERTS / 2);
	snprintf(matchers, sizeof(matchers), "alertname=\"A%d\"", x->alert_group);
	if (!world_silence(&m->world, "", matchers, m->world.now.wall,
		wall_add(m->world.now.wall, (30 + below(d, 400)) * SPAN_S), x->id, &e))
		fail(d, "world: %s", e.text);
	x->changed = d->now;
	say(d, "member %d makes silence %d of A%d", m->number, d->silences_n, x->alert_group);
	d->silences_n++;
}

/* Ended, or made longer, by who has seen the last change: else an older end may rightly lose. */
static void
change_silence(struct day *d, struct member *m)
{
	struct known_silence *x;
	const struct silence *s;
	char matchers[64], id[SILENCE_ID_MAX];
	struct err e = { 0 };

	if (d->silences_n == 0)
		return;
	x = &d->silences[below(d, d->silences_n)];
	s = view_silence(m->world.engine, str_from(x->id));
	if (x->ended || !is_newest(d, m, x) || silence_state_at(s, m->world.now.wall) != SILENCE_ACTIVE)
		return;
	x->changed = d->now;
	if (chance(d, 2)) {
		x->ended = engine_silence_expire(m->world.engine, str_from(x->id), m->world.now, &e);
		say(d, "member %d ends silence %d", m->number, (int)(x - d->silences));
		return;
	}
	snprintf(matchers, sizeof(matchers), "alertname=\"A%d\"", x->alert_group);
	say(d, "member %d makes silence %d longer", m->number, (int)(x - d->silences));
	if (!world_silence(&m->world, x->id, matchers, s->starts, wall_add(s->ends, SPAN_MIN), id, &e) || strcmp(id, x->id) != 0)
		fail(d, "world: an edit made another silence: %s", e.text);
}

static void
act(struct day *d)
{
	struct member *m = one_that_is_up(d);

	d->action_at = d->now + (5 + below(d, 25)) * SPAN_S;
	change_alert(d);
	if (m == NULL || !chance(d, 3))
		return;
	if (chance(d, 2))
		make_silence(d, m);
	else
		change_silence(d, m);
}

static int
up_now(const struct day *d)
{
	int n = 0;

	for (int i = 0; i < d->members_n; i++)
		n += d->members[i].up;
	return n;
}

/* The receiver is away for some time: whoever wants to tell it tries again and again. */
static void
begin_outage(struct day *d)
{
	say(d, "the receiver is away");
	d->outage_until = d->now + (20 + below(d, 60)) * SPAN_S;
}

static void
end_outage(struct day *d)
{
	say(d, "the receiver is there");
	d->outage_until = 0;
}

static void
set_answers(struct day *d, struct member *m)
{
	static const struct fake_answer answers[] = {
		[ANSWERS_OK] = { .delay = 50 * SPAN_MS, .outcome = { .ok = true } },
		[ANSWERS_AWAY] = { .outcome = { .retry = true, .error = STR("503") } },
		[ANSWERS_SLOWLY] = { .delay = 17 * SPAN_S, .outcome = { .ok = true } },
		[ANSWERS_NOT] = { .delay = 3 * SPAN_S, .outcome = { .retry = true, .unanswered = true, .error = STR("timeout") } },
	};
	int now = d->now < d->outage_until || d->now < m->no_way_until ? ANSWERS_AWAY
	    : d->now < d->slow_until				       ? ANSWERS_SLOWLY
	    : d->now < d->mute_until				       ? ANSWERS_NOT
								       : ANSWERS_OK;

	if (now != m->answers)
		world_script(&m->world, "*", &answers[now], 1);
	m->answers = now;
}

static span
some(struct day *d, int64_t most)
{
	return (1 + below(d, most)) * SPAN_S;
}

static void
stand_still(struct day *d, struct member *m, int64_t most)
{
	m->stalled_until = d->now + some(d, most);
	say(d, "member %d stands still for %.0f s", m->number, (double)(m->stalled_until - d->now) / 1e9);
}

/* The troubles of members that claim; m is one that is up. */
static void
make_claims_trouble(struct day *d, struct member *m)
{
	switch (below(d, 10)) {
	case 0:
		d->etcd.away_until = d->now + some(d, 90);
		say(d, "the store is away for %.0f s", (double)(d->etcd.away_until - d->now) / 1e9);
		break;
	case 1:
	case 2:
		d->etcd.away_until = d->now + some(d, 3);
		d->etcd.shaky_until = d->etcd.away_until + some(d, 10);
		say(d, "the store has another leader in %.0f s", (double)(d->etcd.away_until - d->now) / 1e9);
		break;
	case 3:
	case 4:
		m->edge.cut_until = d->now + some(d, 90);
		say(d, "member %d is cut from the store for %.0f s", m->number, (double)(m->edge.cut_until - d->now) / 1e9);
		break;
	case 5:
	case 6:
		stand_still(d, m, 60);
		break;
	case 7:
		m->no_way_until = d->now + some(d, 80);
		say(d, "member %d does not reach the receiver for %.0f s", m->number, (double)(m->no_way_until - d->now) / 1e9);
		break;
	case 8:
		m->unposted_until = d->now + some(d, 100);
		say(d, "nobody posts to member %d for %.0f s", m->number, (double)(m->unposted_until - d->now) / 1e9);
		break;
	default:
		if (chance(d, 2))
			d->slow_until = d->now + some(d, 60);
		else
			d->mute_until = d->now + some(d, 40);
		say(d, "the receiver answers %s", d->slow_until > d->now ? "slowly" : "not");
		break;
	}
}

/* In the midst of sending. */
static void
strike(struct day *d, struct member *m)
{
	d->struck = NULL;
	if (d->calm || d->now > d->end - 10 * SPAN_MIN)
		return;
	switch (below(d, 4)) {
	case 0:
		stand_still(d, m, 40);
		break;
	case 1:
		m->edge.cut_until = d->now + some(d, 40);
		say(d, "member %d is cut from the store for %.0f s", m->number, (double)(m->edge.cut_until - d->now) / 1e9);
		break;
	case 2:
		d->slow_until = d->now + some(d, 60);
		say(d, "the receiver answers slowly");
		break;
	default:
		if (up_now(d) > 1)
			go_down(d, m);
		break;
	}
}

static void
make_trouble(struct day *d)
{
	struct member *m = one_that_is_up(d);

	d->fault_at = d->now + (30 + below(d, 120)) * SPAN_S;
	if (chance(d, 4)) {
		begin_outage(d);
		return;
	}
	if (d->calm || d->now > d->end - 10 * SPAN_MIN)
		return;
	if (d->claims && m != NULL && !chance(d, 3))
		make_claims_trouble(d, m);
	else if (!d->claims && m != NULL && chance(d, 3))
		stand_still(d, m, 60);
	else if (m != NULL && up_now(d) > 1 && chance(d, 2))
		go_down(d, m);
	else if (d->gossip && d->whole_at == 0)
		net_split(d);
}

static void
note_trouble(struct day *d)
{
	if (d->outage_until != 0 && d->now >= d->outage_until)
		end_outage(d);
	if (d->whole_at != 0 && d->now >= d->whole_at) {
		memset(d->side, 0, sizeof(d->side));
		d->whole_at = 0;
	}
	for (int a = 0; a < ALERTS; a++)
		if (d->outage_until != 0 || d->now < d->mute_until)
			d->alerts[a].trouble = d->now;
}

/* Posts of meanwhile waited to be read. */
static void
go_on(struct day *d, struct member *m)
{
	m->world.now = world_at(&m->world, d->now);
	m->stalled_until = 0;
	say(d, "member %d goes on", m->number);
	for (int a = 0; a < ALERTS; a++)
		if (m->unread[a].waits && d->now >= m->unposted_until)
			take_post(m, a, &m->unread[a]);
	memset(m->unread, 0, sizeof(m->unread));
}

static void
step_member(struct day *d, struct member *m)
{
	if (!m->up && d->now >= m->up_at)
		come_back(d, m);
	if (!m->up || d->now < m->stalled_until)
		return;
	/* A member that has stood still finds the time to be late. */
	if (m->stalled_until != 0)
		go_on(d, m);
	set_answers(d, m);
	if (d->claims)
		edge_step(d, m);
	net_believe(d, m);
	judge_silences(d, m);
	world_run(&m->world, d->now);
	for (; m->sent_seen < m->world.sent.n; m->sent_seen++)
		judge_sent(d, m, &m->world.sent.v[m->sent_seen]);
	if (d->now >= m->exchange_at)
		net_exchange(d, m);
}

static void
step(struct day *d)
{
	d->now += STEP;
	note_trouble(d);
	/* It lasts until the end. */
	if (d->claims && d->ends_without && d->now >= d->end - 9 * SPAN_MIN)
		d->etcd.away_until = d->end + SPAN_HOUR;
	if (d->now >= d->fault_at)
		make_trouble(d);
	if (d->now >= d->action_at && d->now < d->end - 3 * SPAN_MIN)
		act(d);
	for (int i = 0; i < d->members_n && !d->failed; i++)
		step_member(d, &d->members[i]);
	post_alerts(d);
	if (d->struck != NULL)
		strike(d, d->struck);
	net_deliver(d);
	if (d->claims)
		etcd_step(d);
	judge_told(d);
}

static uint64_t
hash_of(int a)
{
	char name[32];
	struct labels *l;
	uint64_t hash;

	snprintf(name, sizeof(name), "A%d{i=%d}", a / 2, a % 2);
	l = world_labels(name);
	hash = labels_hash(l);
	labels_unref(l);
	return hash;
}

static void
begin_day(struct day *d, uint64_t seed)
{
	struct err e = { 0 };

	*d = (struct day){ .seed = seed, .verbose = d->verbose, .claims = d->claims };
	rand_seed(&d->r, seed);
	d->members_n = 2 + (int)below(d, MEMBERS_MAX - 1);
	d->calm = chance(d, 3);
	d->gossip = !d->claims || chance(d, 4);
	d->ends_without = d->claims && !d->calm && chance(d, 4);
	d->skewed = !d->calm && chance(d, 3);
	d->loss = d->calm ? 0 : (double)below(d, 40) / 100;
	d->end = 40 * SPAN_MIN;
	d->fault_at = SPAN_MIN;
	d->config = fake_config(STR("receiver ops hook\nroute receiver=ops by=[alertname] wait=10s interval=30s repeat=10m\n"),
	    WALL_ZERO, &e);
	for (int a = 0; a < ALERTS; a++)
		d->alerts[a].hash = hash_of(a);
	for (int i = 0; i < d->members_n; i++)
		begin_member(d, i);
}

static bool
live_day(struct day *d, uint64_t seed)
{
	begin_day(d, seed);
	while (d->now < d->end && !d->failed)
		step(d);
	if (!d->failed && (d->gossip || !d->ends_without))
		judge_converged(d);
	for (int i = 0; i < d->members_n; i++) {
		edge_fini(&d->members[i]);
		share_free(&d->members[i].share);
		world_fini(&d->members[i].world);
	}
	net_fini(d);
	etcd_fini(d);
	VEC_FINI(&d->told);
	config_unref(d->config);
	return !d->failed;
}

int
main(int argc, char **argv)
{
	static struct day d;
	uint64_t from = 1, to = 100, failed = 0, most = UINT64_MAX, sends = 0, merges = 0, unsure = 0, twice = 0, won = 0, over = 0;

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--verbose") == 0)
			d.verbose = true;
		else if (strcmp(argv[i], "--etcd") == 0)
			d.claims = true;
		else if (strcmp(argv[i], "--seeds") == 0 && sscanf(value, "%" SCNu64 "..%" SCNu64, &from, &to) == 2)
			i++;
		else if (strcmp(argv[i], "--seed") == 0 && sscanf(value, "%" SCNu64, &from) == 1)
			to = from, i++;
		else if (strcmp(argv[i], "--max-failures") == 0 && sscanf(value, "%" SCNu64, &most) == 1)
			i++;
		else {
			fprintf(stderr, "usage: sim_cluster [--seeds A..B] [--seed N] [--etcd] [--verbose] [--max-failures N]\n");
			return 2;
		}
	}
	for (uint64_t seed = from; seed <= to && failed < most; seed++) {
		failed += !live_day(&d, seed);
		sends += d.sends;
		merges += d.merges;
		unsure += d.unsure;
		twice += d.twice;
		won += d.etcd.claims_won;
		over += d.etcd.taken_over;
	}
	printf("%" PRIu64 " days, %" PRIu64 " failed; %" PRIu64 " notifications, %" PRIu64 " messages merged\n", to - from + 1,
	    failed, sends, merges);
	if (d.claims)
		printf("%" PRIu64 " claims won, %" PRIu64 " taken over; %" PRIu64 " possible duplicates, %" PRIu64 " real\n", won, over, unsure,
		    twice);
	return failed > 0;
}
