/* SPDX-License-Identifier: Apache-2.0 */
#include "say.h"

#include "text/base64.h"
#include "text/json_write.h"

static void
begin(struct json_writer *w, struct sbuf *b)
{
	json_writer_init(w, b, JSON_HTML_PLAIN);
	json_object_begin(w);
}

static void
put_bytes(struct json_writer *w, const char *key, struct str v)
{
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);

	base64_encode(&text, v, BASE64_STD);
	json_put_str(w, key, sbuf_get(&text));
	sbuf_fini(&text);
}

/* Numbers of 64 bits are strings, as protobuf has them in JSON. */
static void
put_number(struct json_writer *w, const char *key, int64_t v)
{
	struct sbuf text = SBUF_INIT(32);

	sbuf_printf(&text, "%lld", (long long)v);
	json_put_str(w, key, sbuf_get(&text));
	sbuf_fini(&text);
}

void
say_authenticate(struct sbuf *b, struct str username, struct str password)
{
	struct json_writer w;

	begin(&w, b);
	json_put_str(&w, "name", username);
	json_put_str(&w, "password", password);
	json_object_end(&w);
}

void
say_grant(struct sbuf *b, span ttl)
{
	struct json_writer w;

	begin(&w, b);
	put_number(&w, "TTL", ttl / SPAN_S);
	json_object_end(&w);
}

void
say_lease(struct sbuf *b, int64_t lease)
{
	struct json_writer w;

	begin(&w, b);
	put_number(&w, "ID", lease);
	json_object_end(&w);
}

void
say_range(struct sbuf *b, struct str from, struct str end, int64_t revision, unsigned limit)
{
	struct json_writer w;

	begin(&w, b);
	put_bytes(&w, "key", from);
	put_bytes(&w, "range_end", end);
	put_number(&w, "limit", limit);
	if (revision > 0)
		put_number(&w, "revision", revision);
	json_object_end(&w);
}

void
say_watch(struct sbuf *b, struct str from, struct str end, int64_t revision)
{
	struct json_writer w;

	begin(&w, b);
	json_key(&w, STR("create_request"));
	json_object_begin(&w);
	put_bytes(&w, "key", from);
	put_bytes(&w, "range_end", end);
	put_number(&w, "start_revision", revision);
	json_object_end(&w);
	json_object_end(&w);
}

static void
compare(struct json_writer *w, const char *target, const char *value_key, struct str key, int64_t value)
{
	json_object_begin(w);
	json_put_str(w, "target", str_from(target));
	json_put_str(w, "result", STR("EQUAL"));
	put_bytes(w, "key", key);
	put_number(w, value_key, value);
	json_object_end(w);
}

static void
begin_txn(struct json_writer *w, struct sbuf *b, struct str key, int64_t revision, const struct say_fence *fence)
{
	begin(w, b);
	json_key(w, STR("compare"));
	json_array_begin(w);
	compare(w, "MOD", "mod_revision", key, revision);
	if (fence->lease != 0)
		compare(w, "LEASE", "lease", fence->key, fence->lease);
	json_array_end(w);
	json_key(w, STR("success"));
	json_array_begin(w);
	json_object_begin(w);
}

/* The end of what is done if so, and what is done if not so. */
static void
end_txn(struct json_writer *w, struct str key)
{
	json_object_end(w);
	json_array_end(w);
	json_key(w, STR("failure"));
	json_array_begin(w);
	json_object_begin(w);
	json_key(w, STR("request_range"));
	json_object_begin(w);
	put_bytes(w, "key", key);
	json_object_end(w);
	json_object_end(w);
	json_array_end(w);
	json_object_end(w);
}

static void
put_request(struct json_writer *w, struct str key, struct str value, int64_t lease)
{
	put_bytes(w, "key", key);
	put_bytes(w, "value", value);
	if (lease != 0)
		put_number(w, "lease", lease);
}

void
say_put(struct sbuf *b, struct str key, struct str value, int64_t revision, const struct say_fence *fence)
{
	struct json_writer w;

	begin_txn(&w, b, key, revision, fence);
	json_key(&w, STR("request_put"));
	json_object_begin(&w);
	put_request(&w, key, value, 0);
	json_object_end(&w);
	end_txn(&w, key);
}

void
say_drop(struct sbuf *b, struct str key, int64_t revision, const struct say_fence *fence)
{
	struct json_writer w;

	begin_txn(&w, b, key, revision, fence);
	json_key(&w, STR("request_delete_range"));
	json_object_begin(&w);
	put_bytes(&w, "key", key);
	json_object_end(&w);
	end_txn(&w, key);
}

void
say_join(struct sbuf *b, struct str key, struct str value, int64_t lease)
{
	struct json_writer w;

	begin(&w, b);
	put_request(&w, key, value, lease);
	json_object_end(&w);
}
