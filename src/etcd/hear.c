/* SPDX-License-Identifier: Apache-2.0 */
#include "hear.h"

#include <stdio.h>

#include "text/base64.h"
#include "text/json_small.h"

/* A number, or a string that holds one. */
static bool
number(struct json_t *j, const char *name, int64_t *out, struct err *e)
{
	struct json_t *v = json_small_get(j, name);
	struct str text = json_small_text(v, STR_NONE);

	*out = 0;
	if (v == NULL)
		return true;
	if (text.n == 0)
		*out = json_small_int(j, name, 0);
	else if (!json_number_int(text, out))
		return err_set(e, ERR_INVALID, "%s is not a number of 64 bits", name);
	return true;
}

static void
refusal(struct json_t *j, struct heard *out)
{
	struct json_t *inner = json_small_get(j, "error");
	struct json_t *at = json_small_is_object(inner) ? inner : j;
	struct str text = json_small_str(at, "message", json_small_text(inner, STR("refused without a reason")));
	int64_t code = json_small_int(at, "code", json_small_int(at, "grpc_code", 0));

	out->code = code > 0 && code < 1000 ? (int)code : GRPC_UNAVAILABLE;
	err_set(&out->error, ERR_IO, "%.*s", STR_ARG(text));
}

static bool
result(struct json_t *j, struct heard *out, struct err *e)
{
	struct str token = json_small_str(j, "token", STR_NONE);

	if (token.n >= sizeof(out->token))
		return err_set(e, ERR_LIMIT, "a token of %zu bytes, of %zu at most", token.n, sizeof(out->token) - 1);
	snprintf(out->token, sizeof(out->token), "%.*s", STR_ARG(token));
	out->succeeded = json_small_bool(j, "succeeded", false);
	out->more = json_small_bool(j, "more", false);
	out->created = json_small_bool(j, "created", false);
	out->canceled = json_small_bool(j, "canceled", false);
	if (out->canceled)
		err_set(&out->error, ERR_CANCELED, "%.*s", STR_ARG(json_small_str(j, "cancel_reason", STR("canceled"))));
	return number(json_small_get(j, "header"), "revision", &out->revision, e) && number(j, "ID", &out->lease, e) &&
	    number(j, "TTL", &out->ttl, e) && number(j, "compact_revision", &out->compacted, e);
}

bool
hear_object(struct str json, struct heard *out, struct err *e)
{
	struct json_t *doc = json_small_parse(json, JSON_DOCUMENT, e), *inner;
	bool ok = true;

	*out = (struct heard){ 0 };
	if (doc == NULL)
		return err_ctx(e, "an answer");
	inner = json_small_get(doc, "result");
	if (json_small_get(doc, "error") != NULL)
		refusal(doc, out);
	else
		ok = result(inner != NULL ? inner : doc, out, e);
	json_small_free(&doc);
	return ok || err_ctx(e, "an answer");
}

void
hear_refusal(struct str body, int status, struct heard *out)
{
	struct json_t *doc = json_small_parse(body, JSON_FIRST_VALUE, NULL);

	*out = (struct heard){ 0 };
	if (json_small_get(doc, "error") != NULL) {
		refusal(doc, out);
	} else {
		out->code = status == 401 ? GRPC_UNAUTHENTICATED : GRPC_UNAVAILABLE;
		err_set(&out->error, ERR_IO, "unexpected status code %d", status);
	}
	json_small_free(&doc);
}

/* Bytes in base64, behind those that the buffer has; `cut`: as much of them as is there. */
static bool
bytes(struct json_t *j, const char *name, bool cut, struct sbuf *buffer, struct err *e)
{
	struct str text = json_small_str(j, name, STR_NONE);

	if (cut)
		text.n -= text.n % 4;
	return base64_decode(buffer, text, BASE64_STD) || err_set(e, ERR_INVALID, "%s is not base64", name);
}

static bool
record(struct json_t *j, bool gone, bool cut, struct sbuf *buffer, struct etcd_kv *out, struct err *e)
{
	size_t key_n;

	*out = (struct etcd_kv){ .cut = cut, .gone = gone };
	sbuf_reset(buffer);
	buffer->max = SBUF_UNLIMITED;
	if (!bytes(j, "key", false, buffer, e))
		return false;
	key_n = buffer->n;
	if (!bytes(j, "value", cut, buffer, e) || !number(j, "mod_revision", &out->revision, e) || !number(j, "lease", &out->lease, e))
		return false;
	if (key_n == 0 || out->revision <= 0)
		return err_set(e, ERR_INVALID, "a record without key or revision");
	out->key = str_sub(sbuf_get(buffer), 0, key_n);
	out->value = str_sub(sbuf_get(buffer), key_n, buffer->n);
	if (out->value.n > ETCD_VALUE_MAX) {
		out->value.n = ETCD_VALUE_MAX;
		out->cut = true;
	}
	return true;
}

bool
hear_element(enum heard_list list, struct str json, bool cut, struct sbuf *buffer, struct etcd_kv *out, bool *there,
    struct err *e)
{
	struct json_t *doc = json_small_parse(json, JSON_DOCUMENT, e), *at = doc;
	bool gone = false, ok;

	*there = false;
	if (doc == NULL)
		return err_ctx(e, "a record");
	if (list == HEARD_EVENT) {
		struct str type = json_small_str(doc, "type", STR("PUT"));

		gone = str_is(type, "DELETE");
		at = json_small_get(doc, "kv");
	} else if (list == HEARD_RESPONSE) {
		at = json_small_at(json_small_get(json_small_get(doc, "response_range"), "kvs"), 0);
	}
	*there = at != NULL;
	ok = at == NULL || record(at, gone, cut, buffer, out, e);
	json_small_free(&doc);
	return ok || err_ctx(e, "a record");
}
