/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports and replies of gateways: the first byte chooses the gateway, the next the kind of request; then come the
 * query, the value of all headers that carry signatures and the body, with line ends between.
 */
#include <stdlib.h>

#include "base/embedded.h"
#include "notify/hear.h"

static const char yaml[] =
    "route: {receiver: r}\n"
    "receivers: [{name: r}]\n"
    "gateways:\n"
    "  - {name: g0, preset: twilio, account: a, password: p, hear: {reports: true}}\n"
    "  - {name: g1, preset: vonage, username: u, password: p, hear: {reports: true, secret: t}}\n"
    "  - {name: g2, preset: messagebird, token: t, hear: {reports: true, secret: t}}\n"
    "  - {name: g3, preset: bird, token: t, account: a, service: s, hear: {reports: true, secret: t}}\n"
    "  - {name: g4, preset: plivo, username: u, password: p, hear: {reports: true}}\n"
    "  - {name: g5, preset: infobip, token: t, url: 'http://x', hear: {reports: true, secret: t}}\n"
    "  - {name: g6, preset: sinch, token: t, account: a, hear: {reports: true, secret: t}}\n"
    "  - {name: g7, preset: kannel, url: 'http://x', username: u, password: p, hear: {reports: true, secret: t}}\n"
    "  - {name: g8, preset: http, url: 'http://x', hear: {reports: true, secret: t, id: a.0.b, status: s, delivered: ['1'], from: f, text: g.h}}\n";

static const char *const signed_headers[] = { "X-Twilio-Signature", "MessageBird-Signature-JWT", "messagebird-signature",
	"messagebird-request-timestamp", "X-Plivo-Signature-V2", "X-Plivo-Signature-V2-Nonce" };

static struct config *config;

static void
set_up(void)
{
	struct config_env env = { .kinds = notifier_kinds(), .builtin_templates = embedded_templates };

	if (!config_load(str_from(yaml), "x.yml", &env, &config, NULL))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct notify_env env = { .external_url = STR("http://a/b") };
	struct http_header headers[1 + ARRAY_LEN(signed_headers)];
	struct str rest, query, value, type;
	struct http_request r;
	struct arena *a;
	struct heard h;
	struct err e = { 0 };

	if (config == NULL)
		set_up();
	if (size < 2)
		return 0;
	a = arena_new();
	rest = (struct str){ (const char *)data + 2, size - 2 };
	query = str_split(&rest, '\n');
	value = str_split(&rest, '\n');
	headers[0] = (struct http_header){ STR("Content-Type"),
		(data[1] & 2) != 0 ? STR("application/x-www-form-urlencoded") : STR("application/json") };
	for (size_t i = 0; i < ARRAY_LEN(signed_headers); i++)
		headers[i + 1] = (struct http_header){ str_from(signed_headers[i]), value };
	r = (struct http_request){ .method = STR("POST"), .query = arena_printf(a, "token=t&%.*s", STR_ARG(query)), .headers = headers,
		.headers_n = ARRAY_LEN(headers), .body = rest, .arena = a };
	if (gateway_hear(&env, &config->gateways[data[0] % config->gateways_n], &r, (data[1] & 1) != 0,
		(struct moment){ .wall = { .s = 1795320000 } }, a, &h, &e))
		(void)!gateway_answer(&config->gateways[0], h.replies_n > 0 ? h.replies[0].text : STR("x"), a, &type).n;
	arena_free(&a);
	return 0;
}
