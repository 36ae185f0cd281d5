/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token, the lease, and the key of this member under it.
 *
 * The lease counts from when what gave or kept it was sent, not from the answer: so it ends here before it ends there.
 */
#include "state.h"
#include "text/json_write.h"

/* It compares passwords slowly on purpose, one after the other: to ask again soon only makes it slower. */
#define AUTHENTICATE_PATIENCE (5 * SPAN_S)
/* A refusal is told of again when there was none for so long. */
#define REFUSED_QUIET SPAN_MIN

static void
authenticate(struct etcd *e, struct mono now)
{
	struct call *c;

	if (call_of_kind(e, ETCD_CALL_AUTHENTICATE) != NULL)
		return;
	c = call_begin(e, ETCD_CALL_AUTHENTICATE, "/v3/auth/authenticate", now);
	say_authenticate(&c->body, e->o.username, e->o.password);
	call_ask(c, AUTHENTICATE_PATIENCE, now);
}

static void
grant(struct etcd *e, struct mono now)
{
	struct call *c;

	if (call_of_kind(e, ETCD_CALL_GRANT) != NULL)
		return;
	c = call_begin(e, ETCD_CALL_GRANT, "/v3/lease/grant", now);
	say_grant(&c->body, e->o.lease_ttl);
	call_ask(c, patience(e), now);
}

static void
keep_alive(struct etcd *e, struct mono now)
{
	struct call *c;

	if (call_of_kind(e, ETCD_CALL_KEEP_ALIVE) != NULL || now.ns < e->keep_at.ns)
		return;
	c = call_begin(e, ETCD_CALL_KEEP_ALIVE, "/v3/lease/keepalive", now);
	say_lease(&c->body, e->lease);
	call_ask(c, patience(e), now);
}

static void
put_member(const struct etcd *e, struct sbuf *b)
{
	struct json_writer w;

	json_writer_init(&w, b, JSON_HTML_PLAIN);
	json_object_begin(&w);
	json_put_int(&w, "version", 1);
	json_put_str(&w, "name", e->o.name);
	json_object_end(&w);
}

struct str
member_key(const struct etcd *e, struct sbuf *b)
{
	sbuf_reset(b);
	sbuf_str(b, e->members_prefix);
	sbuf_str(b, e->o.member);
	return sbuf_get(b);
}

static void
join(struct etcd *e, struct mono now)
{
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED), value = SBUF_INIT(SBUF_UNLIMITED);
	struct call *c;

	if (call_of_kind(e, ETCD_CALL_JOIN) != NULL)
		return;
	c = call_begin(e, ETCD_CALL_JOIN, "/v3/kv/put", now);
	put_member(e, &value);
	say_join(&c->body, member_key(e, &key), sbuf_get(&value), e->lease);
	call_ask(c, patience(e), now);
	sbuf_fini(&key);
	sbuf_fini(&value);
}

static void
revoke(struct etcd *e, struct mono now)
{
	struct call *c;

	if (ops_n(e) > 0 || call_of_kind(e, ETCD_CALL_REVOKE) != NULL)
		return;
	if (e->lease == 0) {
		e->left = true;
		return;
	}
	c = call_begin(e, ETCD_CALL_REVOKE, "/v3/lease/revoke", now);
	say_lease(&c->body, e->lease);
	call_ask(c, patience(e), now);
}

bool
lacks_token(const struct etcd *e)
{
	return e->o.username.n > 0 && e->token.n == 0 && !e->open;
}

void
forget_token(struct etcd *e)
{
	sbuf_reset(&e->token);
	e->open = false;
}

bool
has_lease(const struct etcd *e, struct mono now)
{
	return e->lease != 0 && now.ns < e->lease_until.ns;
}

void
lease_lost(struct etcd *e, const char *why, struct mono now)
{
	enum log_level level;

	if (e->lease == 0)
		return;
	level = seldom(&e->told_lost, now);
	LOG(e->o.log, level, "The lease in etcd is lost", F_CSTR("reason", why));
	e->lease = 0;
	e->joined = false;
	e->figures.leases_lost++;
	e->port->changed(e->port->arg);
}

void
member_lost(struct etcd *e, int64_t revision)
{
	/* The watch may tell of what was before we did this. */
	if (!e->joined || e->leaving || revision < e->joined_at)
		return;
	LOG(e->o.log, LOG_WARN, "The key of this member in etcd is gone, and is set again", F_INT("revision", revision));
	e->joined = false;
}

void
session_step(struct etcd *e, struct mono now)
{
	if (e->lease != 0 && !has_lease(e, now))
		lease_lost(e, "no answer came in time", now);
	if (now.ns < e->retry_at.ns || e->left)
		return;
	if (lacks_token(e)) {
		authenticate(e, now);
		return;
	}
	if (e->leaving)
		revoke(e, now);
	else if (e->lease == 0)
		grant(e, now);
	if (e->lease == 0)
		return;
	keep_alive(e, now);
	if (!e->leaving && (!e->joined || now.ns >= watch_doubtful_at(e).ns))
		join(e, now);
}

