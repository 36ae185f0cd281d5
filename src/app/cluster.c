/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

#include "base/list.h"
#include "base/mem.h"
#include "base/vec.h"
#include "core/cluster.h"
#include "loop/tasks.h"
#include "peer/peer.h"
#include "wire/codec.h"
#include "wire/proto.h"

/* Bytes of others' states that wait to be merged; more are dropped, and come with the next push-pull. */
#define WAITING_MAX ((size_t)128 << 20)
/* Bytes that are read, or written, for a unit of work. */
#define BYTES_A_UNIT 4
/* That a record costs beside its bytes. */
#define RECORD_UNITS 100

/* A part of a message of others. */
struct heard {
	struct list_node place;
	bool silences;
	bool news; /* something of it was taken */
	size_t n, at;
	char bytes[];
};

struct cluster {
	struct server *s;
	struct peer *peer;
	struct tasks *tasks;
	struct task merging, stating, telling;
	struct list heard;
	size_t waiting; /* their bytes */
	struct arena *arena; /* of one record */
	struct log log;

	VEC(uint64_t) pushpulls; /* that want our state; the first `stated` of them get the one being made */
	size_t stated;
	struct share_cursor cursor;
	struct sbuf silences, entries;

	struct cluster_state told; /* to the engine */
};

static struct cluster_state
state_of(const struct cluster *c)
{
	const struct gossip *g = peer_gossip(c->peer);

	return (struct cluster_state){ .on = true,
		.settled = gossip_settled(g),
		.position = (unsigned)gossip_position(g),
		.members = (unsigned)gossip_size(g),
		.peer_timeout = c->s->o->cluster_peer_timeout };
}

static bool
same_state(const struct cluster_state *a, const struct cluster_state *b)
{
	return a->on == b->on && a->settled == b->settled && a->position == b->position && a->members == b->members;
}

/* The engine may be at work: it is told later. */
static void
on_changed(void *arg)
{
	struct cluster *c = arg;
	struct cluster_state state;

	if (!c->told.on)
		return;
	state = state_of(c);
	if (!same_state(&state, &c->told))
		task_ready(c->tasks, &c->telling);
}

static void
run_telling(struct task *t, struct work *w, struct moment now)
{
	struct cluster *c = CONTAINER_OF(t, struct cluster, telling);

	(void)w;
	c->told = state_of(c);
	engine_cluster(c->s->engine, &c->told, now);
	drive_rearm(c->s->drive);
}

static void
on_merge(void *arg, struct str key, struct str bytes, bool whole)
{
	struct cluster *c = arg;
	struct heard *h;

	(void)whole;
	if (bytes.n == 0)
		return;
	if (c->waiting + bytes.n > WAITING_MAX) {
		LOG(&c->log, LOG_WARN, "A state of another member is dropped: too many wait to be merged",
		    F_UINT("bytes", bytes.n));
		return;
	}
	h = mem_alloc(sizeof(*h) + bytes.n);
	*h = (struct heard){ .silences = str_eq(key, STR(GOSSIP_KEY_SILENCES)), .n = bytes.n };
	memcpy(h->bytes, bytes.p, bytes.n);
	list_append(&c->heard, &h->place);
	c->waiting += bytes.n;
	task_ready(c->tasks, &c->merging);
}

static void
drop_heard(struct cluster *c, struct heard *h)
{
	list_remove(&c->heard, &h->place);
	c->waiting -= h->n;
	mem_free(h);
}

static enum merged
merge_silence(struct cluster *c, struct str body, struct work *w, struct moment now, struct err *e)
{
	struct change change = { .kind = CHANGE_SILENCE };
	struct silence *silence = codec_get_silence(body, &change.expires, e);
	enum merged result;

	if (silence == NULL)
		return MERGED_REFUSED;
	change.silence = silence;
	result = engine_merge_silence(c->s->engine, &change, w, now, e);
	silence_unref(silence);
	return result;
}

static enum merged
merge_entry(struct cluster *c, struct str body, struct work *w, struct moment now, struct err *e)
{
	struct change change = { .kind = CHANGE_LOG_ENTRY };
	struct log_entry entry;

	arena_reset(c->arena);
	if (!codec_get_log_entry(body, c->arena, &entry, e))
		return MERGED_REFUSED;
	change.entry = &entry;
	return engine_merge_log_entry(c->s->engine, &change, w, now, e);
}

