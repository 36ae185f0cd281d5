/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_etcd.h"

#include "lib_kv.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http/fetch.h"
#include "text/base64.h"
#include "text/json_small.h"

struct waiting {
	struct list_node place;
	uint64_t id;
	size_t endpoint;
	struct str path, body, token;
	bool needs_leader;
	struct mono at;		/* when it is answered */
	int64_t watching;	/* a watch that has begun: the next revision that it tells of; 0: not one */
};

/* Writing answers. */

static void
b64(struct sbuf *out, struct str s)
{
	base64_encode(out, s, BASE64_STD);
}

static void
put_header(const struct fake_etcd *f, struct sbuf *out)
{
	sbuf_printf(out, "\"header\":{\"cluster_id\":\"1\",\"member_id\":\"2\",\"revision\":\"%lld\",\"raft_term\":\"2\"}",
	    (long long)f->revision);
}

static void
put_kv(struct sbuf *out, struct str key, struct str value, int64_t revision, int64_t lease)
{
	sbuf_puts(out, "{\"key\":\"");
	b64(out, key);
	sbuf_printf(out, "\",\"create_revision\":\"1\",\"mod_revision\":\"%lld\",\"version\":\"1\"", (long long)revision);
	if (value.n > 0) {
		sbuf_puts(out, ",\"value\":\"");
		b64(out, value);
		sbuf_putc(out, '"');
	}
	if (lease != 0)
		sbuf_printf(out, ",\"lease\":\"%lld\"", (long long)lease);
	sbuf_putc(out, '}');
}

static struct str
bytes_of(struct json_t *j, const char *name, struct sbuf *to)
{
	sbuf_reset(to);
	to->max = SBUF_UNLIMITED;
	ck_assert(base64_decode(to, json_small_str(j, name, STR_NONE), BASE64_STD));
	return sbuf_get(to);
}

static int64_t
number_of(struct json_t *j, const char *name)
{
	struct str text = json_small_str(j, name, STR("0"));
	char digits[32];

	snprintf(digits, sizeof(digits), "%.*s", STR_ARG(text));
	return strtoll(digits, NULL, 10);
}

static void
range(const struct fake_etcd *f, struct json_t *j, struct sbuf *out)
{
	struct sbuf from = { 0 }, end = { 0 };
	struct str first = bytes_of(j, "key", &from), last = bytes_of(j, "range_end", &end);
	int64_t limit = number_of(j, "limit"), n = 0;
	bool more = false;

	sbuf_putc(out, '{');
	put_header(f, out);
	sbuf_puts(out, ",\"kvs\":[");
	for (size_t i = 0; i < f->kvs.n && !more; i++) {
		const struct fake_kv *kv = &f->kvs.v[i];

		if (str_cmp(kv->key, first) < 0 || (last.n > 0 ? str_cmp(kv->key, last) >= 0 : !str_eq(kv->key, first)))
			continue;
		more = limit > 0 && n == limit;
		if (more)
			break;
		sbuf_puts(out, n++ > 0 ? "," : "");
		put_kv(out, kv->key, kv->value, kv->revision, kv->lease);
	}
	sbuf_printf(out, "]%s,\"count\":\"%lld\"}", more ? ",\"more\":true" : "", (long long)n);
	sbuf_fini(&from);
	sbuf_fini(&end);
}

static bool
holds(const struct fake_etcd *f, struct json_t *compare)
{
	struct sbuf b = { 0 };
	const struct fake_kv *kv = fake_get(f, bytes_of(compare, "key", &b));
	bool by_lease = str_is(json_small_str(compare, "target", STR_NONE), "LEASE");

	sbuf_fini(&b);
	if (by_lease)
		return number_of(compare, "lease") == (kv != NULL ? kv->lease : 0);
	return number_of(compare, "mod_revision") == (kv != NULL ? kv->revision : 0);
}

static void
put(struct fake_etcd *f, struct json_t *j)
{
	struct sbuf key = { 0 }, value = { 0 };
	struct str v = bytes_of(j, "value", &value);

	fake_set(f, bytes_of(j, "key", &key), &v, number_of(j, "lease"));
	sbuf_fini(&key);
	sbuf_fini(&value);
}

