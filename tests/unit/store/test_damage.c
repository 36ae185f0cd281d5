/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One bit of the files is flipped, anywhere: all is there afterwards, or the damage is told.
 *
 * DAMAGE_LOG and DAMAGE_DATABASE set how often, DAMAGE_SEED the course.
 */
#include "lib_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rand.h"
#include "store_private.h"
#include "wire/codec.h"

#define SILENCES 40
#define PAGE 8192
#define FRAME (24 + PAGE)	/* of the log, behind its header of 32 */
#define ALERTS 30

static const char config[] = "receiver ops hook\nroute receiver=ops by=[alertname] wait=30s interval=5m\n";
static const char *const names[] = { "tocsin.db", "tocsin.db-wal", "tocsin.db-confirmed" };
enum { DATABASE, LOG, NOTE, FILES };

struct files {
	struct sbuf f[FILES];
};

static int
number(const char *name, int otherwise)
{
	const char *v = getenv(name);

	return v != NULL ? atoi(v) : otherwise;
}

static void
read_files(const struct rig *r, struct files *out)
{
	char piece[4096];

	for (size_t i = 0; i < FILES; i++) {
		FILE *f = fopen(rig_path(r, names[i]), "re");
		size_t n;

		out->f[i] = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
		while (f != NULL && (n = fread(piece, 1, sizeof(piece), f)) > 0)
			sbuf_put(&out->f[i], piece, n);
		if (f != NULL)
			fclose(f);
	}
}

static void
write_files(const struct rig *r, const struct files *from)
{
	for (size_t i = 0; i < FILES; i++) {
		FILE *f = fopen(rig_path(r, names[i]), "we");

		ck_assert_ptr_nonnull(f);
		ck_assert_uint_eq(fwrite(from->f[i].p, 1, from->f[i].n, f), from->f[i].n);
		fclose(f);
	}
}

static void
free_files(struct files *f)
{
	for (size_t i = 0; i < FILES; i++)
		sbuf_fini(&f->f[i]);
}

static void
add(struct rig *r, int from, int to)
{
	char text[64], id[SILENCE_ID_MAX];

	for (int i = from; i < to; i++) {
		snprintf(text, sizeof(text), "a=\"%d\"", i);
		rig_silence(r, text, id);
		rig_settle(r);
	}
	for (int i = from; i < to && i < ALERTS; i++) {
		snprintf(text, sizeof(text), "N{i=%d}", i);
		rig_post(r, text, r->now.wall, rig_in(r, SPAN_HOUR));
		rig_settle(r);
	}
}

