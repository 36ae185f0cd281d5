/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/senders.h (private) - who posts alerts: address and program, when last, how many.
 *
 * Only so many are remembered; who has not posted for the longest time goes for a new one.
 */
#ifndef API_SENDERS_H
#define API_SENDERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/time.h"

#define SENDERS_MAX 100
#define SENDER_AGENT_MAX 80
#define SENDER_ADDRESS_MAX 48

struct sender {
	uint64_t serial;	/* 0: no sender */
	char from[SENDER_ADDRESS_MAX], agent[SENDER_AGENT_MAX];
	struct wall last;
	uint64_t alerts;	/* in all of its posts */
	int64_t minute;		/* since the epoch, that `now_n` is of */
	uint64_t now_n, before_n;	/* alerts in that minute and in the one before */
};

struct senders;

struct senders *senders_new(void);
void senders_free(struct senders **s);	/* sets *s to NULL */
/* A post begins; the number is for senders_count. */
uint64_t senders_enter(struct senders *s, struct str from, struct str agent, struct wall now);
/* So many alerts came; nothing happens when that sender was forgotten meanwhile. */
void senders_count(struct senders *s, uint64_t serial, size_t alerts, struct wall now);
/* The i-th, in no order; NULL: there are no more. */
const struct sender *senders_get(const struct senders *s, size_t i);
/* Alerts in the last whole minute. */
uint64_t sender_per_minute(const struct sender *s, struct wall now);

#endif
