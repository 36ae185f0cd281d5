/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libyaml's emitter, of which yaml.v2's is a port, told yaml.v2's choices of
 * style (encode.go).
 */
#include "text/yaml_write.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <yaml.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "text/base64.h"
#include "text/float.h"
#include "text/yaml.h"

#define BINARY_TAG "tag:yaml.org,2002:binary"

struct yaml_output {
	yaml_emitter_t y;
	struct sbuf *b;
};

static int
on_output(void *arg, unsigned char *p, size_t n)
{
	struct yaml_output *em = arg;

	sbuf_put(em->b, p, n);
	return 1;
}

/* Events only fail to be made or emitted out of memory or by a mistake of ours. */
static void
emit(struct yaml_writer *w, yaml_event_t *ev, int made)
{
	assert(made == 1);
	int ok = yaml_emitter_emit(&w->emitter->y, ev);
	assert(ok == 1);
}

static void
start(struct yaml_writer *w)
{
	yaml_event_t ev;

	if (w->emitter != NULL)
		return;
	w->emitter = NEW(struct yaml_output);
	w->emitter->b = w->b;
	int ok = yaml_emitter_initialize(&w->emitter->y);
	assert(ok == 1);
	yaml_emitter_set_output(&w->emitter->y, on_output, w->emitter);
	yaml_emitter_set_unicode(&w->emitter->y, 1);
	emit(w, &ev, yaml_stream_start_event_initialize(&ev, YAML_UTF8_ENCODING));
	emit(w, &ev, yaml_document_start_event_initialize(&ev, NULL, NULL, NULL, 1));
}

static void
finish(struct yaml_writer *w)
{
	static const struct str end = { "\n...\n", 5 };
	yaml_event_t ev;

	emit(w, &ev, yaml_document_end_event_initialize(&ev, 1));
	emit(w, &ev, yaml_stream_end_event_initialize(&ev));
	int ok = yaml_emitter_flush(&w->emitter->y);
	assert(ok == 1);
	yaml_emitter_delete(&w->emitter->y);
	mem_free(w->emitter);
	w->emitter = NULL;
	/* libyaml closes a document that ends in a |+ block; yaml.v2 does not. */
	if (str_ends(sbuf_get(w->b), end))
		sbuf_cut(w->b, w->b->n - (end.n - 1));
}

static void
ended(struct yaml_writer *w)
{
	if (w->depth == 0)
		finish(w);
}

static void
put_scalar(struct yaml_writer *w, struct str s, const char *tag, yaml_scalar_style_t style)
{
	yaml_event_t ev;
	int implicit = tag == NULL;

	assert(s.n <= INT32_MAX);
	start(w);
	emit(w, &ev,
	    yaml_scalar_event_initialize(&ev, NULL, (const yaml_char_t *)tag,
		(const yaml_char_t *)(s.n > 0 ? s.p : ""), (int)s.n, implicit, implicit, style));
	ended(w);
}

/* [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?: a number to other YAML 1.1 readers. */
static bool
is_base60(struct str s)
{
	size_t i = s.n > 0 && (s.p[0] == '+' || s.p[0] == '-') ? 1 : 0;
	bool parts = false;

	if (i >= s.n || !isdigit((unsigned char)s.p[i]))
		return false;
	while (i < s.n && (isdigit((unsigned char)s.p[i]) || s.p[i] == '_'))
		i++;
	while (i + 1 < s.n && s.p[i] == ':' && isdigit((unsigned char)s.p[i + 1])) {
		bool two = i + 2 < s.n && isdigit((unsigned char)s.p[i + 2]);
		if (two && s.p[i + 1] > '5')
			return false;
		parts = true;
		i += two ? 3 : 2;
	}
	if (parts && i < s.n && s.p[i] == '.') {
		i++;
		while (i < s.n && (isdigit((unsigned char)s.p[i]) || s.p[i] == '_'))
			i++;
	}
	return parts && i == s.n;
}

