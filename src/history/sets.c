/* SPDX-License-Identifier: Apache-2.0 */
#include "sets.h"

#include "base/hash.h"
#include "base/mem.h"
#include "varint.h"

/* Numbers found lately, each in the one place that its hash has: powers of two. */
#define KNOWN_SETS 8192
#define KNOWN_PAIRS 8192

struct known_set {
	uint64_t fingerprint, hash, number; /* 0: none */
};

struct known_pair {
	uint64_t hash, other, number;
};

/* New sets of one row of postings. */
struct fresh_postings {
	struct hmap_node node;
	int64_t key;
	struct sbuf sets; /* offsets, 16 bits each, little-endian */
	bool first;	/* the pair has no others yet */
};

static bool
highest(struct past_db *db, const char *sql, uint64_t *out, struct err *e)
{
	int64_t n = 0;

	if (!past_db_number(db, sql, &n, e) && e->kind != ERR_NONE)
		return false;
	*out = (uint64_t)n;
	return true;
}

bool
sets_open(struct sets *s, struct past_db *db, struct err *e)
{
	*s = (struct sets){ .db = db, .scratch = SBUF_INIT(SBUF_UNLIMITED), .numbers = SBUF_INIT(SBUF_UNLIMITED) };
	s->known = mem_calloc(KNOWN_SETS, sizeof(s->known[0]));
	s->pairs = mem_calloc(KNOWN_PAIRS, sizeof(s->pairs[0]));
	if (!highest(db, "SELECT max(id) FROM sets", &s->next, e))
		return false;
	s->next++;
	return (s->find_set = past_db_prepare(db, "SELECT id FROM sets WHERE fingerprint = ? AND hash = ?", e)) !=
	    NULL &&
	    (s->add_set = past_db_prepare(db, "INSERT INTO sets VALUES(?, ?, ?, ?)", e)) != NULL &&
	    (s->find_pair = past_db_prepare(db, "SELECT id FROM pairs WHERE name = ? AND value = ?", e)) != NULL &&
	    (s->add_pair = past_db_prepare(db, "INSERT OR IGNORE INTO pairs(name, value) VALUES(?, ?)", e)) != NULL &&
	    (s->get_postings = past_db_prepare(db, "SELECT sets FROM postings WHERE id = ?", e)) != NULL &&
	    (s->put_postings = past_db_prepare(db, "REPLACE INTO postings VALUES(?, ?)", e)) != NULL;
}

static void
drop_fresh(struct sets *s)
{
	HMAP_EACH(&s->fresh, node) {
		struct fresh_postings *f = CONTAINER_OF(node, struct fresh_postings, node);

		hmap_remove(&s->fresh, node);
		sbuf_fini(&f->sets);
		mem_free(f);
	}
	hmap_fini(&s->fresh);
	s->fresh = (struct hmap){ 0 };
}

void
sets_close(struct sets *s)
{
	drop_fresh(s);
	sqlite3_finalize(s->find_set);
	sqlite3_finalize(s->add_set);
	sqlite3_finalize(s->find_pair);
	sqlite3_finalize(s->add_pair);
	sqlite3_finalize(s->get_postings);
	sqlite3_finalize(s->put_postings);
	mem_free(s->known);
	mem_free(s->pairs);
	mem_free(s->live);
	sbuf_fini(&s->scratch);
	sbuf_fini(&s->numbers);
	*s = (struct sets){ 0 };
}

void
sets_forget(struct sets *s)
{
	memset(s->known, 0, KNOWN_SETS * sizeof(s->known[0]));
	memset(s->pairs, 0, KNOWN_PAIRS * sizeof(s->pairs[0]));
}

static void
bind_text(sqlite3_stmt *st, int at, const struct istr *text)
{
	sqlite3_bind_text64(st, at, text->bytes, text->n, SQLITE_STATIC, SQLITE_UTF8);
}

/* 1: *out is the number that s, which is bound, finds; 0: it finds none; -1: e. */
static int
find(struct sets *s, sqlite3_stmt *st, uint64_t *out, struct err *e)
{
	int code = sqlite3_step(st);

	if (code == SQLITE_ROW)
		*out = (uint64_t)sqlite3_column_int64(st, 0);
	else if (code != SQLITE_DONE)
		past_db_failed(s->db, e);
	sqlite3_reset(st);
	return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -1;
}

