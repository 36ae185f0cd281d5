/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/jwt.h - signed assertions for the JWT bearer grant (RFC 7515, RFC 7523).
 */
#ifndef FETCH_JWT_H
#define FETCH_JWT_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/time.h"
#include "config/http_config.h"

/* Appends the assertion for o's settings, signed with the private key (PEM); valid for ten minutes from now. */
bool jwt_assertion(const struct oauth2 *o, struct str key, struct wall now, struct sbuf *b, struct err *e) MUST_CHECK;

/* Appends the configured claims as JSON, null when there are none. */
void jwt_write_claims(const struct oauth2 *o, struct sbuf *b);

#endif