static int
compare(const void *a, const void *b)
{
	const struct silence *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

/* All that is known, as text. */
static void
tell_all(struct rig *r, struct sbuf *b)
{
	struct arena *a = arena_new();
	struct silence **v;
	size_t n;

	view_silences(r->engine, a, &v, &n);
	qsort(v, n, sizeof(v[0]), compare);
	for (size_t i = 0; i < n; i++)
		codec_put_silence(b, v[i], WALL_ZERO);
	arena_free(&a);
	for (int i = 0; i < ALERTS; i++) {
		char text[64];
		const struct alert *alert;

		snprintf(text, sizeof(text), "N{i=%d}", i);
		alert = rig_alert(r, text);
		if (alert == NULL)
			continue;
		labels_format(alert->labels, b);
		labels_format(alert->annotations, b);
		sbuf_printf(b, "%lld %lld\n", (long long)alert_ends(alert).s, (long long)alert_starts(alert).s);
	}
}

/* The room behind what was confirmed (log_room.h): whatever it holds, nothing is lost with it. */
static void
cut_room(struct files *files)
{
	uint64_t frames;

	ck_assert_uint_ge(files->f[NOTE].n, 24);
	memcpy(&frames, files->f[NOTE].p + 16, sizeof(frames));
	ck_assert_uint_ge(files->f[LOG].n, 32 + frames * FRAME);
	files->f[LOG].n = 32 + frames * FRAME;
}

/* A part is in the database, a part in the log, and the process dies. */
static void
make(struct files *files, struct sbuf *all)
{
	struct rig r;

	rig_init(&r, config);
	rig_start(&r);
	add(&r, 0, SILENCES / 2);
	rig_stop(&r);
	rig_start(&r);
	add(&r, SILENCES / 2, SILENCES);
	read_files(&r, files);
	tell_all(&r, all);
	rig_fini(&r);
	cut_room(files);
	ck_assert_uint_gt(files->f[LOG].n, 100000);
}

struct counts {
	int same, told, other;
};

static void
try(const struct files *files, const struct sbuf *all, struct counts *c)
{
	struct sbuf now = SBUF_INIT(SBUF_UNLIMITED);
	struct rig r;
	bool same, told;

	rig_init(&r, config);
	write_files(&r, files);
	rig_start(&r);
	tell_all(&r, &now);
	same = str_eq(sbuf_get(&now), sbuf_get(all));
	told = !store_health(r.store).ok || store_health(r.store).doubt.n > 0;
	c->same += same;
	c->told += told;
	c->other += !same && !told;
	if (!same && told)
		ck_assert(rig_logged(&r, "level=ERROR"));
	/* It goes on, and what was found is found once. */
	if (store_health(r.store).ok) {
		struct sbuf again = SBUF_INIT(SBUF_UNLIMITED);

		rig_settle(&r);
		rig_crash(&r);
		rig_start(&r);
		tell_all(&r, &again);
		ck_assert(str_eq(sbuf_get(&now), sbuf_get(&again)));
		ck_assert_msg(store_health(r.store).doubt.n == 0, "%.*s", STR_ARG(store_health(r.store).doubt));
		sbuf_fini(&again);
	}
	sbuf_fini(&now);
	rig_fini(&r);
}

/* Anywhere; the heads are small, and worth more. */
static uint64_t
any_bit(struct rand *rand, const struct sbuf *file, int i)
{
	return rand_below(rand, 8 * (i % 8 == 0 ? 128 : file->n));
}

/* The page of a frame as an earlier frame has it; NULL: none has. */
static const char *
earlier_page(const struct sbuf *log, size_t frame)
{
	for (size_t k = frame; k-- > 0;)
		if (memcmp(log->p + 32 + k * FRAME, log->p + 32 + frame * FRAME, 4) == 0)
			return log->p + 32 + k * FRAME + 24;
	return NULL;
}

/*
 * One of the upper 10 bits of a word, of which a frame's sum does not tell the place: in what
 * changed with the frame, in what did not, and in its head. The last frame has no witness, and gets more.
 */
static uint64_t
high_bit(struct rand *rand, const struct sbuf *log, int i)
{
	unsigned char magic = (unsigned char)log->p[3];
	size_t frames = (log->n - 32) / FRAME, frame = 0, at = 0, byte;
	const char *before = NULL;
	unsigned bit = 22 + (unsigned)rand_below(rand, 10);

	if (i % 8 == 2)
		return 8 * (32 + (frames - 1) * FRAME + 16 + 4 * (size_t)rand_below(rand, 2)) + bit % 8;
	byte = magic & 1 ? 3 - bit / 8 : bit / 8;
	for (int tries = 0; tries < 10000; tries++) {
		frame = i % 8 == 4 || i % 8 == 5 ? frames - 1 : (size_t)rand_below(rand, frames);
		at = i % 8 == 0 ? 4 * (size_t)rand_below(rand, 2) + byte : 24 + 4 * (size_t)rand_below(rand, PAGE / 4) + byte;
		before = earlier_page(log, frame);
		if (i % 8 == 0 || (before != NULL && (log->p[32 + frame * FRAME + at] != before[at - 24]) == (i % 2 != 0)))
			break;
	}
	return 8 * (32 + frame * FRAME + at) + bit % 8;
}

static struct counts
flip(int file, int n, uint64_t (*choose)(struct rand *rand, const struct sbuf *file, int i), const char *what)
{
	struct sbuf all = SBUF_INIT(SBUF_UNLIMITED);
	struct counts c = { 0 };
	struct files files;
	struct rand rand;
	int seed = number("DAMAGE_SEED", 1);

	rand_seed(&rand, (uint64_t)seed);
	make(&files, &all);
	for (int i = 0; i < n; i++) {
		uint64_t bit = choose(&rand, &files.f[file], i);
		int same = c.same, others = c.other;

		files.f[file].p[bit / 8] ^= (char)(1 << bit % 8);
		try(&files, &all, &c);
		files.f[file].p[bit / 8] ^= (char)(1 << bit % 8);
		ck_assert_msg(c.other == others, "bit %llu of the %s", (unsigned long long)bit, what);
		/* All of the log is found again. */
		ck_assert_msg(file != LOG || c.same > same, "bit %llu of the %s", (unsigned long long)bit, what);
	}
	printf("%d bits of the %s: all there %d times, damage told %d times, changed without a word %d times\n", n, what,
	    c.same, c.told, c.other);
	free_files(&files);
	sbuf_fini(&all);
	return c;
}

START_TEST(of_the_log)
{
	int n = number("DAMAGE_LOG", 40);
	struct counts c = flip(LOG, n, any_bit, "log");

	ck_assert_int_eq(c.same, n);
	ck_assert_int_ge(c.told, n * 9 / 10);
}
END_TEST

START_TEST(of_the_high_bits_of_the_log)
{
	int n = number("DAMAGE_LOG", 48) / 2;
	struct counts c = flip(LOG, n, high_bit, "log, high in a word");

	ck_assert_int_eq(c.same, n);
	ck_assert_int_eq(c.told, n);
}
END_TEST

/* The file format for writing, which SQLite takes for one to be read only. */
static uint64_t
bit_of_write_version(struct rand *rand, const struct sbuf *file, int i)
{
	(void)rand;
	(void)file;
	return 18 * 8 + 3 + 4 * (uint64_t)i;
}

START_TEST(of_the_database)
{
	flip(DATABASE, 2, bit_of_write_version, "database");
	flip(DATABASE, number("DAMAGE_DATABASE", 80), any_bit, "database");
}
END_TEST

/* Nothing is found where nothing is wrong; nor after a transaction that was never confirmed. */
START_TEST(what_a_crash_leaves)
{
	struct sbuf all = SBUF_INIT(SBUF_UNLIMITED);
	struct counts c = { 0 };
	static const char nothing[FRAME];
	char frame[FRAME];
	struct files files;
	size_t n;

	make(&files, &all);
	memcpy(frame, files.f[LOG].p + 32, sizeof(frame));
	try(&files, &all, &c);
	ck_assert_int_eq(c.same, 1);
	n = files.f[LOG].n;
	/* Room for more, in which nothing was written yet; and then a part of a frame. */
	for (size_t i = 0; i < 40; i++)
		sbuf_put(&files.f[LOG], nothing, sizeof(nothing));
	try(&files, &all, &c);
	memcpy(files.f[LOG].p + n, frame, 5000);
	try(&files, &all, &c);
	ck_assert_int_eq(c.same, 3);
	files.f[LOG].n = n;
	/* A transaction half written behind the last: a frame of the same log that does not fit. */
	sbuf_put(&files.f[LOG], frame, sizeof(frame));
	try(&files, &all, &c);
	sbuf_put(&files.f[LOG], frame, 5000);
	try(&files, &all, &c);
	ck_assert_int_eq(c.same, 5);
	ck_assert_int_eq(c.told, 0);
	/* It is shorter than what was confirmed: that is told. */
	files.f[LOG].n = n - 3 * FRAME;
	try(&files, &all, &c);
	ck_assert_int_eq(c.told, 1);
	/* Without a note that is taken for what a crash leaves. */
	files.f[NOTE].n = 0;
	try(&files, &all, &c);
	ck_assert_int_eq(c.told, 1);
	ck_assert_int_eq(c.other, 1);
	free_files(&files);
	sbuf_fini(&all);
}
END_TEST

/* More than a bit, and no note: what stands behind it is kept all the same. */
START_TEST(a_sector_of_the_log)
{
	struct sbuf all = SBUF_INIT(SBUF_UNLIMITED);
	struct counts c = { 0 };
	struct files files;
	size_t frames;

	make(&files, &all);
	frames = (files.f[LOG].n - 32) / FRAME;
	files.f[NOTE].n = 0;
	for (size_t i = 0; i < 20; i++) {
		size_t at = 32 + i * (frames - 10) / 20 * FRAME + i % 4 * 2000;
		char before[512];

		memcpy(before, files.f[LOG].p + at, sizeof(before));
		for (size_t k = 0; k < sizeof(before); k++)
			files.f[LOG].p[at + k] = (char)(k * 37 + i);
		try(&files, &all, &c);
		memcpy(files.f[LOG].p + at, before, sizeof(before));
	}
	ck_assert_int_eq(c.told, 20);
	ck_assert_int_ge(c.same, 10);
	free_files(&files);
	sbuf_fini(&all);
}
END_TEST

/* An export does not leave out what the server would find. */
START_TEST(export_of_a_damaged_log)
{
	struct sbuf all = SBUF_INIT(SBUF_UNLIMITED);
	struct store_export out;
	struct files files;
	struct err e = { 0 };
	struct rig r;

	make(&files, &all);
	files.f[LOG].p[5000] ^= 1;
	rig_init(&r, config);
	write_files(&r, &files);
	ck_assert(!store_export(r.dir, r.dir, &out, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "start the server once"));
	rig_start(&r);
	ck_assert_uint_eq(rig_silences(&r), SILENCES);
	rig_stop(&r);
	r.store = NULL;
	ck_assert(store_export(r.dir, r.dir, &out, &e));
	ck_assert_uint_eq(out.silences, SILENCES);
	rig_fini(&r);
	free_files(&files);
	sbuf_fini(&all);
}
END_TEST

int
main(void)
{
	return RUN("damage", of_the_log, of_the_high_bits_of_the_log, of_the_database, what_a_crash_leaves, a_sector_of_the_log,
	    export_of_a_damaged_log);
}
