/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify/hear.h - reports and replies that gateways send: whose they are, and what they say.
 */
#ifndef NOTIFY_HEAR_H
#define NOTIFY_HEAR_H

#include "config/gateways.h"
#include "core/heard.h"
#include "http/msg.h"
#include "notify/notifier.h"

/*
 * Reads a request to the address of g for reports or, with `reply`, for replies. All of *out is in `arena`. ERR_AUTH: it does not
 * prove that it is the gateway's; ERR_INVALID: it does not say what it should; ERR_IO: the secret cannot be read.
 */
bool gateway_hear(const struct notify_env *env, const struct gateway *g, const struct http_request *r, bool reply,
    struct moment now, struct arena *arena, struct heard *out, struct err *e) MUST_CHECK;
/*
 * The body that makes the gateway send `text` back to whoever replied, and its type; an empty text: nothing is sent. Empty body
 * and no type: the gateway has no such way.
 */
struct str gateway_answer(const struct gateway *g, struct str text, struct arena *arena, struct str *type);
/* The directory in g's spool that holds what could not be sent; NULL: it has no spool. */
const char *gateway_failed_folder(const struct gateway *g);

#endif
