/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config/gateway_fields.h - the rows of a gateway's settings, for an element of `gateways` and for an integration that
 * has a gateway of its own. S holds a struct gateway as `at` says: empty, or the member's name with a dot behind.
 */
#ifndef CONFIG_GATEWAY_FIELDS_H
#define CONFIG_GATEWAY_FIELDS_H

#include "config/gateways.h"

#define GATEWAY_ROW_(S, key_, type_, member, ctype, ...) \
	{ .key = key_, .type = type_, .offset = FIELD_CHECKED_(S, member, ctype), __VA_ARGS__ }
#define GATEWAY_STR_(S, at, m, ...) GATEWAY_ROW_(S, #m, FIELD_STRING, at m, struct str, __VA_ARGS__)
#define GATEWAY_STRS_(S, at, m, ...) GATEWAY_ROW_(S, #m, FIELD_STRINGS, at m, struct str_list, __VA_ARGS__)
#define GATEWAY_PAIRS_(S, at, m, ...) GATEWAY_ROW_(S, #m, FIELD_PAIRS, at m, struct str_pairs, __VA_ARGS__)
#define GATEWAY_TEMPLATE_ (F_SECRET | F_TEMPLATE | F_OWN_DATA | F_OMIT_EMPTY)

#define GATEWAY_ACCESS_ROWS(S, at)                                                                                    \
	GATEWAY_ROW_(S, "url", FIELD_URL, at url, struct str, .flags = F_SECRET | F_OMIT_EMPTY,                       \
	    .doc = "Of the gateway; providers have theirs."),                                                         \
	GATEWAY_STR_(S, at, url_file, .flags = F_PATH_CWD | F_OMIT_EMPTY, .doc = "File that holds url."),             \
	GATEWAY_STR_(S, at, username, .flags = F_OMIT_EMPTY,                                                          \
	    .doc = "User; vonage: API key; plivo: auth id; twilio: API key, if not the account; sns: access key."),   \
	GATEWAY_STR_(S, at, password, .flags = F_SECRET | F_OMIT_EMPTY,                                               \
	    .doc = "Password, secret, or auth token that goes with username."),                                       \
	GATEWAY_STR_(S, at, password_file, .flags = F_PATH_CWD | F_OMIT_EMPTY, .doc = "File that holds password."),   \
	GATEWAY_STR_(S, at, token, .flags = F_SECRET | F_OMIT_EMPTY,                                                  \
	    .doc = "API key or token of messagebird, bird, infobip, sinch, gatewayapi, clickatell, smseagle."),       \
	GATEWAY_STR_(S, at, token_file, .flags = F_PATH_CWD | F_OMIT_EMPTY, .doc = "File that holds token."),         \
	GATEWAY_STR_(S, at, account, .flags = F_OMIT_EMPTY,                                                           \
	    .doc = "twilio: account SID; sinch: service plan; bird: workspace."),                                     \
	GATEWAY_STR_(S, at, service, .flags = F_OMIT_EMPTY,                                                           \
	    .doc = "twilio: messaging service SID; plivo: powerpack; bird: channel."),                                \
	GATEWAY_STR_(S, at, region, .flags = F_OMIT_EMPTY, .doc = "sns, sinch: region; gatewayapi: eu."),             \
	GATEWAY_STR_(S, at, spool, .flags = F_OMIT_EMPTY,                                                             \
	    .doc = "smstools, gammu: directory that has outgoing, sent and failed, or outbox, sent and error, in it.")

#define GATEWAY_HTTP_ROWS(S, at)                                                                                      \
	GATEWAY_STR_(S, at, method, .flags = F_OMIT_EMPTY, .doc = "http: POST unless set."),                          \
	GATEWAY_PAIRS_(S, at, headers, .flags = GATEWAY_TEMPLATE_,                                                    \
	    .doc = "http: templates with .To, .From and .Text, as all below."),                                       \
	GATEWAY_PAIRS_(S, at, query, .flags = GATEWAY_TEMPLATE_,                                                      \
	    .doc = "http, kannel, teltonika: parameters added to the URL."),                                          \
	GATEWAY_PAIRS_(S, at, form, .flags = GATEWAY_TEMPLATE_, .doc = "http: the body as a form."),                  \
	GATEWAY_STR_(S, at, body, .flags = GATEWAY_TEMPLATE_,                                                         \
	    .doc = "http: the body, JSON unless a header says otherwise."),                                           \
	GATEWAY_STRS_(S, at, success_statuses, .flags = F_OMIT_EMPTY, .doc = "http: 2xx unless set."),                \
	GATEWAY_STR_(S, at, success_body, .flags = F_OMIT_EMPTY,                                                      \
	    .doc = "http: a regular expression that the body of a success has to match."),                            \
	GATEWAY_STRS_(S, at, retry_statuses, .flags = F_OMIT_EMPTY,                                                   \
	    .doc = "http: worth another attempt besides 408, 429 and 5xx."),                                          \
	GATEWAY_STR_(S, at, retry_body, .flags = F_OMIT_EMPTY,                                                        \
	    .doc = "http: a failure whose body matches is worth another attempt."),                                   \
	GATEWAY_ROW_(S, "sign", FIELD_STRUCT, at sign, struct signing, .fields = signing_fields,                      \
	    .size = sizeof(struct signing), .flags = F_OMIT_EMPTY,                                                    \
	    .doc = "http: a signature, which the templates above have as .Signature.")

#define GATEWAY_RULE_ROWS(S, at)                                                                                      \
	GATEWAY_ROW_(S, "validity", FIELD_DURATION, at validity, span, .flags = F_OMIT_EMPTY,                         \
	    .doc = "How long a message that cannot be delivered is tried; a page that is hours late is noise."),      \
	GATEWAY_ROW_(S, "on_unknown", FIELD_STRING, at unknown_word, struct str, .flags = F_OMIT_EMPTY,               \
	    .doc = "A request that had no answer: retry (the default), next_gateway, or give_up, so that nobody gets it twice, also when the router was killed."), \
	GATEWAY_ROW_(S, "per_second", FIELD_UINT, at budget.per_second, uint64_t, .flags = F_OMIT_EMPTY,              \
	    .doc = "Messages a second at most; others wait."),                                                        \
	GATEWAY_ROW_(S, "per_person_hour", FIELD_UINT, at budget.per_person_hour, uint64_t, .flags = F_OMIT_EMPTY,    \
	    .doc = "Messages to one recipient an hour; what exceeds it becomes one message that counts the rest."),   \
	GATEWAY_ROW_(S, "per_day", FIELD_UINT, at budget.per_day, uint64_t, .flags = F_OMIT_EMPTY,                    \
	    .doc = "Messages to all a day; likewise."),                                                               \
	GATEWAY_ROW_(S, "budget_exempt", FIELD_STRINGS, at exempt_texts, struct str_list, .flags = F_OMIT_EMPTY,      \
	    .doc = "Matchers; a message with an alert that one of them fits is sent whatever the last two say.")

extern const struct field signing_fields[], gateway_fields[];

#endif
