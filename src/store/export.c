/* SPDX-License-Identifier: Apache-2.0 */
/* Alertmanager's files out of our database. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sbuf.h"
#include "db_rows.h"
#include "loop/errno_text.h"
#include "loop/file.h"
#include "owner.h"
#include "redo.h"
#include "row_log.h"
#include "store/store.h"
#include "wal.h"
#include "wire/codec.h"
#include "wire/proto.h"

/* Appears whole or not at all. */
static bool
write_file(const char *directory, const char *name, struct str bytes, struct err *e)
{
	char path[4096], part[4096 + 8];
	bool ok;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return err_set(e, ERR_INVALID, "path is too long: %s", directory);
	snprintf(part, sizeof(part), "%s.part", path);
	fd = owner_create(part);
	if (fd < 0)
		return io_error(e, "create", part, errno);
	owner_give(fd, directory);
	ok = (file_write(fd, bytes) && fsync(fd) == 0) || io_error(e, "write", part, errno);
	close(fd);
	ok = ok && (rename(part, path) == 0 || io_error(e, "rename", part, errno));
	if (!ok)
		unlink(part);
	return ok;
}

static void
put_record(struct sbuf *b, struct str body)
{
	proto_varint(b, body.n);
	sbuf_str(b, body);
}

/* The bodies are Alertmanager's messages already: each with its length in front. */
static size_t
put_silences(struct sbuf *b, const struct db_rows *l)
{
	for (size_t i = 0; i < l->rows[TABLE_SILENCE].n; i++)
		put_record(b, l->rows[TABLE_SILENCE].v[i].body);
	return l->rows[TABLE_SILENCE].n;
}

/* Without what is ours alone: who was served is nobody else's business, and an entry of nothing told says nothing. */
struct entries {
	struct sbuf *b;
	struct sbuf body;	/* scratch */
	struct arena *arena;	/* likewise */
	size_t n;
};

static void
put_log_entry(void *arg, struct row_log *k, struct kept_record *r, struct str row)
{
	struct entries *out = arg;
	struct log_entry entry;
	struct err e = { 0 };

	(void)k;
	(void)r;
	arena_reset(out->arena);
	sbuf_reset(&out->body);
	if (!codec_get_log_entry(row, out->arena, &entry, &e) || entry.firing_n + entry.resolved_n == 0)
		return;
	codec_strip_log_entry(&out->body, row);
	put_record(out->b, sbuf_get(&out->body));
	out->n++;
}

/* Those of schema 3 have a table; newer ones are in the log of rows. A row that is no good is passed over, as at a start. */
static size_t
put_log_entries(struct sbuf *b, const struct db_rows *l)
{
	struct entries out = { .b = b, .body = SBUF_INIT(SBUF_UNLIMITED), .arena = arena_new() };
	struct row_log k;

	for (size_t i = 0; i < l->rows[TABLE_LOG_ENTRY].n; i++)
		put_log_entry(&out, NULL, NULL, l->rows[TABLE_LOG_ENTRY].v[i].body);
	row_log_init(&k);
	row_log_load(&k, l, NULL, NULL);
	row_log_each_record(&k, TABLE_LOG_ENTRY, put_log_entry, &out);
	row_log_fini(&k);
	arena_free(&out.arena);
	sbuf_fini(&out.body);
	return out.n;
}

static bool
export_file(const struct db_rows *l, size_t (*put)(struct sbuf *b, const struct db_rows *l), const char *to,
    const char *name, size_t *n_out, struct err *e)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	bool ok;

	*n_out = put(&b, l);
	ok = write_file(to, name, sbuf_get(&b), e);
	sbuf_fini(&b);
	return ok;
}

static bool
read_rows(struct db_rows *l, const char *path, enum db_trouble *trouble_out, struct err *e)
{
	struct wal_damage damage;
	bool fresh, ok;
	struct db *d;

	if (!wal_examine(path, &damage, e))
		return false;
	if (damage.n > 0)
		return err_set(e, ERR_INVALID, "%s: start the server once, which keeps what is whole", damage.what.text);
	d = db_open(path, DB_READ, &fresh, trouble_out, e);
	if (d != NULL)
		ok = db_rows_read(l, d, e);
	else
		ok = *trouble_out == DB_UNUSABLE && db_rows_read_copy(l, path, trouble_out, e);
	/* Before a server can begin to write others there. */
	if (ok)
		redo_read(path, l, NULL, &damage);
	db_close(&d);
	if (ok && damage.n > 0)
		return err_set(e, ERR_INVALID, "%s: start the server once, which keeps what is whole", damage.what.text);
	return ok;
}

bool
store_export(const char *path, const char *to, struct store_export *out, struct err *e)
{
	enum db_trouble trouble = DB_FINE;
	struct db_rows l = { 0 };
	char database[4096];
	bool ok;
	struct stat st;
	bool is_file = stat(path, &st) == 0 && S_ISREG(st.st_mode);

	if (snprintf(database, sizeof(database), "%s%s", path, is_file ? "" : "/tocsin.db") >= (int)sizeof(database))
		return err_set(e, ERR_INVALID, "path is too long: %s", path);
	ok = read_rows(&l, database, &trouble, e) && (!l.damaged || err_set(e, ERR_INVALID, "%s", l.why.text));
	if (!ok && trouble == DB_IN_USE)
		err_ctx(e, "the server uses it: stop it first, or export a backup");
	ok = ok && export_file(&l, put_silences, to, "silences", &out->silences, e) &&
	    export_file(&l, put_log_entries, to, "nflog", &out->log_entries, e);
	db_rows_fini(&l);
	return ok;
}