static void
txn(struct fake_etcd *f, struct json_t *j, struct sbuf *out)
{
	struct json_t *compare = json_small_get(j, "compare");
	struct json_t *success = json_small_at(json_small_get(j, "success"), 0);
	struct sbuf key = { 0 };
	bool ok = true;

	for (size_t i = 0; i < json_small_count(compare); i++)
		ok = ok && holds(f, json_small_at(compare, i));
	if (ok && json_small_get(success, "request_put") != NULL)
		put(f, json_small_get(success, "request_put"));
	else if (ok)
		fake_set(f, bytes_of(json_small_get(success, "request_delete_range"), "key", &key), NULL, 0);
	sbuf_putc(out, '{');
	put_header(f, out);
	if (ok) {
		sbuf_puts(out, ",\"succeeded\":true,\"responses\":[{\"response_put\":{\"header\":{\"revision\":\"3\"}}}]}");
	} else {
		sbuf_puts(out, ",\"responses\":[{\"response_range\":");
		range(f, json_small_get(json_small_at(json_small_get(j, "failure"), 0), "request_range"), out);
		sbuf_puts(out, "}]}");
	}
	sbuf_fini(&key);
}

/* Handing them over. */

static void
unwait(struct fake_etcd *f, struct waiting *w)
{
	list_remove(&f->waiting, &w->place);
	undup_str(w->path);
	undup_str(w->body);
	undup_str(w->token);
	mem_free(w);
}

static bool
hand_over(struct fake_etcd *f, uint64_t id, struct str text)
{
	size_t n = f->piece > 0 ? f->piece : text.n + 1;

	for (size_t i = 0; i < text.n; i += n)
		if (!etcd_bytes(f->e, id, str_sub(text, i, i + n), f->now))
			return false;
	return true;
}

static void
answer(struct fake_etcd *f, struct waiting *w, int status, struct str text)
{
	struct fetch_response r = { .status = status, .body = text };
	uint64_t id = w->id;

	unwait(f, w);
	if (status == 200 && !hand_over(f, id, text))
		r = (struct fetch_response){ .transport_error = true, .error = STR("the sink has had enough") };
	etcd_answered(f->e, id, &r, f->now);
}

static void
refuse(struct fake_etcd *f, struct waiting *w, int status, int code, const char *why)
{
	struct sbuf b = SBUF_INIT(1000);

	sbuf_printf(&b, "{\"error\":\"%s\",\"message\":\"%s\",\"code\":%d}Grpc-Trailer-Content-Type: application/grpc\r\n", why, why, code);
	answer(f, w, status, sbuf_get(&b));
	sbuf_fini(&b);
}

static void
break_off(struct fake_etcd *f, struct waiting *w)
{
	struct fetch_response r = { .transport_error = true, .error = STR("connection refused") };
	uint64_t id = w->id;

	unwait(f, w);
	etcd_answered(f->e, id, &r, f->now);
}

static void
go_on_watching(struct fake_etcd *f, struct waiting *w)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	size_t n = 0;
	uint64_t id = w->id;

	if (w->watching <= f->compacted) {
		sbuf_printf(&b, "{\"result\":{\"header\":{\"revision\":\"%lld\"},\"canceled\":true,\"compact_revision\":\"%lld\"}}\n",
		    (long long)f->revision, (long long)f->compacted);
		w->watching = 0;
		n = 1;
	} else {
		sbuf_puts(&b, "{\"result\":{");
		put_header(f, &b);
		sbuf_puts(&b, ",\"events\":[");
		for (size_t i = 0; i < f->changes.n; i++) {
			const struct fake_change *c = &f->changes.v[i];

			if (c->revision < w->watching)
				continue;
			sbuf_printf(&b, "%s{%s\"kv\":", n++ > 0 ? "," : "", c->gone ? "\"type\":\"DELETE\"," : "");
			put_kv(&b, c->key, c->value, c->revision, c->lease);
			sbuf_putc(&b, '}');
			w->watching = c->revision + 1;
		}
		sbuf_puts(&b, "]}}\n");
	}
	if (n > 0 && !hand_over(f, id, sbuf_get(&b)))
		LIST_EACH(&f->waiting, node)
			if (CONTAINER_OF(node, struct waiting, place)->id == id)
				break_off(f, CONTAINER_OF(node, struct waiting, place));
	sbuf_fini(&b);
}

static void
begin_watching(struct fake_etcd *f, struct waiting *w, struct json_t *j)
{
	struct sbuf b = SBUF_INIT(1000);

	w->watching = number_of(json_small_get(j, "create_request"), "start_revision");
	ck_assert_int_gt(w->watching, 0);
	sbuf_puts(&b, "{\"result\":{");
	put_header(f, &b);
	sbuf_puts(&b, ",\"created\":true}}\n");
	if (!hand_over(f, w->id, sbuf_get(&b)))
		break_off(f, w);
	sbuf_fini(&b);
}

