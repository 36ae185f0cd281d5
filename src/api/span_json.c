/* SPDX-License-Identifier: Apache-2.0 */
#include "api/span_json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text/json_write.h"

static void
hex(const unsigned char *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
}

static void
put_hex(struct json_writer *w, const char *key, const unsigned char *bytes, size_t n)
{
	char text[32];

	assert(n <= 16);
	hex(bytes, n, text);
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

void
traceparent_format(const struct trace_place *p, char out[TRACEPARENT_MAX])
{
	memcpy(out, "00-", 3);
	hex(p->trace, 16, out + 3);
	out[35] = '-';
	hex(p->span, 8, out + 36);
	memcpy(out + 52, p->sampled ? "-01" : "-00", 4);
}

/* Lower case only; all zeros mean "none". */
static bool
unhex(const char *p, size_t n, unsigned char *out)
{
	unsigned char any = 0;

	for (size_t i = 0; i < 2 * n; i++) {
		char c = p[i];
		unsigned char v;

		if (c >= '0' && c <= '9')
			v = (unsigned char)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = (unsigned char)(c - 'a' + 10);
		else
			return false;
		out[i / 2] = (unsigned char)(i % 2 == 0 ? v << 4 : out[i / 2] | v);
		any |= v;
	}
	return any != 0;
}

bool
traceparent_parse(struct str s, struct trace_place *out)
{
	struct trace_place p;
	unsigned char version, flags;

	/* Later versions may be longer, but begin the same; ff is none. */
	if (s.n < 55 || s.p[2] != '-' || s.p[35] != '-' || s.p[52] != '-')
		return false;
	version = flags = 0;
	if ((!unhex(s.p, 1, &version) && memcmp(s.p, "00", 2) != 0) || version == 0xff)
		return false;
	if ((version == 0 && s.n != 55) || (s.n > 55 && s.p[55] != '-'))
		return false;
	if (!unhex(s.p + 3, 16, p.trace) || !unhex(s.p + 36, 8, p.span))
		return false;
	if (!unhex(s.p + 53, 1, &flags) && memcmp(s.p + 53, "00", 2) != 0)
		return false;
	p.sampled = flags & 1;
	*out = p;
	return true;
}
