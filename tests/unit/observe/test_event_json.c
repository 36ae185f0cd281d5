/* SPDX-License-Identifier: Apache-2.0 */
/* Lines as Alertmanager's event recorder writes them. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rfc3339.h"
#include "observe/event_json.h"
#include "suite.h"

static const struct record_env env = {
	.instance = { "host", 4 },
	.seed = 7,
	.version = { "0.34.1", 6 },
	.build_context = { "(go=C11)", 8 },
};

static struct wall
at(const char *text)
{
	struct wall w = WALL_ZERO;
	struct err e = { 0 };

	ck_assert(rfc3339_parse(str_from(text), &w, &e));
	return w;
}

START_TEST(times)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "2026-11-22T09:58:06Z", "2026-11-22T09:58:06Z" },
		{ "2026-11-22T09:58:06.5Z", "2026-11-22T09:58:06.500Z" },
		{ "2026-11-22T09:58:06.00012Z", "2026-11-22T09:58:06.000120Z" },
		{ "2026-11-22T09:58:06.754653695Z", "2026-11-22T09:58:06.754653695Z" },
		{ "2026-11-22T11:58:06+02:00", "2026-11-22T09:58:06Z" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED), want = SBUF_INIT(SBUF_UNLIMITED);

		process_json(&b, &env, RECORD_SHUTDOWN, at(cases[i].in));
		sbuf_printf(&want,
		    "{\"@timestamp\":\"%s\",\"instance\":\"host\",\"data\":{\"alertmanagerShutdownEvent\":{}}}",
		    cases[i].out);
		ck_assert_str_eq(sbuf_cstr(&b), sbuf_cstr(&want));
		sbuf_fini(&b);
		sbuf_fini(&want);
	}
}
END_TEST

START_TEST(a_silence)
{
	struct silence *s = silence_new();
	struct event ev = { .kind = EVENT_SILENCE_CREATED, .silence_created = { s } };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	enum record_type type;
	struct err e = { 0 };

	ev.now.wall = at("2026-11-22T09:00:00Z");
	memcpy(s->id, "11111111-2222-3333-4444-555555555555", SILENCE_ID_MAX);
	ck_assert(matchers_parse(STR("a!~\"b|c\""), MATCHER_UTF8, NULL, silence_add_set(s), &e));
	s->starts = s->updated = at("2026-11-22T08:00:00Z");
	s->ends = at("2026-11-23T08:00:00Z");
	ck_assert_uint_eq(event_records(&ev, &type), 1);
	ck_assert_str_eq(record_type_text(type), "silence_created");
	event_json(&b, &env, &ev, 0);
#define MATCHERS \
	"\"matchers\":[{\"type\":\"TYPE_NOT_REGEXP\",\"name\":\"a\",\"pattern\":\"b|c\",\"rendered\":\"a!~\\\"b|c\\\"\"}]"
	ck_assert_str_eq(sbuf_cstr(&b),
	    "{\"@timestamp\":\"2026-11-22T09:00:00Z\",\"instance\":\"host\",\"data\":{\"silenceCreated\":{\"silence\":{"
	    "\"id\":\"11111111-2222-3333-4444-555555555555\"," MATCHERS ",\"startsAt\":\"2026-11-22T08:00:00Z\","
	    "\"endsAt\":\"2026-11-23T08:00:00Z\",\"updatedAt\":\"2026-11-22T08:00:00Z\",\"matcherSets\":[{" MATCHERS
	    "}]}}}}");
	sbuf_fini(&b);
	silence_unref(s);
}
END_TEST

START_TEST(most_events_are_not_recorded)
{
	static const enum event_kind kinds[] = { EVENT_ALERT_LIMITED, EVENT_GROUP_FLUSHED, EVENT_NOTIFY_DECIDED,
		EVENT_ATTEMPT_FAILED, EVENT_FLUSH_ENDED, EVENT_SILENCE_EXPIRED };
	enum record_type type;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct event ev = { .kind = kinds[i] };

		ck_assert_uint_eq(event_records(&ev, &type), 0);
		ck_assert_uint_eq(events_recorded & EVENT_BIT(kinds[i]), 0);
	}
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, times);
	tcase_add_test(tc, a_silence);
	tcase_add_test(tc, most_events_are_not_recorded);
}

int
main(void)
{
	return run_suite("event_json", add);
}
