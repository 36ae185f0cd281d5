/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_claim.h"

struct fake_world w;
unsigned asked, over, results[CLAIM_RESULTS];
uint64_t last_revision, result_revision;
struct decision last_decision;
bool last_in_doubt;
struct wall result_at;
size_t told_firing, result_firing, result_doubtful, result_ends;

static uint64_t last_id;

static void
on_claim(struct fake_world *world, const struct claim *c)
{
	(void)world;
	asked++;
	ck_assert_uint_ne(c->id, 0);
	ck_assert_uint_ne(c->id, last_id);
	last_id = c->id;
	last_revision = c->revision;
	last_decision = c->decision;
	last_in_doubt = c->in_doubt;
	told_firing = c->told.firing_n;
}

static void
on_over(struct fake_world *world, uint64_t id)
{
	(void)world;
	(void)id;
	over++;
}

static void
on_result(struct fake_world *world, const struct claim *c, enum claim_result r)
{
	(void)world;
	results[r]++;
	result_revision = c->revision;
	result_at = c->told.timestamp;
	result_firing = c->told.firing_n;
	result_doubtful = c->told.doubtful_n;
	result_ends = c->told.doubtful_ends_n;
}

void
lease(span l, size_t others)
{
	struct claims_state c = { .on = true, .settled = true, .peer_timeout = 15 * SPAN_S, .self = claim_member(STR("me")) };

	c.members[c.members_n++] = c.self;
	for (uint64_t i = 1; others > 0; i++) {
		unsigned rank;

		c.members[c.members_n++] = i;
		rank = claims_rank(&c, STR("{}:{alertname=\"A\"}"));
		if (rank != c.members_n - 1)
			c.members_n--;
		else
			others--;
	}
	c.lease_until = mono_add(w.now.mono, l);
	engine_claims(w.engine, &c, w.now);
}

static void
on_engine(struct fake_world *world)
{
	(void)world;
	lease(SPAN_HOUR, 0);
}

void
begin(enum on_unknown policy)
{
	struct config *conf = must_config("receiver ops hook\nroute receiver=ops by=[alertname] wait=10s interval=1m repeat=1h\n");

	conf->receivers[0].on_unknown = policy;
	world_init(&w);
	w.on_claim = on_claim;
	w.on_claim_over = on_over;
	w.on_claim_result = on_result;
	w.on_engine = on_engine;
	asked = over = 0;
	last_id = 0;
	memset(results, 0, sizeof(results));
	world_start(&w, conf);
	config_unref(conf);
	world_post(&w, "A", w.now.wall, wall_add(w.now.wall, 5 * SPAN_HOUR));
}

void
answer(enum claim_verdict v, uint64_t revision, const struct log_entry *telling)
{
	engine_claimed(w.engine, &(struct claim_answer){ .id = last_id, .verdict = v, .revision = revision, .owner = STR("other"),
		.telling = telling, .decision = { 7, 7 } }, w.now);
	world_settle(&w);
}

uint64_t
hash_of(const char *alert)
{
	struct labels *l = world_labels(alert);
	uint64_t hash = labels_hash(l);

	labels_unref(l);
	return hash;
}

struct log_entry
theirs(const uint64_t *hash, bool told, uint64_t revision)
{
	return (struct log_entry){
		.key = { STR("{}:{alertname=\"A\"}"), STR("ops"), STR("hook"), 0 },
		.timestamp = told ? w.now.wall : WALL_ZERO,
		.expires = wall_add(w.now.wall, SPAN_HOUR),
		.firing = told ? hash : NULL,
		.firing_n = told,
		.claimed = told ? NULL : hash,
		.claimed_n = !told,
		.revision = revision,
	};
}

void
merge(const struct log_entry *entry)
{
	struct work all = { INT64_MAX };
	struct err e = { 0 };

	ck_assert_int_ne(engine_merge_log_entry(w.engine, &(struct change){ .kind = CHANGE_LOG_ENTRY, .entry = entry }, &all,
			     w.now, &e), MERGED_REFUSED);
}

const struct unsure_counters *
counted(void)
{
	static const struct unsure_counters none;
	const struct counters *n = view_counters(w.engine);

	return n->unsure_n > 0 ? &n->unsure[0] : &none;
}
