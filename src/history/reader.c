/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

#include "base/mem.h"
#include "text/json_write.h"
#include "varint.h"

static bool
prepare(struct reader *r, struct err *e)
{
	struct past_db *db = &r->db;

	return block_source_open(&r->source, db, e) &&
	    (r->blocks = past_db_prepare(
		    db, "SELECT " BLOCK_COLUMNS " FROM blocks WHERE first < ? ORDER BY first DESC", e)) != NULL &&
	    (r->set = past_db_prepare(db, "SELECT fingerprint, pairs FROM sets WHERE id = ?", e)) != NULL &&
	    (r->pair = past_db_prepare(db, "SELECT name, value FROM pairs WHERE id = ?", e)) != NULL &&
	    (r->find_pair = past_db_prepare(db, "SELECT id FROM pairs WHERE name = ? AND value = ?", e)) != NULL &&
	    (r->pairs_of = past_db_prepare(
		 db, "SELECT id, value FROM pairs WHERE name = ? AND value >= ? ORDER BY value", e)) != NULL &&
	    (r->postings = past_db_prepare(db, "SELECT id, sets FROM postings WHERE id >= ? AND id < ?", e)) != NULL &&
	    (r->all_sets = past_db_prepare(db, "SELECT id, pairs FROM sets", e)) != NULL &&
	    (r->by_fingerprint = past_db_prepare(db, "SELECT id FROM sets WHERE fingerprint = ?", e)) != NULL;
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
	sqlite3_finalize(r->set);
	sqlite3_finalize(r->pair);
	sqlite3_finalize(r->find_pair);
	sqlite3_finalize(r->pairs_of);
	sqlite3_finalize(r->postings);
	sqlite3_finalize(r->by_fingerprint);
	sqlite3_finalize(r->all_sets);
	past_db_close(&r->db);
	*r = (struct reader){ 0 };
}

bool
reader_begin(struct reader *r, struct err *e)
{
	r->arena = arena_new();
	if (past_db_run(&r->db, "BEGIN", e))
		return true;
	arena_free(&r->arena);
	return false;
}

void
reader_end(struct reader *r)
{
	struct err ignored = { 0 };

	block_source_reset(&r->source);
	hmap_fini(&r->known);
	r->known = (struct hmap){ 0 };
	arena_free(&r->arena);
	(void)!past_db_run(&r->db, "COMMIT", &ignored);
}

static struct str
column_text(sqlite3_stmt *s, int at)
{
	const char *p = (const char *)sqlite3_column_text(s, at);

	return (struct str){ p, (size_t)sqlite3_column_bytes(s, at) };
}

static void
put_pairs(struct reader *r, struct str pairs, struct sbuf *out)
{
	struct json_writer w;
	size_t at = 0;
	uint64_t pair;

	json_writer_init(&w, out, JSON_HTML_ESCAPED);
	json_object_begin(&w);
	while (varint_get(pairs, &at, &pair)) {
		sqlite3_bind_int64(r->pair, 1, (int64_t)pair);
		if (sqlite3_step(r->pair) == SQLITE_ROW) {
			json_key(&w, column_text(r->pair, 0));
			json_str(&w, column_text(r->pair, 1));
		}
		sqlite3_reset(r->pair);
	}
	json_object_end(&w);
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
	sqlite3_bind_int64(r->set, 1, (int64_t)set);
	if (sqlite3_step(r->set) == SQLITE_ROW) {
		k->exists = true;
		k->fingerprint = (uint64_t)sqlite3_column_int64(r->set, 0);
		k->pairs = arena_str(r->arena, past_db_column(r->set, 1));
	}
	sqlite3_reset(r->set);
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

	if (!k->exists || k->json.n > 0)
		return k;
	put_pairs(r, k->pairs, &json);
	k->json = arena_str(r->arena, sbuf_get(&json));
	sbuf_fini(&json);
	return k;
}
