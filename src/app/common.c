/* SPDX-License-Identifier: Apache-2.0 */
#include "common.h"

#include "base/ascii.h"
#include "base/mem.h"
#include "common_metrics.h"
#include "etcd_calls.h"
#include "ledger/ledger.h"
#include "loop/file.h"
#include "loop/tasks.h"

/* A member's id: its name, so far, and what no other has. */
#define NAME_PART 40

/* A claim whose intent is not yet durable. */
struct held_claim {
	struct list_node place;
	struct store_wait wait;
	struct common *common;
	uint64_t id;
};

struct common {
	struct server *s;
	struct log log;
	struct tls_config tls;
	struct str member, name;
	struct etcd_port port;
	struct etcd_calls *calls;
	struct etcd *etcd;
	struct ledger *ledger;
	struct tasks *tasks;
	struct task working;
	struct timer timer;
	struct list held;
	bool joined;
};

static struct moment
moment_now(const struct common *c)
{
	return c->s->clock->now(c->s->clock);
}

static void
ready(void *arg)
{
	struct common *c = arg;

	task_ready(c->tasks, &c->working);
}

static void
rearm(struct common *c, struct moment now)
{
	struct mono next = etcd_next(c->etcd), other = ledger_next(c->ledger);

	if (other.ns < next.ns)
		next = other;
	if (next.ns < INT64_MAX)
		timer_in(&c->timer, mono_sub(next, now.mono) > SPAN_MS ? mono_sub(next, now.mono) : SPAN_MS);
}

static void
run_working(struct task *t, struct work *w, struct moment now)
{
	struct common *c = CONTAINER_OF(t, struct common, working);
	bool done;

	etcd_read_some(c->etcd, w, now.mono);
	done = ledger_work(c->ledger, w, now);
	if (!done || etcd_unread(c->etcd))
		task_ready(c->tasks, t);
	rearm(c, now);
	drive_rearm(c->s->drive);
}

static void
on_timer(void *arg)
{
	struct common *c = arg;

	etcd_tick(c->etcd, moment_now(c).mono);
	ready(c);
}

/* The etcd's port. */

static void
on_ask(void *arg, const struct etcd_request *r)
{
	struct common *c = arg;

	etcd_calls_ask(c->calls, c->etcd, r);
}

static void
on_give_up(void *arg, uint64_t id)
{
	etcd_calls_give_up(((struct common *)arg)->calls, id);
}

static void
on_record(void *arg, const struct etcd_kv *kv, struct work *w, struct mono now)
{
	struct common *c = arg;

	(void)now;
	ledger_record(c->ledger, kv, w, moment_now(c));
}

static void
on_synced(void *arg, struct mono now)
{
	(void)now;
	ledger_synced(((struct common *)arg)->ledger);
}

static void
on_outcome(void *arg, uint64_t op, const struct etcd_outcome *o, struct mono now)
{
	struct common *c = arg;

	(void)now;
	ledger_done(c->ledger, op, o, moment_now(c));
}

static void
on_changed(void *arg)
{
	ledger_changed(((struct common *)arg)->ledger);
}

/* The engine's port. */

static struct common *
common_of(struct port *p)
{
	return CONTAINER_OF(p, struct server, port)->common;
}

void
common_share(struct port *port, const struct change *change)
{
	struct common *c = common_of(port);

	if (c != NULL && c->joined)
		ledger_port_share(c->ledger, change);
}

static void
unhold(struct held_claim *h)
{
	list_remove(&h->common->held, &h->place);
	mem_free(h);
}

static void
let_go(struct store_wait *w, bool durable)
{
	struct held_claim *h = CONTAINER_OF(w, struct held_claim, wait);
	struct common *c = h->common;

	(void)durable;
	ledger_ask(c->ledger, h->id, moment_now(c));
	unhold(h);
}