static void
granted(struct call *c, const struct heard *h, struct mono now)
{
	struct etcd *e = c->e;
	struct err why = { 0 };

	if (h->lease == 0 || h->ttl <= 0) {
		err_set(&why, ERR_INVALID, "lease_grant: an answer without a lease");
		e->trouble = why;
		wait_a_while(e, now);
		return;
	}
	e->lease = h->lease;
	e->lease_until = mono_add(c->sent, e->o.lease_ttl);
	e->keep_at = mono_add(c->sent, e->o.lease_ttl / 3);
	endpoint_answered(e, ETCD_CALL_GRANT, now);
	e->port->changed(e->port->arg);
}

/* A lease may be shorter than what was asked for, never longer. */
static void
kept(struct call *c, const struct heard *h, struct mono now)
{
	struct etcd *e = c->e;
	span ttl = h->ttl > 0 && h->ttl < e->o.lease_ttl / SPAN_S ? h->ttl * SPAN_S : e->o.lease_ttl;

	if (h->ttl <= 0) {
		lease_lost(e, "etcd does not know it any more", now);
		return;
	}
	e->lease_until = mono_add(c->sent, ttl);
	e->keep_at = mono_add(c->sent, e->o.lease_ttl / 3);
	endpoint_answered(e, ETCD_CALL_KEEP_ALIVE, now);
	e->port->changed(e->port->arg);
}

static void
joined(struct etcd *e, const struct heard *h, struct mono now)
{
	bool is_news = !e->joined;

	e->joined = true;
	e->joined_at = h->revision;
	endpoint_answered(e, ETCD_CALL_JOIN, now);
	watch_expects(e, h->revision, now);
	if (!is_news)
		return;
	if (!e->told_session)
		LOG(e->o.log, LOG_INFO, "There is a session with etcd", F_STR("endpoint", e->o.endpoints[e->endpoint]));
	e->told_session = true;
	if (mono_sub(now, e->refused_at) >= REFUSED_QUIET)
		e->told_refusal = false;
	if (e->failures == 0 && !e->told_refusal)
		err_clear(&e->trouble);
	e->port->changed(e->port->arg);
}

void
session_heard(struct call *c, const struct heard *h, struct mono now)
{
	struct etcd *e = c->e;

	switch (c->kind) {
	case ETCD_CALL_AUTHENTICATE:
		e->token.max = ETCD_TOKEN_MAX;
		sbuf_reset(&e->token);
		sbuf_puts(&e->token, h->token);
		e->token_at = now;
		if (e->token.n == 0)
			wait_a_while(e, now);
		break;
	case ETCD_CALL_GRANT:
		granted(c, h, now);
		break;
	case ETCD_CALL_KEEP_ALIVE:
		kept(c, h, now);
		break;
	case ETCD_CALL_JOIN:
		joined(e, h, now);
		break;
	case ETCD_CALL_REVOKE:
		e->left = true;
		break;
	case ETCD_CALL_RANGE:
	case ETCD_CALL_WATCH:
	case ETCD_CALL_TXN:
	case ETCD_CALL_N:
		break;
	}
}

void
session_refused(struct call *c, const struct heard *h, struct mono now)
{
	struct etcd *e = c->e;

	if (h->code == GRPC_NOT_FOUND && (c->kind == ETCD_CALL_KEEP_ALIVE || c->kind == ETCD_CALL_JOIN)) {
		lease_lost(e, h->error.text, now);
		return;
	}
	if (c->kind == ETCD_CALL_REVOKE) {
		e->left = true;
		return;
	}
	/* "authentication is not enabled": names are not asked for there, or not yet. */
	if (c->kind == ETCD_CALL_AUTHENTICATE && h->code == GRPC_FAILED_PRECONDITION) {
		e->open = true;
		return;
	}
	if (c->kind == ETCD_CALL_RANGE)
		e->sync = SYNC_NONE;
	/* The pages' revision is gone: from the beginning. */
	if (c->kind == ETCD_CALL_RANGE && h->code == GRPC_OUT_OF_RANGE && e->range_revision != 0)
		return;
	if (!e->told_refusal)
		LOG(e->o.log, LOG_ERROR, "etcd refuses", F_CSTR("request", etcd_call_name(c->kind)), F_ERR(&h->error));
	e->told_refusal = true;
	e->refused_at = now;
	e->trouble = h->error;
	err_ctx(&e->trouble, "%s", etcd_call_name(c->kind));
	e->failures += (unsigned)e->o.endpoints_n;
	wait_a_while(e, now);
}
