/* SPDX-License-Identifier: Apache-2.0 */
/* Records are read as they were written; one that is cut short is refused. */
#include "lib_store.h"

#include <string.h>

#include "base/mem.h"
#include "fake_world.h"
#include "model/schedule.h"
#include "wire/codec.h"
#include "wire/codec_delivery.h"
#include "wire/codec_state.h"
#include "wire/proto.h"

START_TEST(silences)
{
	struct silence *s = silence_new(), *back;
	struct label_pair note = { STR("ticket"), STR("OPS-1") };
	struct wall expires = { 1800000000, 5, 0 }, got;
	struct sbuf b = SBUF_INIT(1 << 16);
	struct err e = { 0 };

	memcpy(s->id, "0c8e5b1e-2f0a-4bb0-8a5e-0d1f2a3b4c5d", SILENCE_ID_MAX);
	s->starts = (struct wall){ 1700000000, 1, 0 };
	s->ends = (struct wall){ 1700003600, 999999999, 0 };
	s->updated = (struct wall){ 1700000001, 0, 0 };
	istr_unref(s->created_by);
	s->created_by = istr_get(STR("ann"));
	istr_unref(s->comment);
	s->comment = istr_get(STR("wegen \xc3\xbc" "ben"));
	labels_unref(s->annotations);
	s->annotations = labels_new(&note, 1);
	silence_add_set(s);
	silence_add_set(s);
	ck_assert(matchers_parse(STR("{a=\"1\",b!=\"\",c=~\"x|y\",d!~\"z.*\"}"), MATCHER_UTF8, NULL, &s->sets[0], &e));
	ck_assert(matchers_parse(STR("{e=\"2\"}"), MATCHER_UTF8, NULL, &s->sets[1], &e));
	codec_put_silence(&b, s, expires);
	back = codec_get_silence(sbuf_get(&b), &got, &e);
	ck_assert_ptr_nonnull(back);
	ck_assert_str_eq(back->id, s->id);
	ck_assert(wall_cmp(back->starts, s->starts) == 0 && wall_cmp(back->ends, s->ends) == 0);
	ck_assert(wall_cmp(back->updated, s->updated) == 0 && wall_cmp(got, expires) == 0);
	ck_assert(back->created_by == s->created_by && back->comment == s->comment);
	ck_assert(labels_eq(back->annotations, s->annotations));
	ck_assert_uint_eq(back->sets_n, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_uint_eq(back->sets[i].n, s->sets[i].n);
		for (size_t k = 0; k < s->sets[i].n; k++)
			ck_assert(matcher_eq(&back->sets[i].m[k], &s->sets[i].m[k]));
	}
	silence_unref(back);
	for (size_t n = 0; n < b.n; n++) {
		back = codec_get_silence((struct str){ b.p, n }, &got, &e);
		silence_unref(back);
	}
	silence_unref(s);
	sbuf_fini(&b);
}
END_TEST

/* The part that only we know comes back as it was. */
START_TEST(extended_silences)
{
	struct silence *s = silence_new(), *back;
	struct wall expires = { 1800000000, 0, 0 }, got;
	struct sbuf b = SBUF_INIT(1 << 16), again = SBUF_INIT(1 << 16);
	uint64_t fingerprints[] = { 1, UINT64_MAX, 0x0102030405060708 };
	struct err e = { 0 };
	struct schedule *schedule;

	memcpy(s->id, "0c8e5b1e-2f0a-4bb0-8a5e-0d1f2a3b4c5d", SILENCE_ID_MAX);
	s->starts = (struct wall){ 1700000000, 1, 0 };
	s->ends = s->updated = (struct wall){ 1700003600, 0, 0 };
	silence_add_set(s);
	ck_assert(matchers_parse(STR("{a=\"1\"}"), MATCHER_UTF8, NULL, &s->sets[0], &e));
	s->covered = true;
	s->extra = silence_extra_new();
	s->extra->ack = s->extra->ends_with_alert = s->extra->notify_resolved = true;
	silence_extra_set_fingerprints(s->extra, fingerprints, 3);
	s->extra->schedule = schedule = NEW(struct schedule);
	schedule->until = (struct wall){ 1900000000, 0, 0 };
	ck_assert(schedule_set_location(schedule, STR("Europe/Istanbul"), &e));
	ck_assert(schedule_add(schedule, (struct schedule_window){ 34, 1320, 360 }, &e));
	ck_assert(schedule_add(schedule, (struct schedule_window){ 127, 0, 1440 }, &e));
	codec_put_silence(&b, s, expires);
	back = codec_get_silence(sbuf_get(&b), &got, &e);
	ck_assert_msg(back != NULL, "%s", e.text);
	ck_assert(back->covered && back->extra->ack && back->extra->ends_with_alert && back->extra->notify_resolved);
	ck_assert_uint_eq(back->extra->fingerprints_n, 3);
	ck_assert_mem_eq(back->extra->fingerprints, s->extra->fingerprints, sizeof(fingerprints));
	ck_assert(back->extra->schedule->location == schedule->location);
	ck_assert(wall_cmp(back->extra->schedule->until, schedule->until) == 0);
	ck_assert_uint_eq(back->extra->schedule->n, 2);
	ck_assert_uint_eq(back->extra->schedule->windows[0].weekdays, 34);
	ck_assert_uint_eq(back->extra->schedule->windows[0].from, 1320);
	ck_assert_uint_eq(back->extra->schedule->windows[0].to, 360);
	ck_assert_uint_eq(back->extra->schedule->windows[1].to, 1440);
	ck_assert_ptr_null(back->unknown);
	codec_put_silence(&again, back, expires);
	ck_assert_uint_eq(again.n, b.n);
	ck_assert_mem_eq(again.p, b.p, b.n);
	silence_unref(back);
	for (size_t n = 0; n < b.n; n++) {
		back = codec_get_silence((struct str){ b.p, n }, &got, &e);
		silence_unref(back);
	}
	silence_unref(s);
	sbuf_fini(&b);
	sbuf_fini(&again);
}
END_TEST

