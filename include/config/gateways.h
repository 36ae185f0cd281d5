/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config/gateways.h - named ways to a telephone, and how many messages may go there.
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

struct gateway {
	struct str name;	/* of an integration without one: RECEIVER/sms[INDEX] */
	struct str preset;	/* its row of notify/gateways/gateways.def */
	const void *settings;	/* the preset's */
	struct budget budget;
	span validity;		/* the message is worth nothing after that; 0: as the gateway has it */
	enum unknown_policy on_unknown;
	const char *path;	/* of the file that it is written in */
	int line, col;
};

/* NULL: there is none of that name. */
const struct gateway *config_gateway(const struct config *c, struct str name);

#endif
