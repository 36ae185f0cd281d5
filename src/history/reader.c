/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

#include "base/mem.h"
#include "text/json_write.h"

static bool
prepare(struct reader *r, struct err *e)
{
	struct past_db *db = &r->db;

	return block_source_open(&r->source, db, e) &&
	    (r->blocks = past_db_prepare(
		    db, "SELECT " BLOCK_COLUMNS " FROM blocks WHERE first < ? ORDER BY first DESC", e)) != NULL &&
	    (r->segments = past_db_prepare(
		 db, "SELECT first, n, sum, part, parts, directory FROM segments ORDER BY first", e)) != NULL &&
	    (r->part = past_db_prepare(db, "SELECT body FROM parts WHERE id = ?", e)) != NULL;
}

bool
reader_open(struct reader *r, const char *path, uint64_t generation, struct err *e)
{
	if (r->is_open && r->generation == generation)
		return true;
	reader_close(r);
	if (!past_db_open_reader(&r->db, path, e))
		return false;
	r->is_open = true;
	r->generation = generation;
	if (prepare(r, e))
		return true;
	reader_close(r);
	return false;
}

void
reader_close(struct reader *r)
{
	block_source_close(&r->source);
	sqlite3_finalize(r->blocks);
	sqlite3_finalize(r->segments);
	sqlite3_finalize(r->part);
	segments_close(r);
	past_db_close(&r->db);
	*r = (struct reader){ 0 };
}

bool
reader_begin(struct reader *r, struct err *e)
{
	struct err ignored = { 0 };

	r->arena = arena_new();
	r->questions++;
	r->bad = 0;
	if (past_db_run(&r->db, "BEGIN", e)) {
		if (segments_refresh(r, e))
			return true;
		(void)!past_db_run(&r->db, "ROLLBACK", &ignored);
	}
	arena_free(&r->arena);
	return false;
}

void
reader_end(struct reader *r)
{
	struct err ignored = { 0 };

	block_source_reset(&r->source);
	sqlite3_reset(r->part);
	segments_trim(r, true);
	hmap_fini(&r->known);
	r->known = (struct hmap){ 0 };
	arena_free(&r->arena);
	(void)!past_db_run(&r->db, "COMMIT", &ignored);
}

/* Columns stand in the order of their names, as labels do. */
static void
put_pairs(struct reader *r, struct open_segment *s, uint32_t at, struct sbuf *out)
{
	struct json_writer w;

	json_writer_init(&w, out, JSON_HTML_ESCAPED);
	json_object_begin(&w);
	for (size_t i = 1; i < s->entries_n; i++) {
		const struct column *c = segment_column_of(r, s, i);
		uint32_t value = c != NULL ? column_cell(c, at) : 0;

		if (value == 0)
			continue;
		json_key(&w, s->entries[i].name);
		json_str(&w, c->values[value - 1]);
	}
	json_object_end(&w);
}

uint64_t
reader_fingerprint(struct reader *r, uint64_t set)
{
	struct open_segment *s = segment_of(r, set);
	const struct column *c = s != NULL ? segment_column_of(r, s, 0) : NULL;

	return c != NULL ? column_fingerprint(c, (uint32_t)(set - s->first)) : 0;
}

static struct known_labels *
find(struct reader *r, uint64_t set)
{
	struct hmap_node *n = hmap_first(&r->known, set);
	struct known_labels *k;

	/* The hash is the number. */
	if (n != NULL)
		return CONTAINER_OF(n, struct known_labels, node);
	k = ARENA_NEW(r->arena, struct known_labels);
	k->number = set;
	k->fingerprint = reader_fingerprint(r, set);
	k->exists = k->fingerprint != 0;
	hmap_insert(&r->known, &k->node, set);
	return k;
}

const struct known_labels *
reader_set(struct reader *r, uint64_t set)
{
	return find(r, set);
}

const struct known_labels *
reader_labels(struct reader *r, uint64_t set)
{
	struct known_labels *k = find(r, set);
	struct sbuf json = SBUF_INIT(SBUF_UNLIMITED);
	struct open_segment *s;

	if (!k->exists || k->json.n > 0)
		return k;
	s = segment_of(r, set);
	put_pairs(r, s, (uint32_t)(set - s->first), &json);
	k->json = arena_str(r->arena, sbuf_get(&json));
	sbuf_fini(&json);
	segments_trim(r, false);
	return k;
}
