/* SPDX-License-Identifier: Apache-2.0 */
/* The effects of downtime on alerts and on the memory of notifications. */
#include "lib_store.h"

#include <string.h>

START_TEST(downtime_does_not_end_alerts)
{
	struct rig r;

	rig_init(&r, "receiver ops hook mail\nroute receiver=ops by=[alertname] wait=30s interval=5m\n");
	rig_start(&r);
	rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, 4 * SPAN_MIN));
	rig_post(&r, "Long{x=1}", r.now.wall, rig_in(&r, 10 * SPAN_HOUR));
	rig_post(&r, "Ended{x=1}", rig_in(&r, -SPAN_MIN), r.now.wall);
	rig_settle(&r);
	rig_crash(&r);
	r.now.wall = rig_in(&r, SPAN_HOUR);
	rig_start(&r);
	ck_assert(wall_cmp(alert_ends(rig_alert(&r, "A{x=1}")), rig_in(&r, 4 * SPAN_MIN)) == 0);
	ck_assert(wall_cmp(alert_ends(rig_alert(&r, "Long{x=1}")), rig_in(&r, 9 * SPAN_HOUR)) == 0);
	ck_assert(alert_resolved_at(rig_alert(&r, "Ended{x=1}"), r.now.wall));
	rig_fini(&r);
}
END_TEST

/* The log remembers ten minutes here; the server is down for an hour. */
START_TEST(downtime_forgets_nothing_told)
{
	struct rig r;

	rig_init(&r, "receiver ops hook\nroute receiver=ops by=[alertname] wait=30s interval=5m repeat=5m\n");
	rig_start(&r);
	rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, 4 * SPAN_MIN));
	rig_pass(&r, 30 * SPAN_S);
	ck_assert_uint_eq(r.sent_n, 1);
	rig_answer(&r, r.sent[0].attempt, true);
	rig_post(&r, "A{x=1}", rig_in(&r, -SPAN_MIN), r.now.wall);
	for (int crash = 0; crash < 2; crash++) {
		rig_settle(&r);
		rig_crash(&r);
		r.now.wall = rig_in(&r, SPAN_HOUR);
		rig_start(&r);
	}
	rig_pass(&r, SPAN_S);
	ck_assert_uint_eq(r.sent_n, 1);
	ck_assert_msg(strstr(r.sent[0].text, "resolved") != NULL, "%s", r.sent[0].text);
	rig_fini(&r);
}
END_TEST

/* A notification under way is too old to be taken up: recipients served by it are not told the same by the next flush. */
START_TEST(who_was_served_is_not_told_again)
{
	struct rig r;
	struct notification *n;

	rig_init(&r, "receiver ops hook\nroute receiver=ops by=[alertname] wait=30s interval=5m\n");
	rig_start(&r);
	rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, SPAN_HOUR));
	rig_pass(&r, 30 * SPAN_S);
	ck_assert_uint_eq(r.sent_n, 1);
	n = r.sent[0].n;
	n->recipients = (struct recipients){ .n = 2, .known = true };
	n->recipients.v = ARENA_ARRAY(n->arena, 2, struct recipient);
	n->recipients.v[0] = (struct recipient){ .to = STR("+1"), .state = RECIPIENT_DONE, .provider_id = STR("id-1") };
	n->recipients.v[1] = (struct recipient){ .to = STR("+2"), .provider_id = STR("") };
	engine_progressed(r.engine, r.sent[0].attempt, r.now);
	rig_settle(&r);
	rig_crash(&r);
	r.now.wall = rig_in(&r, 20 * SPAN_MIN);
	rig_start(&r);
	rig_pass(&r, SPAN_S);
	ck_assert_uint_eq(r.sent_n, 1);
	n = r.sent[0].n;
	ck_assert_uint_eq(n->served_n, 1);
	ck_assert(str_is(n->served[0], "+1"));
	rig_fini(&r);
}
END_TEST

int
main(void)
{
	return RUN("downtime", downtime_does_not_end_alerts, downtime_forgets_nothing_told,
	    who_was_served_is_not_told_again);
}
