/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.h - the JSON message of webhooks: the template data and a few keys more.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "render.h"

/* With a newline at the end; kept, or in the arena. Respects a->max_alerts. */
bool message_json(struct attempt *a, const char *version, struct str *out, struct err *e) MUST_CHECK;
/* The same with only the first alert in `alerts`; all else is as for all of them. */
bool message_json_short(struct attempt *a, const char *version, struct str *out, struct err *e) MUST_CHECK;

#endif