/* A later version may say more of a silence, at any of three places; it is handed on, and what is known stays known. */
START_TEST(silences_of_a_later_version)
{
	struct silence *s = silence_new(), *back;
	struct wall expires = { 1800000000, 0, 0 }, got;
	struct sbuf b = SBUF_INIT(1 << 16), later = SBUF_INIT(1 << 16), in = SBUF_INIT(1 << 16), again = SBUF_INIT(1 << 16);
	struct proto_reader r;
	struct proto_field f;
	struct err e = { 0 };

	memcpy(s->id, "0c8e5b1e-2f0a-4bb0-8a5e-0d1f2a3b4c5d", SILENCE_ID_MAX);
	s->starts = s->updated = (struct wall){ 1700000000, 1, 0 };
	s->ends = (struct wall){ 1700003600, 0, 0 };
	silence_add_set(s);
	ck_assert(matchers_parse(STR("{a=\"1\"}"), MATCHER_UTF8, NULL, &s->sets[0], &e));
	s->extra = silence_extra_new();
	s->extra->ack = true;
	codec_put_silence(&b, s, expires);
	r = (struct proto_reader){ .rest = sbuf_get(&b) };
	ck_assert(proto_next(&r, &f) && f.number == 1);
	/* In the silence, in its extension, and around it. */
	sbuf_str(&in, f.bytes);
	proto_bytes(&in, 900, STR("within"));
	sbuf_reset(&again);
	proto_uint(&again, 77, 5);
	proto_bytes(&again, 78, STR("extended"));
	proto_bytes(&in, 1010, sbuf_get(&again));
	proto_bytes(&later, 1, sbuf_get(&in));
	sbuf_str(&later, r.rest);
	proto_bytes(&later, 901, STR("around"));
	for (int i = 0; i < 3; i++) {
		back = codec_get_silence(sbuf_get(&later), &got, &e);
		ck_assert_msg(back != NULL, "%s", e.text);
		ck_assert(back->extra->ack && !back->extra->ends_with_alert);
		sbuf_reset(&again);
		codec_put_silence(&again, back, expires);
		ck_assert_uint_eq(again.n, later.n);
		ck_assert_uint_lt(str_find(sbuf_get(&again), STR("within")), again.n);
		ck_assert_uint_lt(str_find(sbuf_get(&again), STR("extended")), again.n);
		ck_assert_uint_lt(str_find(sbuf_get(&again), STR("around")), again.n);
		sbuf_reset(&later);
		sbuf_str(&later, sbuf_get(&again));
		silence_unref(back);
	}
	silence_unref(s);
	sbuf_fini(&b);
	sbuf_fini(&later);
	sbuf_fini(&in);
	sbuf_fini(&again);
}
END_TEST

static bool
time_of(struct str bytes, struct wall *out)
{
	*out = (struct wall){ .s = 1, .ns = 1 };
	return proto_read_time(bytes, out);
}