/* *made_out: nobody had it before. Those of a new set are new as a rule, as far as they were not seen lately. */
static bool
pair_number(struct sets *s, const struct label *l, uint64_t *out, bool *made_out, struct err *e)
{
	uint64_t hash = hash_keyed(s->db->key, l->name->bytes, l->name->n);
	uint64_t other = hash_keyed(s->db->key, l->value->bytes, l->value->n);
	struct known_pair *k = &s->pairs[(hash ^ other * FNV64_PRIME) % KNOWN_PAIRS];

	*made_out = false;
	if (k->number != 0 && k->hash == hash && k->other == other) {
		*out = k->number;
		return true;
	}
	bind_text(s->add_pair, 1, l->name);
	bind_text(s->add_pair, 2, l->value);
	if (!past_db_step(s->db, s->add_pair, e))
		return false;
	if (sqlite3_changes(s->db->handle) > 0) {
		*made_out = true;
		*out = (uint64_t)sqlite3_last_insert_rowid(s->db->handle);
	} else {
		bind_text(s->find_pair, 1, l->name);
		bind_text(s->find_pair, 2, l->value);
		if (find(s, s->find_pair, out, e) != 1)
			return e->kind == ERR_NONE ? err_set(e, ERR_IO, "history database: a label is there and is not") : false;
	}
	*k = (struct known_pair){ hash, other, *out };
	return true;
}

static void
post(struct sets *s, uint64_t pair, uint64_t set, bool first)
{
	int64_t key = postings_key(pair, set);
	uint16_t offset = (uint16_t)(set % POSTINGS_SETS);
	unsigned char bytes[2] = { (unsigned char)offset, (unsigned char)(offset >> 8) };
	struct fresh_postings *f = NULL;

	for (struct hmap_node *n = hmap_first(&s->fresh, (uint64_t)key); n != NULL && f == NULL; n = hmap_next(n))
		f = CONTAINER_OF(n, struct fresh_postings, node);
	if (f == NULL) {
		f = NEW(struct fresh_postings);
		f->key = key;
		f->first = first;
		f->sets = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
		hmap_insert(&s->fresh, &f->node, (uint64_t)key);
	}
	sbuf_put(&f->sets, bytes, sizeof(bytes));
}

bool
sets_flush(struct sets *s, struct err *e)
{
	bool ok = true;

	HMAP_EACH(&s->fresh, node) {
		struct fresh_postings *f = CONTAINER_OF(node, struct fresh_postings, node);

		sbuf_reset(&s->scratch);
		if (!f->first) {
			sqlite3_bind_int64(s->get_postings, 1, f->key);
			if (ok && sqlite3_step(s->get_postings) == SQLITE_ROW)
				sbuf_str(&s->scratch, past_db_column(s->get_postings, 0));
			sqlite3_reset(s->get_postings);
		}
		sbuf_str(&s->scratch, sbuf_get(&f->sets));
		sqlite3_bind_int64(s->put_postings, 1, f->key);
		past_db_bind_blob(s->put_postings, 2, sbuf_get(&s->scratch));
		ok = ok && past_db_step(s->db, s->put_postings, e);
	}
	drop_fresh(s);
	return ok;
}

static bool
add(struct sets *s, const struct labels *l, uint64_t hash, uint64_t *out, struct err *e)
{
	uint64_t pair;
	bool made;

	*out = s->next;
	sbuf_reset(&s->numbers);
	for (uint32_t i = 0; i < l->n; i++) {
		if (!pair_number(s, &l->l[i], &pair, &made, e))
			return false;
		varint_put(&s->numbers, pair);
		post(s, pair, *out, made);
	}
	sqlite3_bind_int64(s->add_set, 1, (int64_t)*out);
	sqlite3_bind_int64(s->add_set, 2, (int64_t)l->fingerprint);
	sqlite3_bind_int64(s->add_set, 3, (int64_t)hash);
	past_db_bind_blob(s->add_set, 4, sbuf_get(&s->numbers));
	if (!past_db_step(s->db, s->add_set, e))
		return false;
	s->next++;
	return true;
}

/* Names and values end in a byte that is in no UTF-8. */
static uint64_t
hash_of(struct sets *s, const struct labels *l)
{
	sbuf_reset(&s->scratch);
	for (uint32_t i = 0; i < l->n; i++) {
		sbuf_str(&s->scratch, istr_str(l->l[i].name));
		sbuf_putc(&s->scratch, (char)0xff);
		sbuf_str(&s->scratch, istr_str(l->l[i].value));
		sbuf_putc(&s->scratch, (char)0xff);
	}
	return hash_keyed(s->db->key, s->scratch.p, s->scratch.n);
}

bool
sets_number(struct sets *s, const struct labels *l, uint64_t *out, struct err *e)
{
	uint64_t hash = hash_of(s, l);
	struct known_set *k = &s->known[hash % KNOWN_SETS];
	int found = 1;

	if (k->number != 0 && k->hash == hash && k->fingerprint == l->fingerprint) {
		*out = k->number;
	} else {
		sqlite3_bind_int64(s->find_set, 1, (int64_t)l->fingerprint);
		sqlite3_bind_int64(s->find_set, 2, (int64_t)hash);
		found = find(s, s->find_set, out, e);
		if (found < 0 || (found == 0 && !add(s, l, hash, out, e)))
			return false;
		*k = (struct known_set){ l->fingerprint, hash, *out };
	}
	if (s->live != NULL && *out < s->live_n)
		s->live[*out / 8] |= (unsigned char)(1 << *out % 8);
	return true;
}
