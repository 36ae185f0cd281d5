/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of every kind of receiver, whatever it speaks. A kind that is
 * registered but has no row here fails the test.
 */
#include <stdlib.h>

#include "lib_notify.h"
#include "suite.h"
#include "text/json_read.h"

#define R STEP_RETRY
#define F STEP_FAIL

/* The retry matrix: what a status, or no answer, means for the first request. */
static const struct row {
	const char *kind;
	const char *settings;
	bool send_resolved;
	enum step none, s400, s403, s404, s429, s500, s503, s302;
	const char *ok;		/* body of a 2xx that ends the attempt well; NULL: any; "-": the conversation goes on */
	int ok_status;
} rows[] = {
	{ "webhook", "{url: 'http://x/'}", true, R, F, F, F, F, R, R, F, NULL, 200 },
	{ "email", "{to: 'a@b', from: 'c@d', smarthost: 'h:25'}", false, R, R, R, R, R, R, R, R, NULL, 250 },
	{ "pagerduty", "{routing_key: k}", true, R, F, F, F, R, R, R, F, NULL, 202 },
	{ "opsgenie", "{api_key: k}", true, R, F, F, F, R, R, R, F, NULL, 202 },
	{ "wechat", "{api_secret: s, corp_id: c}", false, R, F, F, F, F, F, F, F, "-", 200 },
	{ "slack", "{api_url: 'http://x/'}", false, R, F, F, F, F, R, R, F, "ok", 200 },
	{ "victorops", "{api_key: k, routing_key: r}", true, R, F, F, F, F, R, R, F, NULL, 200 },
	{ "pushover", "{user_key: u, token: t}", true, R, F, F, F, F, R, R, F, NULL, 200 },
	{ "sns", "{sigv4: {region: r, access_key: a, secret_key: s}, topic_arn: t}", true, R, F, F, F, F, R, R, F, NULL, 200 },
	{ "telegram", "{bot_token: t, chat_id: 1}", true, R, R, R, R, R, R, R, R, "{\"ok\":true}", 200 },
	{ "discord", "{webhook_url: 'http://x/'}", true, R, F, F, F, F, R, R, F, NULL, 204 },
	{ "webex", "{room_id: r, http_config: {authorization: {credentials: c}}}", true, R, F, F, F, F, R, R, F, NULL, 200 },
	{ "msteams", "{webhook_url: 'http://x/'}", true, R, F, F, F, F, R, R, F, NULL, 200 },
	{ "msteamsv2", "{webhook_url: 'http://x/'}", true, R, F, F, F, F, R, R, F, NULL, 202 },
	{ "jira", "{api_url: 'http://x/', project: p, issue_type: t}", true, F, F, F, F, R, R, R, F, "-", 200 },
	{ "incidentio", "{url: 'http://x/', alert_source_token: t}", true, R, F, F, F, R, R, R, F, NULL, 202 },
	{ "rocketchat", "{token: t, token_id: i}", false, R, F, F, F, F, R, R, F, "{\"success\":true}", 200 },
	{ "mattermost", "{webhook_url: 'http://x/'}", true, R, F, F, F, F, R, R, F, NULL, 200 },
	{ "sms", "{url: 'http://x/', to: ['1'], body: '{}'}", true, R, F, F, F, R, R, R, F, NULL, 200 },
	{ "ntfy", "{topic: t}", true, R, F, F, F, R, R, R, F, NULL, 200 },
	{ "matrix", "{homeserver: 'http://x', room_id: '!a:b', access_token: t}", true, R, F, F, F, R, R, R, F, NULL, 200 },
	{ "gotify", "{url: 'http://x', token: t}", true, R, F, F, F, R, R, R, F, NULL, 200 },
	{ "signal", "{url: 'http://x', number: '+1', recipients: ['+2']}", true, R, R, F, F, R, R, R, F, NULL, 201 },
	{ "googlechat", "{webhook_url: 'http://x/'}", true, R, F, F, F, R, R, R, F, NULL, 200 },
	{ "zulip", "{url: 'http://x', email: b, api_key: k, channel: c}", true, R, F, F, F, R, R, R, F, NULL, 200 },
};

static const struct row *
row_of(const struct notifier *k)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_is(str_from(k->kind.name), rows[i].kind))
			return &rows[i];
	ck_abort_msg("no row for kind %s", k->kind.name);
	return NULL;
}

static struct bench *
make_bench(const struct row *row)
{
	struct arena *a = arena_new();
	struct str yaml = arena_printf(a, "config: |\n  route: {receiver: r}\n  receivers:\n    - name: r\n"
	    "      %s_configs: [%s]\ngroup_labels: {alertname: A}\nalerts:\n  - {labels: {alertname: A, b: \"\\\"<&\"}}\n",
	    row->kind, row->settings);
	struct bench *b = bench_new(yaml, NULL);

	arena_free(&a);
	return b;
}

static const struct str *
header(const struct fetch_request *h, const char *name)
{
	for (size_t i = 0; i < h->headers_n; i++)
		if (str_is(h->headers[i].name, name))
			return &h->headers[i].value;
	return NULL;
}

START_TEST(tables_are_well_formed)
{
	for (size_t k = 0; notifiers[k] != NULL; k++) {
		const struct integration_kind *kind = &notifiers[k]->kind;

		ck_assert_ptr_eq(notifier_kinds()[k], kind);
		ck_assert_str_eq(kind->fields[0].key, "send_resolved");
		ck_assert_int_eq(kind->fields[1].type == FIELD_HTTP, kind->has_http_config);
		for (size_t i = 0; kind->fields[i].key != NULL; i++) {
			ck_assert_uint_lt(kind->fields[i].offset, kind->settings_size);
			for (size_t j = 0; j < i; j++)
				ck_assert_str_ne(kind->fields[i].key, kind->fields[j].key);
		}
	}
	ck_assert_ptr_null(notifier_kinds()[ARRAY_LEN(rows)]);
}
END_TEST

