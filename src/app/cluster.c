/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster_private.h"

#include "base/mem.h"
#include "text/expo.h"

#define REFUSALS_LOGGED_EVERY (10 * SPAN_S)
/* To hand our state to one that asked, beside which there are members to be told of. */
#define GIVE_UNITS 5000
#define GIVE_MEMBER_UNITS 100

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
	cluster_look(c);
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

static struct str
key_of(enum share_kind kind)
{
	return kind == SHARE_SILENCES ? STR(GOSSIP_KEY_SILENCES) : STR(GOSSIP_KEY_LOG);
}

static void
release(void *kept)
{
	kept_drop(kept);
}

static void
on_merge(void *arg, struct str key, struct str bytes, bool whole)
{
	struct cluster *c = arg;

	enum share_kind kind = str_eq(key, STR(GOSSIP_KEY_SILENCES)) ? SHARE_SILENCES : SHARE_LOG;
	struct kept *kept;

	if (bytes.n == 0)
		return;
	kept = whole ? peer_keep(c->peer) : NULL;
	if (kept != NULL ? !share_receive_kept(c->share, kind, bytes, release, kept) : !share_receive(c->share, kind, bytes))
		LOG(&c->log, LOG_WARN, "A state of another member is dropped: too many wait to be merged",
		    F_UINT("bytes", bytes.n));
	task_ready(c->tasks, &c->merging);
}

/* News go on from member to member, but for large ones, whose sender tells everybody. */
static void
on_news(void *arg, enum share_kind kind, struct str bytes, struct moment now)
{
	struct cluster *c = arg;

	(void)now;
	if (!gossip_is_large(key_of(kind), bytes))
		peer_broadcast(c->peer, key_of(kind), bytes);
}

static void
on_refused(void *arg, enum share_kind kind, const struct err *why)
{
	struct cluster *c = arg;
	struct mono now = c->s->clock->now(c->s->clock).mono;

	/* A message may have a million of them. */
	c->refused++;
	if (c->refusal_logged.ns != 0 && mono_sub(now, c->refusal_logged) < REFUSALS_LOGGED_EVERY)
		return;
	LOG(&c->log, LOG_WARN, "A record of another member is not taken", F_STR("key", key_of(kind)), F_ERR(why),
	    F_UINT("others_since_last_line", c->refused - 1));
	c->refusal_logged = now;
	c->refused = 0;
}

static void
run_merging(struct task *t, struct work *w, struct moment now)
{
	struct cluster *c = CONTAINER_OF(t, struct cluster, merging);

	share_merge_some(c->share, w, now);
	if (share_waits(c->share))
		task_ready(c->tasks, t);
	drive_rearm(c->s->drive);
}

static void
begin_state(struct cluster *c)
{
	c->stated = c->pushpulls.n;
	for (int kind = 0; kind < SHARE_KINDS; kind++)
		sbuf_fini(&c->state.bytes[kind]);
	c->state = (struct share_state){ 0 };
	if (c->stated == 0)
		return;
	/*
	 * Room at once for the largest that is sent, as to grow is to copy; it takes memory as it is filled, and more than
	 * fits is not sent.
	 */
	for (int kind = 0; kind < SHARE_KINDS; kind++) {
		c->state.bytes[kind].max = GOSSIP_STATE_MAX + 2 * SHARE_RECORD_MAX;
		(void)sbuf_reserve(&c->state.bytes[kind], GOSSIP_STATE_MAX + SHARE_RECORD_MAX);
	}
	task_ready(c->tasks, &c->stating);
}

/* The state that is made goes to those who asked. False: w is used up. */
static bool
give_some(struct cluster *c, struct work *w)
{
	struct str keys[SHARE_KINDS];
	size_t n = 0;

	for (int kind = 0; kind < SHARE_KINDS; kind++)
		keys[kind] = key_of((enum share_kind)kind);
	while (n < c->stated && !work_used_up(w)) {
		peer_state(c->peer, c->pushpulls.v[n++], keys, c->given, SHARE_KINDS);
		work_spend(w, GIVE_UNITS + GIVE_MEMBER_UNITS * (int64_t)gossip_size(peer_gossip(c->peer)));
	}
	c->stated -= n;
	c->pushpulls.n -= n;
	memmove(c->pushpulls.v, c->pushpulls.v + n, c->pushpulls.n * sizeof(c->pushpulls.v[0]));
	return c->stated == 0;
}