static void
authenticate(struct fake_etcd *f, struct waiting *w, struct json_t *j)
{
	struct sbuf b = SBUF_INIT(1000);

	if (!f->auth) {
		refuse(f, w, 412, 9, "etcdserver: authentication is not enabled");
		return;
	}
	if (!str_is(json_small_str(j, "password", STR_NONE), "secret")) {
		refuse(f, w, 400, 3, "etcdserver: authentication failed, invalid user ID or password");
		return;
	}
	sbuf_putc(&b, '{');
	put_header(f, &b);
	sbuf_printf(&b, ",\"token\":\"token.%d\"}", ++f->tokens);
	answer(f, w, 200, sbuf_get(&b));
	sbuf_fini(&b);
}

static void
lease(struct fake_etcd *f, struct waiting *w, struct json_t *j, struct sbuf *b)
{
	int64_t id = number_of(j, "ID");

	if (str_is(w->path, "/v3/lease/grant")) {
		f->lease = ++f->leases + 100;
		f->lease_until = mono_add(f->now, number_of(j, "TTL") * SPAN_S);
		sbuf_putc(b, '{');
		put_header(f, b);
		sbuf_printf(b, ",\"ID\":\"%lld\",\"TTL\":\"%lld\"}", (long long)f->lease, (long long)number_of(j, "TTL"));
	} else if (str_is(w->path, "/v3/lease/keepalive")) {
		sbuf_puts(b, "{\"result\":{");
		put_header(f, b);
		sbuf_printf(b, ",\"ID\":\"%lld\"", (long long)id);
		if (id == f->lease) {
			f->lease_until = mono_add(f->now, 10 * SPAN_S);
			sbuf_puts(b, ",\"TTL\":\"10\"");
		}
		sbuf_puts(b, "}}");
	} else {
		fake_end_lease(f);
		sbuf_putc(b, '{');
		put_header(f, b);
		sbuf_putc(b, '}');
	}
}

static void
serve_well(struct fake_etcd *f, struct waiting *w, struct json_t *j)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "token.%d", f->tokens);
	if (str_is(w->path, "/v3/auth/authenticate")) {
		authenticate(f, w, j);
	} else if (f->auth && !str_is(w->token, wanted)) {
		refuse(f, w, 401, 16, "etcdserver: invalid auth token");
	} else if (f->full && (str_is(w->path, "/v3/lease/grant") || str_is(w->path, "/v3/kv/txn"))) {
		refuse(f, w, 429, 8, "etcdserver: mvcc: database space exceeded");
	} else if (str_is(w->path, "/v3/watch")) {
		begin_watching(f, w, j);
	} else if (str_is(w->path, "/v3/kv/range") && number_of(j, "revision") > 0 && number_of(j, "revision") < f->compacted) {
		refuse(f, w, 400, 11, "etcdserver: mvcc: required revision has been compacted");
	} else {
		if (str_starts(w->path, STR("/v3/lease/")))
			lease(f, w, j, &b);
		else if (str_is(w->path, "/v3/kv/range"))
			range(f, j, &b);
		else if (str_is(w->path, "/v3/kv/txn"))
			txn(f, j, &b);
		else
			put(f, j);
		if (b.n == 0) {
			sbuf_putc(&b, '{');
			put_header(f, &b);
			sbuf_putc(&b, '}');
		}
		answer(f, w, 200, sbuf_get(&b));
	}
	sbuf_fini(&b);
}

static void
serve_endlessly(struct fake_etcd *f, struct waiting *w)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	uint64_t id = w->id;
	bool ok;

	char *much = mem_calloc(1, (256 << 10) + 1);

	memset(much, 'e', 256 << 10);
	sbuf_puts(&b, "{\"kvs\":[");
	ok = hand_over(f, id, sbuf_get(&b));
	for (int64_t i = 0; ok && i < 1000000; i++) {
		if (i < 2) {
			sbuf_reset(&b);
			sbuf_puts(&b, i > 0 ? "," : "");
			put_kv(&b, STR("/tocsin/x"), str_from(much), 1, 0);
		}
		ok = hand_over(f, id, sbuf_get(&b));
	}
	ck_assert(!ok);
	mem_free(much);
	break_off(f, w);
	sbuf_fini(&b);
}

