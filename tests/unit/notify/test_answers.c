/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meaning of receivers' odd answers in JSON: what Go's encoding/json takes decides nothing else than a tidy
 * answer would, and what it refuses is told in its words.
 */

#include "lib_notify.h"
#include "suite.h"

#define D STEP_DONE
#define R STEP_RETRY
#define F STEP_FAIL

#define ODD(ok) "{\"text\":\"\xff\\ud83d\\u0000\",\"id\":123456789012345678901234567890,\"r\":1e999,\"k\\u0000\":-0," ok "}"
#define WECHAT "wechat", "{api_secret: s, corp_id: c}"
#define SLACK "slack", "{api_url: 'http://x/', channel: c}"
#define SLACK_BAD "channel \"c\": could not unmarshal JSON response "
#define TELEGRAM "telegram", "{bot_token: t, chat_id: 1}"
#define ROCKETCHAT "rocketchat", "{token: t, token_id: i, channel: c}"
#define ROCKETCHAT_BAD "channel \"c\": could not unmarshal JSON response "
#define JIRA "jira", "{api_url: 'http://x/', project: p, issue_type: t, reopen_transition: reopen}"
#define JIRA_FOUND "{\"issues\":[{\"key\":\"A-1\",\"fields\":{\"status\":{\"statusCategory\":{\"key\":\"done\"}}}}]}"
#define INCIDENTIO "incidentio", "{url: 'http://x/', alert_source_token: t}"
#define PAGERDUTY "pagerduty", "{routing_key: k}"