/* The next record of what was heard; false: it was the last, or the rest is malformed. */
static bool
merge_one(struct cluster *c, struct heard *h, struct work *w, struct moment now)
{
	struct proto_reader r = { .rest = { h->bytes + h->at, h->n - h->at } };
	struct err e = { 0 };
	struct str body;
	enum merged result;

	if (!proto_read_record(&r, &body)) {
		if (r.bad)
			LOG(&c->log, LOG_WARN, "A state of another member is malformed", F_UINT("at", h->at),
			    F_UINT("of", h->n));
		return false;
	}
	h->at = h->n - r.rest.n;
	result = h->silences ? merge_silence(c, body, w, now, &e) : merge_entry(c, body, w, now, &e);
	if (result == MERGED_REFUSED)
		LOG(&c->log, LOG_WARN, "A record of another member is not taken",
		    F_CSTR("kind", h->silences ? "silence" : "log entry"), F_ERR(&e));
	h->news |= result == MERGED_TAKEN;
	work_spend(w, RECORD_UNITS + (int64_t)(body.n / BYTES_A_UNIT));
	return true;
}

static void
run_merging(struct task *t, struct work *w, struct moment now)
{
	struct cluster *c = CONTAINER_OF(t, struct cluster, merging);

	while (c->heard.first != NULL && !work_used_up(w)) {
		struct heard *h = CONTAINER_OF(c->heard.first, struct heard, place);
		struct str key = h->silences ? STR(GOSSIP_KEY_SILENCES) : STR(GOSSIP_KEY_LOG), all = { h->bytes, h->n };

		if (merge_one(c, h, w, now))
			continue;
		/* News go on from member to member, but for large ones, whose sender tells everybody. */
		if (h->news && !gossip_is_large(key, all))
			peer_broadcast(c->peer, key, all);
		drop_heard(c, h);
	}
	if (c->heard.first != NULL)
		task_ready(c->tasks, t);
	drive_rearm(c->s->drive);
}

/* Appends a record as others read it: its length, and what is not ours alone. */
static bool
put_record(const struct change *change, struct sbuf *b)
{
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED), stripped = SBUF_INIT(SBUF_UNLIMITED);
	bool silence = change->kind == CHANGE_SILENCE;

	if (silence) {
		codec_put_silence(&stripped, change->silence, change->expires);
	} else {
		codec_put_log_entry(&body, change->entry);
		codec_strip_log_entry(&stripped, sbuf_get(&body));
	}
	proto_varint(b, stripped.n);
	sbuf_str(b, sbuf_get(&stripped));
	sbuf_fini(&body);
	sbuf_fini(&stripped);
	return silence;
}

static void
each_shared(void *arg, const struct change *change)
{
	struct cluster *c = arg;

	put_record(change, change->kind == CHANGE_SILENCE ? &c->silences : &c->entries);
}

static void
begin_state(struct cluster *c)
{
	c->stated = c->pushpulls.n;
	c->cursor = (struct share_cursor){ 0 };
	sbuf_fini(&c->silences);
	sbuf_fini(&c->entries);
	c->silences = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
	c->entries = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
	if (c->stated > 0)
		task_ready(c->tasks, &c->stating);
}

static void
run_stating(struct task *t, struct work *w, struct moment now)
{
	struct cluster *c = CONTAINER_OF(t, struct cluster, stating);
	struct gossip_part parts[2] = { { STR(GOSSIP_KEY_LOG), STR_NONE }, { STR(GOSSIP_KEY_SILENCES), STR_NONE } };

	(void)now;
	if (!view_shared_some(c->s->engine, &c->cursor, w, each_shared, c)) {
		task_ready(c->tasks, t);
		return;
	}
	parts[0].bytes = sbuf_get(&c->entries);
	parts[1].bytes = sbuf_get(&c->silences);
	for (size_t i = 0; i < c->stated; i++)
		peer_state(c->peer, c->pushpulls.v[i], parts, ARRAY_LEN(parts));
	c->pushpulls.n -= c->stated;
	memmove(c->pushpulls.v, c->pushpulls.v + c->stated, c->pushpulls.n * sizeof(c->pushpulls.v[0]));
	begin_state(c);
}

static void
on_full_state(void *arg, uint64_t pushpull)
{
	struct cluster *c = arg;

	VEC_PUSH(&c->pushpulls, pushpull);
	/* One that asks while a state is made gets the next one, which has all that changed meanwhile. */
	if (c->stated == 0)
		begin_state(c);
}

