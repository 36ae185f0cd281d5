/* SPDX-License-Identifier: Apache-2.0 */
/* /api/ext/v1/alerts/FINGERPRINT: one alert, with a history of this test's own. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib_ask.h"
#include "suite.h"

#define ALERT "/api/ext/v1/alerts/"
#define DAY4 "\"at\":\"2026-01-04T"
#define EVENT(kind, time) "{\"kind\":\"" kind "\"," DAY4 time "Z\"}"

/* The answers to the questions about changes, notifications and the end. */
static struct {
	const char *events, *told, *last;
	enum err_kind refuses;
	unsigned asked;
} past;

struct answer_stream {
	struct http_stream stream;
	struct str left;	/* static */
};

static enum http_more
next(struct http_stream *s, struct sbuf *out, struct work *w, struct moment now, struct err *e)
{
	struct answer_stream *a = CONTAINER_OF(s, struct answer_stream, stream);
	size_t half = a->left.n / 2 + 1;

	(void)w;
	(void)now;
	(void)e;
	sbuf_str(out, str_sub(a->left, 0, half));
	a->left = str_sub(a->left, half, a->left.n);
	return a->left.n > 0 ? HTTP_MORE : HTTP_END;
}

static void
drop(struct http_stream *s)
{
	mem_free(CONTAINER_OF(s, struct answer_stream, stream));
}

static struct http_stream *
ask_past(void *arg, struct past_query *q, struct moment now, struct err *e)
{
	struct answer_stream *a;

	(void)arg;
	(void)now;
	past.asked++;
	ck_assert_uint_eq(q->fingerprints_n, 1);
	ck_assert_int_eq(q->format, PAST_ITEMS);
	if (past.refuses != ERR_NONE) {
		err_set(e, past.refuses, "no answer");
		return NULL;
	}
	a = NEW(struct answer_stream);
	a->stream = (struct http_stream){ .size = HTTP_STREAM_UNKNOWN, .next = next, .drop = drop };
	a->left = str_from(q->kinds_n == 8 ? past.events : q->kinds_n == 1 ? past.told : past.last);
	return &a->stream;
}

static void
with_past(struct api_env *env)
{
	env->past = ask_past;
}

static void
begin(void)
{
	more_env = with_past;
	memset(&past, 0, sizeof(past));
	past.events = past.told = past.last = "[]";
	start("/");
}

static void
finish(void)
{
	stop();
	more_env = NULL;
}

/* An alert that fires since 4 January, 01:00; it is the 5th, 00:00. The path of its detail. */
static const char *
post(void)
{
	struct answer a;
	const char *fp;

	expect("POST", "/api/v2/alerts", JSON_TYPE, "[{\"labels\":{\"alertname\":\"Disk\"},\"startsAt\":\"2026-01-04T01:00:00Z\","
	    "\"endsAt\":\"2026-01-06T00:00:00Z\"}]", 200, "");
	world_settle(&world);
	a = ask("GET", "/api/v2/alerts", "", "");
	fp = strstr(sbuf_cstr(&a.r.body), "\"fingerprint\":\"");
	ck_assert_ptr_nonnull(fp);
	fp = arena_printf(arena, ALERT "%.16s", fp + strlen("\"fingerprint\":\"")).p;
	sbuf_fini(&a.r.body);
	return fp;
}

#define PIECE(from, to, state) "{\"from\":\"2026-01-04T" from ".000Z\",\"to\":" to ",\"state\":\"" state "\"}"
#define AT(time) "\"2026-01-04T" time ".000Z\""

