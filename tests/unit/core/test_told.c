/* SPDX-License-Identifier: Apache-2.0 */
/* The condition of alerts is told when it changes, and not otherwise. */
#include "base/sbuf.h"
#include "core/view.h"
#include "lib_core.h"

struct ear {
	struct event_listener listener;
	struct sbuf said;
};

static void
hear(void *arg, const struct event *ev)
{
	static const char *const words[][2] = {
		[ALERT_FIRES] = { "resolved", "firing" },
		[ALERT_INHIBITED] = { "uninhibited", "inhibited" },
		[ALERT_SILENCED] = { "unsilenced", "silenced" },
		[ALERT_ACKED] = { "unacked", "acked" },
	};
	struct ear *ear = arg;
	const struct event_condition *c = &ev->alert_condition;

	if (ev->kind == EVENT_GROUP_MUTED) {
		sbuf_puts(&ear->said, ev->group_muted.verdict->cause != MUTE_NONE ? "muted " : "unmuted ");
		return;
	}
	sbuf_printf(&ear->said, "%.*s:%s ", STR_ARG(labels_get(c->alert->labels, STR("alertname"))),
	    words[c->condition][c->on]);
	ck_assert(!c->on || c->condition == ALERT_FIRES || c->verdict->cause != MUTE_NONE);
}

static const char text[] = "receiver ops hook\nroute receiver=ops by=[...] wait=10s interval=1m repeat=1h\n"
			   "inhibit source=alertname=\"Source\" target=alertname=\"Target\"\n";

static struct ear ear;
static struct fake_world w;

static struct wall
after(span s)
{
	return wall_add(w.now.wall, s);
}

static void
begin(const char *yaml)
{
	struct config *c = must_config(yaml);

	ear = (struct ear){ .listener = { EVENT_BIT(EVENT_ALERT_CONDITION) | EVENT_BIT(EVENT_GROUP_MUTED), hear, &ear },
		.said = SBUF_INIT(4096) };
	world_init(&w);
	port_listen(&w.port, &ear.listener);
	world_start(&w, c);
	config_unref(c);
}

static void
end(void)
{
	world_fini(&w);
	sbuf_fini(&ear.said);
}

static void
expect(const char *said)
{
	ck_assert_str_eq(sbuf_cstr(&ear.said), said);
	sbuf_reset(&ear.said);
}

START_TEST(firing_is_told_once)
{
	begin(text);
	world_post(&w, "A", w.now.wall, after(10 * SPAN_MIN));
	world_post(&w, "A", w.now.wall, after(11 * SPAN_MIN));
	world_run(&w, 5 * SPAN_MIN);
	world_post(&w, "A", WALL_ZERO, after(5 * SPAN_MIN));
	expect("A:firing ");
	/* By its time. */
	world_run(&w, 20 * SPAN_MIN);
	expect("A:resolved ");
	world_post(&w, "A", WALL_ZERO, after(5 * SPAN_MIN));
	world_post(&w, "A", WALL_ZERO, w.now.wall);
	world_run(&w, 2 * SPAN_HOUR);
	expect("A:firing A:resolved ");
	end();
}
END_TEST

START_TEST(what_holds_back_is_told_at_the_flush)
{
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };

	begin(text);
	world_post(&w, "Target", w.now.wall, after(9 * SPAN_HOUR));
	world_run(&w, 5 * SPAN_MIN);
	expect("Target:firing ");
	ck_assert(world_silence(&w, "", "alertname=Target", w.now.wall, after(5 * SPAN_MIN), id, &e));
	world_run(&w, 8 * SPAN_MIN);
	expect("Target:silenced ");
	world_run(&w, 20 * SPAN_MIN);
	expect("Target:unsilenced ");
	world_post(&w, "Source", w.now.wall, after(5 * SPAN_MIN));
	world_run(&w, 22 * SPAN_MIN);
	expect("Source:firing Target:inhibited ");
	world_run(&w, SPAN_HOUR);
	expect("Target:uninhibited Source:resolved ");
	/* The end ends all. */
	ck_assert(world_silence(&w, "", "alertname=Target", w.now.wall, after(5 * SPAN_HOUR), id, &e));
	world_run(&w, SPAN_HOUR + 2 * SPAN_MIN);
	world_post(&w, "Target", WALL_ZERO, w.now.wall);
	world_post(&w, "Target", WALL_ZERO, after(SPAN_HOUR));
	world_run(&w, SPAN_HOUR + 4 * SPAN_MIN);
	expect("Target:silenced Target:resolved Target:firing Target:silenced ");
	end();
}
END_TEST

