/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of gateways as their documentation has them: whose they are, and what they say. The signatures were computed
 * apart from the program, by Python's hmac.
 */

#include "lib_notify.h"
#include "notify/hear.h"
#include "suite.h"

static const char yaml[] =
    "config: |\n"
    "  route: {receiver: r}\n"
    "  receivers: [{name: r, webhook_configs: [{url: 'http://x/'}]}]\n"
    "  gateways:\n"
    "    - {name: twilio, preset: twilio, account: AC, password_file: tok, hear: {reports: true, replies: ['1'], url: 'https://am.example.org/'}}\n"
    "    - {name: vonage, preset: vonage, username: u, password: p, hear: {reports: true, secret: vsecret}}\n"
    "    - {name: messagebird, preset: messagebird, token: t, hear: {reports: true, secret: mbsecret, url: 'https://am.example.org'}}\n"
    "    - {name: bird, preset: bird, token: t, account: a, service: s, hear: {reports: true, secret: bsecret, url: 'https://am.example.org'}}\n"
    "    - {name: plivo, preset: plivo, username: u, password: ptok, hear: {reports: true, url: 'https://am.example.org'}}\n"
    "    - {name: infobip, preset: infobip, token: t, url: 'http://x', hear: {reports: true, secret: 't/k'}}\n"
    "    - {name: sinch, preset: sinch, token: t, account: a, hear: {reports: true, secret_file: k}}\n"
    "    - {name: gatewayapi, preset: gatewayapi, token: t, hear: {reports: true, secret_file: k}}\n"
    "    - {name: elks, preset: 46elks, username: u, password: p, hear: {reports: true, secret_file: k}}\n"
    "    - {name: clickatell, preset: clickatell, token: t, hear: {reports: true, secret_file: k}}\n"
    "    - {name: smseagle, preset: smseagle, url: 'http://x', token: t, hear: {replies: ['1'], secret_file: k}}\n"
    "    - {name: teltonika, preset: teltonika, url: 'http://x', username: u, password: p, hear: {replies: ['1'], secret_file: k}}\n"
    "    - {name: kannel, preset: kannel, url: 'http://x', username: u, password: p, hear: {replies: ['1'], secret_file: k}}\n"
    "    - {name: http, preset: http, url: 'http://x', hear: {reports: true, secret_file: k, id: m.id, status: code, error: why,\n"
    "        delivered: ['4000'], failed: ['3040'], from: who, text: msg}}\n"
    "    - {name: unread, preset: 46elks, username: u, password: p, hear: {reports: true, secret_file: nowhere}}\n"
    "files: {tok: \"authtok\\n\", k: t/k}\n"
    "now: 2026-11-22T04:04:00Z\n"
    "alerts:\n"
    "  - {labels: {alertname: A}}\n";

