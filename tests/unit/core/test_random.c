/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random days in the life of an engine: posts, silences, reloads, restarts,
 * failing receivers. Invariants of random events: every firing alert is in the
 * groups that its routes say and in no others; nothing that is silenced or
 * inhibited is told; in the end all that fires has been told, and nothing stays
 * behind.
 */
#include <stdlib.h>

#include "engine_state.h"
#include "lib_core.h"

static const char *const configs[] = {
	"receiver a hook\nreceiver b hook mail!\n"
	"inhibit source=a=\"1\" target=b=\"1\" equal=[c]\n"
	"route receiver=a by=[alertname] wait=10s interval=1m repeat=30m\n"
	"  route match=c=\"1\" receiver=b continue\n"
	"  route match=c=~\"1|2\" receiver=a by=[...] wait=0s\n",

	"receiver a hook\nreceiver b hook mail!\n"
	"inhibit source=a=\"1\" target=b=\"1\" equal=[c]\n"
	"route receiver=a by=[alertname] wait=10s interval=1m repeat=20m\n"
	"  route match=c=\"1\" receiver=b continue\n"
	"  route match=c=~\"1|2\" receiver=a by=[a] wait=0s\n",

	"receiver a hook@other\nreceiver b hook mail!\n"
	"route receiver=b by=[alertname] wait=30s interval=2m repeat=30m\n"
	"  route match=c!=\"1\" receiver=a\n",
};

struct day {
	struct fake_world w;
	struct config *configs[ARRAY_LEN(configs)];
	size_t config;
	struct rand r;
	char silences[4][SILENCE_ID_MAX];
	uint64_t seen;		/* last notification that was looked at */
	void (*send)(struct port *self, uint64_t attempt, struct notification *n, struct mono deadline,
	    struct moment now);
};

static struct day *today;

/* The time of its flush is now: nothing muted may be in it. */
static void
check_send(struct port *p, uint64_t attempt, struct notification *n, struct mono deadline, struct moment now)
{
	struct arena *a = arena_new();

	for (size_t i = 0; i < n->alerts_n && n->id > today->seen; i++) {
		struct alert_status st;

		view_alert_status(today->w.engine, n->alerts[i].alert, now, a, &st);
		ck_assert_uint_eq(st.silenced_by_n, 0);
		ck_assert(!st.inhibited);
	}
	if (n->id > today->seen)
		today->seen = n->id;
	ck_assert(n->alerts_n > 0);
	ck_assert(n->reason != REASON_NONE);
	arena_free(&a);
	today->send(p, attempt, n, deadline, now);
}

static void
check_groups(struct day *d)
{
	struct engine *e = d->w.engine;
	struct arena *a = arena_new();
	size_t members = 0, wanted = 0;

	/* A reload may have used up what the call could do. */
	while (engine_applying(e) || e->posted.chore.waits)
		engine_tick(e, d->w.now);
	HMAP_EACH(&e->groups, node) {
		const struct group *g = CONTAINER_OF(node, struct group, node);

		ck_assert_uint_gt(g->members.n, 0);
		ck_assert(deadline_armed(&g->timer) || g->flight != NULL);
		ck_assert(!g->carried && !g->retired);
		members += g->members.n;
	}
	for (const struct alert_entry *r = e->alerts.oldest; r != NULL; r = r->newer) {
		const struct route *const *routes;
		size_t n;

		wanted += r->members_n;
		ck_assert(!r->awaited);
		if (!r->stored || alert_resolved_at(r->alert, d->w.now.wall))
			continue;
		view_entry_routes(e, r, &routes, &n);
		ck_assert_uint_eq(n, r->members_n);
		for (size_t i = 0; i < n; i++) {
			struct group *g = group_find(e, routes[i], r->alert->labels);

			ck_assert_ptr_nonnull(g);
			ck_assert_ptr_nonnull(group_member(g, r));
		}
	}
	ck_assert_uint_eq(members, wanted);
	arena_free(&a);
}

static void
post(struct day *d)
{
	struct wall now = d->w.now.wall;
	char alert[64];

	snprintf(alert, sizeof(alert), "X%d{a=%d,b=%d,c=%d}", (int)rand_below(&d->r, 2), (int)rand_below(&d->r, 2),
	    (int)rand_below(&d->r, 2), (int)rand_below(&d->r, 4));
	if (rand_below(&d->r, 3) == 0)
		world_post(&d->w, alert, WALL_ZERO, now);
	else
		world_post(&d->w, alert, wall_add(now, -(span)rand_below(&d->r, 60) * SPAN_S),
		    wall_add(now, (span)rand_below(&d->r, 600) * SPAN_S));
}

static void
silence(struct day *d)
{
	static const char *const matchers[] = { "a=\"1\"", "b=~\"1|7\"", "c!=\"0\",a=\"0\"", "alertname=\"X1\"" };
	size_t i = rand_below(&d->r, 4);
	struct err e = { 0 };

	if (d->silences[i][0] != '\0' && rand_below(&d->r, 2) > 0) {
		ck_assert(engine_silence_expire(d->w.engine, str_from(d->silences[i]), d->w.now, &e));
		return;
	}
	ck_assert_msg(world_silence(&d->w, d->silences[i], matchers[i],
	    wall_add(d->w.now.wall, (span)rand_below(&d->r, 3) * SPAN_MIN),
	    wall_add(d->w.now.wall, (span)(3 + rand_below(&d->r, 5)) * SPAN_MIN), d->silences[i], &e), "%s", e.text);
}