/* In any order, with fields that later versions may add; what is cut short is none. */
/* In as many bytes as they take. */
START_TEST(times_of_all_lengths)
{
	static const int64_t seconds[] = { 0, 1, 127, 128, 16383, 16384, (1 << 28) - 1, 1 << 28, 1700000000, (INT64_C(1) << 35) - 1, INT64_C(1) << 35,
		WALL_LAST_S, -1 };
	static const int32_t ns[] = { 0, 1, 127, 128, 16384, 2097151, 2097152, (1 << 28) - 1, 1 << 28, 999999999 };

	for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
		for (size_t k = 0; k < ARRAY_LEN(ns); k++) {
			struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
			struct wall t;

			proto_time(&b, 1, (struct wall){ seconds[i], ns[k], 0 });
			ck_assert(time_of(str_sub(sbuf_get(&b), 2, b.n), &t) && t.s == seconds[i] && t.ns == ns[k]);
			sbuf_fini(&b);
		}
	}
	/* Nanoseconds that are too many; a byte that says that more follow where none do; and one that says it too early. */
	ck_assert(!time_of(STR("\x08\x80\x80\x80\x80\x06\x10\x80\x94\xeb\xdc\x03"), &(struct wall){ 0 }));
	ck_assert(!time_of(STR("\x08\x80\x80\x80\x80\x06\x10\x80\x94\xeb\xdc\x83"), &(struct wall){ 0 }));
	ck_assert(!time_of(STR("\x08\x80\x80\x80\x80\x86\x10\x81"), &(struct wall){ 0 }));
	ck_assert(!time_of(STR("\x08\x80\x00\x80\x80\x06\x10\x07"), &(struct wall){ 0 }));
}
END_TEST