void
common_claim(struct port *port, const struct claim *claim, struct moment now)
{
	struct common *c = common_of(port);
	struct held_claim *h = NEW(struct held_claim);

	ledger_port_claim(c->ledger, claim);
	h->common = c;
	h->id = claim->id;
	h->wait.over = let_go;
	list_append(&c->held, &h->place);
	if (store_when_durable(c->s->store, &h->wait))
		return;
	ledger_ask(c->ledger, h->id, now);
	unhold(h);
}

void
common_claim_over(struct port *port, uint64_t id)
{
	ledger_port_claim_over(common_of(port)->ledger, id);
}

void
common_claim_result(struct port *port, const struct claim *claim, enum claim_result r, struct moment now)
{
	(void)now;
	ledger_port_claim_result(common_of(port)->ledger, claim, r);
}

/* Opening. */

static bool
read_password(struct server *s, struct str *out, struct err *e)
{
	*out = STR_NONE;
	if (s->o->etcd_password_file.n == 0)
		return true;
	if (!file_read_small(s->o->etcd_password_file, s->arena, out, e))
		return err_ctx(e, "--etcd.password-file=%.*s", STR_ARG(s->o->etcd_password_file));
	*out = str_trim(*out);
	return true;
}

static bool
is_there(struct str path, const char *flag, struct arena *a, struct err *e)
{
	struct str bytes;

	return path.n == 0 || file_read_small(path, a, &bytes, e) || err_ctx(e, "--%s=%.*s", flag, STR_ARG(path));
}

static bool
check_files(const struct server *s, struct err *e)
{
	struct arena *a = arena_new();
	bool ok = is_there(s->o->etcd_ca_file, "etcd.ca-file", a, e) && is_there(s->o->etcd_cert_file, "etcd.cert-file", a, e) &&
	    is_there(s->o->etcd_key_file, "etcd.key-file", a, e);

	arena_free(&a);
	return ok;
}

static void
name_member(struct common *c)
{
	struct server *s = c->s;
	struct sbuf id = SBUF_INIT(ETCD_MEMBER_ID_MAX);

	c->name = s->o->cluster_peer_name.n > 0 ? s->o->cluster_peer_name : s->hostname;
	for (size_t i = 0; i < c->name.n && i < NAME_PART; i++)
		sbuf_putc(&id, ascii_alnum(c->name.p[i]) || c->name.p[i] == '.' ? c->name.p[i] : '-');
	sbuf_printf(&id, "-%016llx", (unsigned long long)rand_u64(&s->port.rand));
	c->member = arena_str(s->arena, sbuf_get(&id));
	sbuf_fini(&id);
}

static void
open_session(struct common *c, struct str password)
{
	struct server *s = c->s;
	struct etcd_options o = {
		.endpoints = s->o->etcd_endpoints.v,
		.endpoints_n = s->o->etcd_endpoints.n,
		.prefix = s->o->etcd_prefix,
		.lease_ttl = s->o->etcd_lease_ttl,
		.username = s->o->etcd_username,
		.password = password,
		.member = c->member,
		.name = c->name,
		.seed = rand_u64(&s->port.rand),
		.log = &c->log,
	};
	struct ledger_options l = {
		.engine = s->engine,
		.member = c->member,
		.peer_timeout = s->o->cluster_peer_timeout,
		.lease_ttl = s->o->etcd_lease_ttl,
		.log = &s->log,
		.ready = ready,
		.arg = c,
	};

	c->port = (struct etcd_port){ on_ask, on_give_up, on_record, on_synced, on_outcome, on_changed, c };
	c->etcd = etcd_new(&o, &c->port);
	l.etcd = c->etcd;
	c->ledger = ledger_new(&l, moment_now(c).mono);
}