static const struct row {
	const char *gateway;
	bool reply;
	const char *query, *type, *headers;	/* headers with | between */
	const char *body, *want;
} rows[] = {
	{ "twilio", false, "", "application/x-www-form-urlencoded", "X-Twilio-Signature: 6P2fiStfBmn5YfYcj0IanqdL/7U=",
	  "MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30003&To=%2B15005550006&RawDlrDoneDate=2611220404",
	  "SM1 failed undelivered: 30003" },
	{ "twilio", false, "", "application/x-www-form-urlencoded", "X-Twilio-Signature: mPBnfnmMuDT19+qTAwhCRaSzUk0=",
	  "MessageSid=SM1&MessageStatus=sent",
	  "SM1 under way" },
	{ "twilio", false, "", "application/x-www-form-urlencoded", "X-Twilio-Signature: H0f8W2pTIvFMKteDBnCaBOoINHQ=",
	  "MessageSid=SM1&MessageStatus=sent",
	  "! auth" },
	{ "twilio", false, "", "application/x-www-form-urlencoded", "",
	  "MessageSid=SM1&MessageStatus=sent",
	  "! auth" },
	{ "twilio", true, "a=b", "application/x-www-form-urlencoded", "X-Twilio-Signature: J2BuyMdX4fRAgjjKAMdPVKeaZ6A=",
	  "Body=Ack+%26+go&From=%2B905551112233&To=%2B15005550006&MessageSid=SM9",
	  "+905551112233: Ack & go #SM9" },
	{ "vonage", false, "msisdn=905551112233&to=ALERTS&messageId=0A&status=expired&err-code=6&timestamp=1795320230&nonce=n%3D%26n&sig=2fc9145b6320a237f23cc96a1dc0278a0bba46ad1997a4936cef068ab939d64f", "", "",
	  "",
	  "0A failed expired: 6" },
	{ "vonage", false, "", "application/x-www-form-urlencoded", "",
	  "msisdn=905551112233&to=ALERTS&messageId=0A&status=expired&err-code=6&timestamp=1795320230&nonce=n%3D%26n&sig=752714C187F8B41A3AC148EA3A133C57",
	  "0A failed expired: 6" },
	{ "vonage", false, "msisdn=905551112233&to=ALERTS&messageId=0A&status=expired&err-code=6&timestamp=1795320230&nonce=n%3D%26n&sig=2fc9145b6320a237f23cc96a1dc0278a0bba46ad1997a4936cef068ab939d64f&x=y", "", "",
	  "",
	  "! auth" },
	{ "vonage", false, "msisdn=905551112233&to=ALERTS&messageId=0A&status=expired&err-code=6&timestamp=1795319240&nonce=n%3D%26n&sig=cef9c9454633c98db39b2fdb94bfba26db77147826300492a44f098c1b31cd58", "", "",
	  "",
	  "! auth" },
	{ "vonage", true, "msisdn=905551112233&text=STATUS&timestamp=1795320240&sig=bfbc5da623ccfeb81d3eab46187468b82700a2fa4f0d687ee2b988c38aada02edc14bd1000d22646de33182367ce572aeca817401b91391e491fedbbb0d75ea7", "", "",
	  "",
	  "905551112233: STATUS" },
	{ "messagebird", false, "id=6fe6&reference=r&status=delivery_failed&statusReason=unknown%20subscriber", "", "MessageBird-Signature-JWT: eyJhbGciOiAiSFMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiTWVzc2FnZUJpcmQiLCAibmJmIjogMTc5NTMyMDIzOSwgImV4cCI6IDE3OTUzMjAzMDAsICJqdGkiOiAiaiIsICJ1cmxfaGFzaCI6ICI0MjE2ZTg1ZDA3NmM5OThjMzc0MzRkOWRiMTBhNTg1YmJmYzA4YTc1OWM3MmJhNTZhMzkxNWNkZTJkMTM1OGQzIn0.dlDBtVZZb-B2AUhBkozC4qgiA0BDBP61HSPkC_RgnMs",
	  "",
	  "6fe6 failed delivery_failed: unknown subscriber" },
	{ "messagebird", false, "id=6fe6&reference=r&status=delivery_failed&statusReason=unknown%20subscriber", "", "MessageBird-Signature-JWT: eyJhbGciOiAiSFM1MTIiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiTWVzc2FnZUJpcmQiLCAibmJmIjogMTc5NTMyMDIzOSwgImV4cCI6IDE3OTUzMjAzMDAsICJqdGkiOiAiaiIsICJ1cmxfaGFzaCI6ICI0MjE2ZTg1ZDA3NmM5OThjMzc0MzRkOWRiMTBhNTg1YmJmYzA4YTc1OWM3MmJhNTZhMzkxNWNkZTJkMTM1OGQzIn0.LZlTyAD-vc59h8P-tWCZBzIILtHJLaWU2eHwhroKeTvJIYmtLqKXaXMHPPzkNKLk6VhDV6Fgca9gkziJJpavrA",
	  "",
	  "6fe6 failed delivery_failed: unknown subscriber" },
	{ "messagebird", false, "id=6fe6&reference=r&status=delivery_failed&statusReason=unknown%20subscriber", "", "MessageBird-Signature-JWT: eyJhbGciOiAiSFMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiTWVzc2FnZUJpcmQiLCAibmJmIjogMTc5NTMyMDIzOSwgImV4cCI6IDE3OTUzMjAzMDAsICJqdGkiOiAiaiIsICJ1cmxfaGFzaCI6ICI4YTdiNWQ0NWEyYWJiZTJjNjFhZTUwZGIxNDFlODgyOGYzYjljYjY1NTMzOWUyMWIyNjUzNzU4NzU5OTZjMjM5In0.C4qy0wDO96DW-kS8hosSIszIZXTX4YEuiNO2c86AlIo",
	  "",
	  "! auth" },
	{ "messagebird", false, "id=6fe6&reference=r&status=delivery_failed&statusReason=unknown%20subscriber", "", "MessageBird-Signature-JWT: eyJhbGciOiAiSFMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiTWVzc2FnZUJpcmQiLCAibmJmIjogMTc5NTMyMDIzOSwgImV4cCI6IDE3OTUzMjAxNDAsICJqdGkiOiAiaiIsICJ1cmxfaGFzaCI6ICI0MjE2ZTg1ZDA3NmM5OThjMzc0MzRkOWRiMTBhNTg1YmJmYzA4YTc1OWM3MmJhNTZhMzkxNWNkZTJkMTM1OGQzIn0.9Gk-IL_VXD8_nfGb3OzHk2jSD2QwgdUT3O0fiDAuSLA",
	  "",
	  "! auth" },
	{ "messagebird", false, "id=6fe6&reference=r&status=delivery_failed&statusReason=unknown%20subscriber", "", "MessageBird-Signature-JWT: eyJhbGciOiAibm9uZSIsICJ0eXAiOiAiSldUIn0.eyJpc3MiOiAiTWVzc2FnZUJpcmQiLCAibmJmIjogMTc5NTMyMDIzOSwgImV4cCI6IDE3OTUzMjAzMDAsICJqdGkiOiAiaiIsICJ1cmxfaGFzaCI6ICI0MjE2ZTg1ZDA3NmM5OThjMzc0MzRkOWRiMTBhNTg1YmJmYzA4YTc1OWM3MmJhNTZhMzkxNWNkZTJkMTM1OGQzIn0.JqRIErHB5CvMQKoP4ckB6c4gYD3GaVwiDiF2qY0rFWg",
	  "",
	  "! auth" },
	{ "messagebird", true, "", "application/json; charset=utf-8", "MessageBird-Signature-JWT: eyJhbGciOiAiSFMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiTWVzc2FnZUJpcmQiLCAibmJmIjogMTc5NTMyMDIzOSwgImV4cCI6IDE3OTUzMjAzMDAsICJqdGkiOiAiaiIsICJ1cmxfaGFzaCI6ICI5YjA2YTUwMjdkYTU5MTdiZDVkNTY1YzI2ZmU4YmFhZWJjNTc2NzQ5ODI2Mzk0NDlmMDM3OTk0YzMwMDBjMjExIiwgInBheWxvYWRfaGFzaCI6ICI3NDNkYTQ3ZjQ5ODBjNzRlZWU3MTU1NTI1NDMwYWY5ODdhMWUxYzM1MDhjZWY5NDU4ODVkOTIxMDk2MmNkZjFiIn0.lH0vNPVMfDh5JQ5dXw5H0LaAI_ZKdAHYkEAPjxJwosw",
	  "{\"originator\":\"905551112233\",\"payload\":\"ACK\"}",
	  "905551112233: ACK" },
	{ "messagebird", true, "", "application/json; charset=utf-8", "MessageBird-Signature-JWT: eyJhbGciOiAiSFMyNTYiLCAidHlwIjogIkpXVCJ9.eyJpc3MiOiAiTWVzc2FnZUJpcmQiLCAibmJmIjogMTc5NTMyMDIzOSwgImV4cCI6IDE3OTUzMjAzMDAsICJqdGkiOiAiaiIsICJ1cmxfaGFzaCI6ICI5YjA2YTUwMjdkYTU5MTdiZDVkNTY1YzI2ZmU4YmFhZWJjNTc2NzQ5ODI2Mzk0NDlmMDM3OTk0YzMwMDBjMjExIiwgInBheWxvYWRfaGFzaCI6ICJjZDQwNDZmYTBmYzA1ZDJmOWVkZmU0ZWNkMWJlNzgzZTMyMzcxNTQ0NDU0OTQ5MGMxODcxZWQ3NTNjMWJhNTJhIn0.kshPBeN-HISIaBnuJHqTSSa-Eiqmo3ASBmrLnjnqhFo",
	  "{\"originator\":\"905551112233\",\"payload\":\"ACK\"}",
	  "! auth" },
	{ "bird", false, "", "application/json; charset=utf-8", "messagebird-request-timestamp: 1795320240|messagebird-signature: egfGmyjGjh1k03THM/I/S8Z5IxDUprCZv0L1KVYe0mg=",
	  "{\"event\":\"sms.outbound\",\"payload\":{\"id\":\"b1\",\"status\":\"delivered\"}}",
	  "b1 delivered" },
	{ "bird", false, "", "application/json; charset=utf-8", "messagebird-request-timestamp: 1795316240|messagebird-signature: ukhSE/4xHC52CrIx8n6pqRBzDyHMOY96KcX+P2z/hKY=",
	  "{\"event\":\"sms.outbound\",\"payload\":{\"id\":\"b1\",\"status\":\"delivered\"}}",
	  "! auth" },
	{ "bird", true, "", "application/json; charset=utf-8", "messagebird-request-timestamp: 1795320240|messagebird-signature: S1OayK8q2bsZmSStPauK2Vg1ih1Pgx1pWUPSaT2y+hY=",
	  "{\"event\":\"sms.inbound\",\"payload\":{\"sender\":{\"contact\":{\"identifierValue\":\"+905551112233\"}},\"body\":{\"type\":\"text\",\"text\":{\"text\":\"sil 2h\"}}}}",
	  "+905551112233: sil 2h" },
	{ "plivo", false, "", "application/x-www-form-urlencoded", "X-Plivo-Signature-V2-Nonce: 12345|X-Plivo-Signature-V2: 5I0VjqqQ7rYVIqVn+GovHe7J/zDWKL4QRlePZ5ZBcbY=",
	  "MessageUUID=db3c&Status=delivered&ErrorCode=000",
	  "db3c delivered once 12345" },
	{ "plivo", false, "x=y", "application/x-www-form-urlencoded", "X-Plivo-Signature-V2-Nonce: 12345|X-Plivo-Signature-Ma-V2: 5I0VjqqQ7rYVIqVn+GovHe7J/zDWKL4QRlePZ5ZBcbY=",
	  "MessageUUID=db3c&Status=delivered&ErrorCode=000",
	  "db3c delivered once 12345" },
	{ "plivo", false, "", "application/x-www-form-urlencoded", "X-Plivo-Signature-V2-Nonce: 12345|X-Plivo-Signature-V2: l8tE38OjfS8zMBira6sH5ogmHYs5tJIkNk4SMJiisMk=",
	  "MessageUUID=db3c&Status=delivered&ErrorCode=000",
	  "! auth" },
	{ "infobip", false, "token=t%2Fk", "application/json; charset=utf-8", "",
	  "{\"results\":[{\"messageId\":\"m1\",\"to\":\"1\",\"status\":{\"groupId\":3,\"groupName\":\"DELIVERED\"},\"error\":{\"description\":\"No Error\"}},{\"messageId\":\"m2\",\"status\":{\"groupName\":\"UNDELIVERABLE\"},\"error\":{\"description\":\"Absent\",\"permanent\":true}},{\"x\":1}]}",
	  "m1 delivered, m2 failed UNDELIVERABLE: Absent" },
	{ "infobip", false, "token=t", "application/json; charset=utf-8", "",
	  "{\"results\":[{\"messageId\":\"m1\",\"to\":\"1\",\"status\":{\"groupId\":3,\"groupName\":\"DELIVERED\"},\"error\":{\"description\":\"No Error\"}},{\"messageId\":\"m2\",\"status\":{\"groupName\":\"UNDELIVERABLE\"},\"error\":{\"description\":\"Absent\",\"permanent\":true}},{\"x\":1}]}",
	  "! auth" },
	{ "infobip", true, "token=t%2Fk", "application/json; charset=utf-8", "",
	  "{\"results\":[{\"from\":\"905551112233\",\"to\":\"9\",\"text\":\"Ack\",\"cleanText\":\"x\"}],\"messageCount\":1}",
	  "905551112233: Ack" },
	{ "sinch", false, "token=t%2Fk", "application/json; charset=utf-8", "",
	  "{\"type\":\"recipient_delivery_report_sms\",\"batch_id\":\"01FC\",\"recipient\":\"1\",\"code\":407,\"status\":\"Expired\",\"at\":\"x\"}",
	  "01FC failed Expired: 407" },
	{ "sinch", false, "token=t%2Fk", "application/json; charset=utf-8", "",
	  "{\"type\":\"delivery_report_sms\",\"batch_id\":\"01FC\",\"total_message_count\":1,\"statuses\":[{\"code\":0,\"status\":\"Delivered\",\"count\":1}]}",
	  "01FC delivered" },
	{ "sinch", true, "token=t%2Fk", "application/json; charset=utf-8", "",
	  "{\"type\":\"mo_text\",\"from\":\"16051234567\",\"body\":\"?\"}",
	  "16051234567: ?" },
	{ "gatewayapi", false, "token=t%2Fk", "application/json; charset=utf-8", "",
	  "{\"id\":1000001,\"msisdn\":4587654321,\"status\":\"UNDELIVERABLE\",\"error\":\"no such\",\"code\":\"0x1\"}",
	  "1000001 failed UNDELIVERABLE: no such" },
	{ "gatewayapi", true, "token=t%2Fk", "application/json; charset=utf-8", "",
	  "{\"id\":1,\"msisdn\":4587654321,\"message\":\"ack\",\"receiver\":1204}",
	  "4587654321: ack #1" },
	{ "elks", false, "token=t%2Fk", "application/x-www-form-urlencoded", "",
	  "id=s36&status=delivered&delivered=2026",
	  "s36 delivered" },
	{ "elks", true, "token=t%2Fk", "application/x-www-form-urlencoded", "",
	  "direction=incoming&id=s1&from=%2B905551112233&to=%2B46&message=a%C3%A7k",
	  "+905551112233: açk #s1" },
	{ "clickatell", false, "token=t%2Fk", "application/json; charset=utf-8", "",
	  "{\"messageId\":\"a1\",\"status\":\"RECEIVED_BY_RECIPIENT\",\"statusCode\":4}",
	  "a1 delivered" },
	{ "clickatell", true, "token=t%2Fk", "application/json; charset=utf-8", "",
	  "{\"messageId\":\"a1\",\"fromNumber\":\"2711\",\"text\":\"ack\"}",
	  "2711: ack #a1" },
	{ "smseagle", true, "token=t%2Fk&sender=%2B905551112233&timestamp=20261122040400&text=ACK&msgid=1", "", "",
	  "",
	  "+905551112233: ACK" },
	{ "teltonika", true, "token=t%2Fk&from=%2B905551112233&text=status", "", "",
	  "",
	  "+905551112233: status" },
	{ "kannel", false, "token=t%2Fk&id=894a&status=16&error=NACK%2F11", "", "",
	  "",
	  "894a failed 16: NACK/11" },
	{ "kannel", false, "token=t%2Fk&id=894a&status=8", "", "",
	  "",
	  "894a under way" },
	{ "kannel", false, "token=t%2Fk&status=8", "", "",
	  "",
	  "! there is no id and state of a message in it" },
	{ "kannel", true, "token=t%2Fk&from=%2B905551112233&text=%00", "", "",
	  "",
	  "+905551112233: \\0" },
	{ "http", false, "token=t%2Fk", "application/json; charset=utf-8", "",
	  "{\"m\":{\"id\":7},\"code\":\"4000\"}",
	  "7 delivered" },
	{ "http", false, "token=t%2Fk&code=3040", "application/json; charset=utf-8", "",
	  "{\"m\":{\"id\":7},\"why\":\"x\"}",
	  "7 failed 3040: x" },
	{ "http", false, "token=t%2Fk", "application/json; charset=utf-8", "",
	  "[1,{\"m\":",
	  "! there is no id and state of a message in it" },
	{ "http", true, "token=t%2Fk", "application/json; charset=utf-8", "",
	  "{\"who\":\"0101234\",\"msg\":\"ACK\"}",
	  "0101234: ACK" },
};