START_TEST(times)
{
	struct wall t;

	ck_assert(time_of(STR_NONE, &t) && t.s == 0 && t.ns == 0);
	ck_assert(time_of(STR("\x08\x96\x01\x10\x07"), &t) && t.s == 150 && t.ns == 7);
	ck_assert(time_of(STR("\x10\x07\x08\x05"), &t) && t.s == 5 && t.ns == 7);
	ck_assert(time_of(STR("\x1a\x02xy\x08\x05\x18\x01\x10\x07"), &t) && t.s == 5 && t.ns == 7);
	ck_assert(time_of(STR("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), &t) && t.s == -1);
	/* A head may have more bytes than it needs. */
	ck_assert(time_of(STR("\x88\x00\x05\x90\x80\x00\x07"), &t) && t.s == 5 && t.ns == 7);
	/* Numbers of another type are none. */
	ck_assert(time_of(STR("\x0a\x01\x08\x08\x05"), &t) && t.s == 5);
	ck_assert(!time_of(STR("\x08"), &t));
	ck_assert(!time_of(STR("\x08\x05\x10\x80"), &t));
	ck_assert(!time_of(STR("\x08\x05\x1a\x03xy"), &t));
	ck_assert(!time_of(STR("\x10\x80\x94\xeb\xdc\x03"), &t));
	ck_assert(t.s == 1 && t.ns == 1);
}
END_TEST

/* Heads and lengths of one byte and of more; nothing is read past the end. */
START_TEST(fields)
{
	struct proto_reader r = { .rest = STR("\x7a\x02xy\x82\x01\x01z\x0a\x00\x08\x03") };
	struct proto_field f;

	ck_assert(proto_next(&r, &f) && f.number == 15 && f.type == 2 && str_eq(f.bytes, STR("xy")) && f.raw.n == 4);
	ck_assert(proto_next(&r, &f) && f.number == 16 && f.type == 2 && str_eq(f.bytes, STR("z")) && f.raw.n == 4);
	ck_assert(proto_next(&r, &f) && f.number == 1 && f.type == 2 && f.bytes.n == 0 && f.raw.n == 2);
	ck_assert(proto_next(&r, &f) && f.number == 1 && f.type == 0 && f.u == 3 && f.raw.n == 2);
	ck_assert(!proto_next(&r, &f) && !r.bad);
	r = (struct proto_reader){ .rest = { "\x0a\x02xy", 3 } };
	ck_assert(!proto_next(&r, &f) && r.bad);
	ck_assert(!proto_next(&r, &f));
	r = (struct proto_reader){ .rest = STR("\x0a") };
	ck_assert(!proto_next(&r, &f) && r.bad);
}
END_TEST

START_TEST(log_entries)
{
	static const uint64_t firing[] = { 1, 2, UINT64_MAX }, resolved[] = { 7 };
	struct receiver_value data[] = {
		{ STR("channel"), RECEIVER_STR, STR("C1"), 0, 0 },
		{ STR("n"), RECEIVER_INT, STR_NONE, -5, 0 },
		{ STR("ts"), RECEIVER_DOUBLE, STR_NONE, 0, 1.5 },
	};
	const struct str to[] = { STR("+905551112233"), STR("a@example.org") };
	struct log_entry in = {
		.key = { STR("{}:{a=\"b\"}"), STR("ops"), STR("slack"), 3 },
		.timestamp = { 1700000000, 7, 0 }, .expires = { 1700090000, 0, 0 },
		.firing = firing, .firing_n = 3, .resolved = resolved, .resolved_n = 1, .data = { data, 3 },
		.doubtful = resolved, .doubtful_n = 1, .doubtful_ends = firing, .doubtful_ends_n = 2,
		.doubted = { 1700000003, 1, 0 },
		.age = 17 * SPAN_S,
		.partly = { .content = UINT64_MAX, .at = { 1700000001, 5, 0 }, .to = to, .n = 2 },
	}, out;
	struct sbuf b = SBUF_INIT(1 << 16), key = SBUF_INIT(1 << 10);
	struct arena *a = arena_new();
	struct err e = { 0 };

	codec_put_log_entry(&b, &in);
	ck_assert(codec_get_log_entry(sbuf_get(&b), a, &out, &e));
	ck_assert(str_eq(out.key.group_key, in.key.group_key) && str_eq(out.key.receiver, in.key.receiver));
	ck_assert(str_eq(out.key.integration, in.key.integration));
	ck_assert_uint_eq(out.key.index, 3);
	ck_assert(wall_cmp(out.timestamp, in.timestamp) == 0 && wall_cmp(out.expires, in.expires) == 0);
	ck_assert_uint_eq(out.firing_n, 3);
	ck_assert_int_eq(memcmp(out.firing, firing, sizeof(firing)), 0);
	ck_assert_uint_eq(out.resolved_n, 1);
	ck_assert_uint_eq(out.data.n, 3);
	ck_assert(str_is(out.data.v[0].s, "C1") && out.data.v[1].i == -5 && out.data.v[2].d > 1.4);
	ck_assert_uint_eq(out.doubtful_n, 1);
	ck_assert_uint_eq(out.doubtful[0], 7);
	ck_assert_uint_eq(out.doubtful_ends_n, 2);
	ck_assert_uint_eq(out.doubtful_ends[1], 2);
	ck_assert_int_eq(wall_cmp(out.doubted, in.doubted), 0);
	ck_assert_int_eq(out.age, 17 * SPAN_S);
	ck_assert_uint_eq(out.partly.content, UINT64_MAX);
	ck_assert(wall_cmp(out.partly.at, in.partly.at) == 0 && out.partly.n == 2);
	ck_assert(str_eq(out.partly.to[0], to[0]) && str_eq(out.partly.to[1], to[1]));
	codec_log_entry_key(&key, &in);
	ck_assert_str_eq(sbuf_cstr(&key), "{}:{a=\"b\"}:ops/slack/3");
	for (size_t n = 0; n < b.n; n++)
		(void)!codec_get_log_entry((struct str){ b.p, n }, a, &out, &e);
	arena_free(&a);
	sbuf_fini(&b);
	sbuf_fini(&key);
}
END_TEST

START_TEST(groups)
{
	static const uint64_t alerts[] = { 5, 6, UINT64_MAX };
	struct labels *l = world_labels("A{x=1}");
	struct group_state in = {
		.route_id = STR("{}/{a=\"b\"}/0"), .receiver = STR("ops"), .labels = l, .next_flush = { 1700000000, 3, 0 },
		.flushed = true, .group_wait = 30 * SPAN_S, .group_interval = 5 * SPAN_MIN, .alerts = alerts, .alerts_n = 3,
	}, out;
	struct sbuf b = SBUF_INIT(1 << 16);
	struct arena *a = arena_new();
	struct err e = { 0 };

	put_group_of_schema_1(&b, &in);
	ck_assert(codec_get_group(sbuf_get(&b), a, &out, &e));
	ck_assert(str_eq(out.route_id, in.route_id) && str_eq(out.receiver, in.receiver));
	ck_assert(labels_eq(out.labels, l));
	ck_assert(wall_cmp(out.next_flush, in.next_flush) == 0 && out.flushed);
	ck_assert(out.group_wait == in.group_wait && out.group_interval == in.group_interval);
	ck_assert_uint_eq(out.alerts_n, 3);
	ck_assert_int_eq(memcmp(out.alerts, alerts, sizeof(alerts)), 0);
	labels_unref((struct labels *)(uintptr_t)out.labels);
	for (size_t n = 0; n < b.n; n++)
		if (codec_get_group((struct str){ b.p, n }, a, &out, &e))
			labels_unref((struct labels *)(uintptr_t)out.labels);
	labels_unref(l);
	arena_free(&a);
	sbuf_fini(&b);
}
END_TEST

static void
expect_delivery(const struct delivery *a, const struct delivery *b)
{
	ck_assert_uint_eq(a->id, b->id);
	ck_assert_uint_eq(a->notification, b->notification);
	ck_assert(str_eq(a->group_key, b->group_key) && str_eq(a->receiver, b->receiver) && str_eq(a->integration, b->integration));
	ck_assert_uint_eq(a->index, b->index);
	ck_assert(labels_eq(a->labels, b->labels));
	ck_assert(str_eq(a->recipient, b->recipient) && str_eq(a->gateway, b->gateway));
	ck_assert(str_eq(a->provider_id, b->provider_id) && str_eq(a->error, b->error));
	ck_assert_int_eq(a->state, b->state);
	ck_assert_uint_eq(a->tries, b->tries);
	ck_assert_uint_eq(a->segments, b->segments);
	ck_assert(wall_cmp(a->created, b->created) == 0 && wall_cmp(a->changed, b->changed) == 0);
	ck_assert(wall_cmp(a->expires, b->expires) == 0 && wall_cmp(a->charged, b->charged) == 0);
	ck_assert(a->digest == b->digest && a->digested == b->digested && a->left == b->left);
	ck_assert(str_eq(a->covers, b->covers));
	ck_assert_uint_eq(a->alerts, b->alerts);
	ck_assert(str_eq(a->severity, b->severity) && str_eq(a->worst, b->worst));
}

/* Each member has a value of its own, or is as empty as it can be. One that is cut is refused, or lacks what was cut. */
START_TEST(deliveries)
{
	struct label_pair pairs[] = { { STR("alertname"), STR("Disk") }, { STR("site"), STR("g\xc3\xb6l") } };
	struct delivery full = {
		.id = UINT64_MAX, .notification = UINT64_C(1) << 40, .group_key = STR("{}:{alertname=\"Disk\"}"), .receiver = STR("ops"),
		.integration = STR("sms"), .index = 3, .labels = labels_new(pairs, 2), .recipient = STR("+1"), .gateway = STR("g"),
		.provider_id = STR("id \x01"), .error = STR("absent"), .state = DELIVERY_SUPPRESSED, .tries = 4, .segments = 5,
		.created = { 1700000000, 1, 0 }, .changed = { 1700000001, 999999999, 0 }, .expires = { 1900000000, 2, 0 },
		.charged = { 1700000002, 3, 0 }, .digest = true, .digested = true, .alerts = UINT32_MAX, .severity = STR("critical"),
		.worst = STR("Disk"), .left = true, .covers = STR("modem"),
	};
	struct delivery bare = { .id = 1, .notification = 1, .labels = labels_new(NULL, 0), .created = WALL_ZERO,
		.changed = WALL_ZERO, .expires = WALL_ZERO, .charged = WALL_ZERO };
	const struct delivery *const all[] = { &full, &bare };
	struct sbuf b = SBUF_INIT(1 << 16);
	struct delivery back;
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		sbuf_reset(&b);
		codec_put_delivery(&b, all[i]);
		ck_assert_msg(codec_get_delivery(sbuf_get(&b), &back, &e), "%s", e.text);
		expect_delivery(&back, all[i]);
		labels_unref(back.labels);
		for (size_t n = 0; n < b.n; n++)
			if (codec_get_delivery((struct str){ b.p, n }, &back, &e))
				labels_unref(back.labels);
	}
	/* A state, and a field, of a later version. */
	bare.state = DELIVERY_STATES;
	sbuf_reset(&b);
	codec_put_delivery(&b, &bare);
	proto_bytes(&b, 1000, STR("later"));
	proto_uint(&b, 1001, 7);
	ck_assert(codec_get_delivery(sbuf_get(&b), &back, &e));
	ck_assert_int_eq(back.state, DELIVERY_UNKNOWN);
	labels_unref(back.labels);
	/* Nobody's. */
	bare.notification = 0;
	sbuf_reset(&b);
	codec_put_delivery(&b, &bare);
	ck_assert(!codec_get_delivery(sbuf_get(&b), &back, &e));
	labels_unref(full.labels);
	labels_unref(bare.labels);
	sbuf_fini(&b);
}
END_TEST

int
main(void)
{
	return RUN("codec", silences, extended_silences, silences_of_a_later_version, times, times_of_all_lengths, fields, log_entries,
	    groups, deliveries);
}
