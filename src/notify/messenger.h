/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messenger.h - what messengers of our own have in common: a server, a secret, a level, and answers by the book of HTTP.
 */
#ifndef MESSENGER_H
#define MESSENGER_H

#include "render.h"

/* The value, or what the file holds; e names the file. */
bool messenger_secret(struct attempt *a, struct str value, struct str file, struct str *out, struct err *e) MUST_CHECK;
/* The URL of `path` below the server's, which may have a path itself. */
bool messenger_url(struct attempt *a, struct str server, const char *path, struct str *out, struct err *e) MUST_CHECK;
/* Whether such a template, if it is a mere text, is a number of these. */
bool messenger_check_level(struct str source, int64_t min, int64_t max, const char *field, struct err *e) MUST_CHECK;
/* A template that gives a number from `min` to `max`; else r->failed and r->e, which names the field. */
int64_t messenger_level(struct render *r, struct str source, int64_t min, int64_t max, const char *field);
/* By the status: 2xx is success, 429 and 5xx are worth a retry, the rest is final. */
enum step messenger_judge(struct attempt *a, const struct response *r, struct err *e);

#endif