static struct bench *b;

static void
set_up(void)
{
	b = bench_new(str_from(yaml), NULL);
}

static void
tear_down(void)
{
	bench_free(b);
}

static struct http_request
request_of(struct arena *a, const struct row *row)
{
	struct http_request r = { .method = row->body[0] != '\0' ? STR("POST") : STR("GET"), .query = str_from(row->query),
		.body = str_from(row->body), .arena = a };
	struct http_header *h = ARENA_ARRAY(a, 4, struct http_header);
	struct str rest = str_from(row->headers);

	r.headers = h;
	if (row->type[0] != '\0')
		h[r.headers_n++] = (struct http_header){ STR("Content-Type"), str_from(row->type) };
	while (rest.n > 0) {
		struct str value = str_split(&rest, '|'), name = str_split(&value, ':');

		h[r.headers_n++] = (struct http_header){ name, str_trim(value) };
	}
	return r;
}

static void
put_heard(struct sbuf *out, const struct heard *h)
{
	static const char *const words[] = { [HEARD_UNDER_WAY] = "under way", [HEARD_DELIVERED] = "delivered", [HEARD_FAILED] = "failed" };

	for (size_t i = 0; i < h->reports_n; i++) {
		sbuf_printf(out, "%s%.*s %s", i > 0 ? ", " : "", STR_ARG(h->reports[i].id), words[h->reports[i].state]);
		if (h->reports[i].error.n > 0)
			sbuf_printf(out, " %.*s", STR_ARG(h->reports[i].error));
	}
	for (size_t i = 0; i < h->replies_n; i++) {
		sbuf_printf(out, "%s%.*s: ", i > 0 ? ", " : "", STR_ARG(h->replies[i].from));
		for (size_t k = 0; k < h->replies[i].text.n; k++) {
			if (h->replies[i].text.p[k] == '\0')
				sbuf_puts(out, "\\0");
			else
				sbuf_putc(out, h->replies[i].text.p[k]);
		}
		if (h->replies[i].id.n > 0)
			sbuf_printf(out, " #%.*s", STR_ARG(h->replies[i].id));
	}
	if (h->once.n > 0)
		sbuf_printf(out, " once %.*s", STR_ARG(h->once));
}