static const struct row {
	const char *kind, *settings;
	int status;			/* of the last answer; the ones before have 200 */
	const char *bodies[5];
	enum step step;
	const char *text;		/* of the error */
} rows[] = {
	{ SLACK, 200, { ODD("\"ok\":true") }, D, "" },
	{ SLACK, 200, { "{\"ok\":false,\"ok\":true}" }, D, "" },
	{ SLACK, 200, { "{\"ok\":true,\"ok\":false,\"error\":\"x\",\"error\":\"y\xff\"}" }, F,
	    "channel \"c\": error response from Slack: y\uFFFD" },
	{ SLACK, 200, { "{\"OK\":true,\"x\":1}" }, D, "" },
	{ SLACK, 200, { "{\"ok\":null}" }, F, "channel \"c\": error response from Slack: " },
	{ SLACK, 200, { "[true]" }, F, "channel \"c\": error response from Slack: " },
	{ SLACK, 200, { "null" }, F, "channel \"c\": error response from Slack: " },
	{ SLACK, 200, { "{\"ok\":true}}" }, R,
	    SLACK_BAD "\"{\"ok\":true}}\": invalid character '}' after top-level value" },
	{ SLACK, 200, { "" }, R, SLACK_BAD "\"\": unexpected end of JSON input" },
	{ SLACK, 200, { "{\"ok\":tru}" }, R,
	    SLACK_BAD "\"{\"ok\":tru}\": invalid character '}' in literal true (expecting 'e')" },
	{ SLACK, 200, { "\xef\xbb\xbf{}" }, R,
	    SLACK_BAD "\"\xef\xbb\xbf{}\": invalid character 'ï' looking for beginning of value" },
	{ ROCKETCHAT, 200, { ODD("\"success\":true") }, D, "" },
	{ ROCKETCHAT, 200, { "{\"success\":false,\"error\":\"\\ud83d\\ude00\\udc00\"}" }, F,
	    "channel \"c\": error response from Rocketchat: 😀\uFFFD" },
	{ ROCKETCHAT, 200, { "<html>" }, R,
	    ROCKETCHAT_BAD "\"<html>\": invalid character '<' looking for beginning of value" },
	{ TELEGRAM, 200, { ODD("\"ok\":true") }, D, "" },
	{ TELEGRAM, 200, { ODD("\"ok\":true,\"result\":{\"chat\":{\"id\":-10012345678901234567890}}") }, D, "" },
	{ TELEGRAM, 400, { "{\"ok\":false,\"error_code\":403,\"description\":\"gone\xc3\"}" }, R,
	    "telegram: gone\uFFFD (403)" },
	{ TELEGRAM, 429, { "{\"ok\":false,\"error_code\":4.03e2,\"parameters\":{\"retry_after\":5}}" }, R,
	    "telegram: unknown error (429)" },
	{ TELEGRAM, 500, { "{\"ok\":false,\"error_code\":99999999999999999999,\"description\":\"\"}" }, R,
	    "telegram:  (500)" },
	{ TELEGRAM, 502, { "Bad Gateway" }, R,
	    "telegram: invalid character 'B' looking for beginning of value (status code 502)" },
	{ WECHAT, 200, { ODD("\"access_token\":\"t\"") "garbage", ODD("\"errcode\":0") }, D, "" },
	{ WECHAT, 200, { "{\"access_token\":\"t\"}", "{\"errcode\":42001,\"errmsg\":\"old\xff\"}" }, R, "old\uFFFD" },
	{ WECHAT, 200, { "{\"access_token\":\"t\"}", "{\"errcode\":-0}" }, D, "" },
	{ WECHAT, 200, { "{\"access_token\":\"t\"}", "{}x" }, R, "invalid character 'x' after top-level value" },
	{ WECHAT, 200, { "{\"access_token\":\"" }, F, "unexpected EOF" },
	{ WECHAT, 200, { "{\"access_token\":1}" }, F, "invalid APISecret for CorpID: c" },
	{ JIRA, 201, { "{\"Issues\":[],\"names\":\"\xff\"}", "{}" }, D, "" },
	{ JIRA, 204, { JIRA_FOUND, "", "{\"Transitions\":[{\"id\":\"7\",\"name\":\"reopen\"}],\"x\":1e999}", "" }, D, "" },
	{ JIRA, 200, { JIRA_FOUND, "", "{\"transitions\":[{\"id\":\"7\",\"name\":\"rest\"}]}" }, F,
	    "can't find transition reopen for issue A-1" },
	{ JIRA, 200, { JIRA_FOUND, "", "[" }, F, "unexpected end of JSON input" },
	{ JIRA, 200, { JIRA_FOUND, "", "null" }, F, "can't find transition reopen for issue A-1" },
	{ JIRA, 200, { "{\"issues\":[{\"key\":\"../x\"}]}" }, F,
	    "failed to look up existing issues: the issue found has no usable key" },
	{ JIRA, 200, { "{\"issues\":[{\"key\":\"A\\u0000\"}]}" }, F,
	    "failed to look up existing issues: the issue found has no usable key" },
	{ JIRA, 200, { "{\"issues\":" }, F, "failed to look up existing issues: unexpected end of JSON input" },
	{ INCIDENTIO, 400, { "{\"message\":\"m\xff\",\"error\":\"e\",\"errors\":[\"a\",1,\"b\"]} and more" }, F,
	    "unexpected status code 400: m\uFFFD: e: a, b" },
	{ INCIDENTIO, 400, { "nothing" }, F, "unexpected status code 400" },
	{ PAGERDUTY, 400, { "{\"message\":\"m\",\"errors\":[\"a\xff\",null,\"b\"]}..." }, F,
	    "unexpected status code 400: m: a\uFFFD,,b" },
	{ PAGERDUTY, 400, { "{}" }, F, "unexpected status code 400: : " },
	{ PAGERDUTY, 400, { "" }, F, "unexpected status code 400" },
};

static struct bench *
make_bench(const struct row *row)
{
	struct arena *a = arena_new();
	struct str yaml = arena_printf(a, "config: |\n  route: {receiver: r}\n  receivers:\n    - name: r\n"
	    "      %s_configs: [%s]\ngroup_labels: {alertname: A}\nalerts:\n  - {labels: {alertname: A}}\n",
	    row->kind, row->settings);
	struct bench *b = bench_new(yaml, NULL);

	arena_free(&a);
	return b;
}

static void
check_row(const struct row *row)
{
	struct bench *b = make_bench(row);
	struct request req;
	struct err e = { 0 };
	enum step step = bench_start(b, &req, &e);

	for (size_t i = 0; i < ARRAY_LEN(row->bodies) && row->bodies[i] != NULL; i++) {
		bool last = i + 1 == ARRAY_LEN(row->bodies) || row->bodies[i + 1] == NULL;
		struct response r = { .status = last ? row->status : 200, .body = str_from(row->bodies[i]),
			.content_type = STR("application/json") };

		ck_assert_msg(step == STEP_SEND, "%s %zu: %d %s", row->kind, i, (int)step, e.text);
		step = bench_resume(b, &r, &req, &e);
	}
	ck_assert_msg(step == row->step, "%s %s: %d %s", row->kind, row->bodies[0], (int)step, e.text);
	ck_assert_str_eq(e.text, row->text);
	bench_free(b);
}

