/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alertmanager's files: the first byte chooses which, the rest is in it. Records
 * that are taken can be read again, and go out as they came in.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "db.h"
#include "import.h"
#include "wire/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[64];

static void
ignore(void *arg, const char *line, size_t n)
{
	(void)arg;
	(void)line;
	(void)n;
}

static struct moment
now(struct clock *c)
{
	(void)c;
	return (struct moment){ .wall = { .s = 1795320000 } };
}

static void
remove_directory(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/silences", directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/nflog", directory);
	unlink(path);
	rmdir(directory);
}

static void
put_file(const char *name, const uint8_t *data, size_t size)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "we");
	if (f == NULL || (size > 0 && fwrite(data, 1, size, f) != size) || fclose(f) != 0)
		abort();
}

static bool
visit_silence(void *arg, struct str key, struct str body)
{
	struct err e = { 0 };
	struct wall expires;
	struct silence *s = codec_get_silence(body, &expires, &e);

	(void)arg;
	assert(s != NULL && str_is(key, s->id));
	silence_unref(s);
	return true;
}

static bool
visit_entry(void *arg, struct str key, struct str body)
{
	struct sbuf own = SBUF_INIT(SBUF_UNLIMITED), stripped = SBUF_INIT(SBUF_UNLIMITED);
	struct arena *a = arena_new();
	struct log_entry entry;
	struct err e = { 0 };

	(void)arg;
	assert(codec_get_log_entry(body, a, &entry, &e));
	codec_log_entry_key(&own, &entry);
	assert(str_eq(key, sbuf_get(&own)));
	codec_strip_log_entry(&stripped, body);
	assert(codec_get_log_entry(sbuf_get(&stripped), a, &entry, &e));
	assert(entry.doubtful_n == 0 && entry.partly.n == 0);
	arena_free(&a);
	sbuf_fini(&own);
	sbuf_fini(&stripped);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct clock clock = { now };
	struct log log = { .level = LOG_ERROR, .clock = &clock, .write = ignore };
	enum db_trouble trouble;
	struct err e = { 0 };
	struct db *d;
	bool fresh;

	if (size == 0)
		return 0;
	if (directory[0] == '\0') {
		strcpy(directory, "/dev/shm/fuzz_import.XXXXXX");
		if (mkdtemp(directory) == NULL)
			abort();
		atexit(remove_directory);
	}
	put_file("silences", data + 1, data[0] % 2 == 0 ? size - 1 : 0);
	put_file("nflog", data + 1, data[0] % 2 == 1 ? size - 1 : 0);
	d = db_open(":memory:", DB_WRITE, &fresh, &trouble, &e);
	if (d == NULL)
		abort();
	if (import_directory(directory, d, &log, &e)) {
		assert(db_each(d, TABLE_SILENCE, DB_FORWARD, visit_silence, NULL, &e));
		assert(db_each(d, TABLE_LOG_ENTRY, DB_FORWARD, visit_entry, NULL, &e));
	}
	db_close(&d);
	return 0;
}