static void
serve(struct fake_etcd *f, struct waiting *w)
{
	struct json_t *j = json_small_parse(w->body, JSON_DOCUMENT, NULL);

	ck_assert_ptr_nonnull(j);
	w->at = (struct mono){ INT64_MAX };
	switch (f->endpoint[w->endpoint]) {
	case WELL:
		serve_well(f, w, j);
		break;
	case SILENT:
		break;
	case REFUSING_CONNECTIONS:
		break_off(f, w);
		break;
	case GARBAGE:
		answer(f, w, 200, STR("<html>It works!</html>"));
		break;
	case ENDLESS:
		serve_endlessly(f, w);
		break;
	case LEADERLESS:
		if (w->needs_leader)
			answer(f, w, 200, STR("{\"error\":{\"grpc_code\":14,\"http_code\":503,\"message\":\"etcdserver: no leader\"}}"));
		break;
	case CANNOT_RANGE:
		if (str_is(w->path, "/v3/kv/range"))
			answer(f, w, 500, STR("oops"));
		else
			serve_well(f, w, j);
		break;
	case ENDS_WATCHES:
		if (str_is(w->path, "/v3/watch"))
			answer(f, w, 200, STR_NONE);
		else
			serve_well(f, w, j);
		break;
	}
	json_small_free(&j);
}

/* The port. */

static void
on_ask(void *arg, const struct etcd_request *r)
{
	struct fake_etcd *f = arg;
	struct waiting *w = NEW(struct waiting);
	struct str rest = str_sub(r->url, 8, r->url.n);	/* http://0/v3/… */

	ck_assert(str_starts(r->url, STR("http://")));
	w->id = r->id;
	w->endpoint = (size_t)(r->url.p[7] - '0');
	w->path = dup_str(rest);
	w->body = dup_str(r->body);
	w->token = dup_str(r->token);
	snprintf(f->last_token, sizeof(f->last_token), "%.*s", STR_ARG(r->token));
	w->needs_leader = r->needs_leader;
	w->at = mono_add(f->now, f->delay);
	f->asked_at[w->endpoint]++;
	list_append(&f->waiting, &w->place);
}

static void
on_give_up(void *arg, uint64_t id)
{
	struct fake_etcd *f = arg;

	LIST_EACH(&f->waiting, node) {
		struct waiting *w = CONTAINER_OF(node, struct waiting, place);

		if (w->id == id) {
			unwait(f, w);
			return;
		}
	}
	/* It may be that which is being answered. */
}

void
fake_end_watches(struct fake_etcd *f, bool broken)
{
	LIST_EACH(&f->waiting, node) {
		struct waiting *w = CONTAINER_OF(node, struct waiting, place);

		if (w->watching == 0)
			continue;
		broken ? break_off(f, w) : answer(f, w, 200, STR_NONE);
		return;
	}
}

static void
on_line(void *arg, const char *line, size_t n)
{
	struct fake_etcd *f = arg;
	struct str text = { line, n };

	f->warnings += str_find(text, STR("level=INFO")) == n;
}

static struct moment
no_time(struct clock *c)
{
	(void)c;
	return (struct moment){ 0 };
}

static void
on_record(void *arg, const struct etcd_kv *kv, struct work *w, struct mono now)
{
	struct fake_etcd *f = arg;
	size_t i = 0;

	(void)w;
	(void)now;
	f->records++;
	f->cut += kv->cut;
	while (i < f->seen.n && !str_eq(f->seen.v[i].key, kv->key))
		i++;
	if (i == f->seen.n)
		VEC_PUSH(&f->seen, ((struct fake_kv){ .key = dup_str(kv->key) }));
	undup_str(f->seen.v[i].value);
	f->seen.v[i].value = dup_str(kv->value);
	f->seen.v[i].revision = kv->gone ? -kv->revision : kv->revision;
}

const struct fake_kv *
fake_seen(const struct fake_etcd *f, const char *key)
{
	for (size_t i = 0; i < f->seen.n; i++)
		if (str_is(f->seen.v[i].key, key))
			return f->seen.v[i].revision > 0 ? &f->seen.v[i] : NULL;
	return NULL;
}

static void
on_synced(void *arg, struct mono now)
{
	(void)now;
	((struct fake_etcd *)arg)->synced++;
}

static void
on_done(void *arg, uint64_t op, const struct etcd_outcome *o, struct mono now)
{
	struct fake_etcd *f = arg;

	(void)now;
	f->outcome = *o;
	f->outcome_of = op;
	f->outcomes++;
	snprintf(f->why, sizeof(f->why), "%.*s", STR_ARG(o->why));
	sbuf_reset(&f->moved);
	if (o->now != NULL)
		sbuf_str(&f->moved, o->now->value);
}

static void
on_changed(void *arg)
{
	((struct fake_etcd *)arg)->changed++;
}

