/* SPDX-License-Identifier: Apache-2.0 */
/* /api/ext/v1/sms: what gateways tell; tests/e2e/test_gateways.py has the whole of it. */
#include <string.h>

#include "base/utf8.h"
#include "config/gateways.h"
#include "core/delivery.h"
#include "core/heard.h"
#include "lib_ask.h"
#include "suite.h"

#define REPLIES 5

static struct gateway gateway;
/* The replies that a request brings have one id, or none. */
static struct str id, once;
static const char *wish = "status";
static struct str listed = { "+1 555 0100", 11 };

/* As one request of a gateway that gathers them. */
static bool
hear(void *arg, const struct gateway *g, const struct http_request *r, bool reply, struct moment now, struct arena *a,
    struct heard *out, struct err *e)
{
	(void)arg;
	(void)g;
	(void)r;
	(void)now;
	(void)e;
	ck_assert(reply);
	*out = (struct heard){ .replies = ARENA_ARRAY(a, REPLIES, struct heard_reply), .replies_n = REPLIES };
	for (size_t i = 0; i < REPLIES; i++)
		out->replies[i] = (struct heard_reply){ STR("15550100"), str_from(wish), id };
	out->once = once;
	return true;
}

static struct str
answer(const struct gateway *g, struct str text, struct arena *a, struct str *type)
{
	(void)g;
	(void)a;
	*type = STR("text/plain");
	return text;
}

static void
hears(struct api_env *env)
{
	env->hear = hear;
	env->answer = answer;
}

static void
begin(void)
{
	more_env = hears;
	start("");
	more_env = NULL;
	gateway = (struct gateway){ .name = STR("g"), .hear.replies = { &listed, 1 } };
	world.config->gateways = &gateway;
	world.config->gateways_n = 1;
	ck_assert(names_add(&world.config->gateway_names, world.config->arena, gateway.name, 0));
}

/* Each looks through the deliveries for the last one to its number: others have their turn in between. */
START_TEST(many_replies_are_heard_in_slices)
{
	struct http_request r = { .method = STR("POST"), .path = STR("/api/ext/v1/sms/g/reply") };
	struct http_response out = { .body.max = SBUF_UNLIMITED };
	unsigned slices = 1;

	begin();
	r.arena = arena;
	r.principal = asker;
	api_handle(api, &r, world.now, &out);
	ck_assert_ptr_nonnull(out.later);
	for (struct work w = { 1 }; !out.later->step(out.later, &out, &w, world.now); w.left = 1)
		slices++;
	out.later->drop(out.later);
	ck_assert_uint_eq(slices, REPLIES);
	ck_assert_int_eq(out.status, 200);
	ck_assert_str_eq(sbuf_cstr(&out.body), "There was no message to this number");
	sbuf_fini(&out.body);
	stop();
}
END_TEST

static uint64_t out;

static void
on_send(struct fake_world *w, uint64_t attempt, struct notification *n, struct mono deadline)
{
	(void)w;
	(void)n;
	(void)deadline;
	out = attempt;
}

static void
on_cancel(struct fake_world *w, uint64_t attempt)
{
	(void)w;
	ck_assert_uint_eq(attempt, out);
}

/* Half a rune would make the whole answer unreadable. */
START_TEST(names_are_cut_between_runes)
{
	struct answer got;
	struct mono at;

	begin();
	world.on_send = on_send;
	world.on_cancel = on_cancel;
	expect("POST", "/api/v2/alerts", JSON_TYPE,
	    "[{\"labels\":{\"alertname\":\"aığığığığığığığığığığığığığığığığığığığ\",\"x\":\"ığığığığığığığığığığığığığığığığığığığ\"}}]", 200, "");
	world_run(&world, 31 * SPAN_S);
	ck_assert_int_eq(engine_admit(world.engine, out, STR("g"), STR("+15550100"), world.now, &at), ADMIT_GO);
	got = ask("POST", "/api/ext/v1/sms/g/reply", "", "");
	ck_assert_int_eq(got.r.status, 200);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&got.r.body), "1 firing"));
	ck_assert(utf8_valid(sbuf_get(&got.r.body)));
	sbuf_fini(&got.r.body);
	stop();
}
END_TEST

/* Gateways send it again when our answer was lost, and others may have seen it. */
START_TEST(a_reply_acts_once)
{
	const struct str ids[] = { STR("m1"), STR("m1"), STR("m2"), STR("m3") }, onces[] = { STR(""), STR(""), STR("n1"), STR("n1") };
	struct answer got;
	struct mono at;

	begin();
	world.on_send = on_send;
	world.on_cancel = on_cancel;
	wish = "sil 1h";
	expect("POST", "/api/v2/alerts", JSON_TYPE, "[{\"labels\":{\"alertname\":\"A\"}}]", 200, "");
	world_run(&world, 31 * SPAN_S);
	ck_assert_int_eq(engine_admit(world.engine, out, STR("g"), STR("+15550100"), world.now, &at), ADMIT_GO);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		id = ids[i];
		once = onces[i];
		got = ask("POST", "/api/ext/v1/sms/g/reply", "", "");
		ck_assert_int_eq(got.r.status, 200);
		/* The five of a request are one, too. */
		ck_assert_uint_eq(world.events[EVENT_SILENCE_CREATED], i < 2 ? 1 : 2);
		ck_assert(i != 1 || got.r.body.n == 0);
		sbuf_fini(&got.r.body);
	}
	id = once = STR_NONE;
	wish = "status";
	stop();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, many_replies_are_heard_in_slices);
	tcase_add_test(tc, names_are_cut_between_runes);
	tcase_add_test(tc, a_reply_acts_once);
}

int
main(void)
{
	return run_suite("sms", add);
}
