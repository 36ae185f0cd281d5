/* SPDX-License-Identifier: Apache-2.0 */
#include "share/share.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/nflog.h"
#include "core/view.h"
#include "fake_config.h"
#include "fake_world.h"
#include "suite.h"
#include "wire/codec.h"
#include "wire/proto.h"

/* Two members, and what one of them has passed on. */
static struct fake_world one, two;
static struct share *inbox;
static size_t passed_on, refused;

static void
begin(struct fake_world *w)
{
	struct err e = { 0 };
	struct config *c = fake_config(STR("receiver ops hook\nroute receiver=ops by=[alertname]\n"), WALL_ZERO, &e);

	ck_assert_ptr_nonnull(c);
	world_init(w);
	world_start(w, c);
	config_unref(c);
}

static void
note_passed_on(void *arg, enum share_kind kind, struct str bytes, struct moment now)
{
	(void)arg;
	(void)kind;
	(void)now;
	passed_on += bytes.n;
}

static void
note_refused(void *arg, enum share_kind kind, const struct err *why)
{
	(void)arg;
	(void)kind;
	ck_assert_uint_gt(strlen(why->text), 0);
	refused++;
}

static void
start(void)
{
	static const struct share_hooks hooks = { note_passed_on, note_refused, NULL };

	begin(&one);
	begin(&two);
	inbox = share_new(two.engine, &hooks);
	passed_on = refused = 0;
}

static void
stop(void)
{
	share_free(&inbox);
	ck_assert_ptr_null(inbox);
	world_fini(&one);
	world_fini(&two);
}

static void
add_silences(struct fake_world *w, int n)
{
	char id[SILENCE_ID_MAX], matchers[64];
	struct err e = { 0 };

	for (int i = 0; i < n; i++) {
		snprintf(matchers, sizeof(matchers), "alertname=\"A\",instance=\"host-%d\"", i);
		ck_assert(world_silence(w, "", matchers, w->now.wall, wall_add(w->now.wall, SPAN_HOUR), id, &e));
	}
}

static struct log_entry
told(struct str key, const struct moment now)
{
	static const uint64_t firing[] = { 1, 2, 3 };

	return (struct log_entry){ .key = { key, STR("ops"), STR("hook"), 0 }, .timestamp = now.wall,
		.expires = wall_add(now.wall, SPAN_HOUR), .firing = firing, .firing_n = 3 };
}

static void
add_entries(struct fake_world *w, int n)
{
	char key[64];
	struct work work = { 0 };
	struct err e = { 0 };

	for (int i = 0; i < n; i++) {
		struct log_entry entry;

		snprintf(key, sizeof(key), "{}:{alertname=\"A%d\"}", i);
		entry = told(str_from(key), w->now);
		ck_assert_int_eq(engine_merge_log_entry(w->engine, &(struct change){ .kind = CHANGE_LOG_ENTRY, .entry = &entry },
				     &work, w->now, &e), MERGED_TAKEN);
	}
}

/* The whole state of w; how many slices it took. */
static int
gather(const struct fake_world *w, struct share_state *s)
{
	struct work slice;
	int n = 0;

	*s = (struct share_state){ .bytes = { SBUF_INIT(20 << 20), SBUF_INIT(20 << 20) } };
	do {
		slice.left = WORK_TURN / 3;
		n++;
	} while (!share_state_some(w->engine, s, &slice));
	return n;
}

static void
state_fini(struct share_state *s)
{
	for (int k = 0; k < SHARE_KINDS; k++)
		sbuf_fini(&s->bytes[k]);
}

static int
merge_all(void)
{
	struct work slice;
	int n = 0;

	for (; share_waits(inbox); n++) {
		slice.left = WORK_TURN / 3;
		share_merge_some(inbox, &slice, two.now);
	}
	return n;
}

/* A member that joins gets all there is, of which no turn does more than a part. */
START_TEST(a_whole_state_in_slices)
{
	struct share_state s, back;
	struct view_gauges g;

	start();
	add_silences(&one, 5000);
	add_entries(&one, 10000);
	ck_assert_int_gt(gather(&one, &s), 100);
	for (int k = 0; k < SHARE_KINDS; k++)
		ck_assert(share_receive(inbox, (enum share_kind)k, sbuf_get(&s.bytes[k])));
	ck_assert_int_gt(merge_all(), 500);
	view_gauges(two.engine, two.now, &g);
	ck_assert_uint_eq(g.silences_active, 5000);
	ck_assert_uint_eq(g.log_entries, 10000);
	ck_assert_uint_eq(passed_on, s.bytes[0].n + s.bytes[1].n);
	/* It has the same to give, and to one who has it already none of it is news. */
	(void)gather(&two, &back);
	for (int k = 0; k < SHARE_KINDS; k++)
		ck_assert_uint_eq(back.bytes[k].n, s.bytes[k].n);
	passed_on = 0;
	ck_assert(share_receive(inbox, SHARE_LOG, sbuf_get(&s.bytes[SHARE_LOG])));
	merge_all();
	ck_assert_uint_eq(passed_on, 0);
	ck_assert_uint_eq(view_counters(two.engine)->merged_log_entries[MERGED_KNOWN], 10000);
	ck_assert_uint_eq(refused, 0);
	state_fini(&s);
	state_fini(&back);
	stop();
}
END_TEST

