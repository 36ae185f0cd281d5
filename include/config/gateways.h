/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config/gateways.h - named ways to a telephone, and how many messages may go there.
 *
 * An extension: Alertmanager does not know `gateways`. A gateway is of a preset,
 * which says what its requests and answers look like (notify/gateways). Their
 * settings have the same names wherever they mean the same; which of them a
 * preset wants or takes is the preset's to say.
 */
#ifndef CONFIG_GATEWAYS_H
#define CONFIG_GATEWAYS_H

#include <stdint.h>

#include "base/str.h"
#include "base/time.h"
#include "config/config.h"
#include "model/matcher.h"

/* The fate of a message whose request had no answer. */
enum unknown_policy {
	UNKNOWN_RETRY,		/* asked again: it may arrive twice */
	UNKNOWN_NEXT_GATEWAY,	/* another gateway is asked: likewise */
	UNKNOWN_GIVE_UP,	/* it may never arrive, and is counted so */
};

/* How many messages may leave by a gateway; 0: any number. */
struct budget {
	uint64_t per_second;		/* what exceeds it waits */
	uint64_t per_person_hour;	/* of one recipient in 60 minutes; what exceeds it becomes a digest */
	uint64_t per_day;		/* in 24 hours, of all; likewise */
	struct matchers *exempt;	/* a notification with an alert that one of these matches is not held to the last two */
	size_t exempt_n;
};

/* A signature that requests carry: of the text that a template gives. */
struct signing {
	struct str hmac;	/* sha256 or sha1; empty: none */
	struct str key, key_file, template, encoding;	/* hex or base64 */
};

/* Requests of the gateway's own, which tell of messages. */
struct hearing {
	bool reports;		/* of what became of messages */
	struct str_list replies;	/* numbers that may answer; none: no answers are heard */
	struct str url;		/* where the gateway reaches this router; empty: as --web.external-url has it */
	struct str secret, secret_file;	/* that proves whose a request is */
	/* For preset http: names of parameters or members. */
	struct str id, status, error, from, text;
	struct str_list delivered, failed;	/* values of `status` */
};

struct gateway {
	struct str name;	/* of an integration without one: RECEIVER/sms[INDEX] */
	struct str preset;	/* its row of notify/gateways/gateways.def */
	struct budget budget;
	span validity;		/* the message is worth nothing after that; 0: as the gateway has it */
	enum unknown_policy on_unknown;
	const char *path;	/* of the file that it is written in */
	int line, col;
	struct http_config *http_config;	/* NULL: that of the integration */
	struct str url, url_file, username, password, password_file, token, token_file;
	struct str account, service, region, from, spool;
	struct str method, body, success_body, retry_body;
	struct str_pairs headers, query, form;
	struct str_list success_statuses, retry_statuses;
	struct signing sign;
	struct hearing hear;
	/* As written. */
	struct str unknown_word;
	struct str_list exempt_texts;
};

/* NULL: there is none of that name. */
const struct gateway *config_gateway(const struct config *c, struct str name);

#endif