START_TEST(odd_json_means_what_it_says)
{
	check_row(&rows[_i]);
}
END_TEST

/* As Alertmanager's do: these look into an answer of 2xx, the others at its status alone. */
START_TEST(who_needs_no_body_takes_one_that_breaks_off)
{
	static const struct row kinds[] = {
		{ .kind = "webhook", .settings = "{url: 'http://x/'}", .status = 1 },
		{ .kind = "discord", .settings = "{webhook_url: 'http://x/'}", .status = 1 },
		{ .kind = "opsgenie", .settings = "{api_key: k}", .status = 1 },
		{ .kind = "mattermost", .settings = "{webhook_url: 'http://x/'}", .status = 1 },
		{ PAGERDUTY, 1, { NULL }, D, "" },
		{ INCIDENTIO, 1, { NULL }, D, "" },
		{ SLACK, 0, { NULL }, D, "" },
		{ ROCKETCHAT, 0, { NULL }, D, "" },
		{ TELEGRAM, 0, { NULL }, D, "" },
		{ WECHAT, 0, { NULL }, D, "" },
		{ JIRA, 0, { NULL }, D, "" },
		{ .kind = "ntfy", .settings = "{topic: t}", .status = 1 },
		{ .kind = "matrix", .settings = "{homeserver: 'http://x', room_id: '!a:b', access_token: t}", .status = 1 },
		{ .kind = "gotify", .settings = "{url: 'http://x', token: t}", .status = 1 },
		{ .kind = "signal", .settings = "{url: 'http://x', number: '+1', recipients: ['+2']}", .status = 1 },
		{ .kind = "googlechat", .settings = "{webhook_url: 'http://x/'}", .status = 1 },
		{ .kind = "zulip", .settings = "{url: 'http://x', email: b, api_key: k, channel: c}", .status = 1 },
		{ .kind = "sms", .settings = "{url: 'http://x/', to: ['1']}", .status = 1 },
		{ .kind = "sms", .settings = "{url: 'http://x/', to: ['1'], success_body: ok}", .status = 0 },
		{ .kind = "sms", .settings = "{url: 'http://x/', to: ['1'], retry_body: busy}", .status = 0 },
		{ .kind = "sms", .settings = "{url: 'http://x/', to: ['1'], provider: kannel, username: u, password: p}" },
	};
	struct bench *b = make_bench(&kinds[_i]);
	struct request req;
	struct err e = { 0 };

	ck_assert_int_eq(bench_start(b, &req, &e), STEP_SEND);
	ck_assert_msg(req.http.status_decides == (kinds[_i].status == 1), "%s", kinds[_i].kind);
	bench_free(b);
}
END_TEST

/* A password that was refused is not said again soon, for whatever notification. */
START_TEST(a_refused_password_is_given_a_rest)
{
	static const struct row mail = { .kind = "email",
		.settings = "{to: a@b, from: c@d, smarthost: 'h:25', auth_username: u, auth_password: p}" };
	struct response refused = { .kind = REQUEST_MAIL, .transport_error = true, .smtp_auth_refused = true, .error = STR("535 no") };
	struct bench *b = make_bench(&mail);
	struct request req;
	struct err e = { 0 };

	ck_assert_int_eq(bench_start(b, &req, &e), STEP_SEND);
	ck_assert_int_eq(bench_resume(b, &refused, &req, &e), STEP_RETRY);
	ck_assert_int_eq(b->attempt.failure, FAILURE_AUTH);
	ck_assert_int_eq(b->attempt.retry_after, SPAN_MIN);
	err_clear(&e);
	ck_assert_int_eq(bench_start(b, &req, &e), STEP_RETRY);
	ck_assert_str_eq(e.text, "\"h:25\" refused this username and password a moment ago, they are not tried again yet");
	ck_assert_int_eq(b->attempt.retry_after, SPAN_MIN);
	/* When that is forgotten it is. */
	b->cache_n = 0;
	err_clear(&e);
	ck_assert_int_eq(bench_start(b, &req, &e), STEP_SEND);
	bench_free(b);
}
END_TEST

