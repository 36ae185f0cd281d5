/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of gateways, which come when the notification is over, are events of their own. */
#include "lib_history.h"
#include "suite.h"

static struct rig r;

static void
expect(struct past_query q, const char *ids)
{
	ck_assert_str_eq(rig_list(&r, &q, "id"), ids);
}

#define ONE(text) (const struct str[]){ STR(text) }

START_TEST(reports_of_gateways)
{
	struct past_query file = { .format = PAST_CSV, .kinds = ONE("delivery"), .kinds_n = 1 };
	const char *text;

	rig_init(&r);
	rig_start(&r);
	rig_delivery(&r, DELIVERY_ACCEPTED, "", false);
	rig_delivery(&r, DELIVERY_DELIVERED, "", true);
	rig_delivery(&r, DELIVERY_FAILED, "absent", true);
	rig_settle(&r, 0);
	ck_assert_str_eq(rig_list(&r, &(struct past_query){ 0 }, "kind"), "delivery delivery");
	ck_assert_str_eq(rig_list(&r, &(struct past_query){ 0 }, "state"), "failed delivered");
	expect((struct past_query){ .receiver = STR("ops"), .integration = STR("sms"), .actor = STR("g") }, "2 1");
	expect((struct past_query){ .integration = STR("sms[0]") }, "");
	expect((struct past_query){ .outcomes = ONE("failed"), .outcomes_n = 1 }, "");
	expect((struct past_query){ .matchers = ONE("alertname!=\"B\""), .matchers_n = 1 }, "");
	text = rig_ask(&r, &(struct past_query){ .limit = 1 });
	ck_assert_msg(strstr(text, "\"group_key\":\"{}:{alertname=\\\"A\\\"}\",\"receiver\":\"ops\",\"integration\":\"sms[1]\","
				   "\"recipient\":\"+1\",\"state\":\"failed\",\"gateway\":\"g\",\"provider_id\":\"id-1\","
				   "\"error\":\"absent\"}") != NULL, "%s", text);
	text = rig_ask(&r, &file);
	ck_assert_msg(strstr(text, "\"g\",\"id-1\",\"\",\"absent\",\"'+1 (failed)\"\r\n") != NULL, "%s", text);
	rig_fini(&r);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, reports_of_gateways);
}

int
main(void)
{
	return run_suite("reports", add);
}