static void
ask(const struct row *row, struct sbuf *out)
{
	struct arena *a = arena_new();
	struct http_request r = request_of(a, row);
	struct notify_env env = b->env;
	struct err e = { 0 };
	struct heard h;

	if (str_is(str_from(row->gateway), "vonage"))
		env.external_url = STR("https://am.example.org");
	if (gateway_hear(&env, config_gateway(b->config, str_from(row->gateway)), &r, row->reply, b->attempt.now, a, &h, &e))
		put_heard(out, &h);
	else
		sbuf_printf(out, "! %s", e.kind == ERR_AUTH ? "auth" : e.text);
	arena_free(&a);
}

START_TEST(requests_say_what_they_say)
{
	const struct row *row = &rows[_i];
	struct sbuf out = SBUF_INIT(SBUF_UNLIMITED);

	ask(row, &out);
	ck_assert_msg(str_is(sbuf_get(&out), row->want), "%s %s%s: %s, not %s", row->gateway, row->query, row->body, sbuf_cstr(&out),
	    row->want);
	sbuf_fini(&out);
}
END_TEST

START_TEST(a_secret_that_cannot_be_read_is_no_proof)
{
	static const struct row row = { "unread", false, "token=&id=1&status=delivered", "", "", "", "" };
	struct sbuf out = SBUF_INIT(SBUF_UNLIMITED);

	ask(&row, &out);
	ck_assert_str_eq(sbuf_cstr(&out), "! open nowhere: no such file or directory");
	sbuf_fini(&out);
}
END_TEST