static void
put_record(struct sbuf *b, struct str body)
{
	proto_varint(b, body.n);
	sbuf_str(b, body);
}

/* Fields that a later Alertmanager may have go where the record goes. */
START_TEST(what_is_not_known_is_kept)
{
	struct sbuf record = SBUF_INIT(4096), in = SBUF_INIT(4096), entry = SBUF_INIT(4096);
	struct log_entry e = told(STR("{}:{}"), (struct moment){ { 0 }, { 1767571200, 0, 0 } });
	struct str inner = STR("later"), around = STR("around");
	struct share_state s;
	struct arena *a = arena_new();
	struct unknown_fields unknown;

	start();
	proto_bytes(&in, 77, inner);
	proto_bytes(&entry, 78, around);
	unknown = (struct unknown_fields){ sbuf_get(&in), sbuf_get(&entry) };
	e.unknown = &unknown;
	codec_put_log_entry(&record, &e);
	sbuf_reset(&in);
	put_record(&in, sbuf_get(&record));
	ck_assert(share_receive(inbox, SHARE_LOG, sbuf_get(&in)));
	merge_all();
	(void)gather(&two, &s);
	ck_assert(str_eq(sbuf_get(&s.bytes[SHARE_LOG]), sbuf_get(&in)));
	state_fini(&s);
	arena_free(&a);
	sbuf_fini(&record);
	sbuf_fini(&in);
	sbuf_fini(&entry);
	stop();
}
END_TEST

/* One bad record among good ones; lengths that lie; a record out of all proportion. */
START_TEST(bad_records_are_passed_over)
{
	struct sbuf good = SBUF_INIT(4096), b = SBUF_INIT(1 << 20), large = SBUF_INIT(1 << 20);
	struct log_entry e;

	start();
	e = told(STR("{}:{}"), two.now);
	codec_put_log_entry(&good, &e);
	put_record(&b, STR("\x0a\x7f"));
	put_record(&b, sbuf_get(&good));
	sbuf_puts(&b, "\x7f");
	ck_assert(share_receive(inbox, SHARE_LOG, sbuf_get(&b)));
	merge_all();
	ck_assert_uint_eq(share_figures(inbox)->malformed, 2);
	ck_assert_uint_eq(refused, 2);
	ck_assert_uint_eq(view_counters(two.engine)->merged_log_entries[MERGED_TAKEN], 1);
	while (large.n <= SHARE_RECORD_MAX)
		sbuf_puts(&large, "0123456789");
	sbuf_reset(&b);
	put_record(&b, sbuf_get(&large));
	ck_assert(share_receive(inbox, SHARE_SILENCES, sbuf_get(&b)));
	merge_all();
	ck_assert_uint_eq(share_figures(inbox)->malformed, 3);
	sbuf_fini(&good);
	sbuf_fini(&b);
	sbuf_fini(&large);
	stop();
}
END_TEST

START_TEST(what_waits_is_bounded)
{
	static char much[(8 << 20) + 1];

	start();
	for (size_t n = 0; n + sizeof(much) <= SHARE_WAITING_MAX; n += sizeof(much))
		ck_assert(share_receive(inbox, SHARE_LOG, (struct str){ much, sizeof(much) }));
	ck_assert(!share_receive(inbox, SHARE_LOG, (struct str){ much, sizeof(much) }));
	ck_assert_uint_eq(share_figures(inbox)->dropped, 1);
	stop();
}
END_TEST

/* Recipients that were served, and what is in doubt, stay at home. */
START_TEST(debts_are_not_shared)
{
	static const uint64_t doubtful[] = { 9 };
	const struct str to = STR("+905551112233");
	struct log_entry e, bare;
	struct sbuf b = SBUF_INIT(4096), c = SBUF_INIT(4096);

	start();
	bare = e = told(STR("{}:{}"), one.now);
	e.doubtful = doubtful;
	e.doubtful_n = 1;
	e.partly = (struct partly_told){ .content = 1, .at = one.now.wall, .to = &to, .n = 1 };
	e.by_peer = true;
	share_put(&b, &(struct change){ .kind = CHANGE_LOG_ENTRY, .entry = &e });
	share_put(&c, &(struct change){ .kind = CHANGE_LOG_ENTRY, .entry = &bare });
	ck_assert(str_eq(sbuf_get(&b), sbuf_get(&c)));
	sbuf_fini(&b);
	sbuf_fini(&c);
	stop();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, a_whole_state_in_slices);
	tcase_add_test(tc, what_is_not_known_is_kept);
	tcase_add_test(tc, bad_records_are_passed_over);
	tcase_add_test(tc, what_waits_is_bounded);
	tcase_add_test(tc, debts_are_not_shared);
}

int
main(void)
{
	return run_suite("share", add);
}
