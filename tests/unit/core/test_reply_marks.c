/* SPDX-License-Identifier: Apache-2.0 */
/* Replies that were heard are known, also after a restart, up to a number. */
#include "core/replies.h"
#include "lib_core.h"

static struct fake_world w;

static void
begin(void)
{
	struct config *c = must_config("receiver ops hook\nroute receiver=ops by=[alertname] wait=10s interval=5m repeat=12h\n");

	world_init(&w);
	w.durable = true;
	world_start(&w, c);
	config_unref(c);
}

START_TEST(a_reply_is_heard_once)
{
	begin();
	ck_assert(!view_reply_heard(w.engine, STR("g"), STR("1")));
	engine_hear_reply(w.engine, STR("g"), STR("1"), w.now);
	engine_hear_reply(w.engine, STR("g"), STR("1"), w.now);
	ck_assert_uint_eq(w.changes[CHANGE_REPLY], 1);
	world_restart(&w);
	ck_assert(view_reply_heard(w.engine, STR("g"), STR("1")));
	ck_assert(!view_reply_heard(w.engine, STR("h"), STR("1")));
	ck_assert(!view_reply_heard(w.engine, STR("g"), STR("2")));
	engine_hear_reply(w.engine, STR("g"), STR("2"), w.now);
	world_restart(&w);
	ck_assert(view_reply_heard(w.engine, STR("g"), STR("1")) && view_reply_heard(w.engine, STR("g"), STR("2")));
	world_fini(&w);
}
END_TEST

START_TEST(ids_that_are_none_are_never_known)
{
	char text[REPLY_ID_MAX + 1];
	struct str id = { text, sizeof(text) };

	memset(text, 'x', sizeof(text));
	begin();
	engine_hear_reply(w.engine, STR("g"), STR_NONE, w.now);
	engine_hear_reply(w.engine, STR("g"), id, w.now);
	ck_assert(!view_reply_heard(w.engine, STR("g"), STR_NONE));
	ck_assert(!view_reply_heard(w.engine, STR("g"), id));
	ck_assert_uint_eq(w.changes[CHANGE_REPLY], 0);
	world_fini(&w);
}
END_TEST

START_TEST(the_oldest_go_first)
{
	char text[20];

	begin();
	for (int i = 0; i <= REPLIES_KEPT; i++) {
		snprintf(text, sizeof(text), "%d", i);
		engine_hear_reply(w.engine, STR("g"), str_from(text), w.now);
	}
	ck_assert(!view_reply_heard(w.engine, STR("g"), STR("0")));
	ck_assert(view_reply_heard(w.engine, STR("g"), STR("1")));
	ck_assert(view_reply_heard(w.engine, STR("g"), str_from(text)));
	ck_assert_uint_eq(w.changes[CHANGE_REPLY_DROPPED], 1);
	/* The store begins anew, and knows all of them. */
	engine_save_all(w.engine, w.now);
	ck_assert_uint_eq(w.changes[CHANGE_REPLY], 2 * REPLIES_KEPT + 1);
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("reply_marks", a_reply_is_heard_once, ids_that_are_none_are_never_known, the_oldest_go_first);
}