static void
end_state(struct cluster *c)
{
	for (int kind = 0; kind < SHARE_KINDS; kind++) {
		if (c->given[kind] != NULL)
			kept_drop(c->given[kind]);
		c->given[kind] = NULL;
	}
}

static void
run_stating(struct task *t, struct work *w, struct moment now)
{
	struct cluster *c = CONTAINER_OF(t, struct cluster, stating);
	bool whole = c->given[0] != NULL;

	(void)now;
	if (!whole && share_state_some(c->s->engine, &c->state, w)) {
		for (int kind = 0; kind < SHARE_KINDS; kind++)
			c->given[kind] = peer_own(c->peer, &c->state.bytes[kind]);
		whole = true;
	}
	if (!whole || !give_some(c, w)) {
		task_ready(c->tasks, t);
		return;
	}
	end_state(c);
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

	if (c == NULL || c->peer == NULL || !gossip_is_heard(peer_gossip(c->peer)))
		return;
	share_put(&b, change);
	peer_broadcast(c->peer, key_of(share_kind_of(change)), sbuf_get(&b));
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

/*
 * COMPAT: an instance that nobody told of a cluster goes on alone when the default port is taken; Alertmanager does not
 * start. No alert is to be lost for others that were never wanted.
 */
static bool
goes_on_alone(struct cluster *c, const struct err *e)
{
	if (c->s->o->cluster_peers.n > 0 || c->s->o->cluster_listen_given)
		return false;
	LOG(&c->log, LOG_WARN, "There is no cluster: cannot listen for others", F_ERR(e));
	cluster_free(&c->s->cluster);
	return true;
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
		.tls_config = s->o->cluster_tls_config,
		.public_address = s->o->cluster_insecure_discovery,
		.peers = s->o->cluster_peers.v,
		.resolve_timeout = s->o->cluster_peers_resolve_timeout,
		.seed = rand_u64(&s->port.rand),
		.merge = on_merge,
		.full_state = on_full_state,
		.changed = on_changed,
	};

	struct share_hooks hooks = { .pass_on = on_news, .refused = on_refused };

	if (s->o->cluster_listen_address.n == 0)
		return true;
	c = NEW(struct cluster);
	s->cluster = c;
	hooks.arg = c;
	c->s = s;
	c->log = log_with(&s->log, F_CSTR("component", "cluster"));
	c->share = share_new(s->engine, &hooks);
	c->tasks = tasks_new(s->base, s->clock, "cluster states");
	c->merging.run = run_merging;
	c->stating.run = run_stating;
	c->telling.run = run_telling;
	o.arg = c;
	c->peer = peer_new(&o, e);
	return c->peer != NULL || goes_on_alone(c, e) || err_ctx(e, "unable to initialize gossip mesh");
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
	mem_free(c->differing_names);
	task_cancel(c->tasks, &c->merging);
	task_cancel(c->tasks, &c->stating);
	task_cancel(c->tasks, &c->telling);
	tasks_free(&c->tasks);
	share_free(&c->share);
	end_state(c);
	VEC_FINI(&c->pushpulls);
	for (int kind = 0; kind < SHARE_KINDS; kind++)
		sbuf_fini(&c->state.bytes[kind]);
	mem_free(c);
	*cluster = NULL;
}

static void
expose_count(struct expo *x, const char *name, const char *help, uint64_t n)
{
	expo_family(x, name, help, EXPO_COUNTER);
	expo_value(x, (double)n);
}

static void
expose(void *arg, struct expo *x, struct moment now)
{
	const struct cluster *c = arg;
	const struct share_figures *f = share_figures(c->share);

	peer_expose(c->peer, x, now);
	cluster_expose_view(c, x);
	expose_count(x, "alertmanager_silences_gossip_messages_propagated_total", "Messages of peers handed on.",
	    f->passed_on[SHARE_SILENCES]);
	expose_count(x, "alertmanager_nflog_gossip_messages_propagated_total", "Messages of peers handed on.",
	    f->passed_on[SHARE_LOG]);
	expose_count(x, "tocsin_cluster_records_malformed_total", "Records of peers that could not be read.", f->malformed);
	expose_count(x, "tocsin_cluster_messages_dropped_total",
	    "Messages of peers dropped because too many waited to be merged.", f->dropped);
}

void
cluster_env(struct server *s, struct api_env *env)
{
	if (s->cluster == NULL)
		return;
	env->cluster = cluster_view;
	server_add_metrics(s, expose, s->cluster);
}