void
cluster_share(struct port *port, const struct change *change)
{
	struct server *s = CONTAINER_OF(port, struct server, port);
	struct cluster *c = s->cluster;
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	bool silence;

	if (c == NULL || c->peer == NULL || gossip_size(peer_gossip(c->peer)) <= 1)
		return;
	silence = put_record(change, &b);
	peer_broadcast(c->peer, silence ? STR(GOSSIP_KEY_SILENCES) : STR(GOSSIP_KEY_LOG), sbuf_get(&b));
	sbuf_fini(&b);
}

static struct gossip_options
gossip_options_of(const struct options *o)
{
	return (struct gossip_options){
		.name = o->cluster_peer_name,
		.label = o->cluster_label,
		.peers = o->cluster_peers.n,
		.gossip_interval = o->cluster_gossip_interval,
		.pushpull_interval = o->cluster_pushpull_interval,
		.probe_interval = o->cluster_probe_interval,
		.probe_timeout = o->cluster_probe_timeout,
		.tcp_timeout = o->cluster_tcp_timeout,
		.settle_timeout = o->cluster_settle_timeout,
		.reconnect_interval = o->cluster_reconnect_interval,
		.reconnect_timeout = o->cluster_reconnect_timeout,
	};
}

bool
cluster_open(struct server *s, struct err *e)
{
	struct cluster *c;
	struct peer_options o = {
		.base = s->base,
		.clock = s->clock,
		.log = &s->log,
		.gossip = gossip_options_of(s->o),
		.listen_address = s->o->cluster_listen_address,
		.advertise_address = s->o->cluster_advertise_address,
		.public_address = s->o->cluster_insecure_discovery,
		.peers = s->o->cluster_peers.v,
		.seed = rand_u64(&s->port.rand),
		.merge = on_merge,
		.full_state = on_full_state,
		.changed = on_changed,
	};

	if (s->o->cluster_listen_address.n == 0)
		return true;
	c = NEW(struct cluster);
	s->cluster = c;
	c->s = s;
	c->log = log_with(&s->log, F_CSTR("component", "cluster"));
	c->arena = arena_new();
	c->tasks = tasks_new(s->base, s->clock, "cluster");
	c->merging.run = run_merging;
	c->stating.run = run_stating;
	c->telling.run = run_telling;
	o.arg = c;
	c->peer = peer_new(&o, e);
	return c->peer != NULL || err_ctx(e, "unable to initialize gossip mesh");
}

void
cluster_join(struct server *s, struct moment now)
{
	struct cluster *c = s->cluster;

	if (c == NULL)
		return;
	c->told = state_of(c);
	engine_cluster(s->engine, &c->told, now);
	drive_rearm(s->drive);
	peer_join(c->peer);
}

void
cluster_leave(struct server *s)
{
	if (s->cluster != NULL && s->cluster->peer != NULL)
		peer_leave(s->cluster->peer);
}

bool
cluster_left(const struct server *s)
{
	return s->cluster == NULL || s->cluster->peer == NULL || peer_left(s->cluster->peer);
}

void
cluster_free(struct cluster **cluster)
{
	struct cluster *c = *cluster;

	if (c == NULL)
		return;
	peer_free(&c->peer);
	task_cancel(c->tasks, &c->merging);
	task_cancel(c->tasks, &c->stating);
	task_cancel(c->tasks, &c->telling);
	tasks_free(&c->tasks);
	while (c->heard.first != NULL)
		drop_heard(c, CONTAINER_OF(c->heard.first, struct heard, place));
	VEC_FINI(&c->pushpulls);
	sbuf_fini(&c->silences);
	sbuf_fini(&c->entries);
	arena_free(&c->arena);
	mem_free(c);
	*cluster = NULL;
}

static void
members(void *arg, struct arena *a, struct api_cluster *out)
{
	const struct cluster *c = ((struct server *)arg)->cluster;
	const struct gossip *g = peer_gossip(c->peer);
	struct api_member *all;

	out->settled = gossip_settled(g);
	out->members_n = gossip_size(g);
	out->members = all = ARENA_ARRAY(a, out->members_n, struct api_member);
	for (size_t i = 0; i < out->members_n; i++) {
		struct gossip_member m = gossip_member_at(g, i);

		all[i].name = arena_str(a, m.name);
		all[i].address = arena_str(a, str_from(gossip_address_text(&m.address).s));
	}
	out->name = arena_str(a, peer_name(c->peer));
}

void
cluster_env(struct server *s, struct api_env *env)
{
	if (s->cluster == NULL)
		return;
	env->cluster = members;
	s->sources[s->sources_n++] = (struct metrics_source){ peer_expose, s->cluster->peer };
}