bool
common_open(struct server *s, struct err *e)
{
	struct common *c;
	struct etcd_calls_options calls = {
		.http = s->http,
		.clock = s->clock,
		.user_agent = STR("tocsin/" TOCSIN_VERSION),
		.heard = ready,
	};
	struct str password;

	if (s->o->etcd_endpoints.n == 0)
		return true;
	if (!read_password(s, &password, e) || !check_files(s, e))
		return false;
	c = NEW(struct common);
	s->common = c;
	c->s = s;
	c->log = log_with(&s->log, F_CSTR("component", "etcd"));
	c->tls = (struct tls_config){ .ca_file = s->o->etcd_ca_file, .cert_file = s->o->etcd_cert_file, .key_file = s->o->etcd_key_file };
	calls.tls = &c->tls;
	calls.arg = c;
	c->calls = etcd_calls_new(&calls);
	c->tasks = tasks_new(s->base, s->clock, "etcd");
	c->working.run = run_working;
	timer_init(&c->timer, s->base, "etcd", on_timer, c);
	name_member(c);
	open_session(c, password);
	return true;
}

void
common_join(struct server *s)
{
	struct common *c = s->common;
	struct work w = { TASK_SLICE };
	struct moment now;

	if (c == NULL)
		return;
	/* Reading what was stored may have taken longer than a lease lasts, which counts from its asking. */
	now = moment_now(c);
	c->joined = true;
	etcd_start(c->etcd, now.mono);
	if (!ledger_work(c->ledger, &w, now))
		ready(c);
	rearm(c, now);
}

bool
common_rests(struct server *s)
{
	struct common *c = s->common;

	return c == NULL || ledger_rests(c->ledger, moment_now(c).mono);
}

void
common_leave(struct server *s)
{
	struct common *c = s->common;

	if (c != NULL)
		etcd_leave(c->etcd, moment_now(c).mono);
}

bool
common_left(const struct server *s)
{
	return s->common == NULL || etcd_left(s->common->etcd);
}

static void
expose(void *arg, struct expo *x, struct moment now)
{
	const struct common *c = arg;

	common_metrics(c->etcd, c->ledger, x, now);
}

/* For the API. */
static void
common_view(void *arg, struct arena *a, struct api_etcd *out)
{
	const struct server *s = arg;
	const struct common *c = s->common;
	struct mono now = moment_now(c).mono;
	struct etcd_figures f = etcd_figures(c->etcd);
	const struct ledger_figures *figures = ledger_figures(c->ledger);
	size_t n = etcd_members(c->etcd);
	struct str *members = ARENA_ARRAY(a, n, struct str);
	span lease = etcd_lease(c->etcd) != 0 ? mono_sub(etcd_lease_until(c->etcd), now) : 0;

	for (size_t i = 0; i < n; i++)
		members[i] = arena_str(a, etcd_member_at(c->etcd, i).id);
	*out = (struct api_etcd){
		.connected = etcd_is_up(c->etcd, now),
		.endpoint = f.endpoint,
		.prefix = s->o->etcd_prefix,
		.member = c->member,
		.lease = lease > 0 ? lease : 0,
		.members = members,
		.members_n = n,
		.revision = f.revision,
		.records = figures->records,
		.waiting = figures->waiting,
		.error = arena_str(a, f.error),
	};
}

void
common_env(struct server *s, struct api_env *env)
{
	if (s->common == NULL)
		return;
	env->etcd = common_view;
	server_add_metrics(s, expose, s->common);
}

void
common_free(struct common **cp)
{
	struct common *c = *cp;

	if (c == NULL)
		return;
	LIST_EACH(&c->held, node) {
		struct held_claim *h = CONTAINER_OF(node, struct held_claim, place);

		store_wait_cancel(c->s->store, &h->wait);
		unhold(h);
	}
	c->s->port.claim = NULL;
	c->s->port.claim_over = NULL;
	c->s->port.claim_result = NULL;
	timer_fini(&c->timer);
	ledger_free(&c->ledger);
	etcd_free(&c->etcd);
	etcd_calls_free(&c->calls);
	if (c->tasks != NULL)
		task_cancel(c->tasks, &c->working);
	tasks_free(&c->tasks);
	mem_free(c);
	*cp = NULL;
}