START_TEST(timeline_of_what_fires)
{
	const char *path;

	begin();
	path = post();
	/* Nothing is known: it fires since it began. */
	expect("GET", path, "", "", 200, "\"timeline\":[" PIECE("01:00:00", "null", "active") "]");
	/* Acknowledged goes before silenced. */
	past.events = "[" EVENT("unacked", "05:00:00") "," EVENT("silenced", "04:00:00") "," EVENT("acked", "03:00:00") "," EVENT(
	    "firing", "02:00:00") "]";
	expect("GET", path, "", "", 200,
	    "\"timeline\":[" PIECE("02:00:00", AT("03:00:00"), "active") "," PIECE("03:00:00", AT("05:00:00"), "acked") "," PIECE(
		"05:00:00", "null", "silenced") "]");
	/* It was held back when the oldest that is known happened. */
	past.events = "[" EVENT("uninhibited", "05:00:00") "]";
	expect("GET", path, "", "", 200,
	    "\"state\":\"inhibited\"},{\"from\":\"2026-01-04T05:00:00.000Z\",\"to\":null,\"state\":\"active\"}]");
	/* Ends of firing end all; older things are cut off, and a start before the end before it as well. */
	past.events = "[{\"kind\":\"firing\"," DAY4 "06:00:00Z\",\"starts\":\"2026-01-04T01:00:00Z\"}," EVENT("resolved", "02:00:00")
	    "," EVENT("silenced", "01:30:00") ",{\"kind\":\"firing\",\"at\":\"2026-01-01T00:00:00Z\"}]";
	expect("GET", path, "", "", 200,
	    PIECE("01:30:00", AT("02:00:00"), "silenced") "," PIECE("02:00:00", "null", "active") "]");
	past.told = "[{\"receiver\":\"ops\"}]";
	expect("GET", path, "", "", 200, "\"notifications\":[{\"receiver\":\"ops\"}],");
	finish();
}
END_TEST

START_TEST(history_that_does_not_answer)
{
	const char *path;

	begin();
	path = post();
	past.refuses = ERR_LIMIT;
	expect("GET", path, "", "", 200, "\"notifications\":[],\"timeline\":[");
	expect("GET", path, "", "", 200, "\"history_error\":\"no answer\"");
	expect("GET", ALERT "12", "", "", 503, "\"too_many_questions\"");
	past.refuses = ERR_IO;
	expect("GET", ALERT "12", "", "", 503, "\"no_history\"");
	past.refuses = ERR_NONE;
	past.asked = 0;
	expect("GET", ALERT "12", "", "", 404, "\"not_found\"");
	ck_assert_uint_eq(past.asked, 3);
	past.last = "no array";
	expect("GET", ALERT "12", "", "", 404, "\"not_found\"");
	finish();
}
END_TEST

START_TEST(one_that_is_gone)
{
	begin();
	past.last = "[{\"kind\":\"resolved\"," DAY4 "23:00:00Z\",\"labels\":{\"alertname\":\"Old\",\"severity\":\"page\"}}]";
	past.events = "[" EVENT("resolved", "23:00:00") "," EVENT("firing", "22:00:00") "]";
	past.told = "[{\"receiver\":\"a\"},{\"receiver\":\"b\"},{\"receiver\":\"a\"}]";
	expect("GET", ALERT "12", "", "", 200,
	    "{\"alert\":{\"annotations\":{},\"endsAt\":" AT("23:00:00") ",\"fingerprint\":\"0000000000000012\",\"receivers\":[{\"name\":\"a\"},"
	    "{\"name\":\"b\"}],\"startsAt\":" AT("22:00:00") ",\"status\":{\"inhibitedBy\":[],\"mutedBy\":[],\"silencedBy\":[],"
	    "\"state\":\"unprocessed\"},\"updatedAt\":" AT("23:00:00") ",\"labels\":{\"alertname\":\"Old\",\"severity\":\"page\"}},"
	    "\"resolved_at\":" AT("23:00:00") ",\"severity\":\"critical\",\"state\":\"resolved\",\"groups\":[],\"silences\":[],"
	    "\"inhibited_by\":[],\"ack\":null,");
	expect("GET", ALERT "12", "", "", 200, "\"timeline\":[" PIECE("22:00:00", AT("23:00:00"), "active") "]");
	/* Its end is not known. */
	past.last = "[{\"kind\":\"firing\"," DAY4 "22:00:00Z\",\"labels\":{\"alertname\":\"Old\"}}]";
	expect("GET", ALERT "12", "", "", 200, "\"resolved_at\":null,\"severity\":\"\",\"state\":\"resolved\"");
	finish();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, timeline_of_what_fires);
	tcase_add_test(tc, history_that_does_not_answer);
	tcase_add_test(tc, one_that_is_gone);
}

int
main(void)
{
	return run_suite("api/ext_detail", add);
}
