/* SPDX-License-Identifier: Apache-2.0 */
/* Any document is read or refused; what was read is written and read again as the same. */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "text/yaml.h"
#include "text/yaml_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEPTH 60

/* Aliases make a few bytes many nodes: only so many are looked at. */
static int budget;

static void
put(struct yaml_writer *w, const struct yaml_node *n, int depth)
{
	struct yaml_value v;

	if (depth > DEPTH || --budget < 0) {
		yaml_null(w);
		return;
	}
	switch (n->kind) {
	case YAML_SCALAR:
		if (yaml_resolve(n, &v, NULL) && v.type != YAML_T_STRING && utf8_valid(n->text))
			yaml_raw(w, n->text);
		else
			yaml_str(w, n->text);
		break;
	case YAML_SEQ:
		yaml_seq_begin(w);
		for (size_t i = 0; i < n->n; i++)
			put(w, n->items[i], depth + 1);
		yaml_seq_end(w);
		break;
	case YAML_MAP:
		yaml_map_begin(w);
		for (size_t i = 0; i < n->n; i++) {
			yaml_str(w, n->pairs[i].key->text);
			put(w, n->pairs[i].value, depth + 1);
		}
		yaml_map_end(w);
		break;
	}
}

/* A string alone, through the writer and back. */
static void
round_trip(struct arena *a, struct str s)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct yaml_writer w;
	const struct yaml_node *root;
	struct yaml_value v;

	yaml_writer_init(&w, &b);
	yaml_seq_begin(&w);
	yaml_str(&w, s);
	yaml_seq_end(&w);
	assert(yaml_parse(a, sbuf_get(&b), &root, NULL) && root->n == 1);
	assert(yaml_resolve(root->items[0], &v, NULL));
	assert(v.type == YAML_T_BINARY || v.type == YAML_T_STRING);
	sbuf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	struct arena *a = arena_new();
	const struct yaml_node *root = NULL;
	struct err e = { 0 };

	(void)yaml_resolve_plain(in);
	round_trip(a, in);
	if (yaml_parse(a, in, &root, &e)) {
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
		struct yaml_writer w;
		if (root != NULL) {
			(void)yaml_short_tag(root);
			(void)yaml_get(root, "a");
			budget = 2000;
			yaml_writer_init(&w, &b);
			put(&w, root, 0);
			const struct yaml_node *again;
			assert(yaml_parse(a, sbuf_get(&b), &again, &e));
			assert(again == NULL || again->kind == root->kind);
		}
		sbuf_fini(&b);
	} else {
		assert(e.kind != ERR_NONE);
	}
	arena_free(&a);
	return 0;
}
