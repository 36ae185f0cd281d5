/* SPDX-License-Identifier: Apache-2.0 */
#include "import.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/sbuf.h"
#include "loop/file.h"
#include "wire/codec.h"
#include "wire/proto.h"

#define FILE_MAX_BYTES ((size_t)4 << 30)

static bool
import_silence(struct str record, struct arena *a, struct db *db, struct err *e)
{
	struct wall expires;
	struct silence *s = codec_get_silence(record, &expires, e);
	bool ok;

	struct sbuf anew = SBUF_INIT(SBUF_UNLIMITED);

	(void)a;
	if (s == NULL)
		return e->kind == ERR_NOT_FOUND;	/* the original skips what does not compile */
	/* Alerts do not come with the file: one that ends with its alerts waits until they are posted again. */
	if (s->covered) {
		s->covered = false;
		codec_put_silence(&anew, s, expires);
		record = sbuf_get(&anew);
	}
	ok = db_put(db, TABLE_SILENCE, str_from(s->id), record, e);
	sbuf_fini(&anew);
	silence_unref(s);
	return ok;
}

static bool
import_entry(struct str record, struct arena *a, struct db *db, struct err *e)
{
	struct log_entry entry;
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED);
	bool ok;

	if (!codec_get_log_entry(record, a, &entry, e))
		return false;
	codec_log_entry_key(&key, &entry);
	ok = db_put(db, TABLE_LOG_ENTRY, sbuf_get(&key), record, e);
	sbuf_fini(&key);
	return ok;
}

static bool
import_file(const char *dir, const char *name,
    bool (*one)(struct str record, struct arena *a, struct db *db, struct err *e), struct db *db, size_t *count,
    struct err *e)
{
	struct sbuf b = SBUF_INIT(FILE_MAX_BYTES);
	struct arena *a = arena_new();
	char path[4096];
	struct str record;
	bool ok;

	*count = 0;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ok = file_append(path, &b, e);
	if (ok) {
		struct proto_reader r = { .rest = sbuf_get(&b) };

		while (ok && proto_read_record(&r, &record)) {
			arena_reset(a);
			ok = one(record, a, db, e);
			*count += ok;
		}
		if (ok && r.bad)
			ok = err_set(e, ERR_INVALID, "unexpected end");
		if (!ok)
			err_ctx(e, "%s", path);
	} else {
		ok = e->kind == ERR_NOT_FOUND;
	}
	arena_free(&a);
	sbuf_fini(&b);
	return ok;
}

bool
import_directory(const char *dir, struct db *db, const struct log *log, struct err *e)
{
	size_t silences = 0, entries = 0;
	bool ok = db_begin(db, e) && import_file(dir, "silences", import_silence, db, &silences, e) &&
	    import_file(dir, "nflog", import_entry, db, &entries, e) && db_mark_complete(db, e) &&
	    db_commit(db, e);

	if (!ok) {
		db_rollback(db);
		return false;
	}
	if (silences + entries > 0)
		LOG(log, LOG_INFO, "Imported the state of Alertmanager", F_UINT("silences", silences),
		    F_UINT("entries", entries));
	return true;
}