START_TEST(acknowledgements_are_told_beside_silences)
{
	struct ack_request r = { .owner = STR("jo"), .longest = 30 * SPAN_MIN };
	struct matchers ms = must_matchers("{alertname=\"A\"}");
	struct ack_result out;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };

	begin(text);
	world_post(&w, "A", w.now.wall, after(9 * SPAN_HOUR));
	world_run(&w, 2 * SPAN_MIN);
	r.matchers = &ms;
	ck_assert_msg(engine_ack(w.engine, &r, w.now, &out, &e), "%s", e.text);
	world_run(&w, 4 * SPAN_MIN);
	expect("A:firing A:acked ");
	ck_assert(world_silence(&w, "", "alertname=A", w.now.wall, after(5 * SPAN_MIN), id, &e));
	world_run(&w, 20 * SPAN_MIN);
	expect("A:silenced A:unsilenced ");
	world_run(&w, SPAN_HOUR);
	expect("A:unacked ");
	matchers_fini(&ms);
	end();
}
END_TEST

START_TEST(intervals_are_told_of_the_group)
{
	begin("receiver ops hook\ninterval night 00:00-01:00\nroute receiver=ops\n"
	      "  route match=alertname=\"A\" receiver=ops wait=10s interval=1m mute=[night]\n");
	world_post(&w, "A", w.now.wall, after(9 * SPAN_HOUR));
	world_run(&w, 30 * SPAN_MIN);
	expect("A:firing muted ");
	world_run(&w, 2 * SPAN_HOUR);
	expect("unmuted ");
	end();
}
END_TEST

START_TEST(a_restart_knows_what_fires)
{
	begin(text);
	world_post(&w, "A", w.now.wall, after(2 * SPAN_HOUR));
	world_run(&w, 5 * SPAN_MIN);
	expect("A:firing ");
	world_restart(&w);
	world_run(&w, 10 * SPAN_MIN);
	expect("");
	world_run(&w, 4 * SPAN_HOUR);
	expect("A:resolved ");
	end();
}
END_TEST

static uint64_t
lists_revision(void)
{
	struct view_revision r;

	view_revision(w.engine, &r);
	return r.alerts;
}

/* Lists are not fetched again for each flush of each group. */
START_TEST(a_flush_without_news_moves_no_list)
{
	uint64_t before;

	begin(text);
	world_post(&w, "A", w.now.wall, after(4 * SPAN_HOUR));
	before = lists_revision();
	world_run(&w, 5 * SPAN_S);
	ck_assert_uint_eq(lists_revision(), before);
	/* Told. */
	world_run(&w, 30 * SPAN_S);
	ck_assert_uint_gt(lists_revision(), before);
	before = lists_revision();
	world_run(&w, 50 * SPAN_MIN);
	ck_assert_uint_eq(lists_revision(), before);
	/* Told again. */
	world_run(&w, 65 * SPAN_MIN);
	ck_assert_uint_gt(lists_revision(), before);
	before = lists_revision();
	world_post(&w, "B", w.now.wall, after(SPAN_HOUR));
	ck_assert_uint_gt(lists_revision(), before);
	end();
	/* The next flush is shown of a group that nobody is told of. */
	begin("receiver none\nroute receiver=none by=[...] wait=10s interval=1m\n");
	world_post(&w, "A", w.now.wall, after(4 * SPAN_HOUR));
	world_run(&w, 30 * SPAN_S);
	before = lists_revision();
	world_run(&w, 2 * SPAN_MIN);
	ck_assert_uint_gt(lists_revision(), before);
	end();
}
END_TEST

int
main(void)
{
	return RUN("told", firing_is_told_once, what_holds_back_is_told_at_the_flush, acknowledgements_are_told_beside_silences,
	    intervals_are_told_of_the_group, a_restart_knows_what_fires, a_flush_without_news_moves_no_list);
}
