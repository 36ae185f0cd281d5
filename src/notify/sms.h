/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sms.h - short messages on their way to several recipients by several gateways, in the state of one attempt.
 */
#ifndef SMS_H
#define SMS_H

#include "gateways/gateway.h"
#include "recipients.h"

#define SMS_SEGMENTS_MAX 10
/* Gateways of one integration: which of them refused is a word of bits. */
#define SMS_GATEWAYS_MAX 8
/* So often a gateway may put off a recipient before another one is asked. */
#define SMS_PATIENCE 2

struct sms_settings {
	struct integration_common common;
	struct gateway own;		/* unless there are names */
	struct str_list gateways;
	struct str from, text;
	struct str_list to;
	uint64_t max_segments;
	bool transliterate;
	span timeout;
};

/* A gateway as this attempt sees it. */
struct sms_way {
	const struct gateway *gateway;
	const struct gateway_preset *preset;
	struct gateway_message message;	/* all but who it is for */
	bool away;		/* a request did not even get there, or none can be made: the others would not either */
};

/* Where a recipient is in this attempt. */
struct sms_turn {
	unsigned asked;		/* bits: which gateways had a request for it */
	size_t way;		/* that has it now */
	bool under_way;
	bool over;		/* nothing more in this attempt */
};

/* The last errors: one that another attempt may do better at, one that is final. */
struct sms_error {
	struct str text;
	enum failure failure;
};

struct sms_state {
	struct sms_way *ways;
	size_t ways_n;
	struct sms_turn *turns;		/* by index of recipients */
	unsigned under_way;
	struct err broken;		/* a request could not be made; ERR_NONE: none */
	struct sms_error temporary, final;
};

/* The next recipient to be asked for, the least tried first, and the way it goes; NULL: none. */
struct recipient *sms_next(struct attempt *a, size_t *way);
/* Notes that the request of r leaves by that way. */
void sms_leaves(struct attempt *a, struct recipient *r, size_t way);
/* Notes the answer to r, which is back: it is served, given up, goes another way or waits for another attempt. */
void sms_back(struct attempt *a, struct recipient *r, const struct response *response);
/* Recipients that are still to be asked in this attempt. */
size_t sms_left(const struct attempt *a);

#endif