static void
check_recipient(const struct bench *b, size_t i, enum recipient_state state, unsigned tries, bool asked, bool doubt)
{
	const struct recipient *r = &b->n.recipients.v[i];

	ck_assert_int_eq(r->state, state);
	ck_assert_uint_eq(r->tries, tries);
	ck_assert_int_eq(r->asked, asked);
	ck_assert_int_eq(r->doubt, doubt);
}

/* Each of its recipients is one whom the mail was tried for, and in doubt when the server fell silent. */
START_TEST(a_mail_is_a_try_for_each_of_its_recipients)
{
	static const struct row mail = { .kind = "email", .settings = "{to: 'a@x, b@x, c@x', from: d@x, smarthost: 'h:25'}" };
	static const int first[] = { 250, 450, 550 }, second[] = { 250 };
	struct response some = { .kind = REQUEST_MAIL, .smtp_code = 250, .smtp_recipient_codes = first }, silent = { .kind = REQUEST_MAIL,
		.transport_error = true, .unanswered = true, .error = STR("timed out") };
	struct bench *b = make_bench(&mail);
	struct request req;
	struct err e = { 0 };

	ck_assert_int_eq(bench_start(b, &req, &e), STEP_SEND);
	for (size_t i = 0; i < 3; i++)
		check_recipient(b, i, RECIPIENT_PENDING, 1, true, false);
	ck_assert_int_eq(bench_resume(b, &some, &req, &e), STEP_RETRY);
	check_recipient(b, 0, RECIPIENT_DONE, 1, false, false);
	check_recipient(b, 1, RECIPIENT_PENDING, 1, false, false);
	check_recipient(b, 2, RECIPIENT_FAILED, 1, false, false);
	err_clear(&e);
	ck_assert_int_eq(bench_start(b, &req, &e), STEP_SEND);
	ck_assert_int_eq(bench_resume(b, &silent, &req, &e), STEP_RETRY);
	check_recipient(b, 1, RECIPIENT_PENDING, 2, false, true);
	err_clear(&e);
	ck_assert_int_eq(bench_start(b, &req, &e), STEP_SEND);
	some.smtp_recipient_codes = second;
	ck_assert_int_eq(bench_resume(b, &some, &req, &e), STEP_DONE);
	check_recipient(b, 0, RECIPIENT_DONE, 1, false, false);
	check_recipient(b, 1, RECIPIENT_DONE, 3, false, true);
	bench_free(b);
}
END_TEST

/* A question that comes before is no notification. */
START_TEST(who_asks_first_says_so)
{
	static const struct row kinds[] = {
		{ WECHAT, 1, { NULL }, D, "" },
		{ JIRA, 1, { NULL }, D, "" },
		{ .kind = "webhook", .settings = "{url: 'http://x/'}" },
		{ TELEGRAM, 0, { NULL }, D, "" },
	};
	struct response found = { .status = 200, .body = str_from(JIRA_FOUND) }, put = { .status = 204 };
	struct bench *b = make_bench(&kinds[_i]);
	struct request req;
	struct err e = { 0 };

	ck_assert_int_eq(bench_start(b, &req, &e), STEP_SEND);
	ck_assert(req.asks == (kinds[_i].status == 1));
	if (_i == 1) {
		ck_assert_int_eq(bench_resume(b, &found, &req, &e), STEP_SEND);
		ck_assert(!req.asks);
		ck_assert_int_eq(bench_resume(b, &put, &req, &e), STEP_SEND);
		ck_assert(req.asks);
	}
	bench_free(b);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, odd_json_means_what_it_says, 0, (int)ARRAY_LEN(rows));
	tcase_add_loop_test(tc, who_asks_first_says_so, 0, 4);
	tcase_add_test(tc, a_refused_password_is_given_a_rest);
	tcase_add_test(tc, a_mail_is_a_try_for_each_of_its_recipients);
	tcase_add_loop_test(tc, who_needs_no_body_takes_one_that_breaks_off, 0, 21);
}

int
main(void)
{
	return run_suite("notify answers", add);
}
