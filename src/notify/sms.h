/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sms.h - gateways for short messages: the request for one recipient, and what the answer means.
 */
#ifndef SMS_H
#define SMS_H

#include "recipients.h"

#define SMS_SEGMENTS_MAX 10

struct sms_settings {
	struct integration_common common;
	struct str provider, url, url_file, username, password, password_file;
	struct str from, text;
	struct str_list to;
	uint64_t max_segments;
	bool transliterate;
	span timeout;
	/* provider http */
	struct str method;
	struct str_pairs headers, query, form;
	struct str body;
	struct str_list success_statuses, retry_statuses;
	struct str success_body, retry_body;
};

/* The state of one attempt. */
struct sms_state {
	struct str url, password, from, text;
	struct str gateway;		/* whose budgets count (config/gateways.h) */
	struct recipient *current;	/* whose request is made or whose answer is judged */
	bool *asked;			/* by index: has had a request in this attempt */
	unsigned under_way;
	bool gateway_away;		/* a request did not even get there: the others would not either */
	struct err broken;		/* a request could not be made; ERR_NONE: none */
	/* The last errors: one that another attempt may do better at, one that is final. */
	struct sms_error {
		struct str text;
		enum failure failure;
	} temporary, final;
};

/* The data that the templates of a gateway see, from a sample of the usual data. */
struct value sms_sample(struct value data, struct arena *a);
/* The request for state->current. */
bool sms_kannel_request(struct attempt *a, struct request *out, struct err *e) MUST_CHECK;
bool sms_http_request(struct attempt *a, struct request *out, struct err *e) MUST_CHECK;
/* DONE, RETRY or FAIL for one recipient. *id borrows from r. */
enum step sms_kannel_judge(const struct response *r, struct str *id);
enum step sms_http_judge(const struct sms_settings *s, const struct response *r);

#endif
