/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/span_json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "text/json_write.h"

static void
put_hex(struct json_writer *w, const char *key, const unsigned char *bytes, size_t n)
{
	char text[33];

	assert(n <= 16);
	hex_encode(bytes, n, text);
	json_put_str(w, key, (struct str){ text, 2 * n });
}

static void
put_number(struct json_writer *w, const char *key, int64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%" PRId64, v);

	json_put_str(w, key, (struct str){ text, (size_t)n });
}

static void
put_attribute(struct json_writer *w, const struct span_attribute *a)
{
	json_object_begin(w);
	json_put_str(w, "key", str_from(a->key));
	json_key(w, STR("value"));
	json_object_begin(w);
	if (a->text.p != NULL)
		json_put_str(w, "stringValue", a->text);
	else
		put_number(w, "intValue", a->number);
	json_object_end(w);
	json_object_end(w);
}

static void
put_attributes(struct json_writer *w, const struct span_attribute *a, size_t n)
{
	json_key(w, STR("attributes"));
	json_array_begin(w);
	for (size_t i = 0; i < n; i++)
		put_attribute(w, &a[i]);
	json_array_end(w);
}

static int64_t
unix_nano(struct wall t)
{
	return t.s * SPAN_S + t.ns;
}

void
span_json(struct sbuf *out, const struct span_record *s)
{
	struct json_writer w;

	json_writer_init(&w, out, JSON_HTML_PLAIN);
	json_object_begin(&w);
	put_hex(&w, "traceId", s->place.trace, 16);
	put_hex(&w, "spanId", s->place.span, 8);
	if (s->parent != NULL)
		put_hex(&w, "parentSpanId", s->parent, 8);
	json_put_str(&w, "name", s->name);
	json_put_int(&w, "kind", s->kind);
	put_number(&w, "startTimeUnixNano", unix_nano(s->began));
	put_number(&w, "endTimeUnixNano", unix_nano(s->began) + s->took);
	put_attributes(&w, s->attributes, s->attributes_n);
	if (s->failed) {
		json_key(&w, STR("status"));
		json_object_begin(&w);
		json_put_int(&w, "code", 2);
		if (s->error.n > 0)
			json_put_str(&w, "message", s->error);
		json_object_end(&w);
	}
	json_object_end(&w);
}

void
spans_json_begin(struct sbuf *out, struct str service, struct str version, struct str instance)
{
	const struct span_attribute resource[] = {
		{ "service.name", service, 0 },
		{ "service.version", version, 0 },
		{ "service.instance.id", instance, 0 },
		{ "telemetry.sdk.name", STR("tocsin"), 0 },
		{ "telemetry.sdk.language", STR("c"), 0 },
	};
	struct json_writer w;

	json_writer_init(&w, out, JSON_HTML_PLAIN);
	json_raw(&w, STR("{\"resourceSpans\":[{\"resource\":{"));
	w.comma = false;
	put_attributes(&w, resource, ARRAY_LEN(resource));
	sbuf_puts(out, "},\"scopeSpans\":[{\"scope\":{\"name\":\"tocsin\"},\"spans\":[");
}

void
spans_json_end(struct sbuf *out)
{
	sbuf_puts(out, "]}]}]}");
}