void
fake_begin(struct fake_etcd *f, size_t n, const char *username, const char *password)
{
	static struct clock clock = { no_time };
	static struct log log;
	static const struct str endpoints[ENDPOINTS] = { { "http://0", 8 }, { "http://1", 8 }, { "http://2", 8 } };
	struct etcd_options o = {
		.endpoints = endpoints,
		.endpoints_n = n,
		.prefix = STR("/tocsin"),
		.lease_ttl = 10 * SPAN_S,
		.username = str_from(username),
		.password = str_from(password),
		.member = STR("me"),
		.name = STR("my name"),
		.seed = 7,
		.log = &log,
	};

	log = (struct log){ .level = LOG_INFO, .clock = &clock, .write = on_line, .arg = f };
	f->now.ns = SPAN_HOUR;
	if (f->revision == 0)
		f->revision = 1;
	f->moved.max = SBUF_UNLIMITED;
	f->port = (struct etcd_port){ on_ask, on_give_up, on_record, on_synced, on_done, on_changed, f };
	f->e = etcd_new(&o, &f->port);
	etcd_start(f->e, f->now);
}

static void
forget_all(struct fake_etcd *f)
{
	for (size_t i = 0; i < f->kvs.n; i++) {
		undup_str(f->kvs.v[i].key);
		undup_str(f->kvs.v[i].value);
	}
	for (size_t i = 0; i < f->changes.n; i++) {
		undup_str(f->changes.v[i].key);
		undup_str(f->changes.v[i].value);
	}
	f->kvs.n = f->changes.n = 0;
}

void
fake_lose_all(struct fake_etcd *f)
{
	forget_all(f);
	f->lease = 0;
	f->revision = 1;
}

void
fake_end(struct fake_etcd *f)
{
	etcd_free(&f->e);
	ck_assert_ptr_null(f->waiting.first);
	forget_all(f);
	for (size_t i = 0; i < f->seen.n; i++) {
		undup_str(f->seen.v[i].key);
		undup_str(f->seen.v[i].value);
	}
	VEC_FINI(&f->kvs);
	VEC_FINI(&f->changes);
	VEC_FINI(&f->seen);
	sbuf_fini(&f->moved);
	*f = (struct fake_etcd){ 0 };
}

/* The first that is due. */
static struct waiting *
due(const struct fake_etcd *f)
{
	LIST_EACH(&f->waiting, node) {
		struct waiting *w = CONTAINER_OF(node, struct waiting, place);

		if (w->at.ns <= f->now.ns)
			return w;
	}
	return NULL;
}

/* A watch that has something to tell. */
static struct waiting *
with_news(const struct fake_etcd *f)
{
	LIST_EACH(&f->waiting, node) {
		struct waiting *w = CONTAINER_OF(node, struct waiting, place);

		if (w->watching > 0 && f->endpoint[w->endpoint] == WELL && (w->watching <= f->revision || w->watching <= f->compacted))
			return w;
	}
	return NULL;
}

static bool
do_one(struct fake_etcd *f)
{
	struct work w = { 3000 };
	struct waiting *next;

	if ((next = due(f)) != NULL)
		serve(f, next);
	else if ((next = with_news(f)) != NULL)
		go_on_watching(f, next);
	else if (etcd_unread(f->e))
		etcd_read_some(f->e, &w, f->now);
	else
		return false;
	return true;
}

void
fake_run(struct fake_etcd *f, span d)
{
	struct mono end = mono_add(f->now, d);
	size_t steps = 0;

	for (;;) {
		struct mono next;

		while (do_one(f))
			ck_assert_uint_lt(steps++, 1000000);
		next = etcd_next(f->e);
		LIST_EACH(&f->waiting, node) {
			struct waiting *w = CONTAINER_OF(node, struct waiting, place);

			if (w->at.ns < next.ns)
				next = w->at;
		}
		if (f->lease != 0 && f->lease_until.ns < next.ns)
			next = f->lease_until;
		if (next.ns > end.ns)
			break;
		ck_assert_uint_lt(steps++, 1000000);
		if (next.ns > f->now.ns)
			f->now = next;
		if (f->lease != 0 && f->lease_until.ns <= f->now.ns)
			fake_end_lease(f);
		etcd_tick(f->e, f->now);
	}
	f->now = end;
}

enum etcd_fate
fake_txn(struct fake_etcd *f, const char *key, const char *value, int64_t revision, bool fenced)
{
	static uint64_t ids;
	struct etcd_op op = { .id = ++ids, .key = str_from(key), .value = str_from(value), .drop = value == NULL, .fenced = fenced,
		.revision = revision, .until = mono_add(f->now, 5 * SPAN_S) };

	ck_assert(etcd_submit(f->e, &op, f->now));
	for (int i = 0; i < 60 && f->outcome_of != op.id; i++)
		fake_run(f, 100 * SPAN_MS);
	ck_assert_uint_eq(f->outcome_of, op.id);
	return f->outcome.fate;
}