START_TEST(requests_are_complete)
{
	for (size_t k = 0; notifiers[k] != NULL; k++) {
		struct bench *b = make_bench(row_of(notifiers[k]));
		const struct integration_common *common = b->n.integration->settings;
		struct request req;
		struct err e = { 0 };
		const struct str *type;

		ck_assert_int_eq(common->send_resolved, row_of(notifiers[k])->send_resolved);
		ck_assert_msg(bench_start(b, &req, &e) == STEP_SEND, "%s: %s", notifiers[k]->kind.name, e.text);
		if (req.kind == REQUEST_MAIL) {
			ck_assert_uint_eq(req.mail.to_n, 1);
			ck_assert(req.mail.message.n > 100 && req.mail.from.n > 0);
			bench_free(b);
			continue;
		}
		ck_assert_ptr_nonnull(req.http.http);
		ck_assert(str_starts(req.http.url, STR("http")));
		ck_assert(req.http.method.n > 0);
		ck_assert_ptr_nonnull(header(&req.http, "User-Agent"));
		type = header(&req.http, "Content-Type");
		if (type != NULL && str_is(*type, "application/json") && req.http.body.n > 0)
			ck_assert_msg(json_valid(req.http.body), "%s: %.*s", notifiers[k]->kind.name,
			    STR_ARG(req.http.body));
		bench_free(b);
	}
}
END_TEST

static enum step
answer(struct bench *b, struct response r, struct err *e)
{
	struct request req;

	ck_assert_int_eq(bench_start(b, &req, e), STEP_SEND);
	r.kind = req.kind;
	if (req.kind == REQUEST_MAIL) {
		r.smtp_code = r.status;
		b->n.recipients = (struct recipients){ 0 };
	}
	return bench_resume(b, &r, &req, e);
}

static void
expect(const struct row *row, int status, enum step want)
{
	struct bench *b = make_bench(row);
	struct err e = { 0 };
	struct response r = { .status = status, .body = STR("what \xff went wrong"), .retry_after = 9 * SPAN_S };
	enum step got;

	if (status == 0) {
		r.transport_error = true;
		r.error = STR("connection refused");
	}
	got = answer(b, r, &e);
	ck_assert_msg(got == want, "%s, status %d: %d, not %d (%s)", row->kind, status, (int)got, (int)want, e.text);
	ck_assert_msg(e.text[0] != '\0', "%s, status %d: no error text", row->kind, status);
	if (got == STEP_RETRY && (status == 429 || status == 503) && !str_is(str_from(row->kind), "email"))
		ck_assert_msg(b->attempt.retry_after == 9 * SPAN_S, "%s: Retry-After of %d", row->kind, status);
	if (status == 500 && want == STEP_RETRY && !str_is(str_from(row->kind), "email"))
		ck_assert_int_eq(b->attempt.failure, FAILURE_SERVER_ERROR);
	bench_free(b);
}

START_TEST(answers_mean_what_the_matrix_says)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		expect(&rows[i], 0, rows[i].none);
		expect(&rows[i], 302, rows[i].s302);
		expect(&rows[i], 400, rows[i].s400);
		expect(&rows[i], 403, rows[i].s403);
		expect(&rows[i], 404, rows[i].s404);
		expect(&rows[i], 429, rows[i].s429);
		expect(&rows[i], 500, rows[i].s500);
		expect(&rows[i], 503, rows[i].s503);
	}
}
END_TEST

START_TEST(success_ends_the_attempt)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bench *b = make_bench(&rows[i]);
		struct err e = { 0 };
		struct response r = { .status = rows[i].ok_status, .body = str_from(rows[i].ok) };

		if (!str_is(str_from(rows[i].ok), "-"))
			ck_assert_msg(answer(b, r, &e) == STEP_DONE, "%s: %s", rows[i].kind, e.text);
		bench_free(b);
	}
}
END_TEST

/* An attempt ends or goes on, whatever comes back; it does not fall over. */
START_TEST(odd_answers_are_survived)
{
	static const char *const bodies[] = { "", "null", "[]", "{}", "{\"ok\":1}", "\xff\xfe", "<xml>", "{\"errors\":{}}",
		"{\"issues\":[1]}", "{\"issues\":[{\"key\":\"A-1\",\"fields\":null}]}", "{\"access_token\":7}",
		"{\"parameters\":{\"retry_after\":9223372036854775807}}", "0:", "3:::" };
	static const int statuses[] = { 0, 100, 200, 202, 299, 400, 403, 599, 999 };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t k = 0; k < ARRAY_LEN(bodies); k++) {
			struct bench *b = make_bench(&rows[i]);

			for (size_t s = 0; s < ARRAY_LEN(statuses); s++) {
				struct err e = { 0 };
				struct response r = { .status = statuses[s], .body = str_from(bodies[k]),
					.content_type = STR("application/json"), .retry_after = SPAN_MAX };

				/* Each finds nothing that an earlier one has left. */
				b->cache_n = 0;
				b->n.recipients = (struct recipients){ 0 };
				(void)!answer(b, r, &e);
				ck_assert_int_le(b->attempt.retry_after, 10 * SPAN_MIN);
			}
			bench_free(b);
		}
	}
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, tables_are_well_formed);
	tcase_add_test(tc, requests_are_complete);
	tcase_add_test(tc, answers_mean_what_the_matrix_says);
	tcase_add_test(tc, success_ends_the_attempt);
	tcase_add_test(tc, odd_answers_are_survived);
}

int
main(void)
{
	return run_suite("notify contract", add);
}