static void
script(struct day *d)
{
	static const char *const tos[] = { "a/hook[0]", "b/hook[0]", "b/mail[0]" };
	const struct fake_answer kinds[] = {
		{ .outcome = { .ok = true } },
		{ .outcome = { .ok = true }, .delay = 20 * SPAN_S },
		{ .outcome = { .retry = true, .error = STR("retry") } },
		{ .outcome = { .error = STR("fail") } },
		{ .hang = true },
	};
	struct fake_answer answers[3];

	for (size_t i = 0; i < 3; i++)
		answers[i] = kinds[rand_below(&d->r, ARRAY_LEN(kinds))];
	world_script(&d->w, tos[rand_below(&d->r, 3)], answers, 3);
}

static void
reload(struct day *d)
{
	d->config = rand_below(&d->r, ARRAY_LEN(configs));
	config_unref(d->w.config);
	d->w.config = config_ref(d->configs[d->config]);
	engine_apply(d->w.engine, d->w.config, d->w.now);
}

static void
step(struct day *d)
{
	span so_far = mono_sub(d->w.now.mono, world_at(&d->w, 0).mono);

	switch (rand_below(&d->r, 20)) {
	case 0:
		reload(d);
		break;
	case 1:
		/* An attempt that is taken up again is one of a flush before. */
		world_restart(&d->w);
		d->seen = d->w.engine->last_notification;
		break;
	case 2:
	case 3:
		silence(d);
		break;
	case 4:
		script(d);
		break;
	case 5:
	case 6:
	case 7:
	case 8:
	case 9:
		world_run(&d->w, so_far + (span)rand_below(&d->r, 100) * SPAN_S);
		break;
	default:
		post(d);
		break;
	}
}

/* All that fires has been told to all that want to hear it. */
static void
check_told(struct day *d)
{
	HMAP_EACH(&d->w.engine->groups, node) {
		const struct group *g = CONTAINER_OF(node, struct group, node);

		for (size_t i = 0; i < g->route->receiver->n; i++) {
			const struct integration *in = &g->route->receiver->integrations[i];
			struct log_key key = log_key_of(istr_str(g->key), g->route->receiver, in);
			const struct log_entry *entry = nflog_find(d->w.engine->nflog, &key);
			struct order_cursor at;

			for (struct member *m = order_first(&g->members, &at); m != NULL;
			     m = order_next(&g->members, &at)) {
				struct alert_entry *r = m->entry;
				bool found = false;

				if (alert_resolved_at(r->alert, d->w.now.wall) ||
				    inhibit_source(d->w.engine->inhibitor, r, d->w.now.wall) != NULL)
					continue;
				ck_assert_ptr_nonnull(entry);
				for (size_t k = 0; k < entry->firing_n; k++)
					found |= entry->firing[k] == labels_hash(r->alert->labels);
				ck_assert(found);
			}
		}
	}
}

static void
quiet_end(struct day *d)
{
	struct fake_answer ok = { .outcome = { .ok = true } };
	span so_far = mono_sub(d->w.now.mono, world_at(&d->w, 0).mono);

	world_script(&d->w, "a/hook[0]", &ok, 1);
	world_script(&d->w, "b/hook[0]", &ok, 1);
	world_script(&d->w, "b/mail[0]", &ok, 1);
	so_far += 20 * SPAN_MIN;	/* silences and alerts are over */
	world_run(&d->w, so_far);
	ck_assert_uint_eq(d->w.engine->groups.n, 0);
	ck_assert_uint_eq(d->w.stored_groups.n, 0);
	for (int i = 0; i < 20; i++) {
		char alert[64];

		snprintf(alert, sizeof(alert), "X0{a=%d,b=1,c=%d}", i % 2, i / 2);
		world_post(&d->w, alert, d->w.now.wall, wall_add(d->w.now.wall, SPAN_HOUR));
	}
	so_far += 5 * SPAN_MIN;
	world_run(&d->w, so_far);
	check_groups(d);
	check_told(d);
	world_restart(&d->w);
	check_told(d);
	so_far += 3 * SPAN_HOUR;
	world_run(&d->w, so_far);
	ck_assert_uint_eq(d->w.engine->groups.n, 0);
	ck_assert_uint_eq(d->w.engine->alerts.entries.n, 0);
	ck_assert_uint_eq(d->w.stored_alerts.n, 0);
	ck_assert_uint_eq(d->w.stored_groups.n, 0);
	ck_assert_uint_eq(d->w.engine->attempts.n, 0);
}

static void
live_a_day(uint64_t seed)
{
	struct day d = { 0 };

	today = &d;
	rand_seed(&d.r, seed);
	for (size_t i = 0; i < ARRAY_LEN(configs); i++)
		d.configs[i] = must_config(configs[i]);
	world_init(&d.w);
	d.send = d.w.port.send;
	d.w.port.send = check_send;
	d.w.options.reload_resets_timers = seed % 3 == 0;
	world_start(&d.w, d.configs[0]);
	for (int i = 0; i < 300; i++) {
		step(&d);
		check_groups(&d);
	}
	quiet_end(&d);
	world_fini(&d.w);
	for (size_t i = 0; i < ARRAY_LEN(configs); i++)
		config_unref(d.configs[i]);
}

START_TEST(days)
{
	const char *seed = getenv("SEED");	/* to run one day again */

	if (seed != NULL) {
		live_a_day(strtoull(seed, NULL, 10));
		return;
	}
	for (uint64_t i = 1; i <= 20; i++) {
		printf("seed %llu\n", (unsigned long long)i);
		live_a_day(i);
	}
}
END_TEST

int
main(void)
{
	return RUN("random", days);
}