/* Base64 in lines of 70, as yaml.v2 writes what is no UTF-8. */
static void
put_binary(struct yaml_writer *w, struct str s)
{
	struct sbuf all = SBUF_INIT(SBUF_UNLIMITED), lines = SBUF_INIT(SBUF_UNLIMITED);
	const size_t width = 70;

	base64_encode(&all, s, BASE64_STD);
	bool several = all.n / width + 1 > 1;
	for (size_t i = 0; i < all.n; i += width) {
		sbuf_str(&lines, str_sub(sbuf_get(&all), i, i + width));
		if (several)
			sbuf_putc(&lines, '\n');
	}
	put_scalar(w, sbuf_get(&lines), BINARY_TAG,
	    several ? YAML_LITERAL_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE);
	sbuf_fini(&all);
	sbuf_fini(&lines);
}

void
yaml_writer_init(struct yaml_writer *w, struct sbuf *b)
{
	*w = (struct yaml_writer){ .b = b };
}

void
yaml_map_begin(struct yaml_writer *w)
{
	yaml_event_t ev;

	start(w);
	emit(w, &ev, yaml_mapping_start_event_initialize(&ev, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
	w->depth++;
}

void
yaml_map_end(struct yaml_writer *w)
{
	yaml_event_t ev;

	assert(w->depth > 0);
	emit(w, &ev, yaml_mapping_end_event_initialize(&ev));
	w->depth--;
	ended(w);
}

void
yaml_seq_begin(struct yaml_writer *w)
{
	yaml_event_t ev;

	start(w);
	emit(w, &ev, yaml_sequence_start_event_initialize(&ev, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
	w->depth++;
}

void
yaml_flow_seq_begin(struct yaml_writer *w)
{
	yaml_event_t ev;

	start(w);
	emit(w, &ev, yaml_sequence_start_event_initialize(&ev, NULL, NULL, 1, YAML_FLOW_SEQUENCE_STYLE));
	w->depth++;
}

void
yaml_seq_end(struct yaml_writer *w)
{
	yaml_event_t ev;

	assert(w->depth > 0);
	emit(w, &ev, yaml_sequence_end_event_initialize(&ev));
	w->depth--;
	ended(w);
}

void
yaml_key(struct yaml_writer *w, struct str key)
{
	assert(w->depth > 0);
	yaml_str(w, key);
}

void
yaml_str(struct yaml_writer *w, struct str s)
{
	/* Without quotes << would be read back as a merge key (yaml.v2 does not mind). */
	yaml_scalar_style_t style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;

	if (!utf8_valid(s)) {
		put_binary(w, s);
		return;
	}
	if (str_chr(s, '\n') < s.n)
		style = YAML_LITERAL_SCALAR_STYLE;
	else if (yaml_resolve_plain(s).type == YAML_T_STRING && !is_base60(s) && !str_is(s, "<<"))
		style = YAML_PLAIN_SCALAR_STYLE;
	put_scalar(w, s, NULL, style);
}

void
yaml_raw(struct yaml_writer *w, struct str text)
{
	assert(utf8_valid(text));
	put_scalar(w, text, NULL, YAML_PLAIN_SCALAR_STYLE);
}

void
yaml_int(struct yaml_writer *w, int64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%" PRId64, v);

	yaml_raw(w, (struct str){ text, (size_t)n });
}

void
yaml_double(struct yaml_writer *w, double v)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (isnan(v))
		sbuf_puts(&b, ".nan");
	else if (isinf(v))
		sbuf_puts(&b, v > 0 ? ".inf" : "-.inf");
	else
		float_format(&b, v, 'g', -1);
	yaml_raw(w, sbuf_get(&b));
	sbuf_fini(&b);
}

void
yaml_bool(struct yaml_writer *w, bool v)
{
	yaml_raw(w, str_from(v ? "true" : "false"));
}

void
yaml_null(struct yaml_writer *w)
{
	yaml_raw(w, STR("null"));
}

void
yaml_put_str(struct yaml_writer *w, const char *key, struct str v)
{
	yaml_key(w, str_from(key));
	yaml_str(w, v);
}

void
yaml_put_bool(struct yaml_writer *w, const char *key, bool v)
{
	yaml_key(w, str_from(key));
	yaml_bool(w, v);
}
