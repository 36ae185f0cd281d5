/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/sms_words.h (private) - replies to text messages: what somebody wants who answers one.
 *
 * Source: GoAlert, notification/twilio/sms.go: tolerant of case, quotes and blanks.
 */
#ifndef API_SMS_WORDS_H
#define API_SMS_WORDS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/time.h"

enum sms_wish {
	SMS_UNCLEAR,
	SMS_ACK,	/* ack, acknowledge, a, close, c, e */
	SMS_SILENCE,	/* sil 2h, silence 30m; an hour unless told */
	SMS_STATUS,	/* status, ? */
	SMS_STOP,	/* words that networks act on: stop, unsubscribe … */
};

/* *length is set for SMS_SILENCE: 1 minute to SMS_SILENCE_MAX. */
#define SMS_SILENCE_MAX (7 * 24 * SPAN_HOUR)
enum sms_wish sms_wish(struct str text, span *length);
/* The digits of a number without + or 00 in front; other senders as they are. */
struct str sms_digits(struct arena *a, struct str number);

#endif