START_TEST(large_bodies_are_not_read)
{
	struct str body = { arena_alloc(b->arena, HEARD_BODY_MAX + 1), HEARD_BODY_MAX + 1 };
	struct http_request r = { .query = STR("token=t%2Fk"), .body = body, .arena = b->arena };
	struct err e = { 0 };
	struct heard h;

	ck_assert(!gateway_hear(&b->env, config_gateway(b->config, STR("elks")), &r, false, b->attempt.now, b->arena, &h, &e));
	ck_assert_int_eq(e.kind, ERR_INVALID);
}
END_TEST

/* Each parameter, and each member beside a list, would be looked at for each element of that. */
START_TEST(what_stands_beside_is_bounded)
{
	struct sbuf query = SBUF_INIT(SBUF_UNLIMITED), body = SBUF_INIT(SBUF_UNLIMITED);
	struct http_request r = { .method = STR("POST"), .arena = b->arena };
	struct err e = { 0 };
	struct heard h;

	sbuf_puts(&query, "token=t%2Fk");
	for (int i = 0; i < 1000; i++)
		sbuf_printf(&query, "&p%d=", i);
	r.query = sbuf_get(&query);
	r.body = STR("{\"id\":\"1\",\"status\":\"delivered\"}");
	ck_assert(!gateway_hear(&b->env, config_gateway(b->config, STR("elks")), &r, false, b->attempt.now, b->arena, &h, &e));
	ck_assert_int_eq(e.kind, ERR_INVALID);

	sbuf_puts(&body, "{\"results\":[{\"messageId\":\"1\"},{\"messageId\":\"2\",\"status\":{\"groupName\":\"DELIVERED\"}}]");
	for (int i = 0; i < 1000; i++)
		sbuf_printf(&body, ",\"m%d\":0", i);
	sbuf_puts(&body, ",\"status\":{\"groupName\":\"DELIVERED\"}}");
	r.query = STR("token=t%2Fk");
	r.body = sbuf_get(&body);
	ck_assert(gateway_hear(&b->env, config_gateway(b->config, STR("infobip")), &r, false, b->attempt.now, b->arena, &h, &e));
	ck_assert_uint_eq(h.reports_n, 1);
	ck_assert(str_is(h.reports[0].id, "2"));
	sbuf_fini(&query);
	sbuf_fini(&body);
}
END_TEST

START_TEST(answers_are_what_each_gateway_sends_on)
{
	struct str type;

#define ANSWER(name, text) gateway_answer(config_gateway(b->config, STR(name)), STR(text), b->arena, &type)
	ck_assert(str_is(ANSWER("twilio", "<ok> & on"), "<Response><Message>&lt;ok&gt; &amp; on</Message></Response>"));
	ck_assert(str_is(type, "text/xml"));
	ck_assert(str_is(ANSWER("twilio", ""), "<Response></Response>"));
	ck_assert(str_is(ANSWER("elks", "ok"), "ok"));
	ck_assert_uint_eq(ANSWER("elks", "").n, 0);
	ck_assert_uint_eq(ANSWER("infobip", "ok").n, 0);
	ck_assert_uint_eq(type.n, 0);
#undef ANSWER
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, requests_say_what_they_say, 0, (int)ARRAY_LEN(rows));
	tcase_add_test(tc, a_secret_that_cannot_be_read_is_no_proof);
	tcase_add_test(tc, large_bodies_are_not_read);
	tcase_add_test(tc, what_stands_beside_is_bounded);
	tcase_add_test(tc, answers_are_what_each_gateway_sends_on);
}

int
main(void)
{
	return run_suite("notify hear", add);
}
