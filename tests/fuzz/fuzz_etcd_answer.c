/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An etcd may answer anything, to every request: never a crash, never more in memory than is allowed, and never a question without
 * end. The input is read as answers: a byte says how the next one ends, and how long it is.
 */
#include <assert.h>
#include <stdlib.h>

#include "etcd/etcd.h"
#include "http/fetch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WAITING_MAX 64

static struct etcd *session;
static struct mono now;
static uint64_t waiting[WAITING_MAX];
static size_t waiting_n;
static uint64_t ops;

static void
ask(void *arg, const struct etcd_request *r)
{
	(void)arg;
	assert(waiting_n < WAITING_MAX && r->url.n > 0 && r->body.n > 0);
	waiting[waiting_n++] = r->id;
}

static void
give_up(void *arg, uint64_t id)
{
	(void)arg;
	for (size_t i = 0; i < waiting_n; i++)
		if (waiting[i] == id)
			waiting[i] = waiting[--waiting_n];
}

static void
submit(struct str key, int64_t revision)
{
	struct etcd_op op = { .id = ++ops, .key = key, .value = STR("value"), .fenced = true, .revision = revision,
		.until = { now.ns + 5 * SPAN_S } };

	if (!etcd_submit(session, &op, now))
		return;
	if (ops % 7 == 0)
		etcd_forget(session, ops);
}

static void
record(void *arg, const struct etcd_kv *kv, struct work *w, struct mono at)
{
	(void)arg;
	(void)at;
	work_spend(w, 1);
	assert(kv->revision > 0 && kv->value.n <= ETCD_VALUE_MAX && kv->key.n <= ETCD_KEY_MAX);
	if (ops < 200)
		submit(kv->key, kv->revision);
}

static void
synced(void *arg, struct mono at)
{
	(void)arg;
	(void)at;
}

static void
done(void *arg, uint64_t op, const struct etcd_outcome *o, struct mono at)
{
	(void)arg;
	(void)at;
	assert(op <= ops);
	if (o->now != NULL && ops < 200)
		submit(o->now->key, o->now->revision);
}

static void
changed(void *arg)
{
	(void)arg;
}

static void
read_all(void)
{
	while (etcd_unread(session)) {
		struct work w = { 2000 };

		etcd_read_some(session, &w, now);
	}
}

static void
answer(uint64_t id, unsigned how, struct str bytes)
{
	struct fetch_response r = { .status = 200 };
	size_t half = bytes.n / 2;

	if (how % 8 == 1)
		r = (struct fetch_response){ .transport_error = true, .error = STR("connection refused") };
	else if (how % 8 == 2)
		r = (struct fetch_response){ .status = 400, .body = bytes };
	else if (!etcd_bytes(session, id, str_sub(bytes, 0, half), now) || !etcd_bytes(session, id, str_sub(bytes, half, bytes.n), now))
		r = (struct fetch_response){ .transport_error = true, .error = STR("the sink has had enough") };
	/* A watch goes on. */
	if (how % 8 == 3)
		return;
	give_up(NULL, id);
	etcd_answered(session, id, &r, now);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct etcd_port port = { ask, give_up, record, synced, done, changed, NULL };
	static const struct str endpoints[] = { { "http://a", 8 }, { "http://b", 8 } };
	struct etcd_options o = { .endpoints = endpoints, .endpoints_n = 2, .prefix = STR("/t"), .lease_ttl = 10 * SPAN_S,
		.member = STR("me"), .name = STR("me"), .seed = 1 };

	if (size > 0 && data[0] % 2 != 0)
		o.username = o.password = STR("root");
	now = (struct mono){ SPAN_S };
	waiting_n = 0;
	ops = 0;
	session = etcd_new(&o, &port);
	etcd_start(session, now);
	for (size_t at = 0; at + 2 < size;) {
		unsigned how = data[at];
		size_t n = (size_t)data[at + 1] * (how & 16 ? 16 : 1);

		at += 2;
		if (n > size - at)
			n = size - at;
		if (waiting_n > 0)
			answer(waiting[(how >> 5) % waiting_n], how, (struct str){ (const char *)data + at, n });
		read_all();
		at += n;
		now.ns += (how & 8 ? 4000 : 10) * SPAN_MS;
		etcd_tick(session, now);
		assert(etcd_next(session).ns > now.ns - SPAN_HOUR);
	}
	etcd_leave(session, now);
	etcd_free(&session);
	assert(waiting_n == 0);
	return 0;
}
